"""Whose use a process group is, and of how many instances of what type. Pure.

Most kinds name their instance type somewhere in the request; what a kind nests is found there, so that a new kind is metered
without a word here. Members that begin with "_" are ours and are not looked into.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from studiolo.base.instances import instance
from studiolo.base.record import Key, Record
from studiolo.meter.protocol import Subject
from studiolo.services.metering.prices import OTHER, SERVERLESS
from studiolo.services.sagemaker.tracking import names as tracking

COUNTS = ("InstanceCount", "InitialInstanceCount")


def instances(document: Any) -> Iterator[tuple[str, int]]:
    """(instance type, how many) of everything a request asks for."""
    if isinstance(document, Mapping):
        if isinstance(document.get("InstanceType"), str):
            yield document["InstanceType"], next((int(document[one]) for one in COUNTS if one in document), 1)
            return
        for name, value in document.items():
            if not str(name).startswith("_"):
                yield from instances(value)
    elif isinstance(document, list | tuple):
        for one in document:
            yield from instances(one)


def _share(type: str, resources: Mapping[str, Any]) -> float:
    """Of an instance that an inference component's copy takes: of what it takes most of."""
    size = instance(type)
    if size is None:
        return 1.0
    parts = (
        (resources["Cores"], size.cores),
        (resources["Memory"], size.memory),
        (resources["Gpus"], size.gpus),
    )
    return min(1.0, max(asked / there for asked, there in parts if there))


def _endpoint(record: Record, handle: str) -> tuple[str, float]:
    """Of the handle …/<generation>-<variant>-<index>[.<container>]: an instance is shared by its containers."""
    unit = handle.split("/")[3].partition(".")[0]
    generation, _, rest = unit.partition("-")
    name = rest.rpartition("-")[0]
    for plan in (record.status.get("_live"), record.status.get("_next")):
        if plan is None or str(plan["Generation"]) != generation:
            continue
        for variant in plan["Variants"]:
            if variant["VariantName"] == name:
                parts = max(1, len(variant["Containers"]))
                if variant.get("Serverless"):
                    return SERVERLESS, variant["Serverless"]["MemorySizeInMB"] / 1024 / parts
                share = _share(variant["InstanceType"], variant["Resources"]) if "Resources" in variant else 1.0
                return str(variant["InstanceType"]), share / parts
    return OTHER, 1.0


def _used(record: Record, handle: str, member: str) -> tuple[str, float]:
    if record.key.kind in ("Endpoint", "InferenceComponent") and handle.count("/") >= 3:
        return _endpoint(record, handle)
    if record.key.kind == "FunctionInvocation":
        return SERVERLESS, float(record.spec.get("Config", {}).get("MemorySize", 128)) / 1024
    if record.key.kind == tracking.KIND:
        return tracking.SIZES[record.spec["TrackingServerSize"]], 1.0
    groups = record.spec.get("ResourceConfig", {}).get("InstanceGroups", ())
    if len(groups) > 1 and member.rpartition("-")[2].isdecimal():
        # Hosts are numbered through the groups in their order.
        number = int(member.rpartition("-")[2])
        for group in groups:
            number -= group["InstanceCount"]
            if number <= 0:
                return str(group["InstanceType"]), 1.0
    found = next(instances(record.spec), None)
    return (found[0], 1.0) if found else (OTHER, 1.0)


def _known_as(key: Key, record: Record | None) -> tuple[str, str]:
    """(kind, name) by which people know it: what runs is one of many lives of a space or a function."""
    if key.kind == "FunctionInvocation":
        return "Function", key.name.partition("@")[0]
    if key.kind == "App" and record is not None:
        return key.kind, str(record.spec.get("SpaceName", key.name))
    return key.kind, key.name if record is None else record.key.name


def subject(handle: str, member: str, record: Record | None) -> tuple[Subject, float] | None:
    """With the units it stands for; None for what is part of another group's instance, or no group of a record."""
    if handle.count("/") < 2:
        return None
    key = Key.of_handle(handle)
    if key.kind == "TransformJob" and handle.count("/") > 2:
        # Further containers of a pipeline run on the host of the first.
        return None
    kind, name = _known_as(key, record)
    if record is None:
        return Subject(key.project, "", kind, name, OTHER), 1.0
    type, units = _used(record, handle, member)
    return Subject(key.project, str(record.spec.get("_user", "")), kind, name, type, dict(record.tags)), units
