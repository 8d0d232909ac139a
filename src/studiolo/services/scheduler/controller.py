"""Starts what a schedule names when its time has come. Each time has a token of its own, so after a crash between a start and
its note the same is started again, and that is nothing. Times that passed while the studio was down are made up for once.
"""

import asyncio
import logging
from collections.abc import Sequence

from studiolo.base.errors import ApiError
from studiolo.base.record import Key, Record
from studiolo.control.protocol import Again
from studiolo.services import targets
from studiolo.services.logs.telling import tell
from studiolo.services.platform import Platform
from studiolo.services.sagemaker.asking import Handlers
from studiolo.services.sagemaker.keys import unfinished
from studiolo.services.scheduler import names, timing
from studiolo.services.targets import Targets
from studiolo.store.protocol import Missing, Stale

log = logging.getLogger(__name__)
LONGEST = 3600.0
"""Seconds between two looks: the machine's clock may be set."""


class ScheduleController:
    kind = names.SCHEDULE

    def __init__(self, platform: Platform, handlers: Handlers) -> None:
        self._platform = platform
        self._targets = Targets(platform, handlers)

    def keys(self) -> Sequence[Key]:
        return unfinished(self._platform, self.kind, ("ENABLED",))

    async def reconcile(self, key: Key) -> Again | None:
        try:
            record = self._platform.store.get(key)
            return await self._step(record)
        except Missing:
            return None
        except Stale:
            return Again(0)

    async def _step(self, record: Record) -> Again | None:
        if record.spec["State"] != "ENABLED":
            return None
        now, handled = self._platform.clock(), float(record.status.get("Handled", 0.0))
        due = timing.of(record.spec).next(handled)
        if due is None:
            if record.spec.get("ActionAfterCompletion") == "DELETE":
                self._platform.store.delete(record)
            return None
        if due > now:
            return Again(min(due - now, LONGEST))
        status: dict[str, float | str] = {"Handled": now, "Scheduled": due}
        try:
            status["Started"] = await self._start(record, due)
        except ApiError as error:
            # It says what is wrong with the target: the same would come of it again.
            log.warning("the schedule %s could not start its target: %s", record.key.name, error.message)
            status["Error"] = error.message
            said = f"The target {record.spec['Target']['Arn']} could not be started: {error.message}"
            group = f"/aws/scheduler/{record.key.name}"
            await asyncio.to_thread(tell, self._platform, record.key.project, group, said)
        self._platform.store.write(record, now=now, status=status)
        return Again(0)

    async def _start(self, record: Record, due: float) -> str:
        token = targets.token(record.key.project, record.key.name, record.created, record.spec["_since"], due)
        return await start(self._targets, record, due, token)


async def start(starter: Targets, record: Record, due: float, token: str) -> str:
    """Starts a schedule's target as of the time it was due; what was started. Raises ApiError."""
    project, target = record.key.project, record.spec["Target"]
    known = names.attributes(record, due, token)
    kind, input = targets.kind_of(project, target["Arn"]), names.filled(target.get("Input", ""), known)
    if kind == "start":
        return await starter.start(record, input, token)
    if kind == "train":
        return await starter.train(record, input, token)
    if kind == "function":
        return starter.function(record, target["Arn"], input or "{}", token)
    given = target.get("SageMakerPipelineParameters", {}).get("PipelineParameterList", ())
    parameters = [{"Name": one["Name"], "Value": names.filled(one["Value"], known)} for one in given]
    why = f"Started by the schedule {record.key.name}."
    return await starter.pipeline(record, target["Arn"], parameters, token, why)
