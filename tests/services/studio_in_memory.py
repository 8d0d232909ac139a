"""The sagemaker and logs services over stores in memory, asked by operation as the server would ask them."""

import asyncio
import itertools
from pathlib import Path
from typing import Any

from killing import Ready

from studiolo.base.config import Config
from studiolo.base.record import Key
from studiolo.run.fake import FakeRunner
from studiolo.services.platform import Platform
from studiolo.services.request import Call, Caller
from studiolo.services.sagemaker.service import SageMakerService, indexers
from studiolo.store.memory import MemoryStore
from studiolo.wire import model, validate

ACCOUNT = "123456789012"
OTHER = "999999999999"


class Clock:
    """Moves by a second whenever it is looked at, so that no two writes fall together."""

    def __init__(self, now: float = 1_700_000_000.0) -> None:
        self._ticks = itertools.count(now)

    def __call__(self) -> float:
        return next(self._ticks)


class Studio:
    def __init__(self, home: Path, store: Any = None, clock: Any = None) -> None:
        self.store = store or MemoryStore(indexers())
        self.runner = FakeRunner(home / "runs")
        self.platform = Platform(
            Config(home), clock or Clock(), self.store, None, None, self.runner, Ready(home / "env")
        )
        self.service = SageMakerService(self.platform)

    def ask(self, operation: str, project: str = ACCOUNT, service: Any = None, **params: Any) -> Any:
        """Validated as the wire does, so that a test asks nothing that could not be asked."""
        asked = service or self.service
        validate.check(model.operation(asked.name, operation).input_shape, params, "ValidationException")
        caller = Caller("ann", project, "admin")
        return asyncio.run(asked.handler(operation)(Call(caller, asked.name, operation, params, "id")))

    def put(self, kind: str, name: str, spec=None, status=None, project=ACCOUNT, now=None, tags=None) -> Any:
        """A record as it lies in the store, however it came there."""
        when = self.platform.clock() if now is None else now
        return self.store.create(Key(project, kind, name), spec or {}, status or {}, now=when, tags=tags)
