"""What is shipped: a bill of materials that lacks nothing, licences that may be shipped, no secret in the repository."""

from __future__ import annotations

import importlib.util
import json
import secrets as random_secrets

import pytest

from tests.support import ROOT


@pytest.fixture(scope="module")
def supply():
    import sys

    spec = importlib.util.spec_from_file_location("supply", ROOT / "tools" / "supply.py")
    module = sys.modules["supply"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def lock(supply):
    return supply.LOCK.read_text(encoding="utf-8")


def test_the_bill_names_every_locked_package_with_its_hashes_and_what_it_needs(supply, lock):
    bill = supply.sbom(lock)
    names = {c["purl"] for c in bill["components"]}
    assert len(names) == sum("==" in line and not line.startswith(" ") for line in lock.splitlines())
    hashes = [h["content"] for c in bill["components"] for r in c["externalReferences"] for h in r["hashes"]]
    assert sorted(hashes) == sorted(
        line.split("sha256:")[1].split()[0] for line in lock.splitlines() if "sha256:" in line
    )
    needs = {d["ref"]: d["dependsOn"] for d in bill["dependencies"]}
    refs = {c["bom-ref"] for c in bill["components"]}
    assert set(needs) == refs | {"skiptrace"}
    assert {r for found in needs.values() for r in found} <= refs
    assert any("apache-airflow" in r for r in needs["skiptrace"])
    assert supply.sbom(lock) == bill


def test_a_package_without_a_hash_is_no_lock(supply):
    assert [(p.name, len(p.hashes)) for p in supply.locked(f"a==1 \\\n    --hash=sha256:{'0' * 64}\nb==2 ; x == 'y' \\\n    --hash=sha256:{'1' * 64} \\\n    --hash=sha256:{'2' * 64}\n")] == [("a", 1), ("b", 2)]  # fmt: skip
    with pytest.raises(ValueError, match="b is not locked"):
        supply.locked("b==2\n")


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ("MIT", False), ("GPL-3.0-only", True), ("AGPL-3.0-or-later", True), ("GNU General Public License v3 (GPLv3)", True),
        ("LGPL-2.1-only", False), ("GNU Lesser General Public License v2 or later (LGPLv2+)", False), ("MPL-2.0", False),
        ("Artistic-1.0 OR GPL-2.0-or-later", False), ("GPL-2.0 OR AGPL-3.0", True), ("BUSL-1.1", True),
        ("GNU Affero General Public License v3", True), ("Apache-2.0 AND MIT", False),
    ],
)  # fmt: skip
def test_which_licences_may_not_be_shipped(supply, told, expected):
    assert supply.is_forbidden(told) is expected


def test_nothing_that_is_shipped_has_a_licence_that_forbids_it(supply, lock):
    assert supply.licence_problems(lock) == []


def test_no_tracked_file_holds_what_looks_like_a_secret(supply):
    assert supply.secret_problems(supply.tracked()) == []


@pytest.mark.parametrize(
    ("planted", "kind"),
    [
        ("-----BEGIN RSA " + "PRIVATE KEY-----\nMIIEowIBAAKCAQEA7bq3xkfw9ZkQ\n", "private key"),
        ("key = AKIA" + "Q3EGRIFOZWBDT5NX", "AWS key"),
        ("store: postgresql://lender:{}@db.lender.example/store", "login in a URL"),
        ('api_key = "{}"', "assigned secret"),
        ("'password': '{}'", "assigned secret"),
    ],
)
def test_a_secret_is_found_where_it_is_and_not_shown(supply, tmp_path, monkeypatch, planted, kind):
    secret = random_secrets.token_urlsafe(30)
    file = tmp_path / "settings.py"
    file.write_text("first line\n" + planted.replace("{}", secret), encoding="utf-8")
    monkeypatch.setattr(supply, "ROOT", tmp_path)
    (said,) = supply.secret_problems([file])
    assert said == f"settings.py:2: looks like a secret ({kind})"


@pytest.mark.parametrize(
    "text", ["postgresql://user:password@host/skiptrace", 'token = "a_word_like_name_of_it"', "${SKIPTRACE_STORE}"]
)
def test_words_are_no_secrets(supply, text):
    assert list(supply.secrets(text)) == []


SAID = {
    "found": {"dependencies": [{"name": "a", "version": "1", "vulns": [{"id": "CVE-0", "fix_versions": ["2"]}]}]},
    "clean": {"dependencies": [{"name": "a", "version": "1", "vulns": []}, {"name": "b", "skip_reason": "not found"}]},
    "knows nothing": {"dependencies": [{"name": "a", "skip_reason": "not found"}]},
    "unreachable": None,
}
TOLD = {
    "found": (1, "a 1: CVE-0, fixed in 2"),
    "clean": (0, "nothing found\nnot asked about: 1 of 2 packages"),
    "knows nothing": (0, "skipped, the index here knows of no advisories"),
    "unreachable": (0, "skipped, no advisory service can be reached"),
}


@pytest.mark.parametrize("case", SAID)
def test_a_known_vulnerability_fails_and_nobody_to_ask_is_told_as_that(supply, case, tmp_path, monkeypatch, capsys):
    program = tmp_path / "pip-audit"
    answer = "" if SAID[case] is None else json.dumps(SAID[case])
    program.write_text(
        f"#!/bin/sh\nfor last; do :; done\n[ -n '{answer}' ] && printf '%s' '{answer}' > \"$last\"\nexit 1\n"
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    code, said = TOLD[case]
    assert supply.main(["vulnerabilities"]) == code
    assert said in capsys.readouterr().out


def test_without_the_scanner_nothing_is_claimed(supply, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(supply.shutil, "which", lambda *_, **__: None)
    assert supply.main(["vulnerabilities"]) == 0
    assert "skipped, pip-audit is not installed" in capsys.readouterr().out
