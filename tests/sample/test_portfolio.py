from __future__ import annotations

import hashlib
import re
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

import sample
from core import deployment
from core.kinds import SourceKind
from sample import portfolio
from sample.__main__ import main
from sample.identity import checksum
from tests.sample import exported


def digests(folder: Path) -> dict[str, str]:
    files = sorted(p for p in folder.rglob("*") if p.is_file())
    return {str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


def everything(folder: Path) -> str:
    return "\n".join(
        str(cell) for _, rows in exported.sources(folder).values() for row in rows for cell in row if cell is not None
    )


def test_the_same_seed_gives_the_same_bytes_and_another_seed_gives_others(tmp_path):
    for name, seed in (("a", 7), ("b", 7), ("c", 8)):
        sample.write(sample.ECHO, tmp_path / name, debtors=60, seed=seed)
    same, again, other = (digests(tmp_path / n) for n in "abc")
    assert same == again
    assert {f for f in same if same[f] == other[f]} == {"deployment.yaml"}


def test_writing_over_an_older_portfolio_leaves_nothing_of_it(tmp_path):
    sample.write(sample.DEMO, tmp_path / "a", debtors=60, seed=1)
    sample.write(sample.DEMO, tmp_path / "a", debtors=40, seed=2)
    sample.write(sample.DEMO, tmp_path / "b", debtors=40, seed=2)
    assert digests(tmp_path / "a") == digests(tmp_path / "b")


def test_the_deployment_parses_and_maps_columns_that_are_there(folder):
    made = deployment.parse((folder / "deployment.yaml").read_text("utf-8"), environ={})
    assert {s.kind for s in made.sources} == set(SourceKind)
    found = exported.sources(folder)
    for source in made.sources:
        assert (folder / made.root / source.location).is_file()
        wanted = {c for f in source.fields.values() for c in ([f.column] if f.column else f.columns or ())}
        assert wanted <= set(found[source.name][0]), source.name


def test_every_signal_source_names_a_scope_the_ledger_knows(folder):
    made = deployment.parse((folder / "deployment.yaml").read_text("utf-8"), environ={})
    codes = made.of_kind(SourceKind.CONSENTS)[0].fields["scope"].values
    assert {scope for s in made.signal_sources for scope in s.consent_scopes} == set(codes.values())


def test_rows_written_are_good_rows_and_planted_ones_and_no_others(demo, folder):
    told = exported.planted(folder)["sources"]
    for name, (_, rows) in exported.sources(folder).items():
        assert len(rows) == demo.rows[name] == told[name]["rows"]
        assert demo.planted[name] == sum(p["rows"] for p in told[name]["planted"]) > 0
        assert told[name]["rows"] == told[name]["good"] + demo.planted[name]


def test_record_ids_are_unique_but_for_the_planted_duplicates(folder):
    told, found = exported.planted(folder)["sources"], exported.sources(folder)
    for name in ("registry", "shop", "courier", "cards", "notes", "app"):
        seen = Counter(str(row[0]) for row in found[name][1])
        repeated = sorted(r for p in told[name]["planted"] if p["reason"] == "duplicate_id" for r in p["records"])
        assert sorted(i for i, n in seen.items() if n > 1) == repeated


def test_every_mobile_number_lies_in_the_fictional_block(folder):
    numbers = re.findall(r"(?<!\d)1[3-9]\d{9}(?!\d)", re.sub(r"(?<=\d)[ -](?=\d{4})", "", everything(folder)))
    assert len(numbers) > 10_000
    assert all(n[3:5] == "00" for n in numbers)


def test_every_full_id_has_a_valid_checksum_and_an_area_no_province_has(folder):
    _, rows = exported.sources(folder)["consents"]
    ids = {str(row[1]) for row in rows}
    assert len(ids) > 3000
    assert all(i[:2] == "99" and checksum(i[:17]) == i[17] for i in ids)


def test_every_email_is_in_a_reserved_domain(folder):
    found = re.findall(r"[\w.]+@[\w.]+", everything(folder))
    assert len(found) > 1000
    assert {e.split("@")[1] for e in found} == {"example.test"}


def test_canaries_occur_in_every_source_that_names_people_and_nobody_else_shares_them(folder):
    told = exported.planted(folder)
    assert len(told["canaries"]) == 3
    sources = exported.sources(folder)
    for name in ("registry", "consents", "shop", "crm", "cards", "notes"):
        text = "\n".join(str(c) for row in sources[name][1] for c in row)
        assert any(p in text for p in told["canary_patterns"]), name
    for canary in told["canaries"]:
        ids = {str(row[1]) for row in sources["consents"][1] if row[0] == canary["customer_no"]}
        assert ids == {canary["id_number"]}


def test_customers_and_cases_of_different_blocks_never_share_an_id_or_a_number(tmp_path, monkeypatch):
    monkeypatch.setattr(portfolio, "BLOCK", 50)
    made = sample.write(sample.DEMO, tmp_path, debtors=170, seed=3)
    now = exported.truth(tmp_path, "current")
    assert made.debtors == 170
    assert len({row["case_id"] for row in now}) == len(now) == made.cases
    holders = {(row["phone"], row["customer_no"]) for row in now if row["phone"]}
    assert len({row["customer_no"] for row in now}) == 170
    assert len({p for p, _ in holders}) >= len(holders) - 3  # households may share one
    told = exported.planted(tmp_path)["sources"]
    assert {n: s["rows"] for n, s in told.items()} == made.rows
    assert [row[0] for row in exported.sources(tmp_path)["cards"][1]] != []


def test_a_handful_of_debtors_is_enough(tmp_path):
    assert sample.write(sample.SETTLED, tmp_path, debtors=1, seed=1).cases == 1


def test_everything_observed_lies_before_the_day_of_the_truth(tmp_path):
    sample.write(sample.World(bad_rows=0), tmp_path, debtors=100, as_of=date(2025, 3, 1))
    for name, column in (("shop", 8), ("cards", 6), ("notes", 4), ("attempts", 4)):
        days = [str(row[column])[:10] for row in exported.sources(tmp_path)[name][1]]
        assert max(days) < "2025-03-01"
        assert min(days) > "2021-01-01"


def test_the_command_writes_what_it_says(tmp_path, capsys):
    main(["--out", str(tmp_path), "--world", "restless", "--debtors", "30", "--seed", "5", "--as-of", "2026-06-01"])
    assert "restless: 30 debtors" in capsys.readouterr().out
    assert (tmp_path / "deployment.yaml").is_file()


def test_the_command_explains_itself(capsys):
    with pytest.raises(SystemExit, match="0"):
        main(["--help"])
    assert {"--world", "--debtors", "--seed", "--as-of"} <= set(re.findall(r"--[a-z-]+", capsys.readouterr().out))
