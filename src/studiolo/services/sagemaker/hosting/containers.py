"""A Model record taken down as a plain document of all that serving it needs, so that it may be deleted afterwards.

{"ModelName", "Isolated", "Mode": "Serial" | "Direct", "Containers": [{"Name", "Image", "ModelDataUrl", "Compressed",
 "Prefix", "Environment", "MultiModel"}]}
"""

from collections.abc import Mapping
from typing import Any

from studiolo.base.arn import sagemaker_arn
from studiolo.base.record import Key
from studiolo.services.platform import Platform
from studiolo.store.protocol import Missing


class PlanError(Exception):
    """It can't be served; the message is fit for a FailureReason."""


def container_plan(container: Mapping[str, Any], place: int) -> dict[str, Any]:
    data = container.get("ModelDataUrl")
    source = container.get("ModelDataSource", {}).get("S3DataSource")
    return {
        "Name": container.get("ContainerHostname") or f"container-{place + 1}",
        "Image": container["Image"],
        "ModelDataUrl": data or (source or {}).get("S3Uri"),
        "Compressed": source is None or source.get("CompressionType") == "Gzip",
        "Prefix": bool(source) and source.get("S3DataType") == "S3Prefix",
        "Environment": container.get("Environment", {}),
        "MultiModel": container.get("Mode") == "MultiModel",
    }


def model_plan(platform: Platform, project: str, name: str) -> dict[str, Any]:
    """Raises PlanError where there is no such model."""
    try:
        model = platform.store.get(Key(project, "Model", name))
    except Missing:
        raise PlanError(f'Could not find model "{sagemaker_arn(project, "model", name)}".') from None
    given = [model.spec["PrimaryContainer"]] if "PrimaryContainer" in model.spec else model.spec["Containers"]
    return {
        "ModelName": model.key.name,
        "Isolated": bool(model.spec.get("EnableNetworkIsolation")),
        "Mode": model.spec.get("InferenceExecutionConfig", {}).get("Mode", "Serial"),
        "Containers": [container_plan(one, place) for place, one in enumerate(given)],
    }
