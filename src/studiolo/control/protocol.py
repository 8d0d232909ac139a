"""What the control loop asks of a controller. The loop knows keys and times, and no kind.

A controller is level-triggered: it gets a key, never an event, looks at the record and at what runs, decides by a pure
function, does one step, and writes the status if it changed. It may be called at any time, twice, or after a crash.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from studiolo.base.record import Key


@dataclass(frozen=True, slots=True)
class Again:
    """Ask for another call after so many seconds, whatever happens meanwhile."""

    after: float


class Controller(Protocol):
    @property
    def kind(self) -> str: ...

    def keys(self) -> Sequence[Key]:
        """Every key that is not at rest: called once when the loop starts, and now and then to be safe."""
        ...

    async def reconcile(self, key: Key) -> Again | None:
        """Never called for one key twice at the same time. An exception is logged and retried with back-off.
        Anything that blocks for more than a few milliseconds belongs in `asyncio.to_thread`."""
        ...


@runtime_checkable
class TellsFailure(Protocol):
    """A controller that makes it visible when it can't go on."""

    async def failing(self, key: Key, error: Exception, failures: int) -> None:
        """`reconcile` has raised so many times in a row, for minutes: write into the record what its owner should know,
        or end it. Called after every further failure too, until a call succeeds; the tries go on meanwhile. Like
        `reconcile` it may be called again after a crash, and never beside it for one key."""
        ...
