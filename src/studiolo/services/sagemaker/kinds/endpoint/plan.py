"""What a deployment runs, taken down once: so that configurations and models may be changed or deleted later.

A plan is a plain document in the endpoint's status: its generation, its configuration's name, and per variant all an
instance needs.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from studiolo.base.arn import sagemaker_arn
from studiolo.base.record import Key, Record
from studiolo.services.platform import Platform
from studiolo.store.protocol import Missing

DEFAULT_STARTUP = 600.0


class PlanError(Exception):
    """The deployment can't be made; the message is its FailureReason."""


@dataclass(frozen=True, slots=True)
class Instance:
    handle: str
    generation: int
    variant: Mapping[str, Any]
    index: int

    @property
    def name(self) -> str:
        """As the log stream and the metrics call it."""
        return f"{self.variant['VariantName']}/i-{self.generation}-{self.index}"


def _get(platform: Platform, key: Key, what: str, arn: str) -> Record:
    try:
        return platform.store.get(key)
    except Missing:
        text = sagemaker_arn(key.project, arn, key.name)
        raise PlanError(f'Could not find {what} "{text}".') from None


def _variant(platform: Platform, project: str, given: Mapping[str, Any]) -> dict[str, Any]:
    model = _get(platform, Key(project, "Model", given["ModelName"]), "model", "model")
    container = model.spec.get("PrimaryContainer") or model.spec["Containers"][0]
    data = container.get("ModelDataUrl")
    source = container.get("ModelDataSource", {}).get("S3DataSource")
    return {
        "VariantName": given["VariantName"],
        "ModelName": model.key.name,
        "Image": container["Image"],
        "ModelDataUrl": data or (source or {}).get("S3Uri"),
        "Compressed": source is None or source.get("CompressionType") == "Gzip",
        "Prefix": bool(source) and source.get("S3DataType") == "S3Prefix",
        "Environment": container.get("Environment", {}),
        "InstanceType": given["InstanceType"],
        "Count": given["InitialInstanceCount"],
        "Weight": given.get("InitialVariantWeight", 1.0),
        "Isolated": bool(model.spec.get("EnableNetworkIsolation")),
        "Startup": given.get("ContainerStartupHealthCheckTimeoutInSeconds", DEFAULT_STARTUP),
    }


def make(platform: Platform, record: Record) -> dict[str, Any]:
    """Raises PlanError."""
    project, name = record.key.project, record.spec["EndpointConfigName"]
    config = _get(platform, Key(project, "EndpointConfig", name), "endpoint configuration", "endpoint-config")
    return {
        "Generation": record.spec["_generation"],
        "Config": config.key.name,
        "Variants": [_variant(platform, project, one) for one in config.spec["ProductionVariants"]],
    }


def instances(key: Key, plan: Mapping[str, Any] | None) -> Iterator[Instance]:
    if plan is None:
        return
    for variant in plan["Variants"]:
        for index in range(variant["Count"]):
            handle = f"{key.handle()}/{plan['Generation']}-{variant['VariantName']}-{index}"
            yield Instance(handle, plan["Generation"], variant, index)
