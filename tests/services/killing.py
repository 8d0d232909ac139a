"""Kills a controller before or after its n-th deed, as kill -9 would: nothing of it is left but what it had written."""

import asyncio
import time
from pathlib import Path
from typing import Any

from studiolo.base.config import Config
from studiolo.base.record import Key
from studiolo.blobs.disk import DiskBlobs
from studiolo.cli.wiring import indexers
from studiolo.run.fake import FakeRunner
from studiolo.run.protocol import Environment
from studiolo.series.sqlite import SqliteSeries
from studiolo.services.platform import Platform
from studiolo.store.memory import MemoryStore

ACCOUNT = "123456789012"


class Killed(BaseException):
    pass


class Ready:
    """Environments that are all there."""

    def __init__(self, prefix: Path) -> None:
        self._environment = Environment(prefix, (), "sklearn")

    def resolve(self, image: str) -> str:
        return "sklearn"

    def ensure(self, image: str, requirements: str | None = None, progress: Any = None) -> Environment:
        return self._environment

    def ready(self, image: str, requirements: str | None = None) -> Environment:
        return self._environment


class Mortal:
    """A port whose deeds are counted; the chosen one is not done, or done and not reported."""

    def __init__(self, port: Any, deeds: tuple[str, ...], counter: "Counter") -> None:
        self._port, self._deeds, self._counter = port, deeds, counter

    def __getattr__(self, name: str) -> Any:
        held = getattr(self._port, name)
        if name not in self._deeds:
            return held

        def deed(*args: Any, **kwargs: Any) -> Any:
            self._counter.meet("before")
            result = held(*args, **kwargs)
            self._counter.meet("after")
            return result

        return deed


class Counter:
    def __init__(self, at: int | None) -> None:
        self.at = at
        self.seen = 0

    def meet(self, when: str) -> None:
        if self.at is not None and self.seen == self.at:
            self.at = None
            raise Killed
        self.seen += 1


class World:
    """What outlives the server: the store, the objects, the series, the processes."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.store = MemoryStore(indexers())
        self.blobs = DiskBlobs(home / "blobs")
        self.series = SqliteSeries(home / "series.db")
        self.runner = FakeRunner(home / "runs")
        self.blobs.create_bucket("bucket", ACCOUNT, 0)

    def platform(self, counter: Counter) -> Platform:
        return Platform(
            Config(self.home),
            time.time,
            Mortal(self.store, ("create", "write", "delete"), counter),
            Mortal(self.blobs, ("upload", "download"), counter),
            Mortal(self.series, ("append",), counter),
            Mortal(self.runner, ("start", "stop", "remove"), counter),
            Ready(self.home / "env"),
        )


def step(world: World, controller_of: Any, key: Key, counter: Counter) -> None:
    """One call of a controller made anew, as after a restart; a kill ends it."""
    try:
        asyncio.run(controller_of(world.platform(counter)).reconcile(key))
    except Killed:
        pass
