"""The `application-autoscaling` service, for what the studio has to scale: the variants of endpoints.

A target, a policy, a scheduled action and an activity are records each; verbs write specs, controller.py does the rest.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from studiolo.base.arn import parse_arn
from studiolo.base.errors import ApiError, ValidationError
from studiolo.base.record import Key, Record
from studiolo.control.protocol import Controller
from studiolo.services.application_autoscaling import checks, names
from studiolo.services.application_autoscaling.capacity import USER, Capacity
from studiolo.services.application_autoscaling.controller import ScalableTargetController, ScheduledActionController
from studiolo.services.application_autoscaling.names import ACTIVITY, POLICY, SCHEDULED, TARGET, Target, target_of
from studiolo.services.platform import Platform
from studiolo.services.request import Call, Caller, Handler
from studiolo.store.protocol import AlreadyExists, BadToken, Indexer, Missing, Page, Query, Stale
from studiolo.store.scan import scan

ROLE = "aws-service-role/sagemaker.application-autoscaling.amazonaws.com/AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint"
MAX_POLICIES, MAX_ACTIONS, MAX_TAGS = 50, 200, 50


def indexers() -> Mapping[str, Indexer]:
    return dict.fromkeys((POLICY, SCHEDULED, ACTIVITY), names.index)


def controllers(platform: Platform) -> list[Controller]:
    service = ApplicationAutoScalingService(platform)
    return [ScalableTargetController(platform), ScheduledActionController(platform, service.set_bounds)]


class ApplicationAutoScalingService:
    name = "application-autoscaling"

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._store = platform.store
        self._capacity = Capacity(platform)
        self._handlers: dict[str, Handler] = {
            "RegisterScalableTarget": self._register,
            "DeregisterScalableTarget": self._deregister,
            "DescribeScalableTargets": self._targets,
            "PutScalingPolicy": self._put_policy,
            "DeleteScalingPolicy": self._delete_policy,
            "DescribeScalingPolicies": self._policies,
            "PutScheduledAction": self._put_scheduled,
            "DeleteScheduledAction": self._delete_scheduled,
            "DescribeScheduledActions": self._scheduled,
            "DescribeScalingActivities": self._activities,
            "TagResource": self._tag,
            "UntagResource": self._untag,
            "ListTagsForResource": self._tags,
        }

    def operations(self) -> Mapping[str, Handler]:
        return self._handlers

    def handler(self, operation: str) -> Handler | None:
        return self._handlers.get(operation)

    def reads(self, operation: str) -> bool:
        return operation.startswith(("Describe", "List", "Get"))

    def _now(self) -> float:
        return self._platform.clock()

    def _put(self, key: Key, spec: Mapping[str, Any], tags: Mapping[str, str] | None = None) -> Record:
        """Makes the record or replaces its spec."""
        while True:
            try:
                return self._store.create(key, spec, {}, now=self._now(), tags=tags)
            except AlreadyExists as there:
                try:
                    return self._store.write(there.existing, now=self._now(), spec=spec)
                except (Stale, Missing):
                    continue

    def _remove(self, key: Key, missing: ApiError) -> None:
        while True:
            try:
                self._store.delete(self._store.get(key))
            except Stale:
                continue
            except Missing:
                raise missing from None
            return

    def _query(self, call: Call, kind: str, **more: Any) -> Page:
        names.check_namespace(call.params)
        if "ScalableDimension" in call.params and "ResourceId" not in call.params and kind != TARGET:
            raise ValidationError("A ScalableDimension must come with a ResourceId.")
        limit = call.params.get("MaxResults", 50)
        if not 1 <= limit <= 100:
            raise ValidationError("MaxResults must be between 1 and 100.")
        try:
            return self._store.query(
                Query(kind, call.caller.project, limit=limit, token=call.params.get("NextToken"), **more)
            )
        except BadToken:
            raise ApiError("The NextToken is invalid.", code="InvalidNextTokenException", status=400) from None

    def _labels(self, call: Call) -> Iterator[dict[str, str]]:
        """One or two: a resource without a dimension stands for both."""
        if "ResourceId" not in call.params:
            yield {}
            return
        chosen = call.params.get("ScalableDimension")
        component = call.params["ResourceId"].startswith("inference-component/")
        every = (names.COPIES,) if component else (names.COUNT, names.PROVISIONED)
        for dimension in every if chosen is None else (chosen,):
            yield {"Target": target_of({**call.params, "ScalableDimension": dimension}).name}

    def _page(self, call: Call, kind: str, wanted: Sequence[str] | None = None, **order: Any) -> tuple[list[Record], str | None]:  # fmt: skip
        """Where a resource has both dimensions, the instance count's records are the only ones (a variant has one)."""
        found: list[Record] = []
        token = None
        for labels in self._labels(call):
            page = self._query(call, kind, labels=labels, **order)
            found += page.records
            token = page.token or token
        if wanted is not None:
            found = [one for one in found if one.key.name.rpartition("|")[2] in wanted]
        return found, token

    # Targets.

    def _target(self, project: str, target: Target) -> Record:
        try:
            return self._store.get(Key(project, TARGET, target.name))
        except Missing:
            raise names.no_object("scalable target", target) from None

    async def set_bounds(self, project: str, params: Mapping[str, Any]) -> None:
        """RegisterScalableTarget, as a scheduled action calls it."""
        await self._register(Call(Caller(USER, project, "admin"), self.name, "RegisterScalableTarget", params, ""))

    async def _register(self, call: Call) -> Mapping[str, Any]:
        params, project, target = call.params, call.caller.project, target_of(call.params)
        given = {
            name: params[name] for name in ("MinCapacity", "MaxCapacity", "RoleARN", "SuspendedState") if name in params
        }
        while True:
            try:
                old = self._store.get(Key(project, TARGET, target.name))
                spec = {**old.spec, **given}
                spec["SuspendedState"] = {**old.spec.get("SuspendedState", {}), **given.get("SuspendedState", {})}
            except Missing:
                old, spec = None, given
                if not {"MinCapacity", "MaxCapacity"} <= spec.keys():
                    raise ValidationError(
                        "Both MinCapacity and MaxCapacity must be specified for a new target."
                    ) from None
                if await self._capacity.read(project, target) is None:
                    raise ValidationError(
                        f"ECS, EMR or SageMaker resource not found: there is no {target.resource} with {target.dimension}."
                    ) from None
            checks.bounds(spec["MinCapacity"], spec["MaxCapacity"])
            tags = dict(params.get("Tags", {}))
            if old is not None and tags:
                raise ValidationError("Tags can be given for new targets only: use TagResource.")
            if len(tags) > MAX_TAGS:
                raise ValidationError(f"A target holds at most {MAX_TAGS} tags.")
            try:
                if old is None:
                    self._store.create(Key(project, TARGET, target.name), spec, {}, now=self._now(), tags=tags)
                else:
                    self._store.write(old, now=self._now(), spec=spec)
            except (AlreadyExists, Stale, Missing):
                continue
            return {"ScalableTargetARN": names.target_arn(project, target.name)}

    async def _deregister(self, call: Call) -> Mapping[str, Any]:
        """With all that belongs to it."""
        target, project = target_of(call.params), call.caller.project
        self._remove(Key(project, TARGET, target.name), names.no_object("scalable target", target))
        for kind in (POLICY, SCHEDULED):
            for record in self._store.query(Query(kind, project, labels={"Target": target.name}, limit=1000)).records:
                try:
                    self._store.delete(record)
                except (Stale, Missing):
                    continue
        return {}

    async def _targets(self, call: Call) -> Mapping[str, Any]:
        params = call.params
        page = self._query(call, TARGET, sort="name")
        wanted, dimension = params.get("ResourceIds"), params.get("ScalableDimension")
        shown: list[dict[str, Any]] = []
        for record in page.records:
            target = names.target_named(record.key.name)
            if (wanted is None or target.resource in wanted) and dimension in (None, target.dimension):
                shown.append(self._shown(record, target))
        return {"ScalableTargets": shown, "NextToken": page.token}

    def _shown(self, record: Record, target: Target) -> dict[str, Any]:
        project = record.key.project
        suspended = dict.fromkeys(
            ("DynamicScalingInSuspended", "DynamicScalingOutSuspended", "ScheduledScalingSuspended"), False
        )
        return {
            "RoleARN": f"arn:aws:iam::{project}:role/{ROLE}",
            **record.spec,
            **target.members(),
            "SuspendedState": {**suspended, **record.spec.get("SuspendedState", {})},
            "ScalableTargetARN": names.target_arn(project, record.key.name),
            "CreationTime": record.created,
        }

    # Policies.

    async def _put_policy(self, call: Call) -> Mapping[str, Any]:
        target, project, name = target_of(call.params), call.caller.project, call.params["PolicyName"]
        if "|" in name or "/" in name:
            raise ValidationError("A policy's name holds neither | nor /.")
        self._target(project, target)
        spec = {"_target": target.name, "PolicyName": name, **checks.policy(target, call.params, project)}
        key = Key(project, POLICY, names.under(target, name))
        self._limit(key, target, MAX_POLICIES)
        self._put(key, spec)
        return {"PolicyARN": names.policy_arn(project, target, name), "Alarms": []}

    def _limit(self, key: Key, target: Target, most: int) -> None:
        try:
            self._store.get(key)
        except Missing:
            if self._store.count(Query(key.kind, key.project, labels={"Target": target.name})) >= most:
                raise ApiError(
                    f"A target has at most {most} of these.", code="LimitExceededException", status=400
                ) from None

    async def _delete_policy(self, call: Call) -> Mapping[str, Any]:
        target, name = target_of(call.params), call.params["PolicyName"]
        missing = names.no_object("scaling policy", target, name)
        self._remove(Key(call.caller.project, POLICY, names.under(target, name)), missing)
        return {}

    async def _policies(self, call: Call) -> Mapping[str, Any]:
        found, token = self._page(call, POLICY, call.params.get("PolicyNames"), sort="name")
        return {
            "ScalingPolicies": [
                {
                    **{name: value for name, value in one.spec.items() if not name.startswith("_")},
                    **names.target_named(one.spec["_target"]).members(),
                    "PolicyARN": names.policy_arn(
                        one.key.project, names.target_named(one.spec["_target"]), one.spec["PolicyName"]
                    ),
                    "Alarms": [],
                    "CreationTime": one.created,
                }
                for one in found
            ],
            "NextToken": token,
        }

    # Scheduled actions and activities.

    async def _put_scheduled(self, call: Call) -> Mapping[str, Any]:
        target, params, project = target_of(call.params), call.params, call.caller.project
        self._target(project, target)
        key = Key(project, SCHEDULED, names.under(target, params["ScheduledActionName"]))
        kept = ("Schedule", "Timezone", "StartTime", "EndTime", "ScalableTargetAction")
        spec = {name: params[name] for name in kept if name in params}
        if "Schedule" not in spec:
            try:
                spec = {**self._store.get(key).spec, **spec}
            except Missing:
                raise ValidationError("A new scheduled action needs a Schedule.") from None
        checks.scheduled(spec)
        self._limit(key, target, MAX_ACTIONS)
        name = params["ScheduledActionName"]
        self._put(key, {**spec, "_target": target.name, "ScheduledActionName": name, "_put": self._now()})
        return {}

    async def _delete_scheduled(self, call: Call) -> Mapping[str, Any]:
        target, name = target_of(call.params), call.params["ScheduledActionName"]
        missing = names.no_object("scheduled action", target, name)
        self._remove(Key(call.caller.project, SCHEDULED, names.under(target, name)), missing)
        return {}

    async def _scheduled(self, call: Call) -> Mapping[str, Any]:
        found, token = self._page(call, SCHEDULED, call.params.get("ScheduledActionNames"), sort="name")
        shown: list[dict[str, Any]] = []
        for one in found:
            target = names.target_named(one.spec["_target"])
            arn = names.scheduled_arn(one.key.project, target, one.spec["ScheduledActionName"])
            known = {name: value for name, value in one.spec.items() if not name.startswith("_")}
            shown.append({**known, **target.members(), "ScheduledActionARN": arn, "CreationTime": one.created})
        return {"ScheduledActions": shown, "NextToken": token}

    async def _activities(self, call: Call) -> Mapping[str, Any]:
        found, token = self._page(call, ACTIVITY, descending=True)
        shown = [
            {
                "ActivityId": one.key.name,
                **{name: value for name, value in one.spec.items() if not name.startswith("_")},
            }
            for one in found
        ]
        return {"ScalingActivities": shown, "NextToken": token}

    # Tags of targets.

    def _tagged(self, call: Call) -> Record:
        arn = parse_arn(call.params["ResourceARN"])
        if arn is not None and arn.account == call.caller.project and arn.service == self.name:
            for record in scan(self._store, Query(TARGET, arn.account)):
                if names.target_arn(arn.account, record.key.name) == call.params["ResourceARN"]:
                    return record
        raise ApiError(f"There is no {call.params['ResourceARN']}.", code="ResourceNotFoundException", status=400)

    def _retag(self, call: Call, add: Mapping[str, str], remove: Sequence[str] = ()) -> Mapping[str, Any]:
        while True:
            record = self._tagged(call)
            tags = {name: value for name, value in {**record.tags, **add}.items() if name not in remove}
            if len(tags) > MAX_TAGS:
                raise ApiError(
                    f"A target holds at most {MAX_TAGS} tags.", code="TooManyTagsException", status=400,
                    members={"ResourceName": call.params["ResourceARN"]},
                )  # fmt: skip
            try:
                self._store.write(record, now=self._now(), tags=tags)
            except (Stale, Missing):
                continue
            return {}

    async def _tag(self, call: Call) -> Mapping[str, Any]:
        return self._retag(call, call.params["Tags"])

    async def _untag(self, call: Call) -> Mapping[str, Any]:
        return self._retag(call, {}, call.params["TagKeys"])

    async def _tags(self, call: Call) -> Mapping[str, Any]:
        return {"Tags": dict(self._tagged(call).tags)}
