"""The `scheduler` service: schedules of the group `default`. Their targets are pipelines, functions, and the universal target
that starts a pipeline's execution."""

from collections.abc import Mapping
from typing import Any

from studiolo.base.errors import ApiError
from studiolo.base.record import Key, Record
from studiolo.control.protocol import Controller
from studiolo.services import schedules, targets
from studiolo.services.platform import Platform
from studiolo.services.request import Call, Handler
from studiolo.services.sagemaker.asking import Handlers
from studiolo.services.scheduler import names
from studiolo.services.scheduler.controller import ScheduleController
from studiolo.store.protocol import AlreadyExists, BadToken, Condition, Every, Indexer, Is, Missing, Query, Stale

KEPT = (
    "ScheduleExpression", "ScheduleExpressionTimezone", "StartDate", "EndDate", "Description", "State", "Target",
    "FlexibleTimeWindow", "ActionAfterCompletion",
)  # fmt: skip
MEMBERS = ("Arn", "RoleArn", "Input", "SageMakerPipelineParameters", "RetryPolicy")
PAGE = 100


def indexers() -> Mapping[str, Indexer]:
    return {names.SCHEDULE: names.index}


def controllers(platform: Platform, handlers: Handlers) -> list[Controller]:
    return [ScheduleController(platform, handlers)]


def _invalid(message: str) -> ApiError:
    return ApiError(message, code="ValidationException", status=400)


def _missing(what: str) -> ApiError:
    return ApiError(f"{what} does not exist.", code="ResourceNotFoundException", status=404)


def check_expression(params: Mapping[str, Any]) -> None:
    """The time of a schedule: its expression, zone, start and end. Raises ApiError."""
    text = params["ScheduleExpression"]
    try:
        schedules.parse(text, params.get("ScheduleExpressionTimezone"))
    except schedules.BadSchedule as error:
        raise _invalid(f"Invalid Schedule Expression {text}: {error}.") from None
    if not schedules.one_is_open(text):
        raise _invalid(
            f"Invalid Schedule Expression {text}: one of the day of the month and the day of the week must be ?."
        )
    start, end = params.get("StartDate"), params.get("EndDate")
    if start is not None and end is not None and end <= start:
        raise _invalid("EndDate must be later than StartDate.")


def check_target(project: str, target: Mapping[str, Any]) -> None:
    """Raises ApiError."""
    for member in target:
        if member not in MEMBERS:
            raise _invalid(f"{member} of a schedule's target is not supported by this version of studiolo.")
    kind = targets.kind_of(project, target["Arn"])
    if kind is None:
        raise _invalid(
            f"The target {target['Arn']} can't be started: a schedule's target is a SageMaker pipeline or a Lambda function "
            f"of this project, or {targets.START_PIPELINE} or {targets.CREATE_TRAINING}."
        )
    if "SageMakerPipelineParameters" in target and kind != "pipeline":
        raise _invalid("SageMakerPipelineParameters goes with a target that is a pipeline.")
    if kind in ("start", "train") and not target.get("Input"):
        raise _invalid(f"The target {target['Arn']} needs an Input: the request's parameters as JSON.")


class SchedulerService:
    name = "scheduler"

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._store = platform.store
        self._handlers: dict[str, Handler] = {
            "CreateSchedule": self.create,
            "GetSchedule": self.get,
            "UpdateSchedule": self.update,
            "DeleteSchedule": self.delete,
            "ListSchedules": self.list,
            "GetScheduleGroup": self.get_group,
            "ListScheduleGroups": self.list_groups,
        }

    def operations(self) -> Mapping[str, Handler]:
        return self._handlers

    def handler(self, operation: str) -> Handler | None:
        return self._handlers.get(operation)

    def reads(self, operation: str) -> bool:
        return operation.startswith(("Get", "List"))

    def _group(self, call: Call) -> None:
        group = call.params.get("GroupName", names.GROUP)
        if group != names.GROUP:
            raise _missing(f"Schedule group {group}")

    def _key(self, call: Call) -> Key:
        self._group(call)
        return Key(call.caller.project, names.SCHEDULE, str(call.params["Name"]))

    def _find(self, call: Call) -> Record:
        key = self._key(call)
        try:
            return self._store.get(key)
        except Missing:
            raise _missing(f"Schedule {key.name}") from None

    def _spec(self, call: Call) -> dict[str, Any]:
        """Raises ApiError."""
        params = call.params
        if params.get("KmsKeyArn"):
            raise _invalid("KmsKeyArn is not supported by this version of studiolo.")
        check_expression(params)
        window = params["FlexibleTimeWindow"]
        if (window["Mode"] == "FLEXIBLE") != ("MaximumWindowInMinutes" in window):
            raise _invalid(
                "MaximumWindowInMinutes goes with a FlexibleTimeWindow of Mode FLEXIBLE, and is needed there."
            )
        check_target(call.caller.project, params["Target"])
        return {
            "State": "ENABLED",
            "ScheduleExpressionTimezone": "UTC",
            "ActionAfterCompletion": "NONE",
            **{name: params[name] for name in KEPT if params.get(name) is not None},
            "_user": call.caller.user,
            "_since": self._platform.clock(),
            "_token": params.get("ClientToken"),
        }

    async def create(self, call: Call) -> Mapping[str, Any]:
        key, spec = self._key(call), self._spec(call)
        try:
            record = self._store.create(key, spec, {}, now=self._platform.clock())
        except AlreadyExists as there:
            record = there.existing
            if not spec["_token"] or record.spec.get("_token") != spec["_token"]:
                raise ApiError(f"Schedule {key.name} already exists.", code="ConflictException", status=409) from None
        return {"ScheduleArn": names.schedule_arn(record.key.project, record.key.name)}

    async def update(self, call: Call) -> Mapping[str, Any]:
        """What the request leaves out takes its default, as on AWS."""
        self._find(call)
        spec = self._spec(call)
        while True:
            record = self._find(call)
            try:
                self._store.write(record, now=self._platform.clock(), spec=spec)
            except (Stale, Missing):
                continue
            return {"ScheduleArn": names.schedule_arn(record.key.project, record.key.name)}

    async def get(self, call: Call) -> Mapping[str, Any]:
        record = self._find(call)
        return {
            "Arn": names.schedule_arn(record.key.project, record.key.name),
            "Name": record.key.name,
            "GroupName": names.GROUP,
            "CreationDate": record.created,
            "LastModificationDate": record.spec["_since"],
            **{name: record.spec[name] for name in KEPT if name in record.spec},
        }

    async def delete(self, call: Call) -> Mapping[str, Any]:
        while True:
            try:
                self._store.delete(self._find(call))
            except (Stale, Missing):
                continue
            return {}

    async def list(self, call: Call) -> Mapping[str, Any]:
        self._group(call)
        params, prefix = call.params, call.params.get("NamePrefix")
        where: Condition | None = None
        if prefix:
            where = Every((Is("name", ">=", prefix), Is("name", "<", f"{prefix}\U0010ffff")))
        query = Query(
            names.SCHEDULE, call.caller.project, state=params.get("State"), where=where, sort="name",
            limit=min(int(params.get("MaxResults", PAGE)), PAGE), token=params.get("NextToken"),
        )  # fmt: skip
        try:
            page = self._store.query(query)
        except BadToken:
            raise _invalid("Invalid NextToken: it was not issued for this list.") from None
        return {"Schedules": [self._summary(one) for one in page.records], "NextToken": page.token}

    def _summary(self, record: Record) -> dict[str, Any]:
        return {
            "Arn": names.schedule_arn(record.key.project, record.key.name),
            "Name": record.key.name,
            "GroupName": names.GROUP,
            "State": record.spec["State"],
            "CreationDate": record.created,
            "LastModificationDate": record.spec["_since"],
            "Target": {"Arn": record.spec["Target"]["Arn"]},
        }

    # Groups: there is the one.

    def _default(self, call: Call) -> dict[str, Any]:
        return {"Arn": names.group_arn(call.caller.project), "Name": names.GROUP, "State": "ACTIVE"}

    async def get_group(self, call: Call) -> Mapping[str, Any]:
        if call.params["Name"] != names.GROUP:
            raise _missing(f"Schedule group {call.params['Name']}")
        return self._default(call)

    async def list_groups(self, call: Call) -> Mapping[str, Any]:
        fits = names.GROUP.startswith(call.params.get("NamePrefix", ""))
        return {"ScheduleGroups": [self._default(call)] if fits else []}
