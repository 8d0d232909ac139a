"""The status documents of an endpoint or an inference component, from one moment of its life to the next: pure. Only the controller writes them.

_next     the plan being deployed        _live   the plan in service
_shift    {"Step", "Since", "Share"}: how much of the traffic the plan being deployed has got; "Baked" where that was watched
          long enough and the next batch of a rolling update begins
_back     {"Reason", "Step", "Since"}: a rolling update was given up, and the old version comes back batch by batch
_ready    handles of the units that answer
_waits    for what an instance waits that should run, such as room on the machine
_stuck    the controller could not go on; FailureReason says why, until it can
_settled  the generation that was deployed, or given up, last
"""

from collections.abc import Mapping, Sequence
from typing import Any

from studiolo.base.record import Record
from studiolo.services.sagemaker.failing import reason
from studiolo.services.sagemaker.hosting import plan as planning

Status = dict[str, Any]


def word(record: Record) -> str:
    """The member that holds the status word."""
    return f"{record.key.kind}Status"


def _without(status: Mapping[str, Any], *names: str) -> Status:
    return {name: value for name, value in status.items() if name not in names}


def planned(record: Record, plan: Mapping[str, Any], now: float) -> Status:
    now_called = "Updating" if record.status.get("_live") else "Creating"
    status = _without(record.status, "FailureReason", "_shift", "_back", "_waits")
    return {**status, word(record): now_called, "_next": {**plan, "Since": now}, "_planned": now}


def shifted(record: Record, step: int, share: float, now: float) -> Status:
    return {**record.status, "_shift": {"Step": step, "Since": now, "Share": share}}


def baked(record: Record) -> Status:
    return {**record.status, "_shift": {**record.status["_shift"], "Baked": True}}


def switched(record: Record, ready: Sequence[str], now: float) -> Status:
    plan = record.status["_next"]
    return {
        **_without(record.status, "_next", "_shift", "_waits", "FailureReason"),
        word(record): "InService",
        **({"EndpointConfigName": plan["Config"]} if "Config" in plan else {}),
        "_live": plan,
        "_ready": list(ready),
        "_settled": plan["Generation"],
        # What served until now goes on for a moment, for requests that were routed just before.
        "_switched": now if record.status.get("_live") else 0,
        "_since": now,
    }


def returning(record: Record, reason: str, now: float) -> Status:
    """A rolling update was given up: both versions serve until the old one has all of its instances again."""
    rolls_back = "RollingBack" if record.key.kind == "Endpoint" else "Updating"
    return {
        **record.status,
        word(record): rolls_back,
        "FailureReason": reason[:1024],
        "_back": {"Reason": reason, "Step": 0, "Since": now},
    }


def returned(record: Record, share: float, now: float) -> Status:
    """A batch of the old version answers; the new version keeps that share."""
    back = record.status["_back"]
    return {
        **record.status,
        "_shift": {**record.status["_shift"], "Share": share},
        "_back": {**back, "Step": back["Step"] + 1, "Since": now},
    }


def failed(record: Record, reason: str) -> Status:
    """The old generation stays in service; without one the endpoint has failed."""
    return {
        **_without(record.status, "_next", "_shift", "_back", "_waits"),
        word(record): "InService" if record.status.get("_live") else "Failed",
        "FailureReason": reason[:1024],
        "_settled": record.spec["_generation"],
    }


def stuck(record: Record, error: Exception, failures: int) -> Status:
    """What is being deployed is given up; what serves, and what is being deleted, goes on being looked after."""
    why = reason("endpoint" if record.key.kind == "Endpoint" else "inference component", error, failures)
    unsettled = record.status.get("_settled") != record.spec["_generation"]
    if unsettled and not record.deleting:
        return failed(record, why)
    return {**record.status, "FailureReason": why, "_stuck": True}


def unstuck(record: Record) -> Status:
    return _without(record.status, "_stuck", "FailureReason")


def waiting(status: Mapping[str, Any], waits: str) -> Status:
    return {**_without(status, "_waits"), **({"_waits": waits} if waits else {})}


def noted(record: Record, ready: Sequence[str]) -> Status:
    """With the units that answer now; the word follows from them where capacity is being changed."""
    status = {**record.status, "_ready": list(ready)}
    live = record.status.get("_live")
    if live is not None and "_next" not in record.status:
        busy = any(
            _current(record, live, one, set(ready)) != planning.asked_count(record, live, one)
            for one in live["Variants"]
            if one["Containers"] and not one.get("Serverless") and _moving(record, live, one)
        )
        status[word(record)] = "Updating" if busy else "InService"
    return status


def _moving(record: Record, plan: Mapping[str, Any], variant: Mapping[str, Any]) -> bool:
    """Whether its count was changed since the plan was made; a crashed instance leaves the endpoint InService. Down to
    none there is nothing to wait for: a request may keep one awake."""
    count = planning.desired(record, plan, variant["VariantName"]).get("Count")
    return bool(count)


def _current(record: Record, plan: Mapping[str, Any], variant: Mapping[str, Any], ready: set[str]) -> int:
    """Instances all of whose containers answer."""
    prefix = f"{record.key.handle()}/{plan['Generation']}-{variant['VariantName']}-"
    places = [one[len(prefix) :].partition(".")[0] for one in ready if one.startswith(prefix)]
    return sum(1 for index in set(places) if places.count(index) == len(variant["Containers"]))


def variants(record: Record, plan: Mapping[str, Any], shadow: bool) -> list[dict[str, Any]]:
    """Describe's ProductionVariants or ShadowProductionVariants."""
    ready = set(record.status.get("_ready", ()))
    return [_summary(record, plan, one, ready) for one in plan["Variants"] if one["Shadow"] == shadow]


def _summary(record: Record, plan: Mapping[str, Any], one: Mapping[str, Any], ready: set[str]) -> dict[str, Any]:
    weight = planning.weight(record, plan, one)
    summary: dict[str, Any] = {
        "VariantName": one["VariantName"],
        "DeployedImages": [
            {"SpecifiedImage": each["Image"], "ResolvedImage": each["Image"], "ResolutionTime": plan.get("Since")}
            for each in one["Containers"]
        ],
        "CurrentWeight": weight,
        "DesiredWeight": weight,
    }
    if serverless := one.get("Serverless"):
        asked = planning.desired(record, plan, one["VariantName"]).get("Provisioned")
        sized = {name: value for name, value in serverless.items() if name != "ProvisionedConcurrency" or asked is None}
        if asked:
            sized["ProvisionedConcurrency"] = asked
        return {**summary, "CurrentServerlessConfig": sized, "DesiredServerlessConfig": sized}
    wanted = planning.asked_count(record, plan, one)
    if one.get("MaxCount") is not None or one.get("MinCount") is not None:
        summary["ManagedInstanceScaling"] = {
            "Status": "ENABLED",
            "MinInstanceCount": one.get("MinCount", 0),
            **({"MaxInstanceCount": one["MaxCount"]} if one.get("MaxCount") else {}),
        }
    # A place for inference components has its instances without anything of its own running.
    current = _current(record, plan, one, ready) if one["Containers"] else wanted
    if current < wanted and (waits := record.status.get("_waits")):
        summary["VariantStatus"] = [{"Status": "Creating", "StatusMessage": waits, "StartTime": plan.get("Since")}]
    return {**summary, "CurrentInstanceCount": current, "DesiredInstanceCount": wanted}


def pending(record: Record) -> dict[str, Any] | None:
    """Describe's PendingDeploymentSummary, while an update is under way."""
    plan = record.status.get("_next")
    if plan is None or not record.status.get("_live"):
        return None
    shift, ready = record.status.get("_shift"), set(record.status.get("_ready", ()))
    if shift is not None:
        stage, since = "ActivatingTraffic" if shift["Share"] < 1 else "Baking", shift["Since"]
        message = f"{shift['Share']:.0%} of the traffic goes to the new version."
        if "_back" in record.status:
            stage, since = "Updating", record.status["_back"]["Since"]
            message = f"The update is rolled back: {shift['Share']:.0%} of the traffic still goes to the new version."
        elif shift.get("Baked"):
            message = f"{message} The next batch of its instances is being started."
    else:
        stage, since, message = "Creating", plan["Since"], "The new version's instances are being started."
    message = record.status.get("_waits", message)
    found = [_summary(record, plan, one, ready) for one in plan["Variants"] if not one["Shadow"]]
    for one in found:
        one["VariantStatus"] = [{"Status": stage, "StatusMessage": message, "StartTime": since}]
    return {"EndpointConfigName": plan["Config"], "ProductionVariants": found, "StartTime": plan["Since"]}
