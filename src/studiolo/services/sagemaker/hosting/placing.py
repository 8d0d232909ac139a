"""Whether copies of inference components fit on a variant's instances: pure.

Instances are a promise about cores, memory and GPUs; a copy has its place on one of them.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from studiolo.base.instances import Instance

MIB = 2**20
Need = tuple[float, int, float]
"""Cores, bytes, GPUs of one copy."""


def need(requirements: Mapping[str, Any]) -> Need:
    return (
        float(requirements.get("NumberOfCpuCoresRequired", 0)),
        int(requirements["MinMemoryRequiredInMb"]) * MIB,
        float(requirements.get("NumberOfAcceleratorDevicesRequired", 0)),
    )


def instances_needed(copies: Iterable[Need], size: Instance) -> int | None:
    """Largest first, each on the first instance that has room; None where one is larger than an instance."""
    free: list[list[float]] = []
    for one in sorted(copies, reverse=True):
        room = next((held for held in free if all(has >= asks for has, asks in zip(held, one, strict=True))), None)
        if room is None:
            room = [size.cores, float(size.memory), float(size.gpus)]
            if any(has < asks for has, asks in zip(room, one, strict=True)):
                return None
            free.append(room)
        for at, asks in enumerate(one):
            room[at] -= asks
    return len(free)


def refusal(copies: Sequence[Need], size: Instance, instances: int) -> str | None:
    """Why they don't fit; None where they do."""
    needed = instances_needed(copies, size)
    if needed is None:
        return (
            f"There are not enough hardware resources on the instances to create a copy for this inference component: "
            f"an instance {size.type} has {size.cores:g} cores, {size.memory // MIB} MB of memory and {size.gpus} "
            "accelerators. Update the resource requirements, or choose a larger instance type."
        )
    if needed > instances:
        return (
            f"There are not enough hardware resources on the instances to create a copy for this inference component: "
            f"{needed} instances {size.type} are needed for all copies, and there are {instances}. Update the resource "
            "requirements, add instances, or ask for fewer copies."
        )
    return None
