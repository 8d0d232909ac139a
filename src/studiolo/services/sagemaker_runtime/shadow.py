"""Shadow variants: a part of the requests goes to them too, after the caller has got its answer; what they say is captured
as any variant's and compared with the production variant's answer (series `shadow/<variant>/match`, 1 or 0).
"""

import asyncio
import json
import math
import random
import time
from typing import Any, cast

from studiolo.base.errors import ApiError
from studiolo.series.protocol import Point
from studiolo.services.platform import Platform
from studiolo.services.sagemaker_runtime.ask import Ask, Reply
from studiolo.services.sagemaker_runtime.capture import Capture
from studiolo.services.sagemaker_runtime.dispatch import Dispatcher
from studiolo.services.sagemaker_runtime.router import Generation, Target, Variant

MAX_FLYING = 64
"""Shadow requests under way at once; beyond it they are let go, so that a slow shadow costs nobody anything."""
TOLERANCE = 1e-6


def same(one: Any, other: Any) -> bool:
    """Whether two answers say the same: numbers within a millionth, everything else exactly."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, int | float) and isinstance(other, int | float):
        return math.isclose(one, other, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
    if isinstance(one, list) and isinstance(other, list):
        ours, theirs = cast(list[Any], one), cast(list[Any], other)
        return len(ours) == len(theirs) and all(same(a, b) for a, b in zip(ours, theirs, strict=True))
    if isinstance(one, dict) and isinstance(other, dict):
        held, found = cast(dict[str, Any], one), cast(dict[str, Any], other)
        return held.keys() == found.keys() and all(same(value, found[name]) for name, value in held.items())
    return one == other


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        pass
    try:
        return [[float(cell) for cell in row.split(",")] for row in body.decode().split()]
    except ValueError:
        return body


class Shadow:
    def __init__(self, platform: Platform, dispatcher: Dispatcher, capture: Capture) -> None:
        self._platform = platform
        self._dispatcher = dispatcher
        self._capture = capture
        self._tasks: set[asyncio.Task[None]] = set()

    def __call__(self, target: Target, generation: Generation, variant: Variant, ask: Ask, reply: Reply) -> None:
        if not generation.shadows or reply.pieces is not None:
            return
        total = sum(one.weight for one in generation.variants) or 1.0
        for shadow in generation.shadows:
            if len(self._tasks) < MAX_FLYING and random.random() < shadow.weight / total:
                task = asyncio.create_task(self._send(target, generation, shadow, ask, reply))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)

    async def _send(self, target: Target, generation: Generation, shadow: Variant, ask: Ask, reply: Reply) -> None:
        try:
            answer = await self._dispatcher.ask_variant(target, shadow, ask)
            matches = answer.body == reply.body or same(_parsed(answer.body), _parsed(reply.body))
        except ApiError:
            # Counted among the shadow variant's errors already.
            answer, matches = None, False
        point = Point(target.handle, f"shadow/{shadow.name}/match", time.time(), 1.0 if matches else 0.0)
        if answer is not None:
            self._capture(target, generation, shadow, ask, answer)
        await asyncio.to_thread(self._platform.series.append, [point])
