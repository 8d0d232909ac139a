"""Versions of pipelines: each other definition is one, with a number; aliases are names for them.

The pipeline's record holds the newest definition, its number and the aliases, so a change of all of them is one write. Every
version has a record of its own too, written after that; where a crash came between, it is made up for before it is needed.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from studiolo.base.errors import NotFound, ValidationError
from studiolo.base.record import Key, Record
from studiolo.services.platform import Platform
from studiolo.services.sagemaker.pipelines import names
from studiolo.store.protocol import AlreadyExists, Index, Missing, Query, Stale

MAX_ALIASES = 10
ABOUT = ("PipelineVersionDisplayName", "PipelineVersionDescription")


def label(pipeline: Record, number: int) -> str:
    return f"{pipeline.key.name.lower()}/{number}"


def index(record: Record) -> Index:
    return Index("", {"Pipeline": record.key.name.rpartition("/")[0].lower()})


def newest(pipeline: Record) -> int:
    return int(pipeline.spec.get("_version", 1))


def aliases_of(pipeline: Record, number: int) -> list[str]:
    return sorted(alias for alias, held in pipeline.spec.get("_aliases", {}).items() if held == number)


def with_aliases(pipeline: Mapping[str, int], number: int, add: Sequence[str], remove: Sequence[str]) -> dict[str, int]:
    """The aliases of a pipeline after a change of one version's. Raises ValidationError."""
    both = sorted(set(add) & set(remove))
    if both:
        raise ValidationError(f"The alias {both[0]!r} is both to be added and to be removed.")
    held = dict(pipeline)
    for alias in remove:
        if held.get(alias) != number:
            raise ValidationError(f"The version {number} has no alias {alias!r}.")
        del held[alias]
    for alias in add:
        if alias.isdecimal():
            raise ValidationError(f"The alias {alias!r} can't consist of numbers only.")
        other = held.get(alias, number)
        if other != number:
            raise ValidationError(f"The alias {alias!r} is that of version {other}: remove it there first.")
        held[alias] = number
    if sum(one == number for one in held.values()) > MAX_ALIASES:
        raise ValidationError(f"A version has at most {MAX_ALIASES} aliases.")
    return held


class Versions:
    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._store = platform.store

    def _key(self, pipeline: Record, number: int) -> Key:
        return Key(pipeline.key.project, names.VERSION, f"{pipeline.key.name}/{number}")

    def keep(self, pipeline: Record) -> Record:
        """The newest version's record; made if it is not there."""
        user = pipeline.spec.get("_versioned_by", pipeline.spec.get("_user", ""))
        spec = {"PipelineDefinition": pipeline.spec["PipelineDefinition"], "_user": user}
        key = self._key(pipeline, newest(pipeline))
        try:
            return self._store.get(key)
        except Missing:
            pass
        try:
            return self._store.create(key, spec, {}, now=pipeline.spec.get("_versioned", pipeline.created))
        except AlreadyExists as there:
            return there.existing

    def find(self, pipeline: Record, params: Mapping[str, Any]) -> Record:
        """That a request names by number or alias, else the newest. Raises ValidationError, ResourceNotFound."""
        number, alias = params.get("PipelineVersionId"), params.get("PipelineVersionAlias")
        if number is not None and alias is not None:
            raise ValidationError("Specify either PipelineVersionId or PipelineVersionAlias, and not both.")
        if alias is not None:
            number = pipeline.spec.get("_aliases", {}).get(alias)
            if number is None:
                raise NotFound(f"The pipeline {pipeline.key.name} has no version with the alias {alias!r}.")
        if number is None or number == newest(pipeline):
            return self.keep(pipeline)
        return self.get(pipeline, number)

    def get(self, pipeline: Record, number: int) -> Record:
        """Raises ResourceNotFound."""
        try:
            return self._store.get(self._key(pipeline, number))
        except Missing:
            raise NotFound(f"The pipeline {pipeline.key.name} has no version {number}.") from None

    def about(self, pipeline: Record, version: Record) -> dict[str, Any]:
        """What Describe says of it beside the definition."""
        known = {name: version.spec[name] for name in ABOUT if name in version.spec}
        aliases = aliases_of(pipeline, number_of(version))
        return {**known, "PipelineVersionAliases": aliases} if aliases else known

    def summary(self, pipeline: Record, version: Record) -> dict[str, Any]:
        number = number_of(version)
        labels = {"Version": label(pipeline, number)}
        query = Query(names.EXECUTION, pipeline.key.project, labels=labels, sort="created", descending=True, limit=1)
        last = self._store.query(query).records
        return {
            "PipelineArn": names.pipeline_arn(pipeline.key.project, pipeline.key.name),
            "PipelineVersionId": number,
            "CreationTime": version.created,
            "LastExecutionPipelineExecutionArn": names.execution_arn(last[0]) if last else None,
            **self.about(pipeline, version),
        }

    def describe_as(self, version: Record, changed: Mapping[str, Any]) -> None:
        """Sets its display name and description."""
        while True:
            try:
                now = self._store.get(version.key)
                self._store.write(now, now=self._platform.clock(), spec={**now.spec, **changed})
            except Stale:
                continue
            except Missing:
                raise NotFound(f"The version {version.key.name} was deleted meanwhile.") from None
            return

    def delete_all(self, pipeline: Record) -> None:
        query = Query(names.VERSION, pipeline.key.project, labels={"Pipeline": pipeline.key.name.lower()}, limit=500)
        while found := self._store.query(query).records:
            for one in found:
                try:
                    self._store.delete(self._store.get(one.key))
                except (Missing, Stale):
                    continue


def number_of(version: Record) -> int:
    return int(version.key.name.rpartition("/")[2])
