"""What is shipped with this product: its bill of materials (CycloneDX), the licences of it, and no secret in the repository.

python tools/supply.py sbom [--out sbom.json]   from requirements.lock, hashes and dependencies included; the same lock, the same bytes
python tools/supply.py licences                 exit code 1 for a licence that forbids shipping, or one that cannot be told
python tools/supply.py vulnerabilities          exit code 1 for a locked package with a known vulnerability; skipped, with the reason, where nobody can be asked
python tools/supply.py secrets                  exit code 1 for what looks like a secret in a tracked file
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import re
import shutil
import subprocess
import sys
import tempfile
import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements.lock"

_PIN = re.compile(r"(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^\s;\\]+)(?:\s*;\s*(?P<marker>[^\\]+))?")
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")
# Licences that would bind the whole product. A weaker one (LGPL, MPL) binds the package itself, which is used unmodified.
_FORBIDDEN = re.compile(
    r"(?<![A-Z])(A?GPL)|GNU (AFFERO )?GENERAL PUBLIC|SSPL|BUSL|COMMONS CLAUSE|CC-BY-NC", re.IGNORECASE
)
# Metadata that names no licence, or several without saying whether one may choose; and what the licence file in the package says.
_READ_BY_HAND = {"text-unidecode": "Artistic-1.0-Perl OR GPL-2.0-or-later"}


@dataclass(frozen=True)
class Locked:
    """One line of the lock."""

    name: str
    version: str
    hashes: tuple[str, ...]
    marker: str = ""

    @property
    def purl(self) -> str:
        return f"pkg:pypi/{canonicalize_name(self.name)}@{self.version}"

    @property
    def is_for_here(self) -> bool:
        """Whether this version is the one for this interpreter: the lock may hold another for others."""
        return not self.marker or Marker(self.marker).evaluate()


def locked(text: str) -> list[Locked]:
    """Every pinned package of a hash-locked requirements file. Raises ValueError for one without a hash."""
    out = []
    logical = re.sub(r"\\\n\s*", " ", text)
    for line in logical.splitlines():
        found = _PIN.match(line)
        if found is None:
            continue
        hashes = tuple(_HASH.findall(line))
        if not hashes:
            raise ValueError(f"{found['name']} is not locked by a hash")
        out.append(Locked(found["name"], found["version"], hashes, (found["marker"] or "").split("--hash")[0].strip()))
    return out


# --- bill of materials ---------------------------------------------------------------------------------------------------------


def sbom(lock: str) -> dict[str, Any]:
    """CycloneDX 1.6: every locked package with its hashes, its licence where it is installed here, and what needs what."""
    packages = locked(lock)
    known = {canonicalize_name(p.name): p for p in sorted(packages, key=lambda p: p.is_for_here)}
    digest = hashlib.sha256(lock.encode()).hexdigest()
    own = {
        "type": "application",
        "bom-ref": "skiptrace",
        "name": "skiptrace",
        "version": _own_version(),
        "licenses": [_licence("Apache-2.0")],
    }
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, digest)}",
        "version": 1,
        "metadata": {"component": own, "properties": [{"name": "requirements.lock:sha256", "value": digest}]},
        "components": [_component(p) for p in packages],
        "dependencies": [
            {"ref": "skiptrace", "dependsOn": _needs("skiptrace", known)},
            *({"ref": p.purl, "dependsOn": _needs(p.name, known)} for p in packages),
        ],
    }  # fmt: skip


def _own_version() -> str:
    import tomllib

    return str(tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"])


def _component(package: Locked) -> dict[str, Any]:
    out: dict[str, Any] = {
        "type": "library",
        "bom-ref": package.purl,
        "name": package.name,
        "version": package.version,
        "purl": package.purl,
        # one a distribution file: which of them is installed depends on the platform
        "externalReferences": [
            {"type": "distribution", "url": package.purl, "hashes": [{"alg": "SHA-256", "content": h}]} for h in package.hashes
        ],
    }  # fmt: skip
    told = licence_of(package.name)
    if told:
        out["licenses"] = [_licence(told)]
    if package.marker:
        out["properties"] = [{"name": "environment-marker", "value": package.marker}]
    return out


def _licence(told: str) -> dict[str, Any]:
    return {"license": {"name": told}}


def _needs(name: str, known: dict[str, Locked]) -> list[str]:
    try:
        requires = metadata.requires(name) or []
    except metadata.PackageNotFoundError:
        return []
    names = {
        canonicalize_name(r.name)
        for r in map(Requirement, requires)
        if r.marker is None or r.marker.evaluate({"extra": ""})
    }
    return sorted(known[n].purl for n in names & known.keys())


# --- licences ---------------------------------------------------------------------------------------------------------------------


def licence_of(name: str) -> str:
    """What the installed package says of its licence; empty when it is not installed here or says nothing."""
    try:
        told = metadata.metadata(name)
    except metadata.PackageNotFoundError:
        return ""
    classifiers = [c.split(" :: ")[-1] for c in told.get_all("Classifier") or [] if c.startswith("License ::")]
    text = (told.get("License") or "").strip()
    first = text.splitlines()[0][:100] if text and len(text) < 2000 else ""  # some put the whole text there
    named = [c for c in classifiers if c != "OSI Approved"]
    return _READ_BY_HAND.get(canonicalize_name(name)) or told.get("License-Expression") or "; ".join(named) or first


def is_forbidden(told: str) -> bool:
    """Whether no offered licence may be shipped: of ``A OR B`` one is enough."""
    return all(_FORBIDDEN.search(offer) is not None for offer in re.split(r"\s+OR\s+", told))


def licence_problems(lock: str) -> list[str]:
    """Packages of the lock that may not be shipped, or whose licence cannot be told. Those not for this platform are left out."""
    out = []
    for package in locked(lock):
        try:
            metadata.version(package.name)
        except metadata.PackageNotFoundError:
            continue
        told = licence_of(package.name)
        if not told:
            out.append(f"{package.name}: says nothing of its licence")
        elif is_forbidden(told):
            out.append(f"{package.name}: {told}")
    return out


# --- secrets ----------------------------------------------------------------------------------------------------------------------

_SHAPES = {
    "private key": re.compile(r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----\s*\n?[A-Za-z0-9+/=]{20}"),
    "AWS key": re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
    "GitHub token": re.compile(r"\bgh[pousr]_[A-Za-z0-9]{36,}\b"),
    "Slack token": re.compile(r"\bxox[abprs]-[0-9A-Za-z-]{10,}"),
    "JSON web token": re.compile(r"\beyJ[A-Za-z0-9_-]{15,}\.eyJ[A-Za-z0-9_-]{15,}\.[A-Za-z0-9_-]{10,}"),
    "login in a URL": re.compile(r"\b[a-z][a-z0-9+.-]*://[^\s/:@\"'{}<>$]+:(?P<value>[^\s/@\"'{}<>$]{6,})@"),
    "assigned secret": re.compile(
        r"(?i)\b(?:password|passwd|secret|token|api_?key|private_?key)\w*[\"']?\s*[:=]\s*[\"'](?P<value>[^\"'\s]{16,})[\"']"
    ),
}
_SPOKEN_BITS = 3.6  # words have fewer bits a character than random letters and digits
_PLANTED = re.compile(r"canary|example|password|user|secret|test", re.IGNORECASE)


def secrets(text: str) -> Iterator[tuple[int, str]]:
    """(line, what it looks like) of everything that looks like a secret."""
    for kind, shape in _SHAPES.items():
        for found in shape.finditer(text):
            value = found.groupdict().get("value")
            if value is not None and (_PLANTED.search(value) or entropy(value) < _SPOKEN_BITS):
                continue
            yield text.count("\n", 0, found.start()) + 1, kind


def entropy(text: str) -> float:
    """Bits a character, by the text's own letters."""
    counts = Counter(text).values()
    return -sum(n / len(text) * math.log2(n / len(text)) for n in counts)


def tracked() -> list[Path]:
    """The files git knows."""
    names = (
        subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True).stdout.decode().split("\0")
    )
    return [ROOT / n for n in names if n and (ROOT / n).is_file()]


def secret_problems(files: list[Path]) -> list[str]:
    """Places of tracked files that look like a secret; never the secret."""
    out = []
    for file in files:
        try:
            text = file.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        out += [f"{file.relative_to(ROOT)}:{line}: looks like a secret ({kind})" for line, kind in secrets(text)]
    return out


def vulnerability_problems(report: dict[str, Any]) -> tuple[list[str], int]:
    """What pip-audit found, and how many packages it could not ask about: it calls those no problem, and we do not."""
    problems, unasked = [], 0
    for found in report["dependencies"]:
        unasked += "skip_reason" in found
        for each in found.get("vulns", ()):
            fixed = ", ".join(each.get("fix_versions") or ()) or "no version yet"
            problems.append(f"{found['name']} {found['version']}: {each['id']}, fixed in {fixed}")
    return problems, unasked


def audited(lock: Path) -> dict[str, Any] | str:
    """pip-audit's report on a hash-locked file, or why there is none."""
    program = shutil.which("pip-audit") or shutil.which("pip-audit", path=str(Path(sys.executable).parent))
    if program is None:
        return "pip-audit is not installed"
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "report.json"
        command = [program, "-r", str(lock), "--disable-pip", "--require-hashes", "--progress-spinner", "off"]
        try:
            subprocess.run([*command, "-f", "json", "-o", str(out)], capture_output=True, timeout=600, check=False)
            report: dict[str, Any] = json.loads(out.read_text(encoding="utf-8"))
        except (OSError, ValueError, subprocess.TimeoutExpired):
            return "no advisory service can be reached"
    return report


def vulnerabilities(lock: Path) -> int:
    """Tell what is known of the locked packages: 1 with a known vulnerability, 0 without, or where nobody can be asked."""
    report = audited(lock)
    if isinstance(report, str):
        print(f"vulnerabilities: skipped, {report}")
        return 0
    problems, unasked = vulnerability_problems(report)
    every = len(report["dependencies"])
    if unasked == every:
        print("vulnerabilities: skipped, the index here knows of no advisories")
        return 0
    print("\n".join(problems) or "vulnerabilities: nothing found")
    if unasked:
        print(f"not asked about: {unasked} of {every} packages")
    return int(bool(problems))


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["sbom", "licences", "secrets", "vulnerabilities"])
    parser.add_argument("--out", type=Path)
    args = parser.parse_args(argv)
    if args.what == "vulnerabilities":
        return vulnerabilities(LOCK)
    lock = LOCK.read_text(encoding="utf-8")
    if args.what == "sbom":
        text = json.dumps(sbom(lock), indent=1, ensure_ascii=False)
        _ = args.out.write_text(text, encoding="utf-8") if args.out else print(text)
        return 0
    problems = licence_problems(lock) if args.what == "licences" else secret_problems(tracked())
    print("\n".join(problems) or f"{args.what}: nothing found")
    return int(bool(problems))


if __name__ == "__main__":
    sys.exit(main())
