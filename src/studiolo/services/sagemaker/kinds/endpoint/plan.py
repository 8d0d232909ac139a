"""What a deployment of an endpoint runs, from its configuration and the models that names."""

from collections.abc import Mapping
from typing import Any

from studiolo.base.arn import sagemaker_arn
from studiolo.base.record import Key, Record
from studiolo.services.platform import Platform
from studiolo.services.sagemaker.hosting.containers import PlanError, model_plan
from studiolo.services.sagemaker.hosting.plan import DEFAULT_STARTUP
from studiolo.store.protocol import Missing


def _variant(platform: Platform, project: str, given: Mapping[str, Any], shadow: bool) -> dict[str, Any]:
    serverless = given.get("ServerlessConfig")
    sized: dict[str, Any] = (
        {"Serverless": serverless, "Count": 1}
        if serverless
        else {"InstanceType": given["InstanceType"], "Count": given["InitialInstanceCount"]}
    )
    managed = given.get("ManagedInstanceScaling", {})
    if managed.get("Status") == "ENABLED":
        sized |= {"MinCount": managed.get("MinInstanceCount", 0), "MaxCount": managed.get("MaxInstanceCount")}
    # A variant without a model is a place for inference components: nothing of its own runs.
    model = (
        model_plan(platform, project, given["ModelName"])
        if "ModelName" in given
        else {"ModelName": None, "Isolated": False, "Mode": "Serial", "Containers": []}
    )
    return {
        "VariantName": given["VariantName"],
        **model,
        **sized,
        "Weight": given.get("InitialVariantWeight", 1.0),
        "Shadow": shadow,
        "Startup": given.get("ContainerStartupHealthCheckTimeoutInSeconds", DEFAULT_STARTUP),
    }


def make(platform: Platform, record: Record) -> dict[str, Any]:
    """Raises PlanError."""
    project, name = record.key.project, record.spec["EndpointConfigName"]
    try:
        config = platform.store.get(Key(project, "EndpointConfig", name))
    except Missing:
        arn = sagemaker_arn(project, "endpoint-config", name)
        raise PlanError(f'Could not find endpoint configuration "{arn}".') from None
    shadows = config.spec.get("ShadowProductionVariants", ())
    return {
        "Generation": record.spec["_generation"],
        "Config": config.key.name,
        "Capture": config.spec.get("DataCaptureConfig"),
        "Async": config.spec.get("AsyncInferenceConfig"),
        "Variants": [
            *(_variant(platform, project, one, False) for one in config.spec["ProductionVariants"]),
            *(_variant(platform, project, one, True) for one in shadows),
        ],
    }
