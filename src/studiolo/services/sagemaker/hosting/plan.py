"""What a deployment runs, taken down once: so that configurations and models may be changed or deleted later.

A plan is a plain document in the status of an endpoint or an inference component: its generation, its configuration's
name, and per variant all an instance needs (an inference component is one variant, and its copies are the instances). How
many instances a variant should have now is the spec's matter (`_desired`, by generation) and, for
what sleeps when nobody asks, the demand's.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from studiolo.base.instances import instance as instance_of
from studiolo.base.record import Key, Record
from studiolo.run.protocol import Resources
from studiolo.services.sagemaker.hosting.instance import SHARE, Serving

DEFAULT_STARTUP = 600.0
SERVERLESS_SHARE = 0.0
MEMORY_PER_CORE = 1769
"""MB of a serverless variant's memory that come with one core, as in AWS Lambda."""


@dataclass(frozen=True, slots=True)
class Unit:
    """One container of one instance: one process group."""

    handle: str
    generation: int
    variant: Mapping[str, Any]
    index: int
    place: int

    @property
    def container(self) -> Mapping[str, Any]:
        return self.variant["Containers"][self.place]

    @property
    def name(self) -> str:
        """As the log stream and the metrics call it."""
        suffix = f"/{self.container['Name']}" if len(self.variant["Containers"]) > 1 else ""
        return f"{self.variant['VariantName']}/i-{self.generation}-{self.index}{suffix}"


def unit_handle(key: Key, generation: int, variant: str, index: int, place: int) -> str:
    return f"{key.handle()}/{generation}-{variant}-{index}" + (f".{place}" if place else "")


def desired(record: Record, plan: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """{"Weight"?, "Count"?}: what was asked of a variant since the plan was made."""
    return record.spec.get("_desired", {}).get(str(plan["Generation"]), {}).get(name, {})


def all_desired(record: Record, plan: Mapping[str, Any]) -> dict[str, Any]:
    return dict(record.spec.get("_desired", {}).get(str(plan["Generation"]), {}))


def weight(record: Record, plan: Mapping[str, Any], variant: Mapping[str, Any]) -> float:
    return float(desired(record, plan, variant["VariantName"]).get("Weight", variant["Weight"]))


def asked_count(record: Record, plan: Mapping[str, Any], variant: Mapping[str, Any]) -> int:
    """As DescribeEndpoint's DesiredInstanceCount; of a serverless variant 1 where concurrency is provisioned."""
    if variant.get("Serverless"):
        provisioned = desired(record, plan, variant["VariantName"]).get(
            "Provisioned", variant["Serverless"].get("ProvisionedConcurrency", 0)
        )
        return 1 if provisioned else 0
    return int(desired(record, plan, variant["VariantName"]).get("Count", variant["Count"]))


Awake = Callable[[str], bool]
"""Whether somebody asks, or has just asked, the variant of that name."""


Held = Callable[[str, int], int]
"""Of a variant and its number of instances: how many of these should run in the midst of a rolling update."""


def counts(record: Record, plan: Mapping[str, Any]) -> dict[str, int]:
    """Variant -> how many instances run at least where it is asked."""
    return {one["VariantName"]: max(1, asked_count(record, plan, one)) for one in plan["Variants"] if one["Containers"]}


def units(
    record: Record, plan: Mapping[str, Any] | None, awake: Awake | None = None, held: Held | None = None
) -> Iterator[Unit]:
    """Those that should run. A variant of none runs one while it is awake (`awake` None: as if it were)."""
    if plan is None:
        return
    for variant in plan["Variants"]:
        count = asked_count(record, plan, variant)
        if count == 0 and (awake is None or awake(variant["VariantName"])):
            count = 1
        for index in range(held(variant["VariantName"], count) if held and count else count):
            for place in range(len(variant["Containers"])):
                handle = unit_handle(record.key, plan["Generation"], variant["VariantName"], index, place)
                yield Unit(handle, plan["Generation"], variant, index, place)


def asleep(record: Record, awake: Sequence[Unit]) -> list[Unit]:
    """Units of the plan in service that the first request starts."""
    known = {one.handle for one in awake}
    return [one for one in units(record, record.status.get("_live")) if one.handle not in known]


def serving(record: Record, unit: Unit) -> Serving:
    """The process group's description."""
    variant = unit.variant
    container, user = unit.container, record.spec.get("_user", "")
    if serverless := variant.get("Serverless"):
        megabytes = serverless["MemorySizeInMB"]
        resources = Resources(max(1.0, megabytes / MEMORY_PER_CORE), megabytes * 2**20)
        workers = min(serverless["MaxConcurrency"], max(1, int(resources.cores)))
        extra = {} if "SAGEMAKER_MODEL_SERVER_WORKERS" in container["Environment"] else {
            "SAGEMAKER_MODEL_SERVER_WORKERS": str(workers)}  # fmt: skip
        return Serving(
            unit.handle, record.key.project, user, container, resources, variant["Isolated"], SERVERLESS_SHARE, extra
        )
    if sized := variant.get("Resources"):
        # A copy of an inference component: its own share of an instance.
        resources = Resources(sized["Cores"], sized["Memory"], sized["Gpus"])
        return Serving(unit.handle, record.key.project, user, container, resources, variant["Isolated"], SHARE)
    size = instance_of(variant["InstanceType"])
    assert size is not None
    parts = len(variant["Containers"])
    resources = Resources(size.cores / parts, size.memory // parts, size.gpus if unit.place == 0 else 0)
    return Serving(unit.handle, record.key.project, user, container, resources, variant["Isolated"], SHARE)
