"""Endpoint: models behind an address that answers at once, from its creation to its deletion."""

from collections.abc import Mapping
from typing import Any

from studiolo.base.arn import sagemaker_arn
from studiolo.base.errors import Unsupported, ValidationError
from studiolo.base.record import Document, Key, Record
from studiolo.services.platform import Platform
from studiolo.services.request import Call
from studiolo.services.sagemaker.kind import Kind
from studiolo.services.sagemaker.kinds.endpoint.controller import EndpointController
from studiolo.store.protocol import Missing, Stale

_MISSING = 'Could not find endpoint "{arn}".'


def _config(platform: Platform, project: str, name: str) -> str:
    try:
        return platform.store.get(Key(project, "EndpointConfig", name)).key.name
    except Missing:
        arn = sagemaker_arn(project, "endpoint-config", name)
        raise ValidationError(f'Could not find endpoint configuration "{arn}".') from None


def _deployment(spec: Mapping[str, Any]) -> None:
    config = spec.get("DeploymentConfig", {})
    traffic = config.get("BlueGreenUpdatePolicy", {}).get("TrafficRoutingConfiguration", {}).get("Type", "ALL_AT_ONCE")
    if traffic != "ALL_AT_ONCE" or config.get("RollingUpdatePolicy"):
        raise Unsupported("Only ALL_AT_ONCE blue/green deployments are supported by this version of studiolo.")
    if config.get("AutoRollbackConfiguration", {}).get("Alarms"):
        raise Unsupported(
            "Rollback on alarms (AutoRollbackConfiguration) is not supported by this version of studiolo."
        )


def _prepare(platform: Platform, call: Call, spec: dict[str, Any]) -> dict[str, Any]:
    _deployment(spec)
    name = _config(platform, call.caller.project, spec["EndpointConfigName"])
    return {**spec, "EndpointConfigName": name, "_generation": 1, "_user": call.caller.user}


def _born(spec: Document, now: float) -> Mapping[str, Any]:
    return {"EndpointStatus": "Creating"}


def _update(platform: Platform, call: Call, record: Record) -> Mapping[str, Any]:
    _deployment(call.params)
    if call.params.get("RetainAllVariantProperties"):
        raise Unsupported("RetainAllVariantProperties is not supported by this version of studiolo.")
    word = record.status["EndpointStatus"]
    if record.deleting or word not in ("InService", "Failed"):
        raise ValidationError(f'Cannot update in-progress endpoint "{_arn(record)}".')
    name = _config(platform, call.caller.project, call.params["EndpointConfigName"])
    return {**record.spec, "EndpointConfigName": name, "_generation": record.spec["_generation"] + 1}


def _arn(record: Record) -> str:
    return sagemaker_arn(record.key.project, "endpoint", record.key.name)


def _describe(platform: Platform, record: Record) -> Mapping[str, Any]:
    known: dict[str, Any] = {
        "EndpointConfigName": record.status.get("EndpointConfigName", record.spec["EndpointConfigName"])
    }
    if record.deleting:
        known["EndpointStatus"] = "Deleting"
    elif record.status.get("_settled") not in (None, record.spec["_generation"]):
        known["EndpointStatus"] = "Updating"
    weights = record.spec.get("_weights", {})
    if weights and "ProductionVariants" in record.status:
        known["ProductionVariants"] = [
            {**one, "CurrentWeight": weights.get(one["VariantName"], one["CurrentWeight"]),
             "DesiredWeight": weights.get(one["VariantName"], one["DesiredWeight"])}
            for one in record.status["ProductionVariants"]
        ]  # fmt: skip
    return known


async def _weights(platform: Platform, call: Call) -> Mapping[str, Any]:
    """UpdateEndpointWeightsAndCapacities: weights take effect at once; capacities need an update."""
    while True:
        try:
            record = platform.store.get(Key(call.caller.project, "Endpoint", call.params["EndpointName"]))
        except Missing:
            arn = sagemaker_arn(call.caller.project, "endpoint", call.params["EndpointName"])
            raise ValidationError(_MISSING.format(arn=arn)) from None
        live = record.status.get("_live")
        if record.status["EndpointStatus"] != "InService" or live is None:
            raise ValidationError(f'Cannot update in-progress endpoint "{_arn(record)}".')
        counts = {one["VariantName"]: one["Count"] for one in live["Variants"]}
        weights = dict(record.spec.get("_weights", {}))
        for one in call.params["DesiredWeightsAndCapacities"]:
            name = one["VariantName"]
            if name not in counts:
                raise ValidationError(f"The endpoint has no production variant {name}: it has {', '.join(counts)}.")
            if one.get("DesiredInstanceCount", counts[name]) != counts[name]:
                raise Unsupported(
                    "DesiredInstanceCount is not supported here: update the endpoint to another configuration."
                )
            if "DesiredWeight" in one:
                weights[name] = one["DesiredWeight"]
        try:
            platform.store.write(record, now=platform.clock(), spec={**record.spec, "_weights": weights})
        except (Stale, Missing):
            continue
        return {"EndpointArn": _arn(record)}


KIND = Kind(
    "Endpoint",
    arn="endpoint",
    state="EndpointStatus",
    prepare=_prepare,
    born=_born,
    describe=_describe,
    update=_update,
    delete="controller",
    missing=("ValidationException", _MISSING),
    taken=("ValidationException", 'Cannot create already existing endpoint "{arn}".'),
    controller=EndpointController,
    operations={"UpdateEndpointWeightsAndCapacities": _weights},
)
