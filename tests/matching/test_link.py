from __future__ import annotations

import json
import math
import sys

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import matching
from core import schemas
from core.errors import ConfigError, Fatal
from matching import Index, Linker, Model, link, link_tables, stream, train
from tests.matching import people


@pytest.fixture(scope="module")
def world():
    registry = people.registry(400)
    rows, truth = people.signals(registry, 600)
    left, right = people.table(rows), people.table(registry)
    index = Index.build(right, people.spec(), signals=left)
    return left, right, index, train(left, index), truth


def test_most_signals_find_their_person_and_strangers_find_nobody(world):
    left, _, index, model, truth = world
    links = {r["signal_id"]: r["case_id"] for r in link(index, left, model).to_pylist()}
    right_ones = sum(truth.get(s) == c for s, c in links.items())
    assert right_ones > 0.93 * len(truth)
    assert right_ones > 0.97 * len(links)


def test_a_link_is_the_sum_of_its_evidence_and_finite(world):
    left, _, index, model, _ = world
    links = link(index, left, model, 0.0)
    assert links.schema.equals(schemas.LINKS)
    for row in links.to_pylist():
        assert sum(e["weight_bits"] for e in row["evidence"]) == row["weight_bits"]
        assert math.isclose(1 / (1 + 2 ** -row["weight_bits"]), row["probability"], abs_tol=1e-12)
        assert all(math.isfinite(e["weight_bits"]) and math.isfinite(e["tf_bits"]) for e in row["evidence"])
        assert row["evidence"][0]["field"] == "prior"


def test_of_one_signal_probabilities_sum_to_at_most_one(world):
    left, _, index, model, _ = world
    links = link(index, left, model, 0.0).to_pandas()
    assert links.groupby("signal_id").probability.sum().max() <= 1 + 1e-6


def test_a_rerun_gives_the_same_bytes(world):
    left, right, index, model, _ = world
    again = Index.build(right, people.spec(), signals=left)
    assert train(left, again).to_json() == model.to_json()
    assert link(again, left, model, 0.01).equals(link(index, left, model, 0.01))


def test_a_signal_is_judged_alone_as_in_its_batch(world):
    left, _, index, model, _ = world
    linker = Linker(index, model)
    batch = {r["signal_id"]: r for r in link(index, left, model, 0.2).to_pylist()}
    for row in left.slice(0, 40).to_pylist():
        alone = index.match_one(row, model, 0.2)
        assert [a["case_id"] for a in alone][:1] == [batch[row["id"]]["case_id"]] if row["id"] in batch else not alone
        assert alone == matching.link_one(linker, row, 0.2)


def test_a_saved_index_answers_as_the_one_that_was_built(world, tmp_path):
    left, _, index, model, _ = world
    index.save(tmp_path / "index")
    assert link(Index.open(tmp_path / "index"), left, model, 0.01).equals(link(index, left, model, 0.01))


def test_an_incomplete_index_is_refused(world, tmp_path):
    world[2].save(tmp_path / "index")
    (tmp_path / "index" / "block0.rows.npy").unlink()
    with pytest.raises(Fatal, match="incomplete"):
        Index.open(tmp_path / "index")


def test_batches_do_not_change_the_answer(world, monkeypatch):
    left, _, index, model, _ = world
    whole = pa.concat_tables(stream(Linker(index, model), left))
    monkeypatch.setattr(sys.modules["matching.link"], "BATCH_ROWS", 37)
    assert pa.concat_tables(stream(Linker(index, model), left)).equals(whole)


def test_cases_of_one_person_are_no_rivals(world):
    left, right, _, _, truth = world
    twice = right.append_column("person", right.column("id"))
    twice = pa.concat_tables(
        [twice, twice.set_column(0, "id", pa.array([f"{i}b" for i in right.column("id").to_pylist()]))]
    )
    spec = matching.Spec.parse(people.SPEC.replace("right: {id: id}", "right: {id: id, entity: person}"))
    index = Index.build(twice, spec, signals=left)
    links = link(index, left, train(left, index)).to_pandas()
    both = links.groupby("signal_id").case_id.agg(lambda c: {x.removesuffix("b") for x in c})
    assert (links.groupby("signal_id").size() == 2).mean() > 0.95
    assert np.mean([b == {truth.get(s)} for s, b in both.items()]) > 0.95


def test_a_model_of_another_spec_is_refused(world):
    _, _, index, model, _ = world
    other = Model.from_json(model.to_json().replace(model.spec_digest, "0" * 12))
    with pytest.raises(ConfigError, match="the model is of spec"):
        Linker(index, other)


def test_a_model_file_from_before_moves_were_known_still_loads(world):
    raw = json.loads(world[3].to_json()) | {"format": 1}
    del raw["moved_rate"]
    assert Model.from_json(json.dumps(raw)).moved_rate == 0
    with pytest.raises(ConfigError, match="formats 1 to"):
        Model.from_json(json.dumps(raw | {"format": 99}))


@pytest.mark.parametrize("gone", ["match_rate", "moved_rate", "comparisons", "relation_rates", "spec_digest", "counts"])
def test_a_model_that_lacks_a_part_does_not_load(world, gone):
    raw = json.loads(world[3].to_json())
    del raw[gone]
    with pytest.raises(ConfigError, match=gone):
        Model.from_json(json.dumps(raw))


def test_a_model_with_a_zero_or_a_lost_level_does_not_load(world):
    for broken in ([0.0, *[0.2] * 5], [0.5, 0.5]):
        raw = json.loads(world[3].to_json())
        raw["comparisons"]["first"]["m"] = broken
        with pytest.raises(ConfigError, match=r"comparisons\.first\.m"):
            Model.from_json(json.dumps(raw))


def test_a_column_that_is_not_there_is_named(world):
    left, right, *_ = world
    with pytest.raises(ConfigError, match="phone"):
        Index.build(right.drop_columns(["phone"]), people.spec())
    with pytest.raises(ConfigError, match="town"):
        link_tables(left.drop_columns(["town"]), right, people.spec())


def test_repeated_and_missing_ids_are_counted_not_shown(world):
    _left, right, *_ = world
    with pytest.raises(Fatal, match="1 rows repeat") as error:
        Index.build(pa.concat_tables([right, right.slice(0, 1)]), people.spec())
    assert "r0" not in str(error.value)
    with pytest.raises(Fatal, match="400 rows have no id"):
        Index.build(right.set_column(0, "id", pa.nulls(400, pa.string())), people.spec())


_TEXT = st.one_of(
    st.none(), st.text(max_size=12), st.sampled_from(["", "é́", "👩‍👩‍👧", "١٢٣", "\x00", "a" * 300, "*", "2001-02-30"])
)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    rows=st.lists(
        st.fixed_dictionaries(dict.fromkeys(["first", "last", "born", "phone", "address", "town"], _TEXT)), max_size=8
    )
)
def test_any_text_links_to_finite_scores(rows):
    numbered = [row | {"id": str(i)} for i, row in enumerate(rows)]
    pairs, model, _ = link_tables(people.table(numbered), people.table(numbered), people.spec())
    assert np.isfinite(pairs.column("score").to_numpy()).all()
    assert Model.from_json(model.to_json()) == model


def test_columns_of_nothing_and_of_one_value_tell_nothing(world):
    left, right, _, _, truth = world
    for name, value in (("town", None), ("born", None), ("town", "onetest")):
        at = left.column_names.index(name)
        a, b = (t.set_column(at, name, pa.array([value] * t.num_rows, pa.string())) for t in (left, right))
        pairs, model, _ = link_tables(a, b, people.spec(), threshold=0.5)
        hits = sum(truth.get(p["id_l"]) == p["id_r"] for p in pairs.to_pylist())
        assert hits > 0.85 * len(truth)
        if value is None:
            assert any(w.startswith(name) for w in model.warnings)


def test_a_block_of_everybody_is_not_followed_and_reported(world):
    left, right, *_ = world
    text = people.SPEC + "blocking: {rules: [[town], [phone]], propose: false, max_block: 20}\n"
    index = Index.build(right, matching.Spec.parse(text))
    linker = Linker(index, train(left, index))
    pairs = pa.concat_tables(stream(linker, left))
    assert linker.capped["town.exact"] > 100
    finer = [b.rule for b in index.blocks if b.parent == ("town.exact",)]
    assert ("town.exact", "born.exact") in finer
    by_phone = matching.Spec.parse(text.replace("[town], [phone]", "[phone]"))
    assert pairs.num_rows > link_tables(left, right, by_phone)[0].num_rows + 100
    assert pairs.num_rows < 20 * left.num_rows


def test_what_people_decided_stands_in_the_model(world):
    left, _, index, model, truth = world
    wrong = pa.table({"id_l": [*truth], "id_r": [*truth.values()], "is_match": [False] * len(truth)})
    right = wrong.set_column(2, "is_match", pa.array([True] * len(truth)))
    assert train(left, index, labels=wrong).match_rate < 0.2 < model.match_rate
    told = train(left, index, labels=right)
    assert told.match_rate == pytest.approx(len(truth) / left.num_rows, abs=0.03)
    assert told.comparisons["born"].m[-1] > 0.9


def test_who_moved_is_found_and_a_namesake_elsewhere_is_not(world):
    _, right, *_ = world
    rows, r = right.to_pylist(), np.random.default_rng(5)
    elsewhere = people.registry(400, seed=77)
    for row, other in zip(rows, elsewhere, strict=True):
        row["phone"] = None
        if r.random() < 0.3:  # everything about the home is another
            row |= {c: other[c] for c in ("address", "town")}
    namesakes = [a | {c: b[c] for c in ("first", "last")} for a, b in zip(elsewhere, people.registry(400), strict=True)]
    left = people.table([row | {"id": f"s{n}"} for n, row in enumerate(rows + namesakes)])
    index = Index.build(right, people.spec(), signals=left)
    model = train(left, index)
    assert 0.2 < model.moved_rate < 0.4
    links = {p["signal_id"]: p["case_id"] for p in link(index, left, model).to_pylist()}
    assert sum(links.get(f"s{n}") == f"r{n}" for n in range(400)) > 385
    assert sum(f"s{n}" in links for n in range(400, 800)) < 10


def test_hardly_any_match_is_said_so(world):
    _, right, *_ = world
    strangers = people.table(people.registry(50, seed=99))
    index = Index.build(right, people.spec(), signals=strangers)
    assert any("priors speak" in w for w in train(strangers, index).warnings)
