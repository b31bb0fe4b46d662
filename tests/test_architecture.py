"""The house rules that no linter knows."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROOMS = ["core", "values", "connectors", "expectations", "policy", "privacy", "matching", "ranking", "store", "pipeline", "dags", "cli", "sample"]  # fmt: skip


def python_files():
    return [p for room in ROOMS for p in (ROOT / room).rglob("*.py")]


def test_only_admit_makes_admitted_signals():
    makers = {
        p.relative_to(ROOT).as_posix() for p in python_files() if re.search(r"(?<!class )\bAdmitted\(", p.read_text())
    }
    # match reads back what admit staged: the type is restored there, not granted
    assert makers == {"pipeline/admit.py", "pipeline/match.py"}


def test_no_module_is_called_utils_or_the_like():
    names = {p.stem for p in python_files()}
    assert not names & {"utils", "util", "helpers", "helper", "common", "misc", "manager"}


@pytest.mark.parametrize("module", ["cli.main", "core.deployment"])
def test_light_modules_stay_light(module):
    code = f"import sys, {module}; print(sorted({{'airflow', 'great_expectations', 'presidio_analyzer', 'pandas'}} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.strip() == "[]"


def test_every_text_of_the_terminal_exists_in_both_languages():
    from cli.texts import TEXTS

    for english, chinese in TEXTS.values():
        assert english
        assert re.search(r"[\u4e00-\u9fff#]", chinese) or chinese.isupper()


def test_no_file_names_a_place_of_one_machine():
    tracked = subprocess.run(["git", "ls-files", "-z"], capture_output=True, text=True, cwd=ROOT).stdout.split("\0")
    if tracked == [""]:
        pytest.skip("not a git checkout")
    texts = [ROOT / t for t in tracked if t and (ROOT / t).suffix in {".py", ".md", ".yaml", ".toml", ".lock", ".html"}]
    home = "/" + "root/"
    assert [p.name for p in texts if p.exists() and home in p.read_text(encoding="utf-8")] == []
