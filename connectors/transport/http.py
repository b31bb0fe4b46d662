"""REST: JSON lists handed out page by page, by httpx; what fails in passing is asked for again, by tenacity."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from connectors import cursor, paging, paths, session, watermark, web
from connectors.block import Block
from connectors.gathered import Gathered, checked
from connectors.paging import Paging, Step
from connectors.request import Request
from connectors.session import Answer, Gone, Session
from connectors.watermark import Watermark

_KIND = "http"
_MAX_PAGES = 1_000_000
_OF_ANOTHER_FORM = cursor.BadCursor("it is of another form")


class Http:
    """``location`` is the list's address; fields are paths into each record, as in JSON lines."""

    name = "http"
    options: Mapping[str, str] = {
        "records": "path to the list of records in an answer, e.g. data.items; the answer itself where it is not given",
        "params": "parameters of the query, e.g. {status: delivered}",
        "pagination": paging.OPTION,
        "watermark": "read only what is new: {param, path, lag}: the parameter that asks for records from a time on, and the "
        "path to that time in a record",
        "max_pages": "stop, as something is wrong, after so many pages; 1,000,000 where it is not given",
        **session.OPTIONS,
    }

    def read(self, request: Request) -> Iterator[Block]:
        if not urlsplit(request.location).scheme:
            raise request.unusable(f"{request.location} is not there: its location is no https:// address")
        with session.opened(request) as opened:
            yield from _Sweep.of(request).blocks(opened)


TRANSPORTS = (Http(),)


@dataclass
class _Sweep:
    """One walk over all pages: from a watermark on, or from where an earlier walk broke off."""

    request: Request
    paging: Paging
    mark: Watermark | None
    param: str
    high: Any
    step: Step
    is_resumed: bool
    seen: set[bytes] = field(default_factory=set)

    @classmethod
    def of(cls, request: Request) -> _Sweep:
        state = request.state(_KIND) or {}
        mark, option = Watermark.of(request, "path"), request.option("watermark", (str, dict))
        param = option.get("param") if isinstance(option, dict) else None
        if mark is not None and not isinstance(param, str):
            raise request.unusable("option watermark must be {param: …, path: …, lag: 2h}")
        if (mark is not None or request.since) and not request.has_ids:
            raise request.unusable(
                "reading on needs the field record_id: only with ids are late records told from new ones"
            )
        try:
            high = watermark.read(state["high"]) if state.get("high") else None
            resumed = Step(**state["next"]) if state.get("next") else None
        except (cursor.BadCursor, TypeError) as e:
            raise request.no_cursor(e if isinstance(e, cursor.BadCursor) else _OF_ANOTHER_FORM) from None
        sweep = cls(request, Paging.of(request), mark, str(param), high, Step("", {}), is_resumed=resumed is not None)
        sweep.step = resumed or sweep.start()
        return sweep

    def start(self) -> Step:
        """The first page of all that came since the watermark."""
        params = {str(k): str(v) for k, v in self.request.option("params", dict, {}).items()}
        if self.mark is not None and self.high is not None:
            try:
                params[self.param] = str(self.mark.before(self.high))
            except ValueError:
                raise self.request.unusable(
                    "option watermark: a lag can be taken off numbers and ISO times only"
                ) from None
        elif self.mark is not None and self.mark.is_time and self.request.start is not None:
            params[self.param] = self.request.start.strftime("%Y-%m-%dT%H:%M:%SZ")
        return self.paging.first(params)

    def blocks(self, opened: Session) -> Iterator[Block]:
        first, last_page = 1, b""
        step: Step | None = self.step
        for number in range(self.request.option("max_pages", int, _MAX_PAGES)):
            if step is None:
                return
            self._require_new(step)
            found = self._page(opened, step, is_first=number == 0)
            if found is None:
                return
            step, answer, records = found
            page = _digest(records)
            if records and page == last_page:
                answer, records = self._once_more(opened, step, page)
                page = _digest(records)
            last_page = page
            self._note(records)
            step = self.paging.after(step, answer, len(records))
            if records:
                gathered = Gathered(self._where(), self.request, first, [checked(r) for r in records])
                yield replace(gathered.block(is_first=first == 1), cursor=self._cursor(step))
                first += len(records)
        if step is not None:
            raise self.request.unusable("it has more pages than max_pages")

    def _where(self) -> str:
        return web.name(self.request.location)

    def _require_new(self, step: Step) -> None:
        asked = _digest([step.as_dict()])
        if asked in self.seen:
            raise self.request.unusable("its pages go in a circle: the next page is one that was read before")
        self.seen.add(asked)

    def _page(self, opened: Session, step: Step, *, is_first: bool) -> tuple[Step, Answer, list[Any]] | None:
        """The page; None at the end. Where a cursor is no longer known, the walk starts anew: what comes twice does no harm."""
        try:
            answer = opened.get(step.url, step.params)
        except Gone as e:
            if is_first and self.is_resumed:
                self.is_resumed = False
                self.step = self.start()
                self.seen.clear()
                return self._page(opened, self.step, is_first=True)
            if not is_first and self.paging.ends_with_absence and str(e) == "404":
                return None
            what = "is not there" if str(e) in {"404", "410"} else "does not take these parameters"
            raise self.request.unusable(f"{self._where()} {what} ({e})") from None
        return step, answer, self._records(answer)

    def _records(self, answer: Answer) -> list[Any]:
        path = self.request.option("records", str)
        found = answer.body if path is None else paths.find(answer.body, path)
        if found is None:
            return []
        if not isinstance(found, list):
            keys = f" with: {', '.join(answer.body)}" if isinstance(answer.body, dict) else ""
            where = "the answer" if path is None else f"{path!r} of the answer"
            raise self.request.unusable(f"option records: {where} is no list; the answer is an object{keys}")
        return found

    def _once_more(self, opened: Session, step: Step, page: bytes) -> tuple[Answer, list[Any]]:
        """A page that equals the one before may be a cache's slip: asked for once more, then refused, as rows would be lost."""
        answer = opened.get(step.url, step.params)
        records = self._records(answer)
        if _digest(records) == page:
            raise self.request.unusable("the server gives the same page again and again: see option pagination")
        return answer, records

    def _note(self, records: list[Any]) -> None:
        if self.mark is None:
            return
        found = (paths.find(record, self.mark.column) for record in records)
        texts = [v for f in found if isinstance(f, str) and f and self._is_mark(v := _value(f))]
        self.high = max([*texts, *([self.high] if self.high is not None else [])], key=_order, default=None)

    def _is_mark(self, value: int | str) -> bool:
        """Whether a value can stand for how far was read: where it should be a time, one that can be already."""
        if isinstance(value, int):
            return True
        try:
            return watermark.is_plausible(datetime.fromisoformat(value))
        except ValueError:
            return self.mark is None or not self.mark.is_time

    def _cursor(self, following: Step | None) -> str | None:
        if following is None and self.mark is None:
            return cursor.write(_KIND, {})  # all was read, and next time all is to be read
        high = None if self.high is None else watermark.write(self.high)
        return cursor.write(_KIND, {"next": following and following.as_dict(), "high": high})


def _digest(records: list[Any]) -> bytes:
    return hashlib.blake2b(json.dumps(records, sort_keys=True).encode(), digest_size=16).digest()


def _value(text: str) -> int | str:
    return int(text) if text.isdecimal() else text


def _order(value: int | str) -> tuple[int, float, str]:
    """Numbers in their order, times in theirs whatever their zone is, other texts by their characters."""
    if isinstance(value, int):
        return 0, value, ""
    try:
        return 1, datetime.fromisoformat(value).timestamp(), ""
    except ValueError:
        return 2, 0, value
