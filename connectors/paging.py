"""How a REST server hands out a long list page by page: by cursor, by page number, by offset, by link."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from connectors import paths, web
from connectors.request import Request
from connectors.session import Answer

OPTION = (
    "{kind: cursor, param, next} (next: path to the next cursor), {kind: page, param, start}, {kind: offset, param, start}, "
    "{kind: link} (the Link header, or next: path to the next address); each may have more: path to whether there are more "
    "pages, and size_param with size; one page where it is not given"
)


@dataclass(frozen=True, slots=True)
class Step:
    """One page to ask for; as JSON in a cursor."""

    url: str
    params: Mapping[str, str]

    def as_dict(self) -> dict[str, Any]:
        return {"url": self.url, "params": dict(self.params)}


@dataclass(frozen=True, slots=True)
class Paging:
    """What the option ``pagination`` says."""

    request: Request
    how: Mapping[str, Any]

    @classmethod
    def of(cls, request: Request) -> Paging:
        paging = cls(request, request.option("pagination", dict, {}) or {})
        kind = paging.how.get("kind")
        if kind is not None and kind not in _NEXT:
            raise request.unusable(f"option pagination: no kind {kind}; there are: {', '.join(_NEXT)}")
        for need in _NEEDS.get(str(kind), ()):
            if not isinstance(paging.how.get(need), str):
                raise request.unusable(f"option pagination of kind {kind} needs {need}")
        if paging.ends_with_absence and not _is_count(paging.how.get("start", 0)):
            raise request.unusable(f"option pagination of kind {kind}: start must be a whole number")
        return paging

    @property
    def ends_with_absence(self) -> bool:
        """Whether a page that is not there means that the one before was the last."""
        return self.how.get("kind") in {"page", "offset"}

    def first(self, params: Mapping[str, str]) -> Step:
        given = dict(params)
        if self.how.get("kind") in {"page", "offset"}:
            default = 1 if self.how["kind"] == "page" else 0
            given[self.how["param"]] = str(self.how.get("start", default))
        if "size_param" in self.how and "size" in self.how:
            given[str(self.how["size_param"])] = str(self.how["size"])
        return Step(self.request.location, given)

    def after(self, step: Step, answer: Answer, records: int) -> Step | None:
        """The step after this one; None at the end. ``records`` is how many this page had."""
        kind = self.how.get("kind")
        if kind is None:
            return None
        if "more" in self.how and not _is_true(paths.find(answer.body, str(self.how["more"]))):
            return None
        return _NEXT[kind](self, step, answer, records)


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_true(value: object) -> bool:
    return value is not paths.ABSENT and str(value).lower() not in {"false", "none", "0", ""}


def _by_cursor(paging: Paging, step: Step, answer: Answer, _: int) -> Step | None:
    found = paths.find(answer.body, paging.how["next"])
    if not _is_true(found):
        return None
    return Step(step.url, {**step.params, paging.how["param"]: str(found)})


def _by_page(paging: Paging, step: Step, _: Answer, records: int) -> Step | None:
    param = paging.how["param"]
    return Step(step.url, {**step.params, param: str(int(step.params[param]) + 1)}) if records else None


def _by_offset(paging: Paging, step: Step, _: Answer, records: int) -> Step | None:
    param = paging.how["param"]
    return Step(step.url, {**step.params, param: str(int(step.params[param]) + records)}) if records else None


def _by_link(paging: Paging, _: Step, answer: Answer, __: int) -> Step | None:
    path = paging.how.get("next")
    found = answer.next_url if path is None else paths.find(answer.body, str(path))
    if found is None or found is paths.ABSENT or not str(found):
        return None
    url = web.joined(paging.request.location, str(found))
    if url is None or web.parted(url) is None:
        raise paging.request.unusable("the address of the next page is none")
    if not web.same_origin(url, paging.request.location):
        raise paging.request.unusable("the next page is said to be on another server: this login is not shown to it")
    return Step(url, {})


_NEXT: Mapping[str, Callable[[Paging, Step, Answer, int], Step | None]] = {
    "cursor": _by_cursor,
    "page": _by_page,
    "offset": _by_offset,
    "link": _by_link,
}
_NEEDS: Mapping[str, tuple[str, ...]] = {"cursor": ("param", "next"), "page": ("param",), "offset": ("param",)}
