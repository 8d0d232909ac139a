"""Schedules as their page shows them: what each starts, when next, and what came of the last time; started at once, too."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from studiolo.base.errors import ApiError
from studiolo.base.record import Key, Record
from studiolo.services.platform import Platform
from studiolo.services.request import Call
from studiolo.services.sagemaker.asking import Handlers
from studiolo.services.scheduler import names, timing
from studiolo.services.scheduler.controller import start
from studiolo.services.scheduler.service import check_expression
from studiolo.services.studio.automation import listing, runs
from studiolo.services.targets import Targets, token
from studiolo.store.protocol import Missing

FEW, MANY = 5, 20


class Schedules:
    def __init__(self, platform: Platform, handlers: Handlers) -> None:
        self._platform = platform
        self._targets = Targets(platform, handlers)

    async def times(self, call: Call) -> Mapping[str, Any]:
        """When a schedule would start its target; what can't be read is refused with the scheduler's own sentence."""
        params = call.params
        check_expression(params)
        spec = {**params, "_since": self._platform.clock()}
        return {"Times": _next(spec, 0.0, min(int(params.get("Count", FEW)), MANY))}

    async def list(self, call: Call) -> Mapping[str, Any]:
        page = listing.page_of(self._platform, call, names.SCHEDULE)
        return {"Schedules": [self._shown(one) for one in page.records], "NextToken": page.token}

    async def run(self, call: Call) -> Mapping[str, Any]:
        """Starts the target now, whatever its state; the same ClientToken again starts nothing again."""
        record = self._find(call)
        now, project = self._platform.clock(), record.key.project
        once = token(project, record.key.name.lower(), record.created, call.params.get("ClientToken", call.request_id))
        # For the person who asks: it is their doing, not that of whoever made the schedule.
        asked = replace(record, spec={**record.spec, "_user": call.caller.user})
        started = await start(self._targets, asked, now, once)
        return {"Run": runs.run_of(self._platform, project, record.spec["Target"], started)}

    def _find(self, call: Call) -> Record:
        try:
            return self._platform.store.get(Key(call.caller.project, names.SCHEDULE, str(call.params["Name"])))
        except Missing:
            message = f"Schedule {call.params['Name']} does not exist."
            raise ApiError(message, code="ResourceNotFoundException", status=404) from None

    def _shown(self, record: Record) -> dict[str, Any]:
        spec, project, name = record.spec, record.key.project, record.key.name
        kept = ("State", "ScheduleExpression", "ScheduleExpressionTimezone", "Description", "StartDate", "EndDate")
        handled = float(record.status.get("Handled", 0.0))
        return {
            "Name": name,
            "Arn": names.schedule_arn(project, name),
            "User": spec.get("_user", ""),
            "CreationTime": record.created,
            **{one: spec[one] for one in kept if one in spec},
            "Target": runs.target_of(spec["Target"]),
            "Next": _next(spec, max(handled, self._platform.clock()), FEW) if spec["State"] == "ENABLED" else [],
            **self._last(record),
        }

    def _last(self, record: Record) -> dict[str, Any]:
        status, project = record.status, record.key.project
        if "Handled" not in status:
            return {}
        when = {"Time": status["Handled"], "Due": status.get("Scheduled")}
        if "Error" in status:
            return {"Last": {**when, "Status": "NotStarted", "Reason": status["Error"]}}
        return {"Last": {**when, **runs.run_of(self._platform, project, record.spec["Target"], str(status["Started"]))}}


def _next(spec: Mapping[str, Any], after: float, count: int) -> list[float]:
    when, found = timing.of(spec), list[float]()
    while len(found) < count and (due := when.next(after)) is not None:
        found.append(due)
        after = due
    return found
