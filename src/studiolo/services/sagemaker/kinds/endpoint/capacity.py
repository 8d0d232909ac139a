"""How many instances and how much of the traffic each variant should have: asked for at any time, kept by generation in the
spec (`_desired`), so that an old version keeps its own while a new one is deployed.
"""

from collections.abc import Mapping
from typing import Any

from studiolo.base.arn import sagemaker_arn
from studiolo.base.errors import ApiError, ValidationError
from studiolo.base.record import Key, Record
from studiolo.services.platform import Platform
from studiolo.services.request import Call
from studiolo.services.sagemaker.hosting import plan as planning
from studiolo.services.sagemaker.hosting import status as statuses
from studiolo.store.protocol import Missing, Stale

MAX_INSTANCES = 100
RETAINED = {"DesiredInstanceCount": "Count", "DesiredWeight": "Weight"}


def retained(record: Record, request: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """What a new generation takes over from the one in service (RetainAllVariantProperties)."""
    live = record.status.get("_live")
    if not request.get("RetainAllVariantProperties") or live is None:
        return {}
    excluded = {one["VariantPropertyType"] for one in request.get("ExcludeRetainedVariantProperties", ())}
    names = [ours for theirs, ours in RETAINED.items() if theirs not in excluded]
    found: dict[str, dict[str, Any]] = {}
    for one in live["Variants"]:
        now = {"Count": planning.asked_count(record, live, one), "Weight": planning.weight(record, live, one)}
        if not one.get("Serverless"):
            found[one["VariantName"]] = {name: now[name] for name in names}
    return found


def may_count(count: int) -> None:
    if count > MAX_INSTANCES:
        raise ApiError(
            f"A variant may have at most {MAX_INSTANCES} instances here.", code="ResourceLimitExceeded", status=400
        )


def _changed(record: Record, live: Mapping[str, Any], one: Mapping[str, Any]) -> dict[str, Any]:
    """A variant's wishes after one of the request's DesiredWeightsAndCapacities."""
    name = one["VariantName"]
    variant = next((each for each in live["Variants"] if each["VariantName"] == name), None)
    if variant is None:
        names = ", ".join(each["VariantName"] for each in live["Variants"])
        raise ValidationError(f"The endpoint has no production variant {name}: it has {names}.")
    wishes = dict(planning.desired(record, live, name))
    if "DesiredWeight" in one:
        wishes["Weight"] = one["DesiredWeight"]
    if "DesiredInstanceCount" in one:
        if variant.get("Serverless"):
            raise ValidationError(f"{name} is serverless: it has no instances to count.")
        may_count(one["DesiredInstanceCount"])
        wishes["Count"] = one["DesiredInstanceCount"]
    if provisioned := one.get("ServerlessUpdateConfig"):
        if not variant.get("Serverless"):
            raise ValidationError(f"{name} is not serverless.")
        wishes["Provisioned"] = provisioned.get("ProvisionedConcurrency", 0)
    return wishes


async def update_capacities(platform: Platform, call: Call) -> Mapping[str, Any]:
    """UpdateEndpointWeightsAndCapacities: weights at once, instances as soon as they have started or gone."""
    key = Key(call.caller.project, "Endpoint", call.params["EndpointName"])
    arn = sagemaker_arn(key.project, "endpoint", key.name)
    while True:
        try:
            record = platform.store.get(key)
        except Missing:
            raise ValidationError(f'Could not find endpoint "{arn}".') from None
        live = record.status.get("_live")
        settled = record.status.get("_settled") == record.spec["_generation"]
        word = statuses.noted(record, record.status.get("_ready", ()))["EndpointStatus"]
        if live is None or record.deleting or not settled or word != "InService":
            raise ValidationError(f'Cannot update in-progress endpoint "{arn}".')
        wishes = planning.all_desired(record, live)
        for one in call.params["DesiredWeightsAndCapacities"]:
            wishes[one["VariantName"]] = _changed(record, live, one)
        spec = {**record.spec, "_desired": {str(live["Generation"]): wishes}}
        platform.admit(key, call.caller.user, spec)
        try:
            platform.store.write(record, now=platform.clock(), spec=spec)
        except (Stale, Missing):
            continue
        return {"EndpointArn": arn}
