"""For systems that cannot poll: signed webhooks, at least once, and file drops with a manifest."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyarrow import csv

from core.errors import ConfigError
from pipeline.services.feed import Feed
from pipeline.services.readers import Reader

Post = Callable[[str, bytes, Mapping[str, str]], int]  # url, body, headers → HTTP status, 0 when there was no answer
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=10), timedelta(hours=1)
PAGE_ROWS = 1000
_FORMULA = r"^[=+\-@\t\r]"


@dataclass(frozen=True, slots=True)
class Delivered:
    """What one round of webhooks did."""

    pages: int = 0
    deltas: int = 0
    failed: int = 0


def add_webhook(feed: Feed, webhook_id: str, url: str, reader: Reader, *, after: int = 0) -> str:
    """Send this client's deltas to ``url`` from now on; returns the signing secret, which nobody can read again."""
    parts = urlsplit(url)
    if parts.scheme != "https" or not parts.hostname or parts.username or parts.password:
        raise ConfigError("a webhook is https:// without a user name in it", file="webhook")
    secret = secrets.token_urlsafe(32)
    told = json.dumps(
        {"secret": secret, "portfolios": None if reader.portfolios is None else sorted(reader.portfolios)}
    )
    feed.store.save_webhook(
        {
            "webhook_id": webhook_id,
            "client_id": reader.client_id,
            "url": url,
            "secret_sealed": feed.site.keys.seal(told, f"webhook:{webhook_id}"),
            "after_seq": after,
            "attempts": 0,
            "next_at": feed.clock(),
            "last_status": None,
        }
    )
    return secret


def deliver(feed: Feed, post: Post) -> Delivered:
    """Send what is due to every webhook, page by page. A page that is not acknowledged is sent again, ever more slowly."""
    pages = deltas = failed = 0
    for hook in feed.store.webhooks_due(feed.clock()):
        told = json.loads(feed.site.keys.open(hook["secret_sealed"], f"webhook:{hook['webhook_id']}"))
        portfolios = None if told["portfolios"] is None else frozenset(told["portfolios"])
        reader, after = Reader(hook["client_id"], portfolios), hook["after_seq"]
        while True:
            page = feed.deltas(reader, after, PAGE_ROWS)
            if page.lines:
                status = _send(feed, hook, told["secret"], page.lines, after, page.through, post)
                if not 200 <= status < 300:
                    failed += 1
                    _later(feed, hook, status)
                    break
                pages, deltas = pages + 1, deltas + len(page.lines)
            if page.through > after:
                feed.store.move_webhook(hook["webhook_id"], after_seq=page.through, attempts=0, last_status=200)
            after = page.through
            if after >= page.head:
                break
    return Delivered(pages, deltas, failed)


def sign(secret: str, body: bytes, seconds: int) -> str:
    """The header X-Skiptrace-Signature."""
    digest = hmac.new(secret.encode(), f"{seconds}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={seconds},v1={digest}"


def _send(
    feed: Feed, hook: Mapping[str, Any], secret: str, lines: list[str], after: int, through: int, post: Post
) -> int:
    body = f'{{"after":{after},"through":{through},"deltas":[{",".join(lines)}]}}'.encode()
    headers = {
        "Content-Type": "application/json",
        "X-Skiptrace-Delivery": f"{hook['webhook_id']}-{after}-{through}",
        "X-Skiptrace-Signature": sign(secret, body, int(feed.clock().timestamp())),
    }
    return post(hook["url"], body, headers)


def _later(feed: Feed, hook: Mapping[str, Any], status: int) -> None:
    pause = min(FIRST_PAUSE * 2 ** min(hook["attempts"], 20), LONGEST_PAUSE)
    values = {"attempts": hook["attempts"] + 1, "next_at": feed.clock() + pause, "last_status": status}
    feed.store.move_webhook(hook["webhook_id"], **values)


def drop(feed: Feed, folder: Path, reader: Reader) -> dict[str, Any]:
    """Write the snapshot as CSV, JSON lines and Parquet into ``folder/<seq>``; the manifest comes last. Returns it.

    A folder without a manifest is one that was broken off: the next drop of this number writes it anew.
    """
    seq, rows = feed.snapshot(reader)
    target = folder / f"{seq:012d}"
    target.mkdir(mode=0o700, parents=True, exist_ok=True)
    (target / "manifest.json").unlink(missing_ok=True)
    for name, write in (("candidates.csv", _csv), ("candidates.jsonl", _jsonl), ("candidates.parquet", pq.write_table)):
        temporary = target / f".{name}"
        write(rows, temporary)
        temporary.chmod(0o600)
        temporary.replace(target / name)
    names = ("candidates.csv", "candidates.jsonl", "candidates.parquet")
    files = {
        n: {"rows": rows.num_rows, "bytes": (target / n).stat().st_size, "sha256": _sha256(target / n)} for n in names
    }
    manifest = {"version": 1, "seq": seq, "made_at": feed.clock().strftime("%Y-%m-%dT%H:%M:%SZ"), "files": files}
    temporary = target / ".manifest.json"
    temporary.write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
    os.replace(temporary, target / "manifest.json")  # noqa: PTH105 - the moment at which the drop is there
    return manifest


def _csv(rows: pa.Table, file: Path) -> None:
    """UTF-8 with a mark that spreadsheets need; lists joined by ``|``; no cell begins as a formula does."""
    columns = {}
    for name in rows.column_names:
        column = rows[name].combine_chunks()
        if pa.types.is_list(column.type):
            column = pc.binary_join(column, "|")
        if pa.types.is_timestamp(column.type):
            column = pc.strftime(column.cast(pa.timestamp("s", tz="UTC"), safe=False), "%Y-%m-%dT%H:%M:%SZ")
        columns[name] = _harmless(column) if pa.types.is_string(column.type) else column
    with file.open("wb") as out:
        out.write(b"\xef\xbb\xbf")
        csv.write_csv(pa.table(columns), out)


def _harmless(column: pa.Array) -> pa.Array:
    quoted = pc.binary_join_element_wise("'", column, "")
    return pc.if_else(pc.match_substring_regex(column, _FORMULA), quoted, column)


def _jsonl(rows: pa.Table, file: Path) -> None:
    with file.open("w", encoding="utf-8") as out:
        for batch in rows.to_batches(max_chunksize=5000):
            out.writelines(json.dumps(r, default=_iso, ensure_ascii=False) + "\n" for r in batch.to_pylist())


def _iso(value: Any) -> str:
    return str(value.strftime("%Y-%m-%dT%H:%M:%S.%fZ"))


def _sha256(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
