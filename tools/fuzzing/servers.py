"""What a REST server answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from unittest.mock import patch

import httpx
from hypothesis import strategies as st

from connectors import session
from fuzzing.damage import ANYTHING, Parser, damaged, encoded, sometimes
from fuzzing.source import (
    OF_RECORDS,
    UNUSABLE,
    records,
    rows_of,
    spec,
)

_PAGES = (
    '{"data": {"items": [{"id": "T1", "day": "2026-11-01T00:00:00Z", "who": {"name": "x", "phones": ["1"]}}], "next": "abc", "more": true}}',
    '{"data": {"items": [], "next": null}}',
    '{"data": {"items": [{"id": 1, "day": 20261101}, 7, null], "next": "/v1?page=2", "more": "yes"}}',
    '[{"id": "T9"}]',
)
_TAILS = (
    '"next": "abc", "more": true',
    '"next": null',
    '"next": "/v1?page=2"',
    '"next": "https://[", "more": 1',
    '"next": 7, "more": "no"',
)
_HEADERS = (
    "",
    "<https://api.example/v1?page=2>; rel=next",
    "<http://[>; rel=next",
    "<//x:99999/>; rel=next",
    "soon",
    "²",
    "120",
)
_REST = st.fixed_dictionaries(
    {"records": st.sampled_from(["data.items"] * 5 + ["data", ""]), "max_attempts": st.just(1), "max_pages": st.integers(1, 4)},
    optional={
        "pagination": st.one_of(
            st.fixed_dictionaries({"kind": st.just("cursor"), "param": st.just("c"), "next": st.just("data.next")}, optional={"more": st.just("data.more")}),
            st.fixed_dictionaries({"kind": st.sampled_from(["page", "offset"]), "param": st.just("p")}, optional={"start": sometimes(st.integers(0, 3), ANYTHING), "size": st.just(2), "size_param": st.just("n")}),
            st.fixed_dictionaries({"kind": st.just("link")}, optional={"next": st.just("data.next")}),
        ),
        "watermark": sometimes(st.sampled_from([{"param": "since", "path": "day", "lag": "2h"}, {"param": "since", "path": "day"}]), ANYTHING, in_all=8),
        "params": sometimes(st.just({"a": 1}), ANYTHING, in_all=8),
        "auth": sometimes(st.just("bearer"), ANYTHING, in_all=8),
        "headers": sometimes(st.just({"X-A": "b"}), ANYTHING, in_all=8),
    },
)  # fmt: skip


def _rest(given: tuple[list[tuple[bytes, str, int]], dict[str, Any]]) -> None:
    """What a server answers is rows or a refusal, and so it is read on from a cursor."""
    pages, options = given
    turn = iter(pages * 3)

    def answer(_: httpx.Request) -> httpx.Response:
        body, header, status = next(turn, (b"[]", "", 200))
        said = header.encode("latin-1", "replace")
        return httpx.Response(status, content=body, headers=[(b"Link", said), (b"Retry-After", said)])

    def client(**kw: Any) -> httpx.Client:
        return real(transport=httpx.MockTransport(answer), **kw)

    real = httpx.Client
    source = spec("http", "https://api.example/v1", options, OF_RECORDS)
    with patch.object(session.httpx, "Client", client), patch.object(session.time, "sleep", lambda _: None):
        _, _, cursor = rows_of(source, Path())
        if cursor is not None:
            rows_of(source, Path(), since=cursor)


def parsers() -> dict[str, Parser]:
    """By name."""
    page = st.builds(
        lambda some, tail: f'{{"data": {{"items": [{",".join(some)}], {tail}}}}}', records(), st.sampled_from(_TAILS)
    )
    sound = page.map(lambda text: text.encode("utf-8", "replace"))
    bodies = sometimes(sound, encoded(damaged(*_PAGES)), in_all=3)
    pages = st.lists(st.tuples(bodies, damaged(*_HEADERS), st.sampled_from([200] * 9 + [404, 429, 301])), min_size=1, max_size=3)  # fmt: skip
    return {"rest answers": Parser(st.tuples(pages, _REST), _rest, UNUSABLE)}
