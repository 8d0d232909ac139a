"""What a budget that is spent stops: found in the store, in the order in which it is stopped, and asked to stop by the same
operations that clients use. Called by budgets.py at every look, as long as there is anything."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from studiolo.base.errors import ApiError
from studiolo.base.record import Key, Record
from studiolo.services.metering.quotas import JOBS, records
from studiolo.services.request import Call, Caller
from studiolo.services.sagemaker.asking import Handlers
from studiolo.services.sagemaker.pipelines import names as pipelines
from studiolo.store.protocol import Store

TUNING = "HyperParameterTuningJob"
STATES: Mapping[str, tuple[str | None, ...]] = {
    pipelines.EXECUTION: ("Executing",),
    TUNING: ("InProgress",),
    **dict.fromkeys(JOBS, ("InProgress",)),
    "App": ("Pending", "InService"),
}
"""By the action Stop. What starts other things comes before what it started."""
WHOLE: Mapping[str, tuple[str | None, ...]] = {**STATES, "InferenceComponent": (None,), "Endpoint": (None,)}
"""By StopAll: an endpoint stops by being deleted; its configuration, from which it is made again, stays."""
KINDS: Mapping[str, Mapping[str, tuple[str | None, ...]]] = {"Stop": STATES, "StopAll": WHOLE}


@dataclass(frozen=True, slots=True)
class Stop:
    """One thing that runs, and how it is stopped."""

    key: Key
    user: str
    name: str
    """By which people know it: an app by its space's."""
    life: float
    """When it began: one of the same name that is made later is another."""
    operation: str
    params: Mapping[str, Any]


def _of(record: Record) -> Stop:
    spec, kind, name = record.spec, record.key.kind, record.key.name
    user, life = str(spec.get("_user", "")), record.created
    if kind == pipelines.EXECUTION:
        token = f"budget-{name}".ljust(32, "-")
        params = {"PipelineExecutionArn": pipelines.execution_arn(record), "ClientRequestToken": token}
        return Stop(record.key, user, f"{spec['PipelineName']}/{name}", life, "StopPipelineExecution", params)
    if kind == "App":
        params = {one: spec[one] for one in ("DomainId", "SpaceName", "AppType", "AppName")}
        return Stop(record.key, user, str(spec["SpaceName"]), float(spec["_created"]), "DeleteApp", params)
    verb = "Stop" if kind == TUNING or kind in JOBS else "Delete"
    return Stop(record.key, user, name, life, f"{verb}{kind}", {f"{kind}Name": name})


def running(store: Store, project: str, user: str | None, action: str) -> Iterator[Stop]:
    """What goes on and was not asked to stop yet."""
    for kind, states in KINDS.get(action, {}).items():
        for record in list(records(store, kind, project, states)):
            whose = str(record.spec.get("_user", ""))
            if "_stop" in record.spec or record.deleting or (user is not None and whose != user):
                continue
            yield _of(record)


async def stop(handlers: Handlers, one: Stop, because: str) -> None:
    handler = handlers(one.operation)
    if handler is None:
        return
    caller = Caller(one.user, one.key.project, "admin")
    try:
        await handler(Call(caller, "sagemaker", one.operation, one.params, because))
    except ApiError:
        # It has ended meanwhile, or waits for what it holds (an endpoint for its components): looked at again.
        return


def told(one: Stop, now: float) -> dict[str, Any]:
    return {"Kind": one.key.kind, "Name": one.name, "User": one.user, "Time": now, "_life": one.life}


def summary(stopped: list[Mapping[str, Any]]) -> str:
    """ "2 TrainingJob, 1 App"."""
    kinds = [one["Kind"] for one in stopped]
    return ", ".join(f"{kinds.count(kind)} {kind}" for kind in dict.fromkeys(kinds))
