"""AWS's instance types as requests for cores, memory and GPUs.

Sizes within a family are regular, so a family is one line: cores and GiB of its `large`, price per hour of it, and which
sizes there are. Prices are on-demand reference prices in USD of us-east-1 for SageMaker instances; they make costs
comparable, nobody is charged.
"""

import functools
import os
from dataclasses import dataclass

GIB = 2**30
_SIZES = {"medium": 0.5, "large": 1, "xlarge": 2, "2xlarge": 4, "4xlarge": 8, "8xlarge": 16, "9xlarge": 18, "10xlarge": 20,
          "12xlarge": 24, "16xlarge": 32, "18xlarge": 36, "24xlarge": 48, "32xlarge": 64, "48xlarge": 96}  # fmt: skip

_FAMILIES = {
    # family: cores of large, GiB of large, USD/h of large, sizes
    "m4": (2, 8, 0.12, "xlarge 2xlarge 4xlarge 10xlarge 16xlarge"),
    "m5": (2, 8, 0.115, "large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge 24xlarge"),
    "m5d": (2, 8, 0.136, "large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge 24xlarge"),
    "m6i": (2, 8, 0.115, "large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge 24xlarge 32xlarge"),
    "m7i": (2, 8, 0.121, "large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge 24xlarge 48xlarge"),
    "c4": (2, 3.75, 0.119, "large xlarge 2xlarge 4xlarge 8xlarge"),
    "c5": (2, 4, 0.102, "large xlarge 2xlarge 4xlarge 9xlarge 18xlarge"),
    "c5n": (2, 5.25, 0.13, "xlarge 2xlarge 4xlarge 9xlarge 18xlarge"),
    "c6i": (2, 4, 0.102, "large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge 24xlarge 32xlarge"),
    "c7i": (2, 4, 0.107, "large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge 24xlarge 48xlarge"),
    "r5": (2, 16, 0.151, "large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge 24xlarge"),
    "r6i": (2, 16, 0.151, "large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge 24xlarge 32xlarge"),
    "r7i": (2, 16, 0.159, "large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge 24xlarge 48xlarge"),
}
_SINGLE = {
    # type: cores, GiB, GPUs, USD/h
    "t2.medium": (2, 4, 0, 0.056), "t2.large": (2, 8, 0, 0.111), "t2.xlarge": (4, 16, 0, 0.223),
    "t2.2xlarge": (8, 32, 0, 0.445), "t3.medium": (2, 4, 0, 0.05), "t3.large": (2, 8, 0, 0.1),
    "t3.xlarge": (4, 16, 0, 0.2), "t3.2xlarge": (8, 32, 0, 0.399),
    "p3.2xlarge": (8, 61, 1, 3.825), "p3.8xlarge": (32, 244, 4, 14.688), "p3.16xlarge": (64, 488, 8, 28.152),
    "p4d.24xlarge": (96, 1152, 8, 37.688), "p5.48xlarge": (192, 2048, 8, 113.068),
    "g4dn.xlarge": (4, 16, 1, 0.736), "g4dn.2xlarge": (8, 32, 1, 0.94), "g4dn.4xlarge": (16, 64, 1, 1.505),
    "g4dn.8xlarge": (32, 128, 1, 2.72), "g4dn.12xlarge": (48, 192, 4, 4.89), "g4dn.16xlarge": (64, 256, 1, 5.44),
    "g5.xlarge": (4, 16, 1, 1.408), "g5.2xlarge": (8, 32, 1, 1.515), "g5.4xlarge": (16, 64, 1, 2.03),
    "g5.8xlarge": (32, 128, 1, 3.06), "g5.12xlarge": (48, 192, 4, 7.09), "g5.16xlarge": (64, 256, 1, 5.12),
    "g5.24xlarge": (96, 384, 4, 10.18), "g5.48xlarge": (192, 768, 8, 20.36),
    "g6.xlarge": (4, 16, 1, 1.127), "g6.2xlarge": (8, 32, 1, 1.222), "g6.4xlarge": (16, 64, 1, 1.654),
    "g6.12xlarge": (48, 192, 4, 5.752), "g6.48xlarge": (192, 768, 8, 16.688),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Instance:
    type: str
    cores: float
    memory: int
    """Bytes."""
    gpus: int
    price: float
    """USD per hour."""


@functools.cache
def table() -> dict[str, Instance]:
    """Every type by its name, in the order people read them."""
    found: dict[str, Instance] = {}
    for size, (cores, gib, gpus, price) in _SINGLE.items():
        found[f"ml.{size}"] = Instance(f"ml.{size}", cores, int(gib * GIB), gpus, price)
    for family, (cores, gib, price, sizes) in _FAMILIES.items():
        for size in sizes.split():
            times = _SIZES[size]
            name = f"ml.{family}.{size}"
            found[name] = Instance(name, cores * times, int(gib * times * GIB), 0, round(price * times, 3))
    for name in ("local", "local_gpu", "local.cpu", "local.gpu"):
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
        found[name] = Instance(name, float(os.cpu_count() or 1), memory, int(name.endswith("gpu")), 0.0)
    return dict(sorted(found.items(), key=lambda item: (item[0].split(".")[1:2], item[1].cores)))


def instance(type: str) -> Instance | None:
    return table().get(type)


def known_types() -> str:
    """For an error's sentence."""
    return "choose one of " + ", ".join(table())
