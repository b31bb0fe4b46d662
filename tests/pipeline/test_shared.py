"""What leaves operations holds no small cell: every number in it is zero, `<k`, or a multiple of k."""

import json
import re

import numpy as np
import pandas as pd
from typer.testing import CliRunner

import ranking
from cli.main import app
from pipeline import shared
from pipeline.report import page, stored


def counts(value):
    if isinstance(value, dict):
        return [n for k, v in value.items() if k not in {"seconds", "min_cell"} for n in counts(v)]
    if isinstance(value, list):
        return [n for v in value for n in counts(v)]
    return [value] if isinstance(value, int | float) and not isinstance(value, bool) else []


def test_the_report_as_it_is_has_small_cells_and_as_it_is_shared_none(ran):
    exact = stored(ran[0])
    assert [n for n in counts(exact) if 0 < n < 10]
    out = json.loads(json.dumps(shared.report_json(exact, 10)))
    assert [n for n in counts(out) if n % 10] == []
    assert "<10" in json.dumps(out)
    assert counts(out)


def test_a_shared_page_and_screen_show_no_small_cell(ran):
    site = ran[0]
    html = page(shared.report(stored(site), 10))
    cells = [c for c in re.findall(r'<td class="n">([^<]*)</td>', html) if not re.fullmatch(r"\d+\.\d\d", c)]
    numbers = [int(c.replace(",", "")) for c in cells if c and not c.startswith(("&lt;", "<"))]
    assert numbers
    assert [n for n in numbers if n % 10] == []
    for form in ("text", "json", "html"):
        told = CliRunner().invoke(app, ["report", "-d", str(site.folder), "--share", "--format", form])
        assert told.exit_code == 0
        assert "<10" in told.output or "&lt;10" in told.output


def test_a_figure_over_few_people_is_blank_and_over_many_untouched():
    frame = pd.DataFrame(
        {"kind": "phone", "metric": ["a", "b"], "value": [0.5, 0.5], "low": 0.1, "high": 0.9, "debtors": [9, 155]}
    )
    bins = pd.DataFrame({"bin": [0, 1], "kind": "phone", "said": [0.1, 0.9], "true": [0.0, 1.0], "n": [3, 200]})
    out = shared.evaluation(ranking.Evaluation(frame, bins, frame), 10)
    assert out.metrics["debtors"].tolist() == ["<10", "155"]
    assert np.isnan(out.metrics["value"][0])
    assert out.metrics["value"][1] == 0.5
    assert out.reliability["n"].tolist() == ["<10", "200"]
    assert np.isnan(out.reliability["true"][0])


def test_a_scorecard_hides_small_sources():
    rows = [{"source": "crm", "mean": 0.7312, "counts": {"candidates": 4, "accept": 1}},
            {"source": "shop", "mean": 0.5512, "counts": {"candidates": 444, "reject": 12}}]  # fmt: skip
    small, large = shared.scorecard(rows, 10)
    assert small["mean"] is None
    assert str(small["counts"]["accept"]) == "<10"
    assert large["mean"] == 0.55
    assert (int(large["counts"]["candidates"]), int(large["counts"]["reject"])) == (440, 10)
