"""InferenceComponent: a model with a share of an endpoint's instances, in copies of its own, deployed, scaled and deleted
by itself."""

from collections.abc import Mapping
from typing import Any

from studiolo.base.arn import sagemaker_arn
from studiolo.base.errors import Unsupported, ValidationError
from studiolo.base.record import Document, Key, Record
from studiolo.services.platform import Platform
from studiolo.services.request import Call
from studiolo.services.sagemaker.hosting import components
from studiolo.services.sagemaker.hosting import plan as planning
from studiolo.services.sagemaker.hosting import status as statuses
from studiolo.services.sagemaker.hosting.containers import PlanError
from studiolo.services.sagemaker.hosting.controller import HostingController
from studiolo.services.sagemaker.kind import Kind
from studiolo.services.sagemaker.kinds.inference_component.plan import fit, make
from studiolo.store.protocol import Missing, Stale

MAX_COPIES = 100
_MISSING = 'Could not find inference component "{arn}".'


def _arn(record: Record) -> str:
    return sagemaker_arn(record.key.project, "inference-component", record.key.name)


def _variant(platform: Platform, project: str, name: str, wanted: str | None) -> tuple[str, str]:
    """Names of the endpoint and of its variant that can hold components."""
    arn = sagemaker_arn(project, "endpoint", name)
    try:
        endpoint = platform.store.get(Key(project, "Endpoint", name))
    except Missing:
        raise ValidationError(f'Could not find endpoint "{arn}".') from None
    live = endpoint.status.get("_live")
    if live is None or endpoint.deleting:
        raise ValidationError(f'The endpoint "{arn}" is not InService: wait until it is.')
    places = [one["VariantName"] for one in live["Variants"] if not one["Containers"]]
    if not places:
        raise ValidationError(
            f'The endpoint "{arn}" takes no inference components: its variants have models of their own. Make one whose '
            "configuration has an ExecutionRoleArn and a variant without a ModelName."
        )
    if wanted is None and len(places) > 1:
        raise ValidationError(f"Name the variant that the component is to run on: {', '.join(places)}.")
    if wanted is not None and wanted not in places:
        raise ValidationError(
            f"The endpoint has no variant {wanted} for inference components: it has {', '.join(places)}."
        )
    return endpoint.key.name, wanted or places[0]


def _specification(platform: Platform, project: str, request: Mapping[str, Any]) -> Mapping[str, Any]:
    if request.get("Specifications"):
        raise Unsupported("Specifications by instance type are not supported by this version of studiolo.")
    given = request.get("Specification")
    if given is None:
        raise ValidationError("An inference component needs a Specification.")
    if "BaseInferenceComponentName" in given:
        raise Unsupported(
            "Adapter components (BaseInferenceComponentName) are not supported by this version of studiolo."
        )
    if ("ModelName" in given) == ("Container" in given):
        raise ValidationError("A Specification names either a ModelName or a Container, and not both.")
    if "ModelName" in given:
        try:
            platform.store.get(Key(project, "Model", given["ModelName"]))
        except Missing:
            arn = sagemaker_arn(project, "model", given["ModelName"])
            raise ValidationError(f'Could not find model "{arn}".') from None
    elif "Image" not in given["Container"]:
        raise ValidationError("The Container of a Specification must name an Image.")
    needs = given.get("ComputeResourceRequirements")
    if needs is None:
        raise ValidationError("A Specification needs ComputeResourceRequirements.")
    if needs.get("AcceleratorPartitionType"):
        raise Unsupported(
            "Parts of accelerators (AcceleratorPartitionType) are not supported by this version of studiolo."
        )
    most = needs.get("MaxMemoryRequiredInMb", needs["MinMemoryRequiredInMb"])
    if most < needs["MinMemoryRequiredInMb"]:
        raise ValidationError("MaxMemoryRequiredInMb must not be less than MinMemoryRequiredInMb.")
    return given


def _copies(count: int) -> int:
    if count > MAX_COPIES:
        raise ValidationError(f"CopyCount {count} is too large: a component may have at most {MAX_COPIES} copies here.")
    return count


def _prepare(platform: Platform, call: Call, spec: dict[str, Any]) -> dict[str, Any]:
    project = call.caller.project
    endpoint, variant = _variant(platform, project, spec["EndpointName"], spec.get("VariantName"))
    _specification(platform, project, spec)
    return {
        **spec,
        "EndpointName": endpoint,
        "VariantName": variant,
        "_copies": _copies(spec.get("RuntimeConfig", {}).get("CopyCount", 1)),
        "_generation": 1,
        "_desired": {},
        "_user": call.caller.user,
    }


def _born(spec: Document, now: float) -> Mapping[str, Any]:
    return {"InferenceComponentStatus": "Creating"}


def _word(record: Record) -> str:
    if record.status.get("_settled") not in (None, record.spec["_generation"]):
        return "Updating"
    return str(statuses.noted(record, record.status.get("_ready", ()))["InferenceComponentStatus"])


def _changeable(record: Record) -> None:
    if record.deleting or _word(record) not in ("InService", "Failed"):
        raise ValidationError(f'Cannot update in-progress inference component "{_arn(record)}".')


def _fits(platform: Platform, record: Record, requirements: Mapping[str, Any], count: int) -> None:
    try:
        why = fit(platform, record, requirements, count)
    except PlanError as error:
        raise ValidationError(str(error)) from None
    if why:
        raise ValidationError(why)


def _update(platform: Platform, call: Call, record: Record) -> Mapping[str, Any]:
    params = call.params
    _changeable(record)
    if "Specification" not in params and "Specifications" not in params:
        if "RuntimeConfig" not in params:
            raise ValidationError("Nothing to update: give a Specification or a RuntimeConfig.")
        return _counted(platform, record, params["RuntimeConfig"]["CopyCount"])
    given = _specification(platform, record.key.project, params)
    count = _copies(params.get("RuntimeConfig", {}).get("CopyCount", components.copies(record)))
    _fits(platform, record, given["ComputeResourceRequirements"], count)
    live, generation = record.status.get("_live"), record.spec["_generation"] + 1
    kept = {str(live["Generation"]): planning.all_desired(record, live)} if live else {}
    return {
        **record.spec,
        "Specification": given,
        "_copies": count,
        "_generation": generation,
        "_desired": kept,
        "_deployment": params.get("DeploymentConfig", {}),
        "_user": call.caller.user,
    }


def _counted(platform: Platform, record: Record, count: int) -> dict[str, Any]:
    """The spec with another number of copies."""
    live = record.status.get("_live")
    if live is None or record.status.get("_settled") != record.spec["_generation"]:
        raise ValidationError(f'The inference component "{_arn(record)}" is not InService.')
    wishes = {record.spec["VariantName"]: {"Count": _copies(count)}}
    _fits(platform, record, live["Specification"]["ComputeResourceRequirements"], count)
    # By the plan in service and by the newest: they differ where the last update failed.
    return {
        **record.spec,
        "_desired": {str(live["Generation"]): wishes, str(record.spec["_generation"]): wishes},
    }


async def _update_runtime(platform: Platform, call: Call) -> Mapping[str, Any]:
    """UpdateInferenceComponentRuntimeConfig."""
    key = Key(call.caller.project, "InferenceComponent", call.params["InferenceComponentName"])
    while True:
        try:
            record = platform.store.get(key)
        except Missing:
            arn = sagemaker_arn(key.project, "inference-component", key.name)
            raise ValidationError(_MISSING.format(arn=arn)) from None
        _changeable(record)
        spec = _counted(platform, record, call.params["DesiredRuntimeConfig"]["CopyCount"])
        platform.admit(key, call.caller.user, spec)
        try:
            platform.store.write(record, now=platform.clock(), spec=spec)
        except (Stale, Missing):
            continue
        return {"InferenceComponentArn": _arn(record)}


def _specified(given: Mapping[str, Any], plan: Mapping[str, Any] | None) -> dict[str, Any]:
    """The specification as Describe shows it."""
    shown = dict(given)
    if container := given.get("Container"):
        image = {"SpecifiedImage": container["Image"], "ResolvedImage": container["Image"]}
        if plan is not None and plan.get("Since"):
            image["ResolutionTime"] = plan["Since"]
        shown["Container"] = {
            "DeployedImage": image,
            **{name: container[name] for name in ("ArtifactUrl", "Environment") if name in container},
        }
    return shown


def _describe(platform: Platform, record: Record) -> dict[str, Any]:
    status, spec = record.status, record.spec
    live = status.get("_live")
    plan = live or status.get("_next")
    current = 0
    if live is not None:
        current = int(statuses.variants(record, live, shadow=False)[0]["CurrentInstanceCount"])
    return {
        "EndpointArn": sagemaker_arn(record.key.project, "endpoint", spec["EndpointName"]),
        "Specification": _specified(live["Specification"] if live else spec["Specification"], plan),
        "RuntimeConfig": {"DesiredCopyCount": components.copies(record), "CurrentCopyCount": current},
        "LastDeploymentConfig": spec.get("_deployment") or None,
    }


def _summary(platform: Platform, record: Record) -> Mapping[str, Any]:
    return {"EndpointArn": sagemaker_arn(record.key.project, "endpoint", record.spec["EndpointName"])}


def _labels(record: Record) -> Mapping[str, str]:
    return {"Endpoint": record.spec["EndpointName"], "Variant": record.spec["VariantName"]}


def _controller(platform: Platform) -> HostingController:
    return HostingController(platform, "InferenceComponent", make)


KIND = Kind(
    "InferenceComponent",
    arn="inference-component",
    state="InferenceComponentStatus",
    word=_word,
    prepare=_prepare,
    born=_born,
    describe=_describe,
    summary=_summary,
    labels=_labels,
    filters={"EndpointNameEquals": "Endpoint", "VariantNameEquals": "Variant"},
    update=_update,
    delete="controller",
    missing=("ValidationException", _MISSING),
    taken=("ValidationException", 'Cannot create already existing inference component "{arn}".'),
    controller=_controller,
    operations={"UpdateInferenceComponentRuntimeConfig": _update_runtime},
)
