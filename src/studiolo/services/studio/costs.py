"""What one thing used since it was made: itself, or whatever it started (the trials of a tuning job, the jobs and invocations
of a pipeline's steps, every try of them). Sums of what was metered, found by the names that follow from what started them.

An endpoint that a step deploys is not part of the execution: it serves on, and is metered as an endpoint.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from studiolo.base.errors import ValidationError
from studiolo.base.record import Record
from studiolo.meter.days import DAY
from studiolo.meter.protocol import Question, Row
from studiolo.services.functions.names import STEP_TAG
from studiolo.services.metering.prices import currency
from studiolo.services.platform import Platform
from studiolo.services.request import Call
from studiolo.services.sagemaker.pipelines import names
from studiolo.services.sagemaker.pipelines.shown import raw_of, raw_steps
from studiolo.services.studio.together import resources
from studiolo.services.studio.together.activity import need_project

Ask = Callable[[Question], Sequence[Row]]
TUNING = "HyperParameterTuningJob"
METERED = {
    **{one: one for one in ("TrainingJob", "ProcessingJob", "TransformJob", "Endpoint", "InferenceComponent")},
    "Space": "App",
}
"""Kind -> what usage calls it."""


@dataclass(slots=True)
class Sum:
    types: dict[str, list[float]] = field(default_factory=dict[str, list[float]])

    def add(self, type: str, row: Row) -> None:
        known = self.types.setdefault(type, [0.0, 0.0])
        known[0] += row.seconds
        known[1] += row.cost

    def shown(self) -> dict[str, Any]:
        return {
            "Seconds": sum(one[0] for one in self.types.values()),
            "Cost": sum(one[1] for one in self.types.values()),
            "InstanceTypes": [
                {"InstanceType": type, "Seconds": one[0], "Cost": one[1]} for type, one in sorted(self.types.items())
            ],
        }


def started(record: Record) -> dict[str, str]:
    """Name of what a step of an execution started, in each of its tries -> the step. Pure."""
    raws, found, execution = raw_steps(record), dict[str, str](), record.key.name
    for step, state in record.status.get("Steps", {}).items():
        make = names.short_child if raw_of(raws, step)["Type"] == "Tuning" else names.child
        for again in range(int(record.spec.get("_retry", 0)) + 1):
            for attempt in range(1, int(state["AttemptCount"]) + 1):
                found[make(execution, step, f"{again}.{attempt}")] = step
    return found


def step_of(name: str, known: Mapping[str, str]) -> str | None:
    """The step that started it: a trial's name begins with its tuning job's. Pure."""
    if name in known:
        return known[name]
    parts = name.split("-")
    return next((known[one] for at in range(len(parts) - 1, 0, -1) if (one := "-".join(parts[:at])) in known), None)


def of_steps(record: Record, ask: Ask, question: Question) -> Mapping[str, Sum]:
    """question: of the project and the days, nothing more."""
    known, found = started(record), dict[str, Sum]()
    execution = record.key.name

    def asked(**more: Any) -> Iterable[Row]:
        return ask(replace(question, **more))

    for prefix in (f"pipelines-{execution}-", f"{execution}-"):
        for row in asked(by=("Resource", "InstanceType"), prefix=prefix):
            step = step_of(row.keys[0].partition("/")[2], known)
            if step is not None:
                found.setdefault(step, Sum()).add(row.keys[1], row)
    # A function's invocations are metered under its name, each with the step that invoked it.
    for row in asked(by=("Tag", "InstanceType"), tag=STEP_TAG, kind="Function"):
        owner, _, step = row.keys[0].partition("/")
        if owner == execution:
            found.setdefault(step, Sum()).add(row.keys[1], row)
    return found


def of_trials(record: Record, ask: Ask, question: Question) -> Sum:
    trials = {str(one["Name"]) for one in record.status.get("_trials", {}).values()}
    total = Sum()
    by = ("Resource", "InstanceType")
    wanted = replace(question, by=by, kind="TrainingJob", prefix=f"{record.key.name}-")
    for row in ask(wanted):
        if row.keys[0].partition("/")[2] in trials:
            total.add(row.keys[1], row)
    return total


class Costs:
    def __init__(self, platform: Platform, ask: Ask) -> None:
        """ask: of the meter as it is now."""
        self._platform, self._ask = platform, ask

    async def get(self, call: Call) -> Mapping[str, Any]:
        record = resources.find(self._platform, need_project(call), call.params["ResourceArn"])
        found = await asyncio.to_thread(self._used, record)
        return {**found, "Currency": currency(self._platform.store)}

    def _used(self, record: Record) -> dict[str, Any]:
        kind = record.key.kind
        first, last = int(record.created // DAY), int(self._platform.clock() // DAY)
        question = Question(first, last, project=record.key.project)
        if kind == names.EXECUTION:
            steps, total = of_steps(record, self._ask, question), Sum()
            for one in steps.values():
                for type, (seconds, cost) in one.types.items():
                    total.add(type, Row((), seconds, cost))
            shown = [{"StepName": name, **one.shown()} for name, one in steps.items()]
            return {**total.shown(), "Steps": shown}
        if kind == TUNING:
            return of_trials(record, self._ask, question).shown()
        if kind not in METERED:
            raise ValidationError(
                f"A {kind} uses no instances: ask for the job, endpoint, space or execution that does."
            )
        total = Sum()
        name = str(record.spec.get("SpaceName", record.key.name)) if kind == "Space" else record.key.name
        wanted = replace(question, by=("InstanceType",), kind=METERED[kind], name=name)
        for row in self._ask(wanted):
            total.add(row.keys[0], row)
        return total.shown()
