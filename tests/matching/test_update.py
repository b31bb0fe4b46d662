"""An updated index links as one built anew does."""

from __future__ import annotations

import random
from dataclasses import replace

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import ConfigError, Fatal
from matching import Index, Linker, Spec, stream, train
from tests.matching import people

SPEC = people.SPEC.replace("right: {id: id}", "right: {id: id, entity: person}") + "blocking: {max_block: 20}\n"


def _table(rows):
    return people.table(rows).append_column("person", pa.array([r.get("person") for r in rows], pa.string()))


def _registry(n, seed=1):
    rows = people.registry(n, seed)
    r = random.Random(seed)
    return [row | {"person": None if r.random() < 0.2 else f"P{r.randrange(n)}"} for row in rows]


def _pairs(index, signals, model):
    pairs = pa.concat_tables(stream(Linker(index, model), signals, with_evidence=True))
    return sorted(pairs.to_pylist(), key=lambda p: (p["id_l"], p["id_r"]))


def _anew(index, rows):
    """Built from the rows by the rules of the index."""
    rules = replace(index.spec.blocking, rules=index.plan.rules, propose=False)
    return replace(Index.build(_table(rows), replace(index.spec, blocking=rules)), spec=index.spec)


@pytest.fixture(scope="module")
def world():
    rows = _registry(240)
    signals = people.table(people.signals(people.registry(240), 120)[0])
    index = Index.build(_table(rows), Spec.parse(SPEC), signals=signals)
    return rows, signals, index, train(signals, index)


@settings(max_examples=10, deadline=None)
@given(
    removed=st.sets(st.integers(0, 239), max_size=120),
    changed=st.sets(st.integers(0, 239), max_size=60),
    new=st.integers(0, 60),
    entities=st.sets(st.integers(0, 239), max_size=10),
    is_saved=st.booleans(),
    seed=st.integers(0, 99),
)
def test_an_updated_index_links_as_one_built_anew(
    world, tmp_path_factory, removed, changed, new, entities, is_saved, seed
):
    rows, signals, index, model = world
    others = _registry(300, seed + 5)
    different = [others[n] | {"id": rows[n]["id"]} for n in sorted(changed)]
    different += [others[240 + n] | {"id": f"new{n}"} for n in range(new)]
    gone = {rows[n]["id"] for n in removed} | {d["id"] for d in different}
    names = {f"P{n}" for n in entities}
    after = [r for r in rows if r["id"] not in gone and r["person"] not in names] + different
    if is_saved:
        folder = tmp_path_factory.mktemp("saved") / "index"
        index.save(folder)
        index = Index.open(folder)
    told = [rows[n]["id"] for n in sorted(removed)]
    found = index.update(_table(different) if different else None, removed=told, removed_entities=[*names])
    anew = _anew(index, after)
    assert (found.n, found.registry) == (anew.n, anew.registry)
    assert _pairs(found, signals, model) == _pairs(anew, signals, model)
    assert found.digest == index.digest


def test_updates_can_follow_each_other_on_disk_while_the_old_one_is_open(world, tmp_path):
    rows, signals, index, model = world
    index.save(tmp_path / "index")
    open_still = Index.open(tmp_path / "index")
    before = _pairs(open_still, signals, model)
    for n in range(3):
        Index.open(tmp_path / "index").update(removed=[rows[n]["id"]]).save(tmp_path / "index")
    assert Index.open(tmp_path / "index").n == len(rows) - 3
    assert _pairs(open_still, signals, model) == before
    assert _pairs(Index.open(tmp_path / "index"), signals, model) == _pairs(_anew(index, rows[3:]), signals, model)
    assert [p.name for p in tmp_path.iterdir()] == ["index"]


def test_wrong_updates_are_refused_and_nothing_is_changed(world):
    rows, _, index, _ = world
    table = _table(rows[:2])
    with pytest.raises(ConfigError, match="no such column"):
        index.update(table.drop_columns(["phone"]))
    with pytest.raises(Fatal, match="repeat a id"):
        index.update(pa.concat_tables([table, table]))
    with pytest.raises(Fatal, match="names of its entities"):
        replace(index, entity_names=None).update(removed=["r1"])
    assert index.update(removed=["nobody"]).n == index.n == len(rows)
