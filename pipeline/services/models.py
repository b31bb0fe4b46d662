"""The ranking's parameters: what is in force, what is proposed beside it, and putting one of them in force."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import ranking
from core.errors import ConfigError
from pipeline import learn
from pipeline.services.debtors import Debtors
from pipeline.services.verdicts import NotFound, Refused

_PROMOTING = threading.Lock()


class Models(Debtors):
    """What a person may promote, and go back to."""

    def versions(self) -> list[dict[str, Any]]:
        """Every set of parameters there is: the one in force first, then the newest file first, the stated priors last."""
        now = learn.params_in_force(self.site)
        known = {p.version: (p, at) for p, at in self._files()}
        known.setdefault(ranking.default_params().version, (ranking.default_params(), 0.0))
        known.pop(now.version, None)
        rest = sorted(known.values(), key=lambda k: -k[1])
        return [_told(now, is_in_force=True), *[_told(p, is_in_force=False) for p, _ in rest]]

    def differences(self, version: str) -> list[tuple[str, Any, Any]]:
        """(parameter, in force, in this version) where they differ. Raises NotFound."""
        now, other = _flat(learn.params_in_force(self.site)), _flat(self._params(version))
        names = [*now, *[n for n in other if n not in now]]
        return [(n, now.get(n), other.get(n)) for n in names if now.get(n) != other.get(n)]

    def promote(self, version: str, *, seen: str, actor: str) -> None:
        """Put a version in force; ``seen`` is the one the page showed as in force. Raises NotFound, Refused (stale, in_force).

        The one before stays, so that it can be promoted again. The next run ranks by what is in force then.
        """
        with _PROMOTING:
            now = learn.params_in_force(self.site)
            if now.version != seen:
                raise Refused("model_stale")
            if version == now.version:
                raise Refused("model_in_force")
            self._params(version)
            reason = "compared on the workbench's page of versions"
            learn.promote(self.site, version, actor=actor, reason=reason)

    def _params(self, version: str) -> ranking.Params:
        found = [p for p, _ in self._files() if p.version == version]
        if not found and version == ranking.default_params().version:
            return ranking.default_params()
        if not found:
            raise NotFound
        return found[0]

    def _files(self) -> Iterator[tuple[ranking.Params, float]]:
        """Parameters on file, each with the time of its file; a file that is none is passed over."""
        for file in sorted(self.site.models.glob("ranking-*.json")):
            params = _read(file)
            if params is not None and file.name == f"ranking-{params.version}.json":
                yield params, file.stat().st_mtime


def _read(file: Path) -> ranking.Params | None:
    try:
        return learn.load(file)
    except ConfigError:
        return None


def _told(params: ranking.Params, *, is_in_force: bool) -> dict[str, Any]:
    raw = params.model_dump(mode="json")
    return {"version": params.version, "is_in_force": is_in_force, "provenance": raw.get("provenance") or {}}


def _flat(params: ranking.Params) -> dict[str, Any]:
    """Every parameter by its path; version and provenance say nothing of the ranking."""
    raw = params.model_dump(mode="json", exclude={"version", "provenance"})
    return dict(_leaves(raw, ""))


def _leaves(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _leaves(inner, f"{path}.{key}" if path else str(key))
    else:
        yield path, value
