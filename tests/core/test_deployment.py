import pytest

from core.deployment import parse
from core.errors import ConfigError

GOOD = """\
deployment: lender
jurisdiction: cn
purpose: post_loan_contact
impact_assessment: {id: PIA-1, valid_until: 2027-06-30}
sources:
  - name: registry
    kind: declared_contacts
    transport: csv
    location: ${DATA:-data}/registry.csv
    fields: {case_id: 案件编号, name: {columns: [姓, 名], join: ""}}
  - name: consents
    kind: consents
    transport: csv
    location: data/consents.csv
    fields: {customer_no: c, purpose: p, scope: s, granted_at: g}
  - name: shop
    kind: deliveries
    transport: csv
    location: data/orders.csv
    consent_scope: delivery_address
    fields: {observed_at: at, contact_phone: tel}
"""


def problem(text: str) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        parse(text, environ={})
    return caught.value


def test_a_column_name_alone_is_a_field_map():
    d = parse(GOOD, environ={})
    assert d.source("registry").fields["case_id"].column == "案件编号"
    assert d.source("shop").consent_scopes == ("delivery_address",)


def test_variables_come_from_the_environment_or_their_default():
    assert parse(GOOD, environ={}).source("registry").location == "data/registry.csv"
    assert parse(GOOD, environ={"DATA": "other"}).source("registry").location == "other/registry.csv"


def test_an_unset_variable_is_named_with_its_line():
    e = problem(GOOD.replace("${DATA:-data}", "${NOWHERE}"))
    assert "NOWHERE" in str(e)
    assert e.line == 9


def test_dates_that_yaml_reads_as_dates_stay_text():
    assert parse(GOOD, environ={}).impact_assessment.valid_until == "2027-06-30"


@pytest.mark.parametrize(
    ("wrong", "right", "says", "line"),
    [
        ("kind: deliveries", "kind: parcels", "sources[2].kind", 17),
        ("contact_phone: tel}", "contact_fone: tel}", "contact_fone", 21),
        ("    consent_scope: delivery_address\n", "", "consent_scope is missing", 16),
        ("{observed_at: at, contact_phone: tel}", "{observed_at: at}", "contact_phone or contact_address", 21),
        ("name: shop", "name: registry", "named twice", 5),
        ("jurisdiction: cn", "jurisdiction: fr", "jurisdiction", 2),
        ("kind: consents", "kind: outcomes", "sources[1]", 15),
        ("contact_phone: tel}", "contact_phone: {column: tel, constant: x}}", "exactly one of", 21),
        ("contact_phone: tel}", "contact_phone: {column: tel, pattern: '('}}", "regular expression", 21),
    ],
)
def test_a_wrong_key_is_named_with_its_line(wrong, right, says, line):
    e = problem(GOOD.replace(wrong, right, 1))
    assert says in str(e)
    assert e.line == line


def test_text_that_is_not_yaml_is_told_by_line():
    assert problem("deployment: [\n").line is not None
    assert problem("just words").line == 1


def test_a_deployment_without_a_registry_or_consents_traces_nothing():
    head, _, _ = GOOD.partition("  - name: consents")
    assert "consents" in str(problem(head))
