"""What a process does worse than it could: how numpy sorts on this processor (told before it is loaded), and how Python ends."""

from __future__ import annotations

import atexit
import gc
import os
import sys
from pathlib import Path

_CPUINFO = Path("/proc/cpuinfo")
_FEATURES_OFF = "NPY_DISABLE_CPU_FEATURES"
# Zen 5 has another family, and Zen 3 no AVX-512.
_ZEN_4 = {"vendor_id": "AuthenticAMD", "cpu family": "25"}


def prefer_quick_sorts() -> None:
    """Let numpy sort by AVX2 on AMD's Zen 4, where its AVX-512 sort takes four times as long (numpy/x86-simd-sort issue 6).

    No effect once numpy is loaded, on other machines, or where the variable is set already. Sorted arrays are the same.
    """
    if "numpy" not in sys.modules and _FEATURES_OFF not in os.environ and _is_zen_4(_facts()):
        os.environ[_FEATURES_OFF] = "X86_V4"


def end_at_once() -> None:
    """Let this process end without looking once more through all that it has in memory for what refers to itself.

    A third of a second after a short command, three after a night; the system takes the memory back either way. What was registered to be done
    at the end still is.
    """
    atexit.register(gc.freeze)


def _facts() -> dict[str, str]:
    """Of the first processor; none where the kernel does not tell."""
    try:
        text = _CPUINFO.read_text(encoding="ascii", errors="replace")
    except OSError:
        return {}
    first = (line.partition(":") for line in text.partition("\n\n")[0].splitlines())
    return {name.strip(): value.strip() for name, _, value in first}


def _is_zen_4(facts: dict[str, str]) -> bool:
    return "avx512f" in facts.get("flags", "").split() and all(facts.get(k) == v for k, v in _ZEN_4.items())
