from __future__ import annotations

import pyarrow as pa
import pytest

from core import schemas
from core.errors import ConfigError
from matching import Index, Spec, propose_spec, shipped, train
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
