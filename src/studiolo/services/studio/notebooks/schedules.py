"""Schedules of notebooks: EventBridge schedules that create a training job each time. The notebook is kept as it was when it was
scheduled."""

import json
from collections.abc import Mapping
from typing import Any

from studiolo.base.errors import NotFound, ValidationError
from studiolo.base.record import Key, Record
from studiolo.services import targets
from studiolo.services.platform import Platform
from studiolo.services.request import Call
from studiolo.services.scheduler import names as scheduler
from studiolo.services.scheduler.service import KEPT, SchedulerService
from studiolo.services.sts.service import role_arn
from studiolo.services.studio.notebooks import request as asking
from studiolo.services.studio.notebooks.request import NAME_TAG, NOTEBOOK_TAG, Requests, plain
from studiolo.services.studio.together.activity import need_project
from studiolo.store.protocol import Missing

PREFIX = "notebook-"
CHANGES = ("ScheduleExpression", "ScheduleExpressionTimezone", "State")
SOURCES = ("SpaceName", "Path", "S3Uri")


class NotebookSchedules:
    def __init__(self, platform: Platform, requests: Requests) -> None:
        self._platform = platform
        self._requests = requests
        self._schedules = SchedulerService(platform)

    def find(self, call: Call) -> Record:
        name = call.params["NotebookScheduleName"]
        try:
            return self._platform.store.get(Key(need_project(call), scheduler.SCHEDULE, PREFIX + name))
        except Missing:
            raise NotFound(f"There is no notebook schedule {name} in this project.") from None

    async def put(self, call: Call) -> Mapping[str, Any]:
        """The notebook is taken as it is now; scheduling it again under the same name takes it anew."""
        params = call.params
        need_project(call)
        name = params["NotebookScheduleName"]
        request = await self._requests.make(call, f"{plain(name)}-{'0' * 32}", name)
        file = request["Environment"]["SM_INPUT_NOTEBOOK_NAME"]
        await self._write(call, {
            "Name": PREFIX + name,
            "ScheduleExpression": params["ScheduleExpression"],
            "ScheduleExpressionTimezone": params.get("ScheduleExpressionTimezone", "UTC"),
            "State": params.get("State", "ENABLED"),
            "FlexibleTimeWindow": {"Mode": "OFF"},
            "Description": f"Runs the notebook {file}.",
            "Target": self._target(call, name, request),
        })  # fmt: skip
        return {"NotebookScheduleName": name}

    def _target(self, call: Call, name: str, request: Mapping[str, Any]) -> dict[str, Any]:
        named = {**request, "TrainingJobName": f"{plain(name)}-<aws.scheduler.execution-id>"}
        return {"Arn": targets.CREATE_TRAINING, "RoleArn": role_arn(call.caller.project), "Input": json.dumps(named)}

    async def _write(self, call: Call, asked: Mapping[str, Any]) -> None:
        try:
            self._platform.store.get(Key(call.caller.project, scheduler.SCHEDULE, asked["Name"]))
            act, word = self._schedules.update, "UpdateSchedule"
        except Missing:
            act, word = self._schedules.create, "CreateSchedule"
        await act(Call(call.caller, "scheduler", word, asked, call.request_id))

    async def update(self, call: Call) -> Mapping[str, Any]:
        """What the request leaves out stays: the notebook, too, where it names none."""
        params, record = call.params, self.find(call)
        if not any(one in params for one in (*CHANGES, *SOURCES)):
            raise ValidationError(f"Say what is to change: {', '.join(CHANGES)}, or another notebook.")
        name = record.key.name.removeprefix(PREFIX)
        asked = {
            **{one: record.spec[one] for one in KEPT if one in record.spec},
            **{one: params[one] for one in CHANGES if one in params},
            "Name": record.key.name,
        }
        if any(one in params for one in SOURCES):
            asked |= await self._with_another(call, name, record)
        await self._write(call, asked)
        return {"NotebookScheduleName": name}

    async def _with_another(self, call: Call, name: str, record: Record) -> dict[str, Any]:
        """The schedule's request with the notebook that the call names in the place of the one it had."""
        request = asking.schedule_request(record.spec)
        file, place = await self._requests.source(call, self._requests.place(call.caller.project, "", name))
        variables = {**request["Environment"]}
        variables.pop(asking.FOLDER, None)
        request["Environment"] = {
            **variables,
            **asking.environment({**call.params, "KernelName": variables.get("SM_KERNEL_NAME", "python3")}, file),
        }
        request["InputDataConfig"] = [asking.channel(place)]
        tags = {one["Key"]: one["Value"] for one in request["Tags"]}
        request["Tags"] = [{"Key": key, "Value": value} for key, value in {**tags, NOTEBOOK_TAG: file}.items()]
        return {"Target": self._target(call, name, request), "Description": f"Runs the notebook {file}."}

    async def list(self, call: Call) -> Mapping[str, Any]:
        project = need_project(call)
        asked = {"NamePrefix": PREFIX, **{one: call.params[one] for one in ("NextToken",) if one in call.params}}
        found = await self._schedules.list(Call(call.caller, "scheduler", "ListSchedules", asked, call.request_id))
        records: list[Record] = []
        for one in found["Schedules"]:
            try:
                records.append(self._platform.store.get(Key(project, scheduler.SCHEDULE, one["Name"])))
            except Missing:
                continue
        mine = [one for one in records if one.spec["Target"]["Arn"] == targets.CREATE_TRAINING]
        return {"NotebookSchedules": [_shown(one) for one in mine], "NextToken": found["NextToken"]}

    async def describe(self, call: Call) -> Mapping[str, Any]:
        return _shown(self.find(call))

    async def delete(self, call: Call) -> Mapping[str, Any]:
        asked = Call(call.caller, "scheduler", "DeleteSchedule", {"Name": self.find(call).key.name}, call.request_id)
        await self._schedules.delete(asked)
        return {}


def _shown(record: Record) -> dict[str, Any]:
    spec, status = record.spec, record.status
    request = asking.schedule_request(spec)
    tags = {one["Key"]: one["Value"] for one in request.get("Tags", ())}
    name = record.key.name.removeprefix(PREFIX)
    known: dict[str, Any] = {
        **asking.described(request),
        "NotebookScheduleName": name,
        "NotebookJobName": tags.get(NAME_TAG, name),
        "ScheduleExpression": spec["ScheduleExpression"],
        "ScheduleExpressionTimezone": spec["ScheduleExpressionTimezone"],
        "NotebookName": request.get("Environment", {}).get("SM_INPUT_NOTEBOOK_NAME", ""),
        "State": spec["State"],
        "User": spec.get("_user"),
        "Tags": asking.shown_tags(tags),
        "LastTime": status.get("Scheduled"),
        "LastError": status.get("Error"),
        "CreationTime": record.created,
        "LastModifiedTime": spec["_since"],
    }
    return {name: value for name, value in known.items() if value is not None}
