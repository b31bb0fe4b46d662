from __future__ import annotations

from collections import defaultdict

import pytest

import sample
from tests.sample import exported

SCOPES = {"S01": ("shop", "courier"), "S02": ("crm",), "S03": ("cards",), "S04": ("notes",), "S05": ("app",)}
AS_OF, NINETY_DAYS_BEFORE = "2026-11-01", "2026-08-03"


@pytest.fixture(scope="module")
def now(folder):
    return {row["case_id"]: row for row in exported.truth(folder, "current")}


@pytest.fixture(scope="module")
def signals(folder):
    return exported.truth(folder, "signals")


def test_the_truth_has_one_row_for_each_good_row_of_a_signal_source(folder, signals):
    told = exported.planted(folder)["sources"]
    by_source = defaultdict(set)
    for row in signals:
        by_source[row["source"]].add(row["record_id"])
    assert {s: len(ids) for s, ids in by_source.items()} == {
        s: told[s]["good"] for s in ("shop", "courier", "crm", "cards", "notes", "app")
    }


def test_a_signal_marked_current_shows_the_number_of_today(now, signals):
    marked = 0
    for row in signals:
        for case in filter(None, row["case_ids"].split(";")):
            if row["is_current_phone"] == "1":
                assert row["phone"] == now[case]["phone"]
                marked += 1
            elif row["phone"] and now[case]["phone"]:
                assert row["phone"] != now[case]["phone"]
    assert marked > 500


def test_the_ceiling_is_what_the_signals_add_up_to(folder, signals):
    wanted = {(a, b) for a in ("phone", "address", "city") for b in ("in_signals", "eligible")}
    found = {key: set() for key in wanted}
    for row in signals:
        for case in filter(None, row["case_ids"].split(";")):
            for what in ("phone", "address", "city"):
                is_young = row["source"] not in ("cards", "app") or row["observed_on"] >= NINETY_DAYS_BEFORE
                if row[f"is_current_{what}"] == "1" and is_young:
                    found[what, "in_signals"].add(case)
                    if row["is_consented"] == "1":
                        found[what, "eligible"].add(case)
    for row in exported.truth(folder, "ceiling"):
        for what, which in wanted:
            assert (row[f"{what}_{which}"] == "1") == (row["case_id"] in found[what, which])


def test_a_number_the_ceiling_counts_is_written_in_a_source(folder, now, signals):
    sources = exported.sources(folder)
    text = {
        name: "".join(str(c) for row in rows for c in row).replace(" ", "").replace("-", "")
        for name, (_, rows) in sources.items()
        if name in ("shop", "courier", "crm", "notes")
    }
    current = {row["phone"]: row["source"] for row in signals if row["is_current_phone"] == "1" and row["case_ids"]}
    assert current
    assert all(phone in text[source] for phone, source in current.items())


def test_an_independent_count_of_the_ledger_agrees_on_who_consented(folder, signals):
    valid = set()
    bad = {r for p in exported.planted(folder)["sources"]["consents"]["planted"] for r in p["records"]}
    by_id = {}
    for row in exported.sources(folder)["consents"][1]:
        if row[0]:
            by_id[row[1]] = row[0]
    for row in exported.sources(folder)["consents"][1]:
        if len(row) < 9 or row[8] in bad:
            continue
        cert, purpose, scope, start, end, back = row[1:7]
        if purpose == "贷后联络" and start <= AS_OF < end and not (back and back[:10] <= AS_OF):
            valid |= {(by_id.get(cert), source) for source in SCOPES[scope]}
    known = set(by_id.values())
    checked = [row for row in signals if row["customer_no"] in known]
    assert len(checked) > 0.9 * len(signals)
    assert all(((r["customer_no"], r["source"]) in valid) == (r["is_consented"] == "1") for r in checked)


def test_nobody_elses_number_is_the_debtors_own(folder, now):
    others = exported.truth(folder, "third_party_phones")
    assert {row["whose"] for row in others} == {"emergency", "gift", "relative", "reissued"}
    assert all(row["phone"] != now[row["case_id"]]["phone"] for row in others)
    with_emergency = {row["case_id"] for row in others if row["whose"] == "emergency"}
    assert len(with_emergency) > 0.98 * len(now)  # a housemate's number may have become the debtor's own


def test_most_signals_belong_to_nobody_being_traced(signals):
    share = sum(1 for row in signals if row["case_ids"]) / len(signals)
    assert 0.15 < share < 0.4


def test_emergency_numbers_occur_in_signals_as_somebody_elses(folder, signals):
    emergency = {r["phone"] for r in exported.truth(folder, "third_party_phones") if r["whose"] == "emergency"}
    seen = [row for row in signals if row["phone"] in emergency]
    assert len(seen) > 50
    assert {"relative"} <= {row["whose"] for row in seen}


def test_a_copy_names_the_order_it_repeats_and_shows_the_same_contact(signals):
    orders = {row["record_id"]: row for row in signals if row["source"] == "shop"}
    copies = [row for row in signals if row["source"] == "courier"]
    assert copies
    for row in copies:
        order = orders[row["repeats"].removeprefix("shop:")]
        assert row["customer_no"] == order["customer_no"]
        assert row["phone"] in ("", order["phone"]) or order["phone"] == ""


def test_the_vanished_have_no_truth_and_the_rest_have_all_of_it(now):
    gone = [row for row in now.values() if row["reachable"] == "0"]
    assert 0 < len(gone) < 0.1 * len(now)
    assert not any(row["phone"] or row["city"] for row in gone)
    assert all(r["phone"] and r["province"] and r["address"] for r in now.values() if r["reachable"] == "1")


def test_the_truths_address_is_made_of_its_parts(now):
    for row in now.values():
        assert all(row[p] in row["address"] for p in ("district", "town", "road", "number", "poi", "building", "room"))


@pytest.mark.parametrize("better", ["declared_phone_current", "declared_address_current", "phone_in_signals"])
def test_the_settled_are_easier_to_find_than_the_restless(tmp_path, better):
    share = {}
    for world in (sample.SETTLED, sample.RESTLESS):
        sample.write(world, tmp_path / world.name, debtors=250, seed=11)
        rows = exported.truth(tmp_path / world.name, "ceiling")
        share[world.name] = sum(int(r[better]) for r in rows) / len(rows)
    assert share["settled"] > share["restless"] + 0.1
