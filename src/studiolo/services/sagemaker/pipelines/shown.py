"""Executions and their steps as the API shows them. Pure."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import orjson

from studiolo.base.arn import sagemaker_arn
from studiolo.base.record import Record
from studiolo.services.sagemaker.fitting import as_text as text
from studiolo.services.sagemaker.pipelines import names
from studiolo.services.sagemaker.pipelines.expanding import counted
from studiolo.services.sagemaker.pipelines.makers import MAKERS
from studiolo.store.protocol import Index

__all__ = ["execution", "execution_summary", "raw_steps", "step", "text"]
ARNS = {
    "TrainingJob": "training-job",
    "ProcessingJob": "processing-job",
    "TransformJob": "transform-job",
    "HyperParameterTuningJob": "hyper-parameter-tuning-job",
    "Model": "model",
    "EndpointConfig": "endpoint-config",
    "Endpoint": "endpoint",
}


def execution(record: Record, index: Callable[[Record], Index]) -> dict[str, Any]:
    spec, user = record.spec, {"UserProfileName": record.spec.get("_user", "")}
    return {
        "PipelineArn": names.pipeline_arn(record.key.project, spec["PipelineName"]),
        "PipelineExecutionArn": names.execution_arn(record),
        "PipelineExecutionDisplayName": spec.get("PipelineExecutionDisplayName"),
        "PipelineExecutionStatus": index(record).state,
        "PipelineExecutionDescription": spec.get("PipelineExecutionDescription"),
        "FailureReason": record.status.get("FailureReason"),
        "CreationTime": record.created,
        "LastModifiedTime": record.modified,
        "CreatedBy": user,
        "LastModifiedBy": user,
        "ParallelismConfiguration": spec.get("ParallelismConfiguration") or None,
        "SelectiveExecutionConfig": spec.get("SelectiveExecutionConfig"),
        "RoleArn": spec.get("RoleArn"),
    }


def execution_summary(record: Record, index: Callable[[Record], Index]) -> dict[str, Any]:
    known = execution(record, index)
    return {
        "PipelineExecutionArn": known["PipelineExecutionArn"],
        "StartTime": record.created,
        "PipelineExecutionStatus": known["PipelineExecutionStatus"],
        "PipelineExecutionDescription": known["PipelineExecutionDescription"],
        "PipelineExecutionDisplayName": known["PipelineExecutionDisplayName"],
        "PipelineExecutionFailureReason": known["FailureReason"],
    }


def raw_steps(record: Record) -> dict[str, Mapping[str, Any]]:
    """The steps as the execution's definition writes them, by name; those in bodies with the _parent they are in."""

    def walk(steps: Any, parent: str = "") -> Iterator[Mapping[str, Any]]:
        for one in steps or ():
            yield {**one, "_parent": parent} if parent else one
            arguments = one.get("Arguments") or {}
            if one["Type"] == "Condition":
                yield from walk(arguments.get("IfSteps"))
                yield from walk(arguments.get("ElseSteps"))
            if one["Type"] == "ForEach":
                yield from walk(arguments.get("ForEachBody"), one["Name"])

    return {one["Name"]: one for one in walk(orjson.loads(record.spec["_definition"])["Steps"])}


def raw_of(raws: Mapping[str, Mapping[str, Any]], name: str) -> Mapping[str, Any]:
    """A body's step is written once and run as <step>-<index>."""
    found = raws.get(name)
    return raws[name.rpartition("-")[0]] if found is None or found.get("_parent") else found


def step(record: Record, name: str, state: Mapping[str, Any], raw: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "StepName": name,
        "StepDisplayName": raw.get("DisplayName"),
        "StepDescription": raw.get("Description"),
        "StartTime": state["StartTime"],
        "EndTime": state.get("EndTime"),
        "StepStatus": state["Status"],
        "CacheHitResult": state.get("CacheHitResult"),
        "FailureReason": state.get("FailureReason"),
        "AttemptCount": state["AttemptCount"] - 1,
        "Metadata": _metadata(record, state, raw),
        "SelectiveExecutionResult": state.get("SelectiveExecutionResult"),
        "IterationContext": _iteration(record, name, raw),
    }


def _iteration(record: Record, name: str, raw: Mapping[str, Any]) -> dict[str, Any] | None:
    parent = raw.get("_parent")
    if not parent:
        return None
    index = int(name.rpartition("-")[2])
    item = record.status["Steps"][parent]["Items"][index]
    return {"ParentStepName": parent, "Index": index, "Item": text(item)}


def _metadata(record: Record, state: Mapping[str, Any], raw: Mapping[str, Any]) -> dict[str, Any] | None:
    type = raw["Type"]
    if type == "Condition" and "Outcome" in state:
        return {"Condition": {"Outcome": "True" if state["Outcome"] else "False"}}
    if type == "ForEach" and "Items" in state:
        steps = record.status["Steps"]
        body = [one["Name"] for one in raw["Arguments"]["ForEachBody"]]
        counts = counted(body, state, steps)
        return {"ForEach": {**counts, "Selector": state.get("Selected")}}
    if type == "Fail":
        return {"Fail": {"ErrorMessage": state.get("FailureReason", "")}}
    if type == "Callback" and "Token" in state:
        outputs = [{"Name": one, "Value": text(value)} for one, value in state.get("OutputParameters", {}).items()]
        known = {"CallbackToken": state["Token"], "SqsQueueUrl": raw.get("SqsQueueUrl")}
        return {"Callback": {**{one: value for one, value in known.items() if value}, "OutputParameters": outputs}}
    if type == "Lambda" and "FunctionArn" in state:
        outputs = [{"Name": one, "Value": text(value)} for one, value in state.get("OutputParameters", {}).items()]
        return {"Lambda": {"Arn": state["FunctionArn"], "OutputParameters": outputs}}
    if type not in MAKERS or "Made" not in state:
        return None
    maker, made = MAKERS[type], state["Made"]
    arn = made if made.startswith("arn:") else sagemaker_arn(record.key.project, ARNS[maker.thing], made)
    return {maker.shown: {"Arn": arn}}
