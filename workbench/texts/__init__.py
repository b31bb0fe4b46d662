"""Every text a person reads in the workbench, in English and Chinese: one module an area of its pages; here what finds them."""

from __future__ import annotations

import re

from workbench.texts import cases, codes, comparison, debtor, frame, models, queue, ranking, rules, runs
from workbench.texts.codes import CITATIONS, WARNINGS

LANGUAGES = ("en", "zh")
# Where the word of a report's code may stand.
_CODES = (
    "q_", "cn_", "field_", "k_", "s_", "rg_", "hold_", "st_", "op_", "role_", "v_", "d_", "p_", "state_", "act_", "ac_", "ek_", "ec_",
)  # fmt: skip
AREAS = (frame, queue, debtor, comparison, runs, models, rules, ranking, codes, cases)
TEXTS: dict[str, tuple[str, str]] = {key: text for area in AREAS for key, text in area.TEXTS.items()}


def t(lang: str, key: str, /, **values: object) -> str:
    """The text of this key; KeyError when nobody wrote it."""
    english, chinese = TEXTS[key]
    return (chinese if lang == "zh" else english).format(**values)


def known(lang: str, prefix: str, code: str) -> str:
    """A code of an open vocabulary in words; the code itself, readable, where nobody wrote it."""
    return t(lang, prefix + code) if prefix + code in TEXTS else re.sub(r"[_.]+", " ", code)


def reason(lang: str, code: str) -> str:
    """A reason code of the ranking in words: ``origins:3`` → "3 independent origins"."""
    if "r_" + code in TEXTS:
        return t(lang, "r_" + code)
    name, _, n = code.partition(":")
    return t(lang, "r_" + name, n=n) if "r_" + name in TEXTS else known(lang, "r_", name)


def code(lang: str, said: str) -> str:
    """What a report counts by, in words: a column and a reason (``observed_at: not_a_date``), a kind, a step; a rule stays its id."""
    return ("：" if lang == "zh" else ": ").join(_word(lang, part) for part in said.split(": "))


def _word(lang: str, said: str) -> str:
    found = next((p for p in _CODES if p + said in TEXTS), None)
    return t(lang, found + said) if found else said


def warning(lang: str, said: str) -> str:
    """A doubt about a model in words; as it was written where nobody translated it."""
    for key, form in WARNINGS.items():
        if found := form.fullmatch(said):
            blanks = found.groupdict()
            return t(lang, key, **{k: known(lang, "field_", v) if k == "field" else v for k, v in blanks.items()})
    return said


def actor(lang: str, said: str) -> str:
    """Who did something: a person by name; what the machine read somewhere, in words."""
    return known(lang, "actor_", said) if f"actor_{said}" in TEXTS else said.removeprefix("user:")


def citation(lang: str, ref: str) -> str:
    """A source of law as a reader of this language knows it."""
    for form, english, chinese in CITATIONS:
        ref = re.sub(form, chinese if lang == "zh" else english, ref)
    return ref.replace("; ", "；") if lang == "zh" else ref


def script(lang: str, said: str) -> str:
    """A script with its blanks in words."""
    left, right = ("〔", "〕") if lang == "zh" else ("[", "]")
    return re.sub(r"{(\w+)}", lambda m: left + known(lang, "ph_", m[1]) + right, said)


def texts() -> dict[str, tuple[str, str]]:
    """The whole catalogue: key → (English, Chinese)."""
    return dict(TEXTS)
