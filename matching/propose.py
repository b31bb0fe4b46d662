"""A spec for two tables nobody described: from the names of their columns, and from what is in them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from core.errors import ConfigError
from matching import compare
from matching.plain import fold
from matching.spec import Blocking, Comparison, Spec

_LOOK = 20_000  # values looked at


@dataclass(frozen=True, slots=True)
class _Guess:
    """Columns named like this hold this; ``shared_by`` where it differs from the kind's own."""

    concept: str
    kind: str
    pattern: str
    shared_by: tuple[str, ...] | None = None


# The first that fits. Names are as ``plain`` writes them, with single underscores: no case, no accents, romanised (имя is imia).
# Beside English and Chinese the languages of the larger registers: German, French, Spanish, Portuguese, Italian, Polish, Russian.
_NAMES = (
    _Guess(
        "full", "full_name", r"(first|given|fore).*(sur|last|family)|full_?name|nombre_completo|nome_completo|^fio$"
    ),
    _Guess(
        "given",
        "given_name",
        r"(first|given|fore)_?names?$|^f_?name$|^given$|vorname|prenom|^nombres?$|^imie$|primer_nombre|^imia$|^nome_proprio$",
    ),
    _Guess("middle", "given_name", r"middle|otchestvo|patronym|segundo_nombre"),
    _Guess(
        "surname",
        "surname",
        r"(sur|last|family|birth|maiden)_?names?$|^l_?name$|^surname$|maiden|nachname|familienname|zuname|apellidos?"
        r"|cognome|sobrenome|apelido|nazwisko|familiia|nom_de_famille|^nom$",
    ),
    _Guess(
        "birth",
        "date",
        r"birth_?(date|day)|date_?of_?birth|^d_?o_?b$|^b_?day$|geb(urts)?_?(datum|tag)|naissance|nacimiento|nascimento|nascita"
        r"|urodzenia|rozhdeniia|出生日期|生日",
    ),
    _Guess(
        "birth_year", "number", r"year_?of_?birth|birth_?year|^y_?o_?b$|^age$|_age$|geburtsjahr|^edad$|^alter$|年龄"
    ),
    _Guess("birth_place", "place", r"birth_?place|(place|town)_?of_?birth|geburtsort|lieu_de_naissance"),
    _Guess("email", "email", r"e_?mail|correo|courriel|pochta|邮箱"),
    _Guess("phone", "phone", r"phone|mobile|^tel|_tel$|cell|handy|movil|celular|telefon|手机|电话"),
    _Guess(
        "postcode",
        "postcode",
        r"post_?(al_?)?code|^zip|zip_?code|^plz$|postleitzahl|code_?postal|codigo_postal|^cap$|^cep$|indeks|邮编",
    ),
    _Guess(
        "number",
        "exact",
        r"(street|house|building|unit|flat|apartment|apt)_?(no|num|number|id)$|haus_?nummer|^hausnr$|^numero$",
        ("household",),
    ),
    _Guess(
        "address",
        "address",
        r"addr|street|road|adresse|anschrift|strasse|^rue$|direccion|domicilio|calle|indirizzo|endereco|^adres|ulica|ulitsa|地址",
    ),
    _Guess(
        "id",
        "code",
        r"ssn|itin|soc(ial)?_?sec|passport|licen[cs]e|national_?id|tax_?id|tin$|^vat|^dni$|^nif$|^cpf$|pesel|codice_fiscale|^inn$|pasport"
        r"|证件|身份证|id_?(card|number|no)$",
    ),
    _Guess("customer", "exact", r"(customer|client|member|account)_?(id|no|number)$|客户号|会员号"),
    _Guess(
        "place",
        "place",
        r"(^|_)(suburb|city|town|village|locality|municipality|district|stadt|ort|wohnort|ville|commune|ciudad|municipio|localidad|cidade|citta|comune|miasto)(_|$)|(^|_)gorod(_|$)",
    ),
    _Guess(
        "region",
        "exact",
        r"^state$|county|province|region|country|parish|^land$|bundesland|provinc?ia|estado|oblast|^pais$",
        ("household", "neighbour"),
    ),
    _Guess("sex", "exact", r"gender|^sex$|geschlecht|^sexe$|^sexo$|^plec$|^pol$|性别"),
    _Guess("group", "exact", r"race|ethnic|nationality|marital|citizen"),
    _Guess("relation", "exact", r"relation"),
    _Guess("occupation", "text", r"occupation|profession|job|employer|company|beruf|ocupacion|profesion|professiia"),
    _Guess("full", "full_name", r"name|^nom_|^nome$|姓名|户名"),
)
_PARTS = {"given", "surname"}
_HAN = {"full_name": "han_name", "given_name": "han_name", "surname": "han_name", "address": "han_address"}


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a pair of columns is compared as it is, or (``kind`` empty) is not compared."""

    left: str
    right: str
    kind: str
    why: str  # name, values; empty, constant, repeats, no partner
    present: tuple[float, float] = (0.0, 0.0)  # share of rows of each table that have it


@dataclass(frozen=True, slots=True)
class Proposal:
    spec: Spec
    reasons: tuple[Reason, ...]


def propose_spec(left: pa.Table, right: pa.Table, *, name: str = "proposed") -> Spec:
    """A spec over the columns both tables have. Raises ConfigError where there is nothing to compare by."""
    return propose(left, right, name=name).spec


def propose(left: pa.Table, right: pa.Table, *, name: str = "proposed") -> Proposal:
    """The spec of ``propose_spec`` and why it is what it is, column by column."""
    for side, table in (("left", left), ("right", right)):
        if not table.num_rows:
            raise ConfigError(f"the {side} table has no rows: nothing can be proposed from it", file=f"{name}.yaml")
    ids = {"left": _id_column(left), "right": _id_column(right)}
    pairs = _partners(_comparable(left, ids["left"]), _comparable(right, ids["right"]))
    reasons = {a: _reason(a, b, left, right) for a, b in pairs.items()}
    guesses = {a: _guess(a, left.column(a), right.column(b)) for a, b in pairs.items() if b and reasons[a].kind}
    found = {a: g for a, g in guesses.items() if g is not None}
    if {g.concept for g in found.values()} >= _PARTS:
        found = {a: g for a, g in found.items() if g.concept != "full"}  # it repeats them
    found = _without_copies(found, left)
    if not found:
        raise ConfigError("the tables have no column in common that records could be compared by", file=f"{name}.yaml")
    told = [replace(r, kind="", why="repeats") if r.kind and a not in found else r for a, r in reasons.items()]
    comparisons = _comparisons(found, pairs)
    return Proposal(Spec(name, ids["left"], ids["right"], tuple(comparisons), Blocking()), tuple(told))


def _comparable(table: pa.Table, id_column: str) -> list[str]:
    """Columns of one value a row, but the id."""
    return [f.name for f in table.schema if f.name != id_column and not pa.types.is_nested(f.type)]


def _partners(left: list[str], right: list[str]) -> dict[str, str]:
    """Of each left column the right one of the same name, else of the only one that is named for the same; "" if none."""
    by_words = {_words(c): c for c in reversed(right)}
    pairs = {c: c if c in right else by_words.get(_words(c), "") for c in left}
    free = [c for c in right if c not in pairs.values()]
    for c in [c for c in left if not pairs[c]]:
        meant = _by_name(c)
        alike = [b for b in free if meant and (g := _by_name(b)) and g.concept == meant.concept]
        rivals = [a for a in left if not pairs[a] and (g := _by_name(a)) and meant and g.concept == meant.concept]
        if len(alike) == 1 and len(rivals) == 1:
            pairs[c] = alike[0]
            free.remove(alike[0])
    return pairs


def _reason(one: str, other: str, left: pa.Table, right: pa.Table) -> Reason:
    if not other:
        return Reason(one, "", "", "no partner")
    columns = left.column(one), right.column(other)
    samples = [_sample(c) for c in columns]
    first, second = (len(s) / max(len(_looked_at(c)), 1) for s, c in zip(samples, columns, strict=True))
    if any(not len(s) for s in samples):
        return Reason(one, other, "", "empty", (first, second))
    guess = _guess(one, *columns)
    if guess is None:
        return Reason(one, other, "", "constant", (first, second))
    why = "name" if _by_name(one) else "values"
    return Reason(one, other, guess.kind, why, (first, second))


def _comparisons(found: Mapping[str, _Guess], partners: Mapping[str, str]) -> list[Comparison]:
    kinds = compare.kinds()
    surname = next((c for c, g in found.items() if g.concept == "surname" and g.kind == "surname"), "")
    given = next((c for c, g in found.items() if g.concept == "given" and g.kind == "given_name"), "")
    out = []
    for column, g in found.items():
        kind = kinds[g.kind]
        shared = kind.shared_by if g.shared_by is None else g.shared_by
        swapped = surname if column == given else ""
        right = (partners[column],)
        out.append(Comparison(column, g.kind, (column,), right, kind.term_frequency, shared, swapped_with=swapped))
    return out


def _id_column(table: pa.Table) -> str:
    """The first column whose values are all there and all different, ids by name first."""
    named = [c for c in table.column_names if re.search(r"(^|_)(id|rec_?id|key)$|^id_|记录号|编号", c.casefold())]
    for column in [
        *[c for c in named if c.casefold() in {"id", "rec_id", "record_id", "unique_id"}],
        *named,
        *table.column_names,
    ]:
        values = table.column(column)
        if pa.types.is_nested(values.type):
            continue
        if not values.null_count and pc.count_distinct(values).as_py() == table.num_rows:
            return str(column)
    raise ConfigError(
        "no column has a different value in every row: name the id column in a spec", file="proposed.yaml"
    )


def _guess(name: str, left: pa.ChunkedArray, right: pa.ChunkedArray) -> _Guess | None:
    values = [_sample(left), _sample(right)]
    if any(not len(v) for v in values):
        return None
    if all(pc.count_distinct(v).as_py() == 1 for v in values) and max(len(v) for v in values) > 1:
        return None  # always the same
    guess = _by_name(name) or _by_values(values[0])
    if guess.kind in _HAN and _share(values[0], r"\p{Han}") > 0.5:
        guess = _Guess(guess.concept, _HAN[guess.kind], "", None)
    if guess.kind == "code" and _share(values[0], r"^[\d*]{14,17}[\dXx*]$") > 0.5:
        guess = _Guess(guess.concept, "resident_id", "", None)
    if guess.kind == "date" and _share(values[0], r"\d{4}") < 0.5:
        guess = _Guess(guess.concept, "text", "", None)
    if guess.kind == "number" and _share(values[0], r"^\s*\d+(\.\d+)?\s*$") < 0.8:
        guess = _Guess(guess.concept, "text", "", None)
    return guess


def _by_name(name: str) -> _Guess | None:
    return next((g for g in _NAMES if re.search(g.pattern, _words(name))), None)


def _words(name: str) -> str:
    """birthDate, Birth-Date and birth_date alike."""
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name)
    return re.sub(r"[^\w]+|_+", "_", fold(apart)).strip("_")


def _by_values(values: pa.Array) -> _Guess:
    """What a column holds whose name says nothing."""
    distinct = pc.count_distinct(values).as_py() / len(values)
    if _share(values, r"^[^@\s]+@[^@\s]+\.\w+$") > 0.5:
        return _Guess("email", "email", "")
    if _share(values, r"^\d{4}[-/.]?\d{1,2}[-/.]?\d{1,2}$|^\d{1,2}[-/.]\d{1,2}[-/.]\d{4}$") > 0.8:
        return _Guess("date", "date", "")
    if _share(values, r"^\+?[\d* ()-]{9,18}$") > 0.8:
        return _Guess("phone", "phone", "", ()) if distinct > 0.3 else _Guess("code", "exact", "")
    if _share(values, r"^\p{Han}{2,4}$|^\p{Han}\*+\p{Han}?$") > 0.6:
        return _Guess("full", "full_name", "")
    if _share(values, r"^\d+$") > 0.8:
        return _Guess("code", "code" if distinct > 0.5 else "exact", "")
    if _share(values, r"\d+.*\s\pL{3}|路|街|省|市") > 0.6:
        return _Guess("address", "address", "")
    return _Guess("text", "text" if distinct > 0.001 else "exact", "")


def _without_copies(found: Mapping[str, _Guess], left: pa.Table) -> dict[str, _Guess]:
    """Of columns that say the same, the first: agreeing twice is no more evidence."""
    out: dict[str, _Guess] = {}
    for column, guess in found.items():
        if not any(_is_copy(left, column, other) for other in out):
            out[column] = guess
    return out


def _is_copy(table: pa.Table, one: str, other: str) -> bool:
    a, b = (table.column(c).slice(0, _LOOK).cast(pa.string()) for c in (one, other))
    same, both = pc.sum(pc.equal(a, b)).as_py() or 0, pc.sum(pc.and_(pc.is_valid(a), pc.is_valid(b))).as_py() or 0
    return both > 20 and same > 0.95 * both


def _looked_at(column: pa.ChunkedArray) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.arange(0, len(column), max(len(column) // _LOOK, 1))


def _sample(column: pa.ChunkedArray) -> pa.Array:
    few = column.take(pa.array(_looked_at(column))).cast(pa.string()).drop_null()
    flat = pa.concat_arrays(few.chunks or [pa.array([], pa.string())])
    return flat.filter(pc.not_equal(pc.utf8_trim_whitespace(flat), ""))


def _share(values: pa.Array, pattern: str) -> float:
    return float(pc.mean(pc.match_substring_regex(values, pattern).cast(pa.float64())).as_py() or 0.0)
