"""Reads metrics out of the series, those of users and those of the platform alike.

Called by queries.py (and through it by alarms and scaling), data.py; everything is confined to one project.
"""

from collections.abc import Mapping, Sequence

from studiolo.base.instances import instance
from studiolo.base.record import Key
from studiolo.series.protocol import Bin, Series
from studiolo.services.cloudwatch import metric as metrics
from studiolo.services.cloudwatch.metric import Metric
from studiolo.services.cloudwatch.statistics import Stat, of_bin, percentile
from studiolo.services.cloudwatch.views import View, published, view
from studiolo.services.platform import Platform
from studiolo.store.protocol import Missing, Store

Points = Mapping[float, float]
"""Start of a period -> the statistic's value; periods without data are left out."""
DEFAULT_MEMORY = 8 * 2**30


class Reader:
    def __init__(self, platform: Platform) -> None:
        self._series: Series = platform.series
        self._store: Store = platform.store

    def statistic(
        self, project: str, metric: Metric, stat: Stat, *, start: float, end: float, period: float, unit: str | None = None
    ) -> Points:  # fmt: skip
        if stat.percentile is not None:
            spreads = self._spreads(project, metric, start, end, period, unit)
            return {when: percentile(pairs, stat.percentile) for when, pairs in spreads.items()}
        return {one.start: of_bin(one, stat.name) for one in self.bins(project, metric, start, end, period, unit)}

    def unit(self, project: str, metric: Metric) -> str:
        """The one its points were put with; "None" where there are several."""
        seen = view(project, metric)
        if seen is not None:
            return seen.unit
        prefix, found = metrics.host(metric.dimensions), set[str]()
        for known in self._series.known(metrics.resource(project, metric.namespace)):
            if known.metric == metric.name and known.host.startswith(prefix):
                found.add(known.host.removeprefix(prefix))
        return found.pop() if len(found) == 1 else "None"

    def bins(
        self, project: str, metric: Metric, start: float, end: float, period: float, unit: str | None = None
    ) -> Sequence[Bin]:
        seen = view(project, metric)
        if seen is None:
            host, prefix = self._stored(metric, unit)
            return self._series.bins(
                metrics.resource(project, metric.namespace), metric.name,
                start=start, end=end, period=period, host=host, host_prefix=prefix,
            )  # fmt: skip
        if unit not in (None, seen.unit):
            return []
        return self._seen(seen, start, end, period)

    def _stored(self, metric: Metric, unit: str | None) -> tuple[str | None, str | None]:
        """(host, prefix of hosts): of one unit, or of all."""
        if unit is not None:
            return metrics.host(metric.dimensions, unit), None
        return None, metrics.host(metric.dimensions)

    def _seen(self, seen: View, start: float, end: float, period: float) -> Sequence[Bin]:
        def read(name: str) -> dict[float, Bin]:
            found = self._series.bins(
                seen.resource, name, start=start, end=end, period=period, host=seen.host, host_prefix=seen.host_prefix
            )
            return {one.start: one for one in found}

        if seen.reading == "as_is":
            factor = self._factor(seen)
            return [_scaled(one, factor) for one in read(seen.metrics[0]).values()]
        if seen.reading == "each_one":
            return [Bin(one.start, one.total, one.total, 1.0, 1.0) for one in read(seen.metrics[0]).values()]
        parts, found = [read(name) for name in seen.metrics], list[Bin]()
        for when, all in read(seen.among or "").items():
            hits = sum(part[when].total for part in parts if when in part)
            found.append(Bin(when, all.total, hits, float(hits >= all.total > 0), float(hits > 0)))
        return found

    def _factor(self, seen: View) -> float:
        if not seen.memory_of:
            return seen.factor
        return 100 / self._memory(Key.of_handle(seen.resource), seen.host_prefix or "")

    def _memory(self, key: Key, prefix: str) -> float:
        """Bytes of the instance type that an endpoint's variant or a job has."""
        try:
            record = self._store.get(key)
        except Missing:
            return DEFAULT_MEMORY
        if key.kind == "TrainingJob":
            resources = record.spec.get("ResourceConfig", {})
            groups = resources.get("InstanceGroups") or [{}]
            size = instance(resources.get("InstanceType") or groups[0].get("InstanceType", ""))
            return size.memory if size else DEFAULT_MEMORY
        plan = record.status.get("_live") or record.status.get("_next") or {"Variants": []}
        for variant in plan["Variants"]:
            if f"{variant['VariantName']}/" == prefix:
                if serverless := variant.get("Serverless"):
                    return serverless["MemorySizeInMB"] * 2**20
                size = instance(variant["InstanceType"])
                return size.memory if size else DEFAULT_MEMORY
        return DEFAULT_MEMORY

    def _spreads(
        self, project: str, metric: Metric, start: float, end: float, period: float, unit: str | None
    ) -> Mapping[float, Sequence[tuple[float, float]]]:
        seen = view(project, metric)
        if seen is None:
            host, prefix = self._stored(metric, unit)
            return self._series.spread(
                metrics.resource(project, metric.namespace), metric.name,
                start=start, end=end, period=period, host=host, host_prefix=prefix,
            )  # fmt: skip
        if unit not in (None, seen.unit):
            return {}
        if seen.reading != "as_is":
            return {
                one.start: [(0.0, one.count - one.total), (1.0, one.total)] if one.minimum < 1 else [(1.0, one.count)]
                for one in self._seen(seen, start, end, period)
            }
        found = self._series.spread(
            seen.resource, seen.metrics[0],
            start=start, end=end, period=period, host=seen.host, host_prefix=seen.host_prefix,
        )  # fmt: skip
        factor = self._factor(seen)
        return {when: [(value * factor, count) for value, count in pairs] for when, pairs in found.items()}

    def listed(self, project: str, namespace: str | None, since: float | None) -> Sequence[Metric]:
        """Every metric that has points, in order."""
        found: set[Metric] = set()
        prefixes = [f"Metric/{project}/" if namespace is None else metrics.resource(project, namespace)]
        prefixes += [f"Endpoint/{project}/", f"InferenceComponent/{project}/", f"TrainingJob/{project}/"]
        for prefix in prefixes:
            for known in self._series.known(prefix):
                if since is not None and known.last_time < since:
                    continue
                if known.resource.startswith("Metric/"):
                    found.add(metrics.read_back(known.resource, known.metric, known.host)[0])
                else:
                    found.update(published(known))
        return sorted(one for one in found if namespace is None or one.namespace == namespace)


def _scaled(bin: Bin, factor: float) -> Bin:
    if factor == 1.0:
        return bin
    return Bin(bin.start, bin.count, bin.total * factor, bin.minimum * factor, bin.maximum * factor)
