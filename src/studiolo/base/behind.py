"""Blocking work on a stream's pieces, in order, in threads, a bounded number of pieces behind the stream.

Called where bodies are received: hashing and writing go on while the next pieces arrive.
"""

import asyncio
from collections.abc import Callable
from types import TracebackType

DEPTH = 4


class Behind:
    """`async with Behind(act) as work: await work.put(piece)`; an error of `act` is raised by a later `put` or at the end.
    When the block is left, nothing of it runs any more."""

    def __init__(self, act: Callable[[bytes], None]) -> None:
        self._act = act
        self._queue: asyncio.Queue[bytes | None] = asyncio.Queue(DEPTH)
        self._error: BaseException | None = None

    async def __aenter__(self) -> "Behind":
        self._task = asyncio.create_task(self._run())
        return self

    async def _run(self) -> None:
        while (piece := await self._queue.get()) is not None:
            if self._error is None:
                try:
                    await asyncio.to_thread(self._act, piece)
                except BaseException as error:
                    self._error = error

    async def put(self, piece: bytes) -> None:
        if self._error is not None:
            raise self._error
        await self._queue.put(piece)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            # What waits need not be done; what is being done must end first.
            self._error = self._error or error
        while True:
            try:
                self._queue.put_nowait(None)
                break
            except asyncio.QueueFull:
                await asyncio.sleep(0.001)
        await asyncio.shield(self._task)
        if self._error is not None and error is None:
            raise self._error
