from __future__ import annotations

import pyarrow as pa
import pytest

from core import schemas
from core.errors import ConfigError
from matching import Index, Spec, propose_spec, shipped, train
from matching.draft import draft
from matching.propose import propose
from tests.matching import people

GOOD = "comparisons: [{kind: surname, column: last}]\n"
BAD = [
    ("[1", "not YAML"),
    ("- a", "must be a mapping"),
    ("comparisons: []", "at least one"),
    ("comparisons: [{kind: magic, column: a}]", "kind: must be one of"),
    ("comparisons: [{kind: surname}]", "left: must be a name"),
    ("comparisons: [{kind: surname, column: a, shared_by: [village]}]", "shared_by"),
    ("comparisons: [{kind: surname, column: a, m: [0.5]}]", "needs 5 probabilities"),
    ("comparisons: [{kind: exact, column: a, m: [0, 1]}]", "must be a number"),
    ("comparisons: [{kind: surname, column: a}, {kind: surname, column: a}]", "two comparisons"),
    ("comparisons: [{kind: surname, column: a, swapped_with: b}]", "no such comparison"),
    (GOOD + "blocking: {rules: [[nobody]]}", "no comparison named nobody"),
    (GOOD + "blocking: {rules: [[last.colour]]}", "has the keys"),
    (GOOD + "blocking: {max_block: 0}", "must be a number"),
    (GOOD + "speed: fast", "speed: unknown key"),
    (GOOD + "match_rate: true", "must be a number"),
]


@pytest.mark.parametrize(("text", "message"), BAD, ids=[m for _, m in BAD])
def test_a_wrong_spec_names_file_and_key(text, message):
    with pytest.raises(ConfigError, match=message.replace("[", r"\[")) as error:
        Spec.parse(text, file="my.yaml")
    assert str(error.value).startswith("my.yaml")


def test_a_spec_survives_being_written():
    for spec in (people.spec(), shipped("trace-cn"), shipped("trace-us"), shipped("trace-uk")):
        assert Spec.parse(spec.dump()) == spec


def test_a_spec_that_is_not_shipped_is_refused():
    with pytest.raises(ConfigError, match="no such shipped spec"):
        shipped("trace-atlantis")


@pytest.mark.parametrize("name", ["trace-cn", "trace-us", "trace-uk"])
def test_shipped_specs_fit_the_products_tables_even_when_empty(name):
    registry = schemas.empty(schemas.CLEAN_REGISTRY).append_column("person", pa.array([], pa.string()))
    signals = schemas.empty(schemas.ADMITTED)
    index = Index.build(registry, shipped(name))
    assert index.link(signals, train(signals, index)).equals(schemas.empty(schemas.LINKS))


def test_a_spec_is_proposed_from_names_and_values():
    left = people.table(people.registry(300))
    spec = propose_spec(left, people.table(people.registry(300, seed=3)))
    kinds = {c.name: c.kind for c in spec.comparisons}
    assert spec.left_id == "id"
    assert kinds == {
        "first": "text",
        "last": "text",
        "born": "date",
        "phone": "phone",
        "address": "address",
        "town": "place",
    }


def test_columns_of_usual_names_get_their_kinds():
    names = {
        "given_name": ("ann", "given_name"),
        "Last Name": ("lee", "surname"),
        "dob": ("1980-01-02", "date"),
        "ZipCode": ("98101", "postcode"),
        "ssn": ("123-45-6789", "code"),
        "race_ethnicity": ("white", "exact"),
        "手机号": ("13800138000", "phone"),
        "full_name": ("ann lee", None),
        "first_and_surname": ("ann lee", None),
    }
    rows = {
        n: [f"{v}" if i % 2 else f"{v[:-1]}{'王' if '伟' in v else 3}" for i in range(40)]
        for n, (v, _) in names.items()
    }
    table = pa.table({"id": [str(i) for i in range(40)], **rows})
    found = {c.name: c.kind for c in propose_spec(table, table).comparisons}
    assert found == {n: k for n, (_, k) in names.items() if k}


def test_chinese_columns_get_their_kinds():
    rows = {
        "编号": [str(i) for i in range(40)],
        "姓名": ["张伟" if i % 2 else "王芳" for i in range(40)],
        "证件号码": ["50010319950611793X" if i % 3 else "5001**********793X" for i in range(40)],
        "地址": ["重庆市渝北区文汇街392号" if i % 2 else "上海市普陀区民主路136号" for i in range(40)],
    }
    spec = propose_spec(pa.table(rows), pa.table(rows))
    assert spec.left_id == "编号"
    assert {c.kind for c in spec.comparisons} == {"han_name", "resident_id", "han_address"}


def test_tables_without_a_common_column_have_no_spec():
    with pytest.raises(ConfigError, match="no column in common"):
        propose_spec(pa.table({"id": ["1"], "a": ["x"]}), pa.table({"id": ["1"], "b": ["x"]}))


@pytest.mark.parametrize(
    ("names", "kinds"),
    [
        (("Vorname", "Nachname", "Geburtsdatum", "PLZ", "Ort"), ("given_name", "surname", "date", "postcode", "place")),
        (("Prénom", "Nom", "Date de naissance", "Code postal", "Ville"), ("given_name", "surname", "date", "postcode", "place")),
        (("nombre", "apellidos", "fechaNacimiento", "codigo_postal", "ciudad"), ("given_name", "surname", "date", "postcode", "place")),
        (("имя", "фамилия", "дата рождения", "индекс", "город"), ("given_name", "surname", "date", "postcode", "place")),
    ],
)  # fmt: skip
def test_column_names_of_other_languages_are_known(names, kinds):
    values = ("ada", "alder", "1980-01-02", "12345", "northtest")
    rows = [dict(zip(("id", *names), (str(n), *values), strict=True)) for n in range(40)]
    for n, row in enumerate(rows):
        row |= {names[k]: f"{row[names[k]]}{'abcd'[n % 4]}" for k in (0, 1, 4)}
        row |= {names[2]: f"19{50 + n}-01-02", names[3]: f"{12345 + n}"}
    table = pa.Table.from_pylist(rows)
    assert tuple(c.kind for c in propose_spec(table, table).comparisons) == kinds


def test_columns_that_are_named_otherwise_on_the_other_side_find_each_other():
    rows = people.registry(300)
    left, right = people.table(rows), people.table(people.registry(300, seed=3))
    names = ["ID", "FirstName", "surname", "date_of_birth", "Mobile", "home_address", "notes"]
    found = propose(left, right.rename_columns(names))
    pairs = {c.left[0]: c.right[0] for c in found.spec.comparisons}
    assert pairs == {"phone": "Mobile", "address": "home_address"}
    assert {r.left: r.why for r in found.reasons}["town"] == "no partner"


def test_a_draft_is_a_spec_with_its_rules_and_says_why():
    left, right = people.table(people.registry(400)), people.table(people.registry(300, seed=3))
    right = right.append_column("colour", pa.array([None] * 300, pa.string()))
    left = left.append_column("colour", pa.array(["red"] * 400)).append_column("first_again", left.column("first"))
    right = right.append_column("first_again", right.column("first"))
    for lang, words in (("en", ("left out: one side has no value", "true pairs")), ("zh", ("一侧没有取值", "真匹配"))):
        text = draft(left, right, lang)
        spec = Spec.parse(text)
        assert spec.blocking.rules
        assert not spec.blocking.propose
        assert all(" + ".join(rule) in text for rule in spec.blocking.rules)
        assert all(w in text for w in words)
        assert "first_again" not in {c.name for c in spec.comparisons}
    drafted, proposed = (
        Index.build(right, Spec.parse(text)),
        Index.build(right, propose_spec(left, right), signals=left),
    )
    assert drafted.plan.rules == proposed.plan.rules


def test_tables_of_one_row_have_a_spec_and_an_empty_one_is_named():
    one = people.table(people.registry(1))
    assert len(propose_spec(one, one).comparisons) == 6
    with pytest.raises(ConfigError, match="the right table has no rows"):
        propose_spec(one, one.slice(0, 0))
