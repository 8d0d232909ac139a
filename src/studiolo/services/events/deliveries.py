"""Carries out what rules ask for. A delivery's name is its token: after a crash the same is started again, and that is
nothing. What can't be started is tried a few times more, and then given up, which the studio's log tells."""

import asyncio
import logging
from collections.abc import Sequence
from typing import Any

from studiolo.base.errors import ApiError
from studiolo.base.record import Key, Record
from studiolo.control.protocol import Again
from studiolo.services import targets
from studiolo.services.events import names, paths
from studiolo.services.logs.telling import tell
from studiolo.services.platform import Platform
from studiolo.services.sagemaker.asking import Handlers
from studiolo.services.sagemaker.keys import unfinished
from studiolo.services.targets import Targets
from studiolo.store.protocol import Missing, Stale

log = logging.getLogger(__name__)
PAUSES = (1.0, 10.0, 60.0)


class DeliveryController:
    kind = names.DELIVERY

    def __init__(self, platform: Platform, handlers: Handlers) -> None:
        self._platform = platform
        self._targets = Targets(platform, handlers)

    def keys(self) -> Sequence[Key]:
        return unfinished(self._platform, self.kind, (names.OPEN,))

    async def reconcile(self, key: Key) -> Again | None:
        try:
            record = self._platform.store.get(key)
            return await self._step(record)
        except Missing:
            return None
        except Stale:
            return Again(0)

    async def _step(self, record: Record) -> Again | None:
        now, attempts = self._platform.clock(), int(record.status["Attempts"])
        if record.status.get("Done"):
            return None
        pause = float(record.status.get("_at", 0.0)) - now
        if pause > 0:
            return Again(pause)
        came: dict[str, Any] = {}
        try:
            came["Started"] = await self._start(record)
        except (ApiError, paths.BadPath) as error:
            came["Error"] = str(error)
            if attempts < len(PAUSES):
                status = {**came, "Attempts": attempts + 1, "_at": now + PAUSES[attempts]}
                self._platform.store.write(record, now=now, status=status)
                return Again(PAUSES[attempts])
            log.warning("the rule %s could not start its target: %s", record.spec["Rule"], error)
            said = f"The target {record.spec['Target']['Arn']} could not be started: {error}"
            group = f"/aws/events/{record.spec['Rule']}"
            await asyncio.to_thread(tell, self._platform, record.key.project, group, said)
        # It stays for a while: the same event may be put again after a crash.
        status = {"Attempts": attempts, **came, "Done": True}
        self._platform.store.write(record, now=now, status=status)
        return None

    async def _start(self, record: Record) -> str:
        """What was started: an execution's ARN, or the id of a function's call. Raises ApiError, BadPath."""
        spec, target = record.spec, record.spec["Target"]
        token = targets.token(record.key.project, record.key.name)
        if targets.kind_of(record.key.project, target["Arn"]) == "function":
            return self._targets.function(record, target["Arn"], paths.event_for(spec["Event"], target), token)
        given = target.get("SageMakerPipelineParameters", {}).get("PipelineParameterList", ())
        parameters = [{"Name": one["Name"], "Value": paths.parameter(spec["Event"], one["Value"])} for one in given]
        why = f"Started by the rule {spec['Rule']}."
        return await self._targets.pipeline(record, target["Arn"], parameters, token, why)
