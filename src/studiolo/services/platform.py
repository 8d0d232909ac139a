"""Everything a service or a controller may lean on, as one value made by the wiring (cli/up.py) and by tests."""

from collections.abc import Callable
from dataclasses import dataclass, field

from studiolo.base.clock import Clock
from studiolo.base.config import Config
from studiolo.base.record import Document, Key
from studiolo.blobs.protocol import Blobs
from studiolo.meter.protocol import Meter
from studiolo.run.protocol import Environments, Runner
from studiolo.series.protocol import Series
from studiolo.services.demand import Demand
from studiolo.services.identity import Identity
from studiolo.services.presence import Presence
from studiolo.store.protocol import Store


def _no_limits(key: Key, user: str, spec: Document) -> None:
    return


@dataclass(frozen=True, slots=True)
class Platform:
    config: Config
    clock: Clock
    store: Store
    blobs: Blobs
    series: Series
    runner: Runner
    environments: Environments
    identity: Identity | None = None
    """Gives jobs keys of their own; None where nothing signs in (tests of a single part)."""
    demand: Demand = field(default_factory=Demand)
    """Between the router and the controllers of what sleeps when nobody asks."""
    presence: Presence = field(default_factory=Presence)
    """Who has the studio open, between the server's streams and the operations that show it."""
    meter: Meter | None = None
    """What was used; None where nothing is metered (tests of a single part)."""
    admit: Callable[[Key, str, Document], None] = _no_limits
    """Asked before a record is written that will need instances: its key, who asks, its spec. Raises LimitExceeded."""
