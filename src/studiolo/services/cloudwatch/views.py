"""The platform's own series under AWS's names: a pure mapping, both ways.

`AWS/SageMaker` by endpoint and variant, `/aws/sagemaker/Endpoints` for what instances use, `/aws/sagemaker/TrainingJobs`
for what jobs use and for the metrics their scripts print. Called by reader.py, which does the reading.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from studiolo.base.record import Key
from studiolo.series.protocol import Known
from studiolo.services.cloudwatch.metric import Metric

ENDPOINT, ENDPOINT_HOSTS, TRAINING = "AWS/SageMaker", "/aws/sagemaker/Endpoints", "/aws/sagemaker/TrainingJobs"
NAMESPACES = (ENDPOINT, ENDPOINT_HOSTS, TRAINING)

Reading = Literal["as_is", "each_one", "rate"]
"""as_is: the points' own statistics. each_one: the values are counts of events, each of which measured 1. rate: the values
are counts of events among those of `among`, each of which measured 0 or 1."""


@dataclass(frozen=True, slots=True)
class View:
    """One metric of AWS as series of ours."""

    resource: str
    metrics: tuple[str, ...]
    unit: str
    reading: Reading = "as_is"
    factor: float = 1.0
    host: str | None = None
    host_prefix: str | None = None
    among: str | None = None
    memory_of: Literal["", "endpoint", "job"] = ""
    """Whose instance type's memory the values are to be a percentage of."""


@dataclass(frozen=True, slots=True)
class _Form:
    metrics: tuple[str, ...]
    unit: str
    reading: Reading = "as_is"
    factor: float = 1.0
    among: str | None = field(default=None)


_VARIANT: Mapping[str, _Form] = {
    "Invocations": _Form(("invocations",), "Count", "each_one"),
    "InvocationsPerInstance": _Form(("per_instance",), "Count"),
    "ModelLatency": _Form(("latency_spread",), "Microseconds", factor=1000.0),
    "OverheadLatency": _Form(("overhead_spread",), "Microseconds", factor=1000.0),
    "Invocation4XXErrors": _Form(("errors4xx",), "Count", "rate", among="invocations"),
    "Invocation5XXErrors": _Form(("errors5xx",), "Count", "rate", among="invocations"),
    "InvocationModelErrors": _Form(("errors4xx", "errors5xx"), "Count", "rate", among="invocations"),
    "ConcurrentRequestsPerModel": _Form(("busy",), "Count"),
}
_COPIES = {"InvocationsPerCopy" if name == "InvocationsPerInstance" else name: form for name, form in _VARIANT.items()}
_STEM = "endpoint/copies/"
_USE = {"CPUUtilization": "system/cpu", "MemoryUtilization": "system/memory"}


def _pair(metric: Metric, first: str, second: str) -> tuple[str, str] | None:
    held = dict(metric.dimensions)
    return (held[first], held[second]) if set(held) == {first, second} else None


def view(project: str, metric: Metric) -> View | None:
    """None where the platform has no such metric."""
    if metric.namespace == ENDPOINT and [name for name, _ in metric.dimensions] == ["InferenceComponentName"]:
        return _of_component(project, metric)
    if metric.namespace in (ENDPOINT, ENDPOINT_HOSTS):
        named = _pair(metric, "EndpointName", "VariantName")
        if named is None or "/" in named[0]:
            return None
        resource = Key(project, "Endpoint", named[0]).handle()
        if metric.namespace == ENDPOINT:
            form = _VARIANT.get(metric.name)
            if form is None:
                return None
            stem = f"endpoint/{named[1]}/"
            return View(
                resource,
                tuple(f"{stem}{one}" for one in form.metrics),
                form.unit,
                form.reading,
                form.factor,
                among=f"{stem}{form.among}" if form.among else None,
            )
        if metric.name not in _USE:
            return None
        memory = "endpoint" if metric.name == "MemoryUtilization" else ""
        return View(resource, (_USE[metric.name],), "Percent", host_prefix=f"{named[1]}/", memory_of=memory)
    if metric.namespace == TRAINING:
        return _of_job(project, metric)
    return None


def _of_component(project: str, metric: Metric) -> View | None:
    name, form = metric.dimensions[0][1], _COPIES.get(metric.name)
    if form is None or "/" in name:
        return None
    among = f"{_STEM}{form.among}" if form.among else None
    series = tuple(f"{_STEM}{one}" for one in form.metrics)
    resource = Key(project, "InferenceComponent", name).handle()
    return View(resource, series, form.unit, form.reading, form.factor, among=among)


def _of_job(project: str, metric: Metric) -> View | None:
    held = dict(metric.dimensions)
    if set(held) == {"Host"} and metric.name in _USE:
        job, _, host = held["Host"].partition("/")
        memory = "job" if metric.name == "MemoryUtilization" else ""
        resource = Key(project, "TrainingJob", job).handle()
        return View(resource, (_USE[metric.name],), "Percent", host=host, memory_of=memory)
    if set(held) == {"TrainingJobName"} and "/" not in metric.name and "/" not in held["TrainingJobName"]:
        return View(Key(project, "TrainingJob", held["TrainingJobName"]).handle(), (metric.name,), "None")
    return None


def _named(known: Known, name: str) -> Sequence[Metric]:
    """Metrics of an endpoint's series: "endpoint/<variant>/invocations", or system/cpu of host "<variant>/i-1-0"."""
    if known.metric.startswith("endpoint/"):
        variant, _, kind = known.metric.removeprefix("endpoint/").rpartition("/")
        both = (("EndpointName", name), ("VariantName", variant))
        return [Metric(ENDPOINT, shown, both) for shown, form in _VARIANT.items() if kind in form.metrics]
    variant = known.host.partition("/")[0]
    both = (("EndpointName", name), ("VariantName", variant))
    return [Metric(ENDPOINT_HOSTS, shown, both) for shown, series in _USE.items() if series == known.metric]


def published(known: Known) -> Sequence[Metric]:
    """The metrics of AWS that a stored series gives."""
    kind, _, name = known.resource.split("/", 2)
    if kind == "Endpoint":
        return _named(known, name)
    if kind == "InferenceComponent":
        named, series = (("InferenceComponentName", name),), known.metric.removeprefix(_STEM)
        return [Metric(ENDPOINT, shown, named) for shown, form in _COPIES.items() if series in form.metrics]
    if kind != "TrainingJob":
        return []
    if "/" not in known.metric:
        return [Metric(TRAINING, known.metric, (("TrainingJobName", name),))]
    host = (("Host", f"{name}/{known.host}"),)
    return [Metric(TRAINING, shown, host) for shown, series in _USE.items() if series == known.metric]
