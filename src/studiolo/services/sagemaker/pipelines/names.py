"""How executions, and what their steps make, are called. The same step of the same try always has the same name, so that
making it twice makes it once. Pure."""

import hashlib
import re
from collections.abc import Mapping
from typing import Any

import orjson

from studiolo.base.arn import parse_arn, sagemaker_arn
from studiolo.base.errors import NotFound, ValidationError
from studiolo.base.record import Key, Record

PIPELINE, EXECUTION, CACHE, VERSION = "Pipeline", "PipelineExecution", "PipelineCache", "PipelineVersion"
_LETTERS = "0123456789abcdefghijklmnopqrstuvwxyz"
_CHILD = re.compile(r"(?:pipelines-)?([0-9a-z]{12})-")


def _short(text: str, length: int) -> str:
    number = int.from_bytes(hashlib.sha256(text.encode()).digest())
    digits: list[str] = []
    for _ in range(length):
        number, digit = divmod(number, 36)
        digits.append(_LETTERS[digit])
    return "".join(digits)


def execution_id(project: str, pipeline: str, token: str) -> str:
    """By the request's token: the same request sent twice starts one execution."""
    return _short(f"{project}/{pipeline.lower()}/{token}", 12)


def child(execution: str, step: str, tries: str) -> str:
    """Of a job or a model a step makes: pipelines-<execution>-<step>-<10 characters>, at most 63 in all; in lower case, so
    that it reads the same in its ARN."""
    plain = re.sub(r"[^a-z0-9]+", "-", step.lower())[:27].strip("-") or "step"
    return f"pipelines-{execution}-{plain}-{_short(f'{execution}/{step}/{tries}', 10)}"


def short_child(execution: str, step: str, tries: str) -> str:
    """Likewise, in at most 32 characters: <execution>-<8 of the step>-<10 characters>."""
    plain = re.sub(r"[^a-z0-9]+", "-", step.lower())[:8].strip("-") or "step"
    return f"{execution}-{plain}-{_short(f'{execution}/{step}/{tries}', 10)}"


def parent(name: str) -> str | None:
    """The execution that something of this name may belong to."""
    match = _CHILD.match(name)
    return match.group(1) if match else None


def token(execution: str, step: str, tries: str) -> str:
    """Of a callback: nobody guesses it who was not told."""
    return _short(f"callback/{execution}/{step}/{tries}", 10)


def pipeline_arn(project: str, pipeline: str) -> str:
    return sagemaker_arn(project, "pipeline", pipeline)


def execution_arn(record: Record) -> str:
    return f"{pipeline_arn(record.key.project, record.spec['PipelineName'])}/execution/{record.key.name}"


def pipeline_key(project: str, given: str) -> Key:
    """By name or ARN."""
    arn = parse_arn(given)
    name = arn.name.partition("/")[0] if arn and arn.account == project and arn.type == "pipeline" else given
    return Key(project, PIPELINE, name)


def execution_key(project: str, given: str) -> Key:
    """By ARN. Raises ResourceNotFound, ValidationException."""
    arn = parse_arn(given)
    if arn is None or arn.type != "pipeline":
        raise ValidationError(f"{given!r} is no ARN of a pipeline execution.")
    _, mark, id = arn.resource.rpartition("/execution/")
    if arn.account != project or not mark:
        raise NotFound(f"Pipeline execution with the ARN {given} does not exist.")
    return Key(project, EXECUTION, id)


def digest(parts: Mapping[str, Any]) -> str:
    return hashlib.sha256(orjson.dumps(parts, option=orjson.OPT_SORT_KEYS)).hexdigest()
