"""A consumer of the feed: applies every delta exactly once, because what it holds and how far it has come are one transaction.

    with Consumer("https://feed.example", key, purpose, Path("feed.db")) as consumer:
        consumer.follow()

Killed at any moment, it goes on where its last transaction ended. Needs httpx and Python's own sqlite3, nothing of skiptrace.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

_TABLES = """
CREATE TABLE IF NOT EXISTS candidates (candidate_id TEXT PRIMARY KEY, case_id TEXT NOT NULL, candidate TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS candidates_case ON candidates (case_id);
CREATE TABLE IF NOT EXISTS progress (only INTEGER PRIMARY KEY CHECK (only = 1), seq INTEGER NOT NULL);
INSERT OR IGNORE INTO progress VALUES (1, 0);
"""


class Gap(RuntimeError):
    """A page does not follow what was applied before it: two consumers on one file, or a server restored from a backup."""


class Consumer:
    """A local copy of what this key may see, in one SQLite file."""

    def __init__(
        self,
        url: str,
        key: str,
        purpose: str,
        file: Path,
        *,
        transport: httpx.BaseTransport | None = None,
        timeout: float = 60.0,
    ) -> None:
        headers = {"Authorization": f"Bearer {key}", "X-Purpose": purpose}
        self._http = httpx.Client(base_url=url, headers=headers, timeout=timeout, transport=transport)
        self._db = sqlite3.connect(file, isolation_level=None)
        self._db.executescript("PRAGMA journal_mode = wal; PRAGMA synchronous = full;" + _TABLES)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file and the connection."""
        self._http.close()
        self._db.close()

    @property
    def seq(self) -> int:
        """The number up to which everything was applied."""
        return int(self._db.execute("SELECT seq FROM progress").fetchone()[0])

    def start_from_snapshot(self) -> int:
        """Replace everything by a snapshot; where to go on from."""
        answer = self._get("/v1/snapshot", {}, {})
        seq = int(answer.headers["X-Seq"])
        rows = [json.loads(line) for line in answer.iter_lines()]
        self._db.execute("BEGIN IMMEDIATE")
        self._db.execute("DELETE FROM candidates")
        for row in rows:
            candidate, case, _ = row.pop("candidate_id"), row.pop("case_id"), row.pop("seq")
            self._db.execute(
                "INSERT INTO candidates VALUES (?, ?, ?)", (candidate, case, json.dumps(row, sort_keys=True))
            )
        self._db.execute("UPDATE progress SET seq = ?", (seq,))
        self._db.execute("COMMIT")
        return seq

    def poll(self, *, limit: int = 1000, wait: int = 0) -> bool:
        """Apply the next page; is there more at once?"""
        after = self.seq
        page = self._get("/v1/deltas", {"after": after, "limit": limit, "wait": wait}, {}).json()
        if page["head"] < after:
            raise Gap(f"at {after}, the server ends at {page['head']}: start from a snapshot")
        self.apply(page["deltas"], after=page["after"], through=page["through"])
        return bool(page["through"] < page["head"])

    def follow(self, *, wait: int = 30) -> None:
        """Apply deltas as they come, for ever; what fails for the moment is tried again, ever more slowly."""
        pause = 1.0
        while True:
            try:
                self.poll(wait=wait)
                pause = 1.0
            except httpx.HTTPError as e:
                if isinstance(e, httpx.HTTPStatusError) and e.response.status_code not in (429, 500, 502, 503, 504):
                    raise
                time.sleep(pause)
                pause = min(60.0, pause * 2)

    def apply(self, deltas: Sequence[dict[str, Any]], *, after: int, through: int) -> None:
        """One page, all of it or nothing. Raises Gap when it does not follow what was applied before."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            if self.seq != after:
                raise Gap(f"at {self.seq}, the page begins after {after}")
            for delta in deltas:
                self._apply(delta)
            self._db.execute("UPDATE progress SET seq = ?", (through,))
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def candidates(self, case_id: str | None = None) -> Iterator[tuple[str, str, dict[str, Any]]]:
        """(candidate id, case id, candidate) of what is held."""
        where, values = ("", ()) if case_id is None else (" WHERE case_id = ?", (case_id,))
        query = f"SELECT candidate_id, case_id, candidate FROM candidates{where} ORDER BY candidate_id"  # noqa: S608 - no input in it
        for candidate, case, text in self._db.execute(query, values):
            yield candidate, case, json.loads(text)

    def _apply(self, delta: dict[str, Any]) -> None:
        if delta["op"] == "DEL":
            self._db.execute("DELETE FROM candidates WHERE candidate_id = ?", (delta["candidate_id"],))
            return
        row = (delta["candidate_id"], delta["case_id"], json.dumps(delta["candidate"], sort_keys=True))
        self._db.execute("INSERT OR REPLACE INTO candidates VALUES (?, ?, ?)", row)

    def _get(self, path: str, query: dict[str, int], headers: dict[str, str]) -> httpx.Response:
        answer = self._http.get(path, params=query, headers=headers)
        answer.raise_for_status()
        return answer
