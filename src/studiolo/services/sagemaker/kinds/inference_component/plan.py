"""What a component runs, from its specification: a plan of one variant, whose instances are the component's copies."""

from collections.abc import Mapping
from typing import Any

from studiolo.base.instances import Instance, instance
from studiolo.base.record import Key, Record
from studiolo.services.platform import Platform
from studiolo.services.sagemaker.hosting import components, placing
from studiolo.services.sagemaker.hosting.containers import PlanError, container_plan, model_plan
from studiolo.services.sagemaker.hosting.plan import DEFAULT_STARTUP
from studiolo.store.protocol import Missing


def place(platform: Platform, project: str, endpoint: str, name: str) -> Mapping[str, Any]:
    """The endpoint's variant that components run on. Raises PlanError."""
    try:
        record = platform.store.get(Key(project, "Endpoint", endpoint))
    except Missing:
        raise PlanError(f"The endpoint {endpoint} does not exist any more.") from None
    plan = record.status.get("_live") or {}
    for variant in plan.get("Variants", ()):
        if variant["VariantName"] == name and not variant["Containers"]:
            wishes = record.spec.get("_desired", {}).get(str(plan["Generation"]), {}).get(name, {})
            return {**variant, "Count": wishes.get("Count", variant["Count"])}
    raise PlanError(f"The endpoint {endpoint} has no variant {name} for inference components in service.")


def size_of(variant: Mapping[str, Any]) -> tuple[Instance, int]:
    """Type and greatest number of the variant's instances."""
    size = instance(variant["InstanceType"])
    assert size is not None
    return size, max(variant["Count"], variant.get("MaxCount") or 0)


def fit(platform: Platform, record: Record, requirements: Mapping[str, Any], count: int) -> str | None:
    """Why `count` copies don't fit beside the other components' copies; None where they do. Raises PlanError."""
    project, spec = record.key.project, record.spec
    variant = place(platform, project, spec["EndpointName"], spec["VariantName"])
    size, most = size_of(variant)
    wanted = [placing.need(requirements)] * count
    for other in components.of_endpoint(platform, project, spec["EndpointName"]):
        if other.key == record.key or other.deleting or other.spec["VariantName"] != spec["VariantName"]:
            continue
        if other.status.get("_live"):
            needs = other.spec["Specification"]["ComputeResourceRequirements"]
            wanted += [placing.need(needs)] * components.copies(other)
    # One is always to be placed, even if none is asked for now: it must be able to come up.
    return placing.refusal(wanted or [placing.need(requirements)], size, most)


def make(platform: Platform, record: Record) -> dict[str, Any]:
    """Raises PlanError."""
    spec, project = record.spec, record.key.project
    given: Mapping[str, Any] = spec["Specification"]
    requirements = given["ComputeResourceRequirements"]
    if why := fit(platform, record, requirements, components.copies(record)):
        raise PlanError(why)
    if "ModelName" in given:
        model = model_plan(platform, project, given["ModelName"])
        if len(model["Containers"]) > 1:
            raise PlanError(
                f"The model {given['ModelName']} has several containers; an inference component runs a model of one."
            )
    else:
        container = given["Container"]
        described = {
            "Image": container["Image"],
            "ModelDataUrl": container.get("ArtifactUrl"),
            "Environment": container.get("Environment", {}),
        }
        model = {
            "ModelName": None,
            "Isolated": False,
            "Mode": "Serial",
            "Containers": [container_plan(described, 0)],
        }
    startup = given.get("StartupParameters", {})
    variant = place(platform, project, spec["EndpointName"], spec["VariantName"])
    cores = requirements.get("NumberOfCpuCoresRequired", 1.0)
    memory = requirements.get("MaxMemoryRequiredInMb", requirements["MinMemoryRequiredInMb"])
    return {
        "Generation": spec["_generation"],
        "Specification": given,
        "Variants": [
            {
                "VariantName": spec["VariantName"],
                **model,
                "InstanceType": variant["InstanceType"],
                "Resources": {
                    "Cores": cores,
                    "Memory": memory * placing.MIB,
                    "Gpus": int(requirements.get("NumberOfAcceleratorDevicesRequired", 0)),
                },
                "Count": spec["_copies"],
                "Weight": 1.0,
                "Shadow": False,
                "Startup": startup.get("ContainerStartupHealthCheckTimeoutInSeconds", DEFAULT_STARTUP),
            }
        ],
    }
