"""What a step made before from the same arguments, so that it need not make it again. Records of kind PipelineCache, one for
each pipeline, step and arguments; the last that succeeded stays.
"""

import re
from collections.abc import Mapping
from typing import Any

import orjson

from studiolo.base.record import Key, Record
from studiolo.services.platform import Platform
from studiolo.services.sagemaker.pipelines import names
from studiolo.services.sagemaker.pipelines.definition import Step
from studiolo.services.sagemaker.pipelines.durations import seconds
from studiolo.store.protocol import AlreadyExists, Missing, Stale

TYPES = ("Training", "Processing", "Tuning", "Transform", "Lambda")


def wanted(step: Step) -> bool:
    return step.type in TYPES and bool((step.raw.get("CacheConfig") or {}).get("Enabled"))


def key_of(record: Record, step: Step, arguments: Mapping[str, Any]) -> str:
    """Where results go by default has the execution's own id in it; that alone makes no other arguments. The names of jobs
    have it too, and do: what another job made is another thing."""
    text = orjson.dumps(arguments, option=orjson.OPT_SORT_KEYS).decode()
    text = re.sub(f"(?<!pipelines-){record.key.name}(?!-)", "<execution>", text)
    parts = {
        "pipeline": record.spec["PipelineName"].lower(),
        "step": step.written,
        "type": step.type,
        "arguments": text,
    }
    return names.digest(parts)


def find(platform: Platform, project: str, key: str, step: Step, now: float) -> Mapping[str, Any] | None:
    """{"Made", "Execution"} of an earlier success that has not expired."""
    try:
        found = platform.store.get(Key(project, names.CACHE, key))
    except Missing:
        return None
    expires = (step.raw.get("CacheConfig") or {}).get("ExpireAfter")
    if expires is not None and now - found.spec["At"] > seconds(str(expires)):
        return None
    return found.spec


def keep(
    platform: Platform, record: Record, key: str, made: str, now: float, outputs: Mapping[str, Any] | None = None
) -> None:
    """outputs: of a function, whose invocation is forgotten sooner than what it gave."""
    spec: dict[str, Any] = {
        "Made": made,
        "Execution": names.execution_arn(record),
        "At": now,
        "Pipeline": record.spec["PipelineName"],
    }
    if outputs is not None:
        spec["OutputParameters"] = outputs
    place = Key(record.key.project, names.CACHE, key)
    while True:
        try:
            platform.store.create(place, spec, {}, now=now)
            return
        except AlreadyExists as there:
            try:
                platform.store.write(there.existing, now=now, spec=spec)
                return
            except (Stale, Missing):
                continue
