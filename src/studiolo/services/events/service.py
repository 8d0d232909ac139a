"""The `events` service: the bus `default`, its rules, and events of one's own. Targets are pipelines and functions."""

import json
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from studiolo.base.errors import ApiError
from studiolo.base.record import Key, Record
from studiolo.control.protocol import Controller
from studiolo.services import schedules, targets
from studiolo.services.events import follower, names, paths, patterns
from studiolo.services.events.bus import Bus
from studiolo.services.events.deliveries import DeliveryController
from studiolo.services.events.rules import RuleController
from studiolo.services.platform import Platform
from studiolo.services.request import Call, Handler
from studiolo.services.sagemaker.asking import Handlers
from studiolo.store.protocol import AlreadyExists, BadToken, Condition, Every, Indexer, Is, Missing, Query, Stale
from studiolo.store.scan import scan

PAGE = 100
MAX_TARGETS = 5
MAX_ENTRY = 1_048_576
MEMBERS = (
    "Id",
    "Arn",
    "RoleArn",
    "Input",
    "InputPath",
    "InputTransformer",
    "SageMakerPipelineParameters",
    "RetryPolicy",
)
Act = Callable[[Call], Mapping[str, Any] | None]


def indexers() -> Mapping[str, Indexer]:
    return {names.RULE: names.index_rule, names.DELIVERY: names.index_delivery}


def controllers(platform: Platform, handlers: Handlers) -> list[Controller]:
    return [RuleController(platform), DeliveryController(platform, handlers), follower.Follower(platform, handlers)]


def _error(code: str, message: str) -> ApiError:
    return ApiError(message, code=code, status=400)


def _invalid(message: str) -> ApiError:
    return _error("ValidationException", message)


def _pattern(text: str) -> Mapping[str, Any]:
    try:
        return patterns.parse(text)
    except patterns.BadPattern as error:
        raise _error("InvalidEventPatternException", f"Event pattern is not valid. Reason: {error}") from None


def wrong(project: str, target: Mapping[str, Any]) -> str | None:
    """What of a target can't be; a sentence."""
    for member in target:
        if member not in MEMBERS:
            return f"{member} of a rule's target is not supported by this version of studiolo."
    kind = targets.kind_of(project, target["Arn"])
    if kind not in ("pipeline", "function"):
        return f"{target['Arn']} can't be started: a rule's target is a SageMaker pipeline or a Lambda function of this project."
    if "SageMakerPipelineParameters" in target and kind != "pipeline":
        return "SageMakerPipelineParameters goes with a target that is a pipeline."
    inputs = [one for one in ("Input", "InputPath", "InputTransformer") if target.get(one)]
    if len(inputs) > 1:
        return f"Only one of Input, InputPath and InputTransformer can be given, not {' and '.join(inputs)}."
    try:
        for one in target.get("SageMakerPipelineParameters", {}).get("PipelineParameterList", ()):
            if one["Value"].startswith("$."):
                paths.check(one["Value"])
        if target.get("InputPath"):
            paths.check(target["InputPath"])
        for path in (target.get("InputTransformer") or {}).get("InputPathsMap", {}).values():
            paths.check(path)
        if target.get("Input"):
            json.loads(target["Input"])
    except paths.BadPath as error:
        return f"{error}."
    except ValueError:
        return "Input must be valid JSON."
    return None


class EventsService:
    name = "events"

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._store = platform.store
        self._bus = Bus(platform)
        acts: dict[str, Act] = {
            "PutRule": self._put_rule,
            "DescribeRule": self._describe_rule,
            "ListRules": self._list_rules,
            "EnableRule": lambda call: self._switch(call, names.ENABLED),
            "DisableRule": lambda call: self._switch(call, names.DISABLED),
            "DeleteRule": self._delete_rule,
            "PutTargets": self._put_targets,
            "RemoveTargets": self._remove_targets,
            "ListTargetsByRule": self._list_targets,
            "ListRuleNamesByTarget": self._list_by_target,
            "PutEvents": self._put_events,
            "TestEventPattern": self._test_pattern,
            "DescribeEventBus": self._describe_bus,
            "ListEventBuses": self._list_buses,
        }
        self._handlers: dict[str, Handler] = {name: _awaited(act) for name, act in acts.items()}

    def operations(self) -> Mapping[str, Handler]:
        return self._handlers

    def handler(self, operation: str) -> Handler | None:
        return self._handlers.get(operation)

    def reads(self, operation: str) -> bool:
        return operation.startswith(("Describe", "List", "Test"))

    # Rules.

    def _key(self, call: Call, member: str = "Name") -> Key:
        names.check_bus(call.caller.project, call.params.get("EventBusName"))
        return Key(call.caller.project, names.RULE, str(call.params[member]))

    def _find(self, call: Call, member: str = "Name") -> Record:
        key = self._key(call, member)
        try:
            return self._store.get(key)
        except Missing:
            message = f"Rule {key.name} does not exist on EventBus {names.BUS}."
            raise _error("ResourceNotFoundException", message) from None

    def _put_rule(self, call: Call) -> Mapping[str, Any]:
        params, key, now = call.params, self._key(call), self._platform.clock()
        pattern, schedule = params.get("EventPattern"), params.get("ScheduleExpression")
        if not pattern and not schedule:
            raise _invalid("Parameter(s) EventPattern or ScheduleExpression must be specified.")
        if params.get("State") == "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS":
            raise _invalid("The studio has no CloudTrail: State must be ENABLED or DISABLED.")
        if pattern:
            _pattern(pattern)
        if schedule:
            self._check_schedule(schedule)
        kept = ("EventPattern", "ScheduleExpression", "Description", "RoleArn")
        spec: dict[str, Any] = {
            "State": params.get("State", names.ENABLED),
            **{name: params[name] for name in kept if params.get(name)},
            "_since": now,
        }
        if pattern:
            follower.begin(self._platform, key.project)
        tags = {one["Key"]: one["Value"] for one in params.get("Tags", ())}
        while True:
            try:
                self._store.create(key, {**spec, "_targets": {}, "_user": call.caller.user}, {}, now=now, tags=tags)
            except AlreadyExists as there:
                old = there.existing
                try:
                    own = {"_targets": old.spec["_targets"], "_user": call.caller.user}
                    self._store.write(old, now=now, spec={**spec, **own})
                except (Stale, Missing):
                    continue
            return {"RuleArn": names.rule_arn(key.project, key.name)}

    def _check_schedule(self, text: str) -> None:
        try:
            found = schedules.parse(text)
        except schedules.BadSchedule:
            raise _invalid("Parameter ScheduleExpression is not valid.") from None
        if found.moment is not None or not schedules.one_is_open(text):
            raise _invalid("Parameter ScheduleExpression is not valid.")

    def _change(self, call: Call, change: Callable[[Record], Mapping[str, Any]], member: str = "Name") -> None:
        while True:
            record = self._find(call, member)
            try:
                self._store.write(record, now=self._platform.clock(), spec={**record.spec, **change(record)})
                return
            except (Stale, Missing):
                continue

    def _switch(self, call: Call, state: str) -> None:
        self._change(call, lambda _: {"State": state, "_since": self._platform.clock()})

    def _delete_rule(self, call: Call) -> None:
        key = self._key(call)
        while True:
            try:
                record = self._store.get(key)
            except Missing:
                return
            if record.spec["_targets"]:
                raise _invalid("Rule can't be deleted since it has targets.")
            try:
                self._store.delete(record)
                return
            except (Stale, Missing):
                continue

    def _shown(self, record: Record) -> dict[str, Any]:
        spec = record.spec
        return {
            "Name": record.key.name,
            "Arn": names.rule_arn(record.key.project, record.key.name),
            "EventBusName": names.BUS,
            **{name: spec[name] for name in spec if not name.startswith("_")},
        }

    def _describe_rule(self, call: Call) -> Mapping[str, Any]:
        return {**self._shown(self._find(call)), "CreatedBy": call.caller.project}

    def _list_rules(self, call: Call) -> Mapping[str, Any]:
        params, project = call.params, call.caller.project
        names.check_bus(project, params.get("EventBusName"))
        prefix = params.get("NamePrefix")
        where: Condition | None = None
        if prefix:
            where = Every((Is("name", ">=", prefix), Is("name", "<", f"{prefix}\U0010ffff")))
        limit = min(int(params.get("Limit", PAGE)), PAGE)
        query = Query(names.RULE, project, where=where, sort="name", limit=limit, token=params.get("NextToken"))
        try:
            page = self._store.query(query)
        except BadToken:
            raise _invalid("NextToken was not issued for this list.") from None
        return {"Rules": [self._shown(one) for one in page.records], "NextToken": page.token}

    # Targets.

    def _put_targets(self, call: Call) -> Mapping[str, Any]:
        """All or none: what can't be refuses the request."""
        given = call.params["Targets"]
        for one in given:
            why = wrong(call.caller.project, one)
            if why:
                raise _invalid(why)

        def change(record: Record) -> Mapping[str, Any]:
            held = {**record.spec["_targets"], **{one["Id"]: one for one in given}}
            if len(held) > MAX_TARGETS:
                raise _error("LimitExceededException", f"A rule has at most {MAX_TARGETS} targets.")
            return {"_targets": held, "_user": call.caller.user}

        self._change(call, change, "Rule")
        return {"FailedEntryCount": 0, "FailedEntries": []}

    def _remove_targets(self, call: Call) -> Mapping[str, Any]:
        gone = set(call.params["Ids"])
        missing = sorted(gone - self._find(call, "Rule").spec["_targets"].keys())
        self._change(
            call,
            lambda one: {"_targets": {id: held for id, held in one.spec["_targets"].items() if id not in gone}},
            "Rule",
        )
        failed = [
            {"TargetId": id, "ErrorCode": "ResourceNotFoundException", "ErrorMessage": f"There is no target {id}."}
            for id in missing
        ]
        return {"FailedEntryCount": len(failed), "FailedEntries": failed}

    def _list_targets(self, call: Call) -> Mapping[str, Any]:
        return {"Targets": list(self._find(call, "Rule").spec["_targets"].values())}

    def _list_by_target(self, call: Call) -> Mapping[str, Any]:
        project, wanted = call.caller.project, call.params["TargetArn"]
        names.check_bus(project, call.params.get("EventBusName"))
        found = [
            one.key.name
            for one in scan(self._store, Query(names.RULE, project, sort="name"))
            if any(each["Arn"] == wanted for each in one.spec["_targets"].values())
        ]
        return {"RuleNames": found}

    # Events.

    def _put_events(self, call: Call) -> Mapping[str, Any]:
        if call.params.get("EndpointId"):
            raise _invalid("EndpointId is not supported: the studio has no global endpoints.")
        answers = [self._put_event(call, one) for one in call.params["Entries"]]
        return {"FailedEntryCount": sum("ErrorCode" in one for one in answers), "Entries": answers}

    def _put_event(self, call: Call, entry: Mapping[str, Any]) -> dict[str, Any]:
        project = call.caller.project

        def refused(code: str, message: str) -> dict[str, Any]:
            return {"ErrorCode": code, "ErrorMessage": message}

        for member in ("Source", "DetailType", "Detail"):
            if not entry.get(member):
                return refused(
                    "InvalidArgument", f"Parameter {member} is not valid. Reason: {member} is a required argument."
                )
        if entry["Source"].startswith("aws."):
            return refused("NotAuthorizedForSourceException", f"Not authorized for the source {entry['Source']}.")
        try:
            names.check_bus(project, entry.get("EventBusName"))
            detail = json.loads(entry["Detail"])
        except ApiError as error:
            return refused(error.code, error.message)
        except (ValueError, RecursionError):
            detail = None
        if not isinstance(detail, dict):
            return refused("MalformedDetail", "Detail is malformed.")
        if len(entry["Detail"]) > MAX_ENTRY:
            return refused("InvalidArgument", f"Total size of the entry is larger than {MAX_ENTRY} bytes.")
        id, at = str(uuid.uuid4()), entry.get("Time", self._platform.clock())
        resources = list(entry.get("Resources", ()))
        self._bus.put(project, names.event(project, id, entry["Source"], entry["DetailType"], at, resources, detail))
        return {"EventId": id}

    def _test_pattern(self, call: Call) -> Mapping[str, Any]:
        try:
            event = json.loads(call.params["Event"])
        except ValueError:
            raise _invalid("Parameter Event is not valid.") from None
        return {"Result": patterns.matches(_pattern(call.params["EventPattern"]), event)}

    # Buses: there is the one.

    def _describe_bus(self, call: Call) -> Mapping[str, Any]:
        names.check_bus(call.caller.project, call.params.get("Name"))
        return {"Name": names.BUS, "Arn": names.bus_arn(call.caller.project)}

    def _list_buses(self, call: Call) -> Mapping[str, Any]:
        fits = names.BUS.startswith(call.params.get("NamePrefix", ""))
        one = {"Name": names.BUS, "Arn": names.bus_arn(call.caller.project)}
        return {"EventBuses": [one] if fits else []}


def _awaited(act: Act) -> Handler:
    async def handler(call: Call) -> Mapping[str, Any] | None:
        return act(call)

    return handler
