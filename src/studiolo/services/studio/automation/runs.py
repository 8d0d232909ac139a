"""What a schedule or a rule starts, and what came of it: the state of what was started, as one word with a reason."""

import json
from collections.abc import Mapping
from typing import Any

from studiolo.base.arn import parse_arn
from studiolo.base.errors import ApiError
from studiolo.base.record import Key
from studiolo.services import targets
from studiolo.services.functions import names as functions
from studiolo.services.platform import Platform
from studiolo.services.sagemaker.pipelines import names as pipelines
from studiolo.services.sagemaker.pipelines import shown
from studiolo.services.sagemaker.pipelines.kind import index_execution
from studiolo.store.protocol import Missing

GONE = {"Status": "Gone"}
"""Its record is no longer kept."""


def target_of(target: Mapping[str, Any]) -> dict[str, Any]:
    """Kind and name of what a target starts."""
    found = targets.named(target["Arn"], target.get("Input", ""))
    return {"Arn": target["Arn"], "Kind": found[0], "Name": found[1]}


def run_of(platform: Platform, project: str, target: Mapping[str, Any], started: str) -> dict[str, Any]:
    """started: what Targets gave back: an ARN, or of a function the call's id."""
    about = target_of(target)
    if about["Kind"] == "Function":
        return _call(platform, project, about["Name"], started)
    arn = parse_arn(started)
    if arn is not None and arn.type == "training-job":
        return _job(platform, project, started, arn.name)
    return _execution(platform, project, started)


def _execution(platform: Platform, project: str, arn: str) -> dict[str, Any]:
    try:
        key = pipelines.execution_key(project, arn)
        record = platform.store.get(key)
    except ApiError:
        return {"Kind": "PipelineExecution", "Arn": arn, **GONE}
    except Missing:
        # What the ARN names was removed with its pipeline.
        return {"Kind": "PipelineExecution", "Arn": arn, "Name": arn.rpartition("/")[2], **GONE}
    known = shown.execution(record, index_execution)
    about = {"Kind": "PipelineExecution", "Arn": arn, "Name": key.name, "Parent": record.spec["PipelineName"]}
    return {**about, "Status": known["PipelineExecutionStatus"], "Reason": known.get("FailureReason")}


def _job(platform: Platform, project: str, arn: str, name: str) -> dict[str, Any]:
    about = {"Kind": "TrainingJob", "Arn": arn, "Name": name}
    try:
        record = platform.store.get(Key(project, "TrainingJob", name))
    except Missing:
        return {**about, **GONE}
    status = record.status
    name = record.key.name
    return {**about, "Name": name, "Status": status["TrainingJobStatus"], "Reason": status.get("FailureReason")}


def _call(platform: Platform, project: str, function: str, id: str) -> dict[str, Any]:
    about = {"Kind": "FunctionInvocation", "Name": id, "Parent": function}
    try:
        status = platform.store.get(functions.invocation_key(project, function, id)).status
    except Missing:
        return {**about, **GONE}
    if status["State"] != functions.ENDED:
        return {**about, "Status": "InProgress"}
    if "FunctionError" not in status:
        return {**about, "Status": "Succeeded"}
    return {**about, "Status": "Failed", "Reason": _message(str(status.get("Response", "")))}


def _message(response: str) -> str:
    """Of an error's payload."""
    try:
        return str(json.loads(response)["errorMessage"])
    except (ValueError, TypeError, KeyError):
        return response[:500]
