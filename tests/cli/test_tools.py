"""The tools that stand beside the pipeline: link any two tables, look at addresses and notes."""

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from cli import exits
from cli.main import app
from connectors import records

runner = CliRunner()


def lines(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_link_writes_pairs_a_model_and_statistics(tmp_path):
    people = {"id": [f"p{i}" for i in range(300)], "name": [f"{a} {b}" for a in NAMES for b in NAMES][:300]}
    people["born"] = [f"19{50 + i % 50}-0{1 + i % 9}-1{i % 9}" for i in range(300)]
    pq.write_table(pa.table(people), tmp_path / "b.parquet")
    pq.write_table(pa.table(people).slice(0, 120), tmp_path / "a.parquet")
    out, model, stats = tmp_path / "pairs.parquet", tmp_path / "model.json", tmp_path / "stats.json"
    call = [
        "link",
        str(tmp_path / "a.parquet"),
        str(tmp_path / "b.parquet"),
        "--out",
        str(out),
        "--model",
        str(model),
        "--stats",
        str(stats),
    ]
    result = runner.invoke(app, call)
    assert result.exit_code == 0, result.output
    pairs = pq.read_table(out)
    assert {"id_l", "id_r", "score", "prob"} <= set(pairs.column_names)
    right = {(r["id_l"], r["id_r"]) for r in pairs.to_pylist() if r["prob"] > 0.5}
    assert len(right & {(f"p{i}", f"p{i}") for i in range(120)}) > 110
    assert {"train_s", "predict_s", "n_out"} <= set(json.loads(stats.read_text()))
    assert json.loads(model.read_text())["comparisons"]


def test_link_without_out_is_wrong_usage(tmp_path):
    assert runner.invoke(app, ["link", "a.parquet", "b.parquet"]).exit_code == exits.Exit.USAGE


def test_address_gives_the_parts_of_every_row(tmp_path):
    source = tmp_path / "orders.csv"
    source.write_bytes("单号,地址\n1,云南省曲靖市师宗县金丝雀路125号百灵鸟苑21号楼3单元2204室\n2,\n".encode("gb18030"))
    out = tmp_path / "parts.jsonl"
    assert runner.invoke(app, ["address", str(source), "--column", "地址", "--out", str(out)]).exit_code == 0
    first, second = lines(out)
    assert (first["district"], first["road"], first["number"], first["room"]) == ("师宗县", "金丝雀路", "125", "2204")
    assert second["row"] == 2
    assert second["province"] is None


def test_text_gives_masked_text_spans_and_signals(tmp_path):
    source = tmp_path / "notes.csv"
    source.write_text("n,t\n1,我换了新手机号19900000106\n2,妈妈的电话是19900000107，不要打\n", encoding="utf-8")
    out = tmp_path / "found.jsonl"
    assert runner.invoke(app, ["text", str(source), "--column", "t", "--out", str(out)]).exit_code == 0
    own, mothers = lines(out)
    assert "19900000106" not in own["masked"]
    assert [(s["kind"], s["owner"], s["polarity"]) for s in own["signals"]] == [("phone", "self", "new")]
    assert [s["owner"] for s in mothers["signals"] if s["owner"] == "self"] == []
    assert own["spans"][0].keys() >= {"start", "end", "type"}


def text_of(source, out, column="t"):
    return runner.invoke(app, ["text", str(source), "--column", column, "--out", str(out)])


def test_a_note_of_a_megabyte_is_read_like_any_other(tmp_path):
    source, out = tmp_path / "notes.csv", tmp_path / "found.jsonl"
    giant = "客户只问了余额，别的没说。" * 26_000 + "我换了新手机号19900000106。"
    source.write_text(f"n,t\n1,普通一条\n2,{giant}\n3,我换了新手机号19900000107\n", encoding="utf-8")
    assert len(giant.encode()) > 1_000_000
    assert text_of(source, out).exit_code == 0
    found = lines(out)
    assert [row["row"] for row in found] == [1, 2, 3]
    assert [s["value"] for s in found[1]["signals"]] == ["19900000106"]
    assert "19900000106" not in found[1]["masked"]


def test_a_row_that_cannot_be_read_is_told_and_the_others_are_written(tmp_path):
    source, out = tmp_path / "notes.csv", tmp_path / "found.jsonl"
    giant = "9" * (records.MAX_LINE + 1)
    source.write_text(f"n,t\n1,普通一条\n2,{giant}\n3,1,2,3\n4,再一条\n", encoding="utf-8")
    result = text_of(source, out)
    assert result.exit_code == exits.Exit.INCOMPLETE
    assert [row["row"] for row in lines(out)] == [1, 4]
    assert "2 of 4 set aside" in " ".join(result.stderr.split())
    assert "notes.csv, row 2: line_too_long" in result.stderr
    assert "notes.csv, row 3: ragged_row" in result.stderr


@pytest.mark.parametrize("command", ["text", "address"])
@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("notes.csv", "n,t\n1,x\n", "absent"),
        ("notes.jsonl", '{"t": "x"}\n', "absent"),
        ("empty.csv", "", "empty"),
        ("empty.jsonl", "", "empty"),
        ("empty.xlsx", "", "not a whole Excel workbook"),
        ("notes.pdf", "x", "cannot read this kind of file"),
        ("gone.csv", None, "is not there"),
    ],
)
def test_a_file_or_column_that_is_not_there_is_wrong_usage(tmp_path, command, name, content, message):
    if content is not None:
        (tmp_path / name).write_text(content, encoding="utf-8")
    out = tmp_path / "o"
    result = runner.invoke(app, [command, str(tmp_path / name), "--column", "absent", "--out", str(out)])
    assert result.exit_code == exits.Exit.USAGE
    assert message in result.stderr
    assert name in result.stderr
    assert not out.exists()


NAMES = ["anna", "boris", "clara", "dmitri", "elena", "fedor", "greta", "henrik", "irina", "jonas", "katja", "leonid", "marta", "niels", "olga", "pavel", "quirin", "rosa"]  # fmt: skip
