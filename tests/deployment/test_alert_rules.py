"""The alert rules name only metrics and labels that are there; where promtool is, it reads them, and each fires when it should."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest
import yaml

from feed.metrics import Metrics
from pipeline import metrics
from tests.support import ROOT

FILE = ROOT / "deploy" / "alerts.yaml"
# what PromQL itself has, as far as the rules use it
WORDS = {"time", "absent", "sum", "by", "rate", "avg_over_time", "or", "and", "up", "job"}


@pytest.fixture(scope="module")
def rules():
    (group,) = yaml.safe_load(FILE.read_text(encoding="utf-8"))["groups"]
    return group["rules"]


@pytest.fixture(scope="module")
def exposed(ran):
    """Metric → names of labels, as the two servers write them."""
    feed = Metrics()
    feed.observe("GET", "/v1/deltas", 200, 0.01)
    found = {}
    for line in (metrics.text(ran[0]) + feed.text(1)).splitlines():
        if not line.startswith("#"):
            name, _, labels = line.rpartition(" ")[0].partition("{")
            found.setdefault(name, set()).update(re.findall(r'(\w+)="', labels))
    return found


def test_every_metric_and_label_is_one_that_is_written(rules, exposed):
    for rule in rules:
        bare = re.sub(r'"[^"]*"|\[\w+\]|\b[\d.]+\b', " ", rule["expr"])
        named = set(re.findall(r"skiptrace_\w+", bare))
        assert named <= exposed.keys(), rule["alert"]
        labels = set(re.findall(r"[a-z_]+", bare)) - named - WORDS
        assert labels <= set().union(*(exposed[n] for n in named)), rule["alert"]
        told = set(re.findall(r"\$labels\.(\w+)", rule["annotations"]["summary"]))
        assert told <= set().union(*(exposed[n] for n in named)), rule["alert"]


def test_values_that_labels_are_compared_with_are_written(rules, ran):
    text = metrics.text(ran[0])
    compared = {m for r in rules for m in re.findall(r'(?:step|outcome|op)="\w+"', r["expr"])}
    assert compared
    assert [c for c in compared if c not in text] == []


def test_every_rule_says_what_is_wrong_and_how_bad(rules):
    names = [r["alert"] for r in rules]
    assert len(set(names)) == len(names)
    assert all(r["labels"]["severity"] in ("page", "ticket") and r["annotations"]["summary"] for r in rules)
    assert all(name.startswith("Skiptrace") for name in names)


HOURS = 3600
# alert → series that make it fire after two days; everything else is as after a good night
WRONG = {
    "SkiptraceNoNewCandidates": {"skiptrace_run_last_success_timestamp_seconds": "0x4000"},
    "SkiptraceDeadlineMissed": {"skiptrace_run_running_seconds": f"{5 * HOURS}x4000"},
    "SkiptraceRunFailed": {"skiptrace_run_failed": "1x4000"},
    "SkiptraceSourceFailed": {'skiptrace_run_source_failed{source="crm"}': "1x4000"},
    "SkiptraceSourceUnusual": {'skiptrace_run_source_warnings{source="crm"}': "2x4000"},
    "SkiptraceVolumeFell": {'skiptrace_run_rows{step="pull",source="crm",outcome="pulled"}': "1000x2800 100x1200"},
    "SkiptraceVolumeRose": {'skiptrace_run_rows{step="pull",source="crm",outcome="pulled"}': "1000x2800 90000x1200"},
    "SkiptraceQuarantineGrows": {'skiptrace_run_rows{step="check",source="crm",outcome="quarantined"}': "400x4000"},
    "SkiptraceMassDeletion": {'skiptrace_run_deltas{op="DEL"}': "900x4000"},
    "SkiptraceForgettingOverdue": {"skiptrace_erasures_overdue": "1x4000"},
    "SkiptraceFeedFails": {'skiptrace_feed_requests_total{method="GET",route="/v1/deltas",status="500"}': "0+30x4000"},
    "SkiptraceNotScraped": {'up{job="skiptrace"}': "0x4000"},
}
GOOD = {
    "skiptrace_run_last_success_timestamp_seconds": "172000x4000",
    "skiptrace_run_running_seconds": "0x4000",
    "skiptrace_run_failed": "0x4000",
    'skiptrace_run_source_failed{source="crm"}': "0x4000",
    'skiptrace_run_source_warnings{source="crm"}': "0x4000",
    'skiptrace_run_rows{step="pull",source="crm",outcome="pulled"}': "1000x4000",
    'skiptrace_run_rows{step="check",source="crm",outcome="clean"}': "990x4000",
    'skiptrace_run_rows{step="check",source="crm",outcome="quarantined"}': "10x4000",
    'skiptrace_run_candidates{kind="phone"}': "3000x4000",
    'skiptrace_run_deltas{op="DEL"}': "12x4000",
    "skiptrace_erasures_overdue": "0x4000",
    "skiptrace_requests_overdue": "0x4000",
    'skiptrace_feed_requests_total{method="GET",route="/v1/deltas",status="200"}': "0+60x4000",
    'skiptrace_feed_requests_total{method="GET",route="/v1/deltas",status="500"}': "0x4000",
    'up{job="skiptrace"}': "1x4000",
}


def test_every_rule_has_a_case_in_which_it_fires(rules):
    assert {r["alert"] for r in rules} == set(WRONG)


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not on the path")
@pytest.mark.parametrize("wrong", [None, *WRONG])
def test_promtool_reads_the_rules_and_one_fires_for_what_is_wrong(rules, wrong, tmp_path):
    series = GOOD | (WRONG[wrong] if wrong else {})
    summaries = {r["alert"]: r for r in rules}
    expected = []
    for name, rule in summaries.items():
        labels = dict(rule["labels"])
        if "$labels.source" in rule["annotations"]["summary"] or "by (source)" in rule["expr"]:
            labels["source"] = "crm"
        if name == "SkiptraceNotScraped":
            labels["job"] = "skiptrace"
        summary = rule["annotations"]["summary"].replace("{{ $labels.source }}", "crm")
        alerts = [{"exp_labels": labels, "exp_annotations": {"summary": summary}}] if name == wrong else []
        expected.append({"eval_time": "48h", "alertname": name, "exp_alerts": alerts})
    written = [
        {"series": name, "values": values.replace("x", "+0x") if "+" not in values else values}
        for name, values in series.items()
    ]
    case = {"rule_files": [str(FILE)], "evaluation_interval": "5m", "tests": [
        {"interval": "1m", "input_series": written, "alert_rule_test": expected}
    ]}  # fmt: skip
    file = tmp_path / "case.yaml"
    file.write_text(yaml.safe_dump(case), encoding="utf-8")
    done = subprocess.run(["promtool", "test", "rules", str(file)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
