"""Endpoint: models behind an address that answers at once, from its creation to its deletion."""

from collections.abc import Mapping
from typing import Any

from studiolo.base.arn import sagemaker_arn
from studiolo.base.errors import ValidationError
from studiolo.base.record import Document, Key, Record
from studiolo.services.platform import Platform
from studiolo.services.request import Call
from studiolo.services.sagemaker.hosting import components, traffic
from studiolo.services.sagemaker.hosting import plan as planning
from studiolo.services.sagemaker.hosting import status as statuses
from studiolo.services.sagemaker.kind import Kind
from studiolo.services.sagemaker.kinds.endpoint.capacity import may_count, retained, update_capacities
from studiolo.services.sagemaker.kinds.endpoint.controller import EndpointController
from studiolo.store.protocol import Missing

_MISSING = 'Could not find endpoint "{arn}".'


def _config(platform: Platform, project: str, name: str) -> str:
    try:
        found = platform.store.get(Key(project, "EndpointConfig", name))
    except Missing:
        arn = sagemaker_arn(project, "endpoint-config", name)
        raise ValidationError(f'Could not find endpoint configuration "{arn}".') from None
    for one in (*found.spec["ProductionVariants"], *found.spec.get("ShadowProductionVariants", ())):
        may_count(one.get("InitialInstanceCount", 0))
    return found.key.name


def _deployment(given: Mapping[str, Any]) -> Mapping[str, Any]:
    """The DeploymentConfig of a request, checked across its members."""
    config = given.get("DeploymentConfig", {})
    if "BlueGreenUpdatePolicy" in config and "RollingUpdatePolicy" in config:
        raise ValidationError("Specify either BlueGreenUpdatePolicy or RollingUpdatePolicy, and not both.")
    routing = config.get("BlueGreenUpdatePolicy", {}).get("TrafficRoutingConfiguration", {})
    needed = {"CANARY": "CanarySize", "LINEAR": "LinearStepSize"}.get(routing.get("Type", ""))
    if needed is not None and needed not in routing:
        raise ValidationError(f"Traffic routing of type {routing['Type']} needs a {needed}.")
    for member in ("CanarySize", "LinearStepSize"):
        size = routing.get(member)
        if size and size["Type"] == "CAPACITY_PERCENT" and size["Value"] > 50:
            raise ValidationError(f"{member} may be at most 50 percent of the capacity.")
    batch = config.get("RollingUpdatePolicy", {}).get("MaximumBatchSize")
    if batch and batch["Type"] == "CAPACITY_PERCENT" and not 5 <= batch["Value"] <= 50:
        raise ValidationError("MaximumBatchSize must be 5 to 50 percent of the capacity.")
    back = config.get("RollingUpdatePolicy", {}).get("RollbackMaximumBatchSize")
    if back and back["Type"] == "CAPACITY_PERCENT" and back["Value"] > 100:
        raise ValidationError("RollbackMaximumBatchSize may be at most 100 percent of the capacity.")
    return config


def _alarms(platform: Platform, project: str, config: Mapping[str, Any]) -> None:
    """Raises where an update would be watched by an alarm that can never ring."""
    for name in traffic.alarms(config):
        try:
            platform.store.get(Key(project, "CloudWatchAlarm", name))
        except Missing:
            raise ValidationError(
                f'Could not find the alarm "{name}" of AutoRollbackConfiguration: make it with PutMetricAlarm first.'
            ) from None


def _prepare(platform: Platform, call: Call, spec: dict[str, Any]) -> dict[str, Any]:
    deployment = _deployment(spec)
    name = _config(platform, call.caller.project, spec["EndpointConfigName"])
    _alarms(platform, call.caller.project, deployment)
    return {
        **spec,
        "EndpointConfigName": name,
        "_generation": 1,
        "_user": call.caller.user,
        "_deployment": deployment,
    }


def _born(spec: Document, now: float) -> Mapping[str, Any]:
    return {"EndpointStatus": "Creating"}


def _update(platform: Platform, call: Call, record: Record) -> Mapping[str, Any]:
    deployment = _deployment(call.params)
    if record.deleting or _word(record) not in ("InService", "Failed"):
        raise ValidationError(f'Cannot update in-progress endpoint "{_arn(record)}".')
    name = _config(platform, call.caller.project, call.params["EndpointConfigName"])
    _alarms(platform, call.caller.project, deployment)
    _keep_places(platform, record, name)
    generation = record.spec["_generation"] + 1
    spec = {**record.spec, "EndpointConfigName": name, "_generation": generation, "_user": call.caller.user}
    if "DeploymentConfig" in call.params:
        spec["DeploymentConfig"] = call.params["DeploymentConfig"]
    else:
        deployment = record.spec.get("_deployment", {}) if call.params.get("RetainDeploymentConfig") else {}
    spec["_deployment"] = deployment
    kept = {
        str(plan["Generation"]): planning.all_desired(record, plan) for plan in [record.status.get("_live")] if plan
    }
    spec["_desired"] = {**kept, str(generation): retained(record, call.params)}
    return spec


def _arn(record: Record) -> str:
    return sagemaker_arn(record.key.project, "endpoint", record.key.name)


def _describe(platform: Platform, record: Record) -> dict[str, Any]:
    status = record.status
    live, following = status.get("_live"), status.get("_next")
    known: dict[str, Any] = {
        "EndpointConfigName": status.get("EndpointConfigName", record.spec["EndpointConfigName"]),
        "LastDeploymentConfig": record.spec.get("_deployment") or None,
        "PendingDeploymentSummary": statuses.pending(record),
    }
    plan = live or following
    if plan is not None:
        known["ProductionVariants"] = statuses.variants(record, plan, shadow=False)
        known["ShadowProductionVariants"] = statuses.variants(record, plan, shadow=True) or None
        known["AsyncInferenceConfig"] = plan.get("Async")
        if capture := plan.get("Capture"):
            known["DataCaptureConfig"] = {
                "EnableCapture": capture.get("EnableCapture", False),
                "CaptureStatus": "Started" if capture.get("EnableCapture") else "Stopped",
                "CurrentSamplingPercentage": capture["InitialSamplingPercentage"],
                "DestinationS3Uri": capture["DestinationS3Uri"],
                "KmsKeyId": capture.get("KmsKeyId", ""),
            }
    return {name: value for name, value in known.items() if value is not None}


def _word(record: Record) -> str:
    if "_back" in record.status and not record.deleting:
        return "RollingBack"
    if record.status.get("_settled") not in (None, record.spec["_generation"]):
        return "Updating"
    return str(statuses.noted(record, record.status.get("_ready", ()))["EndpointStatus"])


def _keep_places(platform: Platform, record: Record, name: str) -> None:
    """Raises where an update would leave a component without its variant."""
    used = {
        one.spec["VariantName"]: one for one in components.of_endpoint(platform, record.key.project, record.key.name)
    }
    if not used:
        return
    config = platform.store.get(Key(record.key.project, "EndpointConfig", name))
    places = {one["VariantName"] for one in config.spec["ProductionVariants"] if "ModelName" not in one}
    for variant, one in used.items():
        if variant not in places:
            raise ValidationError(
                f"The inference component {one.key.name} runs on the variant {variant}, which the configuration {name} "
                "does not have (without a model): delete the component first."
            )


def _may_delete(platform: Platform, record: Record) -> None:
    left = sorted(one.key.name for one in components.of_endpoint(platform, record.key.project, record.key.name))
    if left and not record.deleting:
        raise ValidationError(
            f'Cannot delete endpoint "{_arn(record)}" while it has inference components. Delete them first: '
            f"{', '.join(left[:20])}."
        )
    if record.deleting or "_next" not in record.status:
        return
    if record.status.get("_live"):
        raise ValidationError(f'Cannot update in-progress endpoint "{_arn(record)}".')


KIND = Kind(
    "Endpoint",
    arn="endpoint",
    state="EndpointStatus",
    word=_word,
    prepare=_prepare,
    born=_born,
    describe=_describe,
    update=_update,
    delete="controller",
    may_delete=_may_delete,
    missing=("ValidationException", _MISSING),
    taken=("ValidationException", 'Cannot create already existing endpoint "{arn}".'),
    controller=EndpointController,
    operations={"UpdateEndpointWeightsAndCapacities": update_capacities},
)
