"""What happens goes to the rules it matches: for each of their targets a delivery is noted, which the controller carries out.

When `put` has returned, a kill takes nothing back; the same event put again is nothing new.
"""

import json
import logging
from collections.abc import Iterator, Mapping
from typing import Any

from studiolo.base.record import Key, Record
from studiolo.services import targets
from studiolo.services.events import names
from studiolo.services.events.patterns import matches
from studiolo.services.platform import Platform
from studiolo.store.protocol import AlreadyExists, Query
from studiolo.store.scan import scan

log = logging.getLogger(__name__)


class Bus:
    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    def _rules(self, project: str) -> Iterator[Record]:
        return scan(self._platform.store, Query(names.RULE, project, state=names.ENABLED))

    def put(self, project: str, event: Mapping[str, Any]) -> None:
        for rule in self._rules(project):
            pattern = rule.spec.get("EventPattern")
            if pattern and matches(json.loads(pattern), event):
                self.deliver(rule, event)

    def deliver(self, rule: Record, event: Mapping[str, Any]) -> None:
        """To all of the rule's targets as they are now."""
        for target in rule.spec["_targets"].values():
            name = f"{event['id']}-{targets.token(rule.key.name.lower(), rule.created, target['Id'])[:16]}"
            spec = {"Rule": rule.key.name, "Target": target, "Event": event, "_user": rule.spec["_user"]}
            try:
                key = Key(rule.key.project, names.DELIVERY, name)
                self._platform.store.create(key, spec, {"Attempts": 0}, now=self._platform.clock())
            except AlreadyExists:
                continue
