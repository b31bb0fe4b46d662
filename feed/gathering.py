"""Requests that wait at the same time, answered together: what is dear is asked once for all of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from starlette.concurrency import run_in_threadpool

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")
MOST = 200


class Gathering(Generic[Asked, Answer]):
    """Answers what was asked before it began, while what is asked meanwhile waits for the next turn. One event loop's own."""

    def __init__(self, answer: Callable[[Sequence[Asked]], Sequence[Answer]], most: int = MOST) -> None:
        self._answer = answer
        self._most = most
        self._waiting: list[tuple[Asked, asyncio.Future[Answer]]] = []
        self._turn: asyncio.Task[None] | None = None

    async def ask(self, asked: Asked) -> Answer:
        """The answer, of a moment after this was called. Raises what answering raised."""
        mine: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((asked, mine))
        if self._turn is None:
            self._turn = asyncio.create_task(self._take_turns())
        return await mine

    async def _take_turns(self) -> None:
        try:
            while self._waiting:
                batch, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
                await self._answer_all(batch)
        finally:
            self._turn = None

    async def _answer_all(self, batch: Sequence[tuple[Asked, asyncio.Future[Answer]]]) -> None:
        try:
            answers = await run_in_threadpool(self._answer, [asked for asked, _ in batch])
        except Exception as e:  # noqa: BLE001 - it is whoever asked who deals with it
            for _, waiting in batch:
                if not waiting.done():
                    waiting.set_exception(e)
            return
        for (_, waiting), answer in zip(batch, answers, strict=True):
            if not waiting.done():  # else its request was given up
                waiting.set_result(answer)
