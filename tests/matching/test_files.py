from __future__ import annotations

import json
import re

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from core.errors import ConfigError, SourceUnusable
from matching import Index, Linker, charts, explain, explain_files, files, link_files, pictures, train, unlinkable
from matching.records import signals_of
from tests.matching import people


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tables")
    registry = people.registry(200)
    left, right = people.table(people.signals(registry, 200)[0]), people.table(registry)
    pyarrow.csv.write_csv(left, folder / "left.csv")
    pq.write_table(left, folder / "left.parquet")
    (folder / "left.jsonl").write_text("\n".join(json.dumps(r) for r in left.to_pylist()), encoding="utf-8")
    pq.write_table(right, folder / "right.parquet")
    (folder / "spec.yaml").write_text(people.SPEC, encoding="utf-8")
    return folder


def _run(folder, left, **more):
    ticks = iter(range(100))
    out = folder / f"{left}.pairs.parquet"
    stats = link_files(
        folder / left, folder / "right.parquet", folder / "spec.yaml", out, clock=lambda: float(next(ticks)), **more
    )
    return stats, pq.read_table(out)


def test_every_format_gives_the_same_pairs(folder):
    tables = [_run(folder, name)[1] for name in ("left.csv", "left.jsonl", "left.parquet")]
    assert tables[0].num_rows > 80
    assert tables[0].equals(tables[1])
    assert tables[0].equals(tables[2])


def test_a_person_named_null_keeps_the_name(tmp_path):
    (tmp_path / "t.csv").write_text("id,last,zip\n1,Null,01234\n2,NA,\n", encoding="utf-8")
    table = files.read(tmp_path / "t.csv")
    assert table.to_pylist() == [{"id": "1", "last": "Null", "zip": "01234"}, {"id": "2", "last": "NA", "zip": None}]


def test_statistics_say_what_happened(folder):
    stats, pairs = _run(folder, "left.parquet", stats_path=folder / "stats.json")
    assert stats["n_out"] == pairs.num_rows
    assert (stats["n_left"], stats["n_right"], stats["train_s"], stats["predict_s"]) == (200, 200, 1.0, 1.0)
    assert json.loads((folder / "stats.json").read_text()) == stats
    assert stats["peak_mb"] > 1


def test_a_model_file_is_written_once_and_then_used(folder):
    first, pairs = _run(folder, "left.csv", model_path=folder / "model.json")
    text = (folder / "model.json").read_text(encoding="utf-8")
    _, again = _run(folder, "left.csv", model_path=folder / "model.json")
    assert again.equals(pairs)
    assert (folder / "model.json").read_text(encoding="utf-8") == text
    assert first["spec_digest"] in text


def test_evidence_is_written_on_request(folder):
    _, pairs = _run(folder, "left.csv", evidence=True, threshold=0.5)
    row = pairs.to_pylist()[0]
    assert sum(e["weight_bits"] for e in row["evidence"]) == pytest.approx(row["score"])


def test_without_a_spec_one_is_proposed(folder):
    stats = link_files(folder / "left.csv", folder / "right.parquet", None, folder / "o.parquet")
    assert stats["is_spec_proposed"]
    assert stats["n_out"] > 80


def test_what_people_decided_teaches_and_is_drawn_against(folder):
    pairs = _run(folder, "left.csv")[1].to_pylist()
    told = [f"{p['id_l']},{p['id_r']},{str(p['prob'] > 0.5).lower()}" for p in pairs]
    (folder / "labels.csv").write_text("\n".join(["id_l,id_r,is_match", *told]), encoding="utf-8")
    _run(folder, "left.csv", labels_path=folder / "labels.csv", charts_folder=folder / "charts")
    names = {"histogram", "parameters", "precision_recall", "unlinkables"}
    assert {p.name for p in (folder / "charts").iterdir()} == {"charts.html", *(f"{n}.vl.json" for n in names)}
    curve = json.loads((folder / "charts" / "precision_recall.vl.json").read_text(encoding="utf-8"))
    points = next(iter(curve["datasets"].values()))
    assert max(p["recall"] for p in points) == 1
    for text, key in (("id_l,id_r\na,b", "is_match"), ("id_l,id_r,is_match\na,b,maybe", "neither true nor false")):
        (folder / "bad.csv").write_text(text, encoding="utf-8")
        with pytest.raises(ConfigError, match=key):
            _run(folder, "left.csv", labels_path=folder / "bad.csv")
    _run(folder, "left.csv", model_path=folder / "there.json")
    with pytest.raises(ConfigError, match="labels would not change it"):
        _run(folder, "left.csv", model_path=folder / "there.json", labels_path=folder / "labels.csv")


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_charts_are_one_page_that_asks_no_network(folder, tmp_path, lang):
    _run(folder, "left.csv", charts_folder=tmp_path, lang=lang)
    page = (tmp_path / "charts.html").read_text(encoding="utf-8")
    assert "default-src 'none'" in page  # a browser would refuse to fetch anything
    assert not re.findall(r"<(?:script|link|img|iframe)[^>]*\s(?:src|href)=", page)
    assert page.count("<script>") == 3
    assert ("无法链接的记录" if lang == "zh" else "Unlinkable records") in page
    specs = json.loads(re.search(r"const specs = (.*);\n", page)[1])
    assert specs == {p.name.split(".")[0]: json.loads(p.read_text("utf-8")) for p in tmp_path.glob("*.vl.json")}


def test_the_waterfall_of_a_pair_is_a_page_with_the_words_beside_it(folder, tmp_path):
    pair = _run(folder, "left.csv")[1].to_pylist()[0]
    told = explain_files(
        folder / "left.csv", folder / "right.parquet", pair["id_l"], pair["id_r"], folder / "spec.yaml"
    )
    pictures.of_pair(tmp_path, told, "zh")
    page = (tmp_path / "waterfall.html").read_text(encoding="utf-8")
    assert f"{pair['id_l']} ↔ {pair['id_r']}" in page
    assert all(line.split(": ")[0] in page for line in told.text("zh").splitlines())


def test_a_record_that_says_nothing_is_unlinkable_and_no_pair_beats_its_perfect_copy(folder):
    left, right = pq.read_table(folder / "left.parquet"), pq.read_table(folder / "right.parquet")
    index = Index.build(right, people.spec(), signals=left)
    linker = Linker(index, train(left, index))
    silent = pa.table({n: ["s"] if n == "id" else pa.nulls(1, pa.string()) for n in left.column_names})
    best = unlinkable.best_bits(linker, pa.concat_tables([left, silent]))
    assert best[-1] < 0 < np.median(best)
    scored = linker.weigh(signals_of(left, linker.spec))
    reached = np.full(left.num_rows, -np.inf)
    np.maximum.at(reached, scored.left, scored.bits)
    assert (reached <= best[:-1] + 1.5).all()  # relatives in common may explain a little more of a perfect copy


def test_a_table_of_one_surname_is_bounded_and_says_so(tmp_path):
    for side, n in (("left", 20), ("right", 3000)):
        pq.write_table(
            pa.table({"id": [str(i) for i in range(n)], "last": ["alder"] * n}), tmp_path / f"{side}.parquet"
        )
    (tmp_path / "s.yaml").write_text("comparisons: [{kind: surname, column: last}]", encoding="utf-8")
    files_ = [tmp_path / f for f in ("left.parquet", "right.parquet", "s.yaml", "o.parquet")]
    stats = link_files(*files_)
    assert stats["n_out"] == 0
    assert any("no pair was compared" in w for w in stats["warnings"])


def test_an_unreadable_file_is_named_not_quoted(folder):
    (folder / "bad.parquet").write_text("secret of a person", encoding="utf-8")
    for name in ("bad.parquet", "bad.xyz", "absent.csv"):
        with pytest.raises(SourceUnusable, match=name) as error:
            link_files(folder / name, folder / "right.parquet", folder / "spec.yaml", folder / "o.parquet")
        assert "secret" not in str(error.value)


def test_a_pair_is_explained_in_two_languages_candidate_or_not(folder):
    pairs = _run(folder, "left.csv")[1].to_pylist()
    best = max(pairs, key=lambda p: p["score"])
    told = explain_files(
        folder / "left.csv", folder / "right.parquet", best["id_l"], best["id_r"], folder / "spec.yaml"
    )
    assert told.is_candidate
    assert told.weight_bits == pytest.approx(best["score"])
    assert sum(r["weight_bits"] for r in told.rows) == pytest.approx(told.weight_bits)
    assert "total" in told.text()
    assert "合计" in told.text("zh")
    other = next(
        f"r{n}" for n in range(200) if not any(p["id_l"] == best["id_l"] and p["id_r"] == f"r{n}" for p in pairs)
    )
    far = explain_files(folder / "left.csv", folder / "right.parquet", best["id_l"], other, folder / "spec.yaml")
    assert not far.is_candidate
    assert far.probability < 0.01
    with pytest.raises(ConfigError, match="no record has one of the ids"):
        explain_files(folder / "left.csv", folder / "right.parquet", "nobody", other, folder / "spec.yaml")


def test_charts_are_drawn_and_hold_no_persons_value(folder):
    left, right = pq.read_table(folder / "left.parquet"), pq.read_table(folder / "right.parquet")
    index = Index.build(right, people.spec(), signals=left)
    linker = Linker(index, train(left, index))
    scored = linker.weigh(signals_of(left, linker.spec))
    drawn = [
        charts.waterfall(explain(linker, left, left.column("id")[0].as_py(), right.column("id")[0].as_py())),
        charts.parameters(linker.model),
        charts.histogram(scored.bits),
        charts.precision_recall(scored.bits, scored.bits > 0, 100),
        charts.unlinkables(scored.bits),
    ]
    values = {v for c in ("phone", "address") for v in left.column(c).to_pylist() if v}
    for chart in drawn:
        text = json.dumps(chart.to_dict())
        assert "mark" in text
        assert not any(v in text for v in values)


def test_threads_do_not_change_the_pairs(folder, monkeypatch):
    import sys

    monkeypatch.setattr(sys.modules["matching.link"], "BATCH_ROWS", 17)
    assert _run(folder, "left.csv", threads=1)[1].equals(_run(folder, "left.csv", threads=3)[1])
    assert isinstance(pa.default_memory_pool().backend_name, str)


def test_columns_that_cannot_be_compared_are_named(folder, tmp_path):
    left = pq.read_table(folder / "left.parquet")
    lists = left.set_column(6, "town", pa.array([["a", "b"]] * left.num_rows))
    pq.write_table(lists, tmp_path / "lists.parquet")
    (tmp_path / "twice.csv").write_text("id,first,last,last\n1,a,b,c\n", encoding="utf-8")
    (tmp_path / "gbk.csv").write_text("id,first,last,born,phone,address,town\n1,王,伟,,,,\n", encoding="gb18030")
    for name, why in (
        ("lists.parquet", "column town holds lists"),
        ("twice.csv", "same name"),
        ("gbk.csv", "not UTF-8"),
    ):
        with pytest.raises(SourceUnusable, match=why):
            link_files(tmp_path / name, folder / "right.parquet", folder / "spec.yaml", tmp_path / "o.parquet")
    stats = link_files(tmp_path / "lists.parquet", folder / "right.parquet", None, tmp_path / "o.parquet")
    assert stats["n_out"] > 80  # a proposed spec passes over it
