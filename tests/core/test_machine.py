"""Sorting on a processor whose wide registers sort slowly."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from core import machine

ZEN_4 = """processor\t: 0
vendor_id\t: AuthenticAMD
cpu family\t: 25
model\t\t: 17
flags\t\t: fpu sse2 avx2 avx512f avx512bw

processor\t: 1
vendor_id\t: AuthenticAMD
"""


@pytest.fixture
def unloaded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "numpy", raising=False)
    monkeypatch.setenv("NPY_DISABLE_CPU_FEATURES", "")
    monkeypatch.delenv("NPY_DISABLE_CPU_FEATURES")


def told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text: str) -> str | None:
    file = tmp_path / "cpuinfo"
    file.write_text(text, encoding="ascii")
    monkeypatch.setattr(machine, "_CPUINFO", file)
    machine.prefer_quick_sorts()
    return os.environ.get("NPY_DISABLE_CPU_FEATURES")


@pytest.mark.usefixtures("unloaded")
@pytest.mark.parametrize(
    ("changed", "to", "expected"),
    [
        ("", "", "X86_V4"),
        ("AuthenticAMD", "GenuineIntel", None),
        ("cpu family\t: 25", "cpu family\t: 26", None),
        (" avx512f", "", None),
        ("vendor_id", "CPU implementer", None),
    ],
    ids=["zen 4", "intel", "zen 5", "zen 3", "arm"],
)
def test_only_the_processor_that_sorts_slowly(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, changed: str, to: str, expected: str | None
) -> None:
    assert told(monkeypatch, tmp_path, ZEN_4.replace(changed, to, 1) if changed else ZEN_4) == expected


@pytest.mark.usefixtures("unloaded")
def test_what_the_operator_set_stands(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("NPY_DISABLE_CPU_FEATURES", "AVX512_ICL")
    assert told(monkeypatch, tmp_path, ZEN_4) == "AVX512_ICL"


@pytest.mark.usefixtures("unloaded")
def test_a_kernel_that_does_not_tell(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(machine, "_CPUINFO", tmp_path / "none")
    machine.prefer_quick_sorts()
    assert "NPY_DISABLE_CPU_FEATURES" not in os.environ


def test_too_late_once_numpy_is_loaded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("NPY_DISABLE_CPU_FEATURES", raising=False)
    assert "numpy" in sys.modules
    assert told(monkeypatch, tmp_path, ZEN_4) is None


def test_the_command_line_loads_no_numpy_before(tmp_path: Path) -> None:
    code = "import sys, cli.main; sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, cwd=Path(__file__).parents[2]).returncode == 0


def test_at_the_end_nothing_is_looked_through_again_and_what_was_registered_is_done():
    code = """
import atexit, gc
from core import machine
gc.callbacks.append(lambda phase, _: print("looked") if phase == "start" and gc.get_freeze_count() == 0 else None)
atexit.register(print, "last")
machine.end_at_once()
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=Path(__file__).parents[2], check=True
    )
    assert done.stdout == "last\n"
