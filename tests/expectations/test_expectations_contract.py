from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

import expectations
from core import schemas
from core.deployment import SourceSpec
from core.errors import ConfigError
from core.kinds import SourceKind
from expectations import domain, suite
from expectations.contract import NEEDS, Line, parse

AT = datetime(2026, 11, 1, tzinfo=UTC)
SCHEMAS = {
    "signals": schemas.CLEAN_SIGNALS,
    "registry": schemas.CLEAN_REGISTRY,
    "consents": schemas.CLEAN_CONSENTS,
    "outcomes": schemas.CLEAN_OUTCOMES,
}
LINES = [
    pytest.param(line, boundary, id=f"{boundary}-{kind}-{i}-{line.expect}-{line.column}")
    for boundary in expectations.boundaries()
    for kind in (None, *SourceKind)
    for i, line in enumerate(expectations.contract_for(boundary, kind).lines)
    if kind is None or expectations.contract_for(boundary, kind).name != boundary
]


def test_every_boundary_has_a_contract():
    assert expectations.boundaries() == ("candidates", "consents", "feed", "outcomes", "registry", "signals")


@pytest.mark.parametrize(("line", "boundary"), LINES)
def test_every_line_becomes_an_expectation_about_columns_that_are_there(line, boundary):
    assert suite.expectation(line, AT) is not None
    if boundary in SCHEMAS:
        assert set(line.columns) <= set(SCHEMAS[boundary].names)


def test_every_signal_kind_has_a_contract():
    for kind in SourceKind:
        if kind.is_signal:
            assert expectations.contract_for("signals", kind).lines


def test_an_unknown_boundary_names_the_known():
    with pytest.raises(ConfigError, match="registry"):
        expectations.contract_for("horoscopes")


@pytest.mark.parametrize("expect", sorted(NEEDS))
def test_a_line_without_its_terms_does_not_load(expect):
    text = f"{{boundary: x, lines: [{{expect: {expect}, column: c, severity: critical, reason: missing}}]}}"
    with pytest.raises(ConfigError, match=NEEDS[expect][0]):
        parse(text, file="x.yaml")


def test_a_line_with_an_unknown_reason_does_not_load():
    with pytest.raises(ConfigError, match="reason"):
        parse("{boundary: x, lines: [{expect: present, column: c, severity: critical, reason: whim}]}", file="x.yaml")


def test_every_test_of_values_has_an_expectation():
    for name in domain.TESTS:
        line = Line.model_validate({"expect": name, "column": "c", "severity": "critical", "reason": "contract"})
        assert suite.expectation(line, AT).test == name


def source(**more) -> SourceSpec:
    fields = {"observed_at": "t", "contact_phone": "p"}
    said = {
        "name": "orders",
        "kind": "deliveries",
        "transport": "csv",
        "location": "x",
        "fields": fields,
        "consent_scope": "s",
    }
    return SourceSpec.model_validate(said | more)


@pytest.mark.parametrize(
    ("declared", "rows", "outcome"),
    [(None, 0, "pass"), ("warn", 9, "warn"), ("stop", 9, "stop"), ("stop", 10, "pass")],
)
def test_a_source_under_its_declared_volume_warns_or_stops_as_declared(declared, rows, outcome):
    spec = source(volume={"min_rows": 10, "on_low": declared}) if declared else source()
    assert expectations.volume(spec, rows).outcome == outcome


@pytest.mark.parametrize(
    ("declared", "age", "outcome"),
    [
        (None, 9999, "pass"),
        ("warn", 30, "pass"),
        ("warn", 31, "warn"),
        ("stop", 31, "stop"),
        ("stop", None, "stop"),
        ("stop", -1, "pass"),
    ],
)
def test_a_stale_source_warns_or_stops_as_declared(declared, age, outcome):
    spec = source(freshness={"max_age_days": 30, "on_stale": declared}) if declared else source()
    newest = None if age is None else AT - timedelta(days=age)
    assert expectations.freshness(spec, newest, at=AT).outcome == outcome
