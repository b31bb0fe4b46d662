from __future__ import annotations

import json
import logging
import socket
import subprocess
import sys
from datetime import timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import expectations
from core import schemas
from core.errors import Fatal
from core.kinds import SourceKind
from expectations import suite
from expectations.frame import frame
from tests.expectations.contract_cases import AT, candidates, signals

DELIVERIES = expectations.contract_for("signals", SourceKind.DELIVERIES)
GOOD_ID, WRONG_CHECK = "11010119900307803X", "110101199003078031"  # the first is made up and its check character fits


def check(rows, kind=SourceKind.DELIVERIES):
    contract = expectations.contract_for("signals", kind)
    return expectations.check(signals(rows, kind.value), contract, at=AT)


def found(verdict):
    return [(r["record_id"], r["field"], r["reason"]) for r in verdict.failing.to_pylist()]


def test_rows_in_order_pass_and_every_line_was_tested():
    verdict = check([{}, {}])
    assert (verdict.outcome, verdict.failing.num_rows) == ("pass", 0)
    assert verdict.passing_mask.to_pylist() == [True, True]
    assert [m.column for m in verdict.measures] == [line.column for line in DELIVERIES.lines]


WRONG = [
    ({"contact_phone": "13800138000"}, "contact_phone", "not_a_phone"),
    ({"contact_phone": "+8610000000000"}, "contact_phone", "not_a_phone"),
    ({"contact_phone": "PLANTED"}, "contact_phone", "not_a_phone"),
    ({"region": "999999"}, "region", "not_a_region"),
    ({"region": "US-ZZ"}, "region", "not_a_region"),
    ({"region": "Leeds"}, "region", "not_a_region"),
    ({"id_number": WRONG_CHECK}, "id_number", "not_an_id"),
    ({"contact_email": "no-at-sign"}, "contact_email", "not_an_email"),
    ({"observed_at": None}, "observed_at", "missing"),
    ({"observed_at": AT + timedelta(seconds=1)}, "observed_at", "in_the_future"),
    ({"observed_at": AT - timedelta(days=20000)}, "observed_at", "too_old"),
    ({"kind": "horoscope"}, "kind", "not_in_vocabulary"),
    ({"holder_hint": "neighbour"}, "holder_hint", "not_in_vocabulary"),
    ({"confidence": 1.01}, "confidence", "contract"),
    ({"signal_id": None}, "signal_id", "missing"),
    ({"signal_id": "S0"}, "signal_id", "duplicate_id"),
    ({"contact_phone": None}, "contact_phone", "nothing_observed"),
]
RIGHT = [
    {"contact_phone": "138****8000"},
    {"contact_phone": "+861065551234"},
    {"contact_phone": None, "contact_address": "浙江省宁波市测试路1号"},
    {"id_number": GOOD_ID},
    {"id_number": "1101**********803X"},
    {"id_number": "QQ123456C"},
    {"region": "GB-WYK"},
    {"region": "US-TX-4671654"},
    {"observed_at": AT},
    {"contact_email": "test@example.com"},
]


def test_a_row_that_breaks_a_critical_line_is_named_with_field_and_reason():
    verdict = check([{}, *(wrong for wrong, _, _ in WRONG)])
    assert found(verdict) == [(f"R{i}", field, reason) for i, (_, field, reason) in enumerate(WRONG, start=1)]
    assert verdict.passing_mask.to_pylist() == [True, *(False for _ in WRONG)]
    assert verdict.outcome == "warn"


def test_masked_foreign_and_absent_values_keep_the_contract():
    assert found(check(RIGHT)) == []


def test_the_first_of_the_critical_lines_a_row_breaks_is_its_reason():
    both = {"contact_phone": "PLANTED", "observed_at": None, "region": "999999"}
    verdict = check([both, {}])
    assert found(verdict) == [("R0", "observed_at", "missing")]
    failed = {(m.expectation, m.column): m.failed for m in verdict.measures}
    assert (failed["phone", "contact_phone"], failed["region", "region"]) == (1, 1)


def test_a_warning_is_counted_and_the_row_goes_on():
    verdict = check([{"phone": "PLANTED"}, {}])
    assert (verdict.outcome, verdict.failing.num_rows) == ("warn", 0)
    assert [(m.tested, m.failed) for m in verdict.measures if m.column == "phone"] == [(1, 1)]


def test_a_table_of_which_no_row_keeps_the_contract_stops():
    assert check([{"observed_at": None}, {"contact_phone": "x"}]).outcome == "stop"


def test_kinds_have_lines_of_their_own():
    no_region = {"region": None}
    assert found(check([no_region], SourceKind.APP_REGIONS)) == [("R0", "region", "nothing_observed")]
    assert check([no_region], SourceKind.DELIVERIES).outcome == "pass"


def test_an_empty_table_passes_with_nothing_tested():
    verdict = check([])
    assert (verdict.outcome, verdict.failing.schema.names) == ("pass", schemas.QUARANTINE.names)
    assert {m.tested for m in verdict.measures} == {0}


def test_the_caller_says_which_keys_name_a_row():
    table = signals([{}, {"observed_at": None}]).append_column("_position", pa.array([7, 9]))
    failing = expectations.check(table, DELIVERIES, at=AT, keys=("_position",)).failing
    assert failing.to_pylist() == [{"_position": 9, "field": "observed_at", "reason": "missing"}]


def test_a_table_in_chunks_gives_the_same_verdict():
    whole = signals([{}, {"contact_phone": "PLANTED"}, {"signal_id": "S0"}, {"region": "999999"}])
    pieces = pa.concat_tables([whole.slice(0, 1), whole.slice(1, 2), whole.slice(3)])
    assert expectations.check(pieces, DELIVERIES, at=AT).failing == expectations.check(whole, DELIVERIES, at=AT).failing


def test_a_missing_column_is_no_kept_contract():
    with pytest.raises(Fatal, match="region"):
        expectations.check(signals([{}]).drop_columns(["region"]), DELIVERIES, at=AT)


def test_with_thousands_of_failures_every_one_is_named():
    rng = np.random.default_rng(7)
    bad = {name: rng.random(8_000) < 0.4 for name in ("contact_phone", "region", "observed_at")}
    wrong = {"contact_phone": "PLANTED", "region": "999999", "observed_at": None}
    rows = [{n: wrong[n] for n in wrong if bad[n][i]} for i in range(8_000)]
    verdict = check(rows)
    order = ("observed_at", "contact_phone", "region")
    expected = [(f"R{i}", next(n for n in order if bad[n][i])) for i in range(8_000) if any(bad[n][i] for n in order)]
    assert [(k, f) for k, f, _ in found(verdict)] == expected
    counted = {
        m.column: m.failed for m in verdict.measures if m.expectation in ("phone", "region", "present") and m.failed
    }
    assert counted == {n: int(bad[n].sum()) for n in wrong}


row = st.fixed_dictionaries(
    {},
    optional={
        "contact_phone": st.sampled_from(["+8613800138000", "138****8000", "bad", None]),
        "region": st.sampled_from(["330200", "000000", None]),
        "observed_at": st.sampled_from([AT, AT + timedelta(days=1), None]),
        "signal_id": st.sampled_from(["same", "other"]),
    },
)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(row, max_size=8))
def test_every_row_passes_or_is_named_once_and_the_rest_keeps_the_contract(rows):
    table = signals(rows)
    verdict = expectations.check(table, DELIVERIES, at=AT)
    kept = table.filter(verdict.passing_mask)
    assert kept.num_rows + verdict.failing.num_rows == table.num_rows
    assert sorted(kept["row"].to_pylist() + verdict.failing["row"].to_pylist()) == table["row"].to_pylist()
    assert expectations.check(kept, DELIVERIES, at=AT).failing.num_rows == 0


# --- no value of a person in any result -----------------------------------------------------------------------------

PLANTED = ["+8610PLANTED1", "PLANTED-name@", "999199", "PLANTEDID20000101X", "110101190013PLANT"]


def planted():
    values = {"contact_phone": PLANTED[0], "contact_email": PLANTED[1], "region": PLANTED[2], "holder_hint": PLANTED[3]}
    return signals([values | {"phone": PLANTED[0], "signal_id": PLANTED[4]}] * 3)


def test_no_planted_value_is_in_the_whole_result_of_great_expectations():
    table = planted()
    result = suite.validate(frame(table, DELIVERIES), DELIVERIES, AT)
    said = json.dumps(result.to_json_dict(), ensure_ascii=False, default=str) + str(result) + repr(result)
    assert not [value for value in PLANTED if value in said]
    assert "'unexpected_index_list': [0, 1, 2]" in str([r.result for r in result.results])


def test_no_planted_value_is_in_the_verdict_but_the_keys_the_caller_asked_for():
    verdict = expectations.check(planted(), DELIVERIES, at=AT)
    assert not [value for value in PLANTED if value in repr(verdict) + str(verdict.failing.to_pylist())]


def test_a_detector_that_fails_is_named_without_what_it_saw():
    def broken(column):
        raise ValueError(f"cannot read {column[0]}")

    feed = expectations.contract_for("feed")
    with pytest.raises(Fatal) as caught:
        expectations.check(
            candidates([{"value_masked": "PLANTED"}]), feed, at=AT, keys=("row",), detectors={"personal_data": broken}
        )
    assert "value_masked" in str(caught.value)
    assert "PLANTED" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_checking_logs_nothing(caplog, capfd):
    with caplog.at_level(logging.DEBUG):
        logging.getLogger().setLevel(logging.DEBUG)
        expectations.check(planted(), DELIVERIES, at=AT)
    said = caplog.text + "".join(capfd.readouterr())
    assert not [value for value in PLANTED if value in said]
    assert not [r for r in caplog.records if r.name.startswith("great_expectations") and r.levelno < logging.ERROR]


def test_checking_opens_no_connection(monkeypatch):
    def refuse(*args, **kwargs):
        raise AssertionError("a connection was attempted")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    assert check([{}]).outcome == "pass"


def test_the_room_opens_without_great_expectations():
    code = "import sys, expectations; assert 'great_expectations' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


# --- candidates and the masked feed ---------------------------------------------------------------------------------


def digits(column):
    return pc.match_substring_regex(column, "[0-9]{7,}")


def masked(rows, boundary, detectors=None):
    contract = expectations.contract_for(boundary)
    given = {"personal_data": digits} if detectors is None else detectors
    return expectations.check(candidates(rows), contract, at=AT, keys=("row",), detectors=given)


def test_a_masked_feed_with_unmasked_data_names_the_rows_that_leak():
    rows = [
        {},
        {"value_masked": "13800138000"},
        {"sources": ["orders", "tel13800138000"]},
        {"reasons": ["13800138000"]},
    ]
    failing = masked(rows, "feed").failing
    assert failing["row"].to_pylist() == [1, 2, 3]
    assert failing["field"].to_pylist() == ["value_masked", "sources", "reasons"]


def test_what_a_detector_cannot_answer_counts_as_found():
    verdict = masked([{}], "feed", {"personal_data": lambda column: pa.nulls(len(column), pa.bool_())})
    assert verdict.failing.num_rows == 1


def test_a_contract_whose_detector_is_not_given_is_not_kept():
    with pytest.raises(Fatal, match="value_masked"):
        masked([{}], "feed", {})


UNPUBLISHABLE = [
    {"holder": "third_party"},
    {"holder": None},
    {"probability": 1.2},
    {"probability": None},
    {"consent_ids": []},
    {"consent_ids": None},
    {"kind": "pager"},
    {"last_seen": AT + timedelta(days=1)},
    {"first_seen": AT},
    {"rank": 0},
]


def test_a_candidate_that_may_not_be_published_is_named():
    failing = masked([{}, *UNPUBLISHABLE], "candidates").failing
    assert failing["row"].to_pylist() == list(range(1, len(UNPUBLISHABLE) + 1))
