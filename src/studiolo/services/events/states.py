"""Which records' states are events, and how AWS tells of them. Pure, but for what Describe says."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from studiolo.base.arn import sagemaker_arn
from studiolo.base.record import Record
from studiolo.services.sagemaker.pipelines import names as pipelines


@dataclass(frozen=True, slots=True)
class Told:
    """
    kind:   the event's detail-type.
    arn:    type in its ARN.
    states: members of the status, or of the spec, that make up the state.
    open:   states that are not the last.
    """

    kind: str
    arn: str
    states: tuple[str, ...]
    open: tuple[str, ...] = ("InProgress", "Stopping")


TOLD: Mapping[str, Told] = {
    "TrainingJob": Told("SageMaker Training Job State Change", "training-job", ("TrainingJobStatus",)),
    "ProcessingJob": Told("SageMaker Processing Job State Change", "processing-job", ("ProcessingJobStatus",)),
    "TransformJob": Told("SageMaker Transform Job State Change", "transform-job", ("TransformJobStatus",)),
    "HyperParameterTuningJob": Told(
        "SageMaker HyperParameter Tuning Job State Change",
        "hyper-parameter-tuning-job",
        ("HyperParameterTuningJobStatus",),
    ),
    "ModelPackage": Told("SageMaker Model Package State Change", "model-package", ("ModelApprovalStatus",)),
    pipelines.EXECUTION: Told(
        "SageMaker Model Building Pipeline Execution Status Change",
        "pipeline",
        ("PipelineExecutionStatus",),
        ("Executing", "Stopping"),
    ),
}


def word(record: Record) -> str | None:
    """None where a record's states are no events."""
    told = TOLD.get(record.key.kind)
    if told is None or record.deleting:
        return None
    return "/".join(str(record.status.get(one, record.spec.get(one, ""))) for one in told.states)


def arn_of(record: Record) -> str:
    if record.key.kind == pipelines.EXECUTION:
        return pipelines.execution_arn(record)
    return sagemaker_arn(record.key.project, TOLD[record.key.kind].arn, record.key.name)


def described_by(record: Record) -> tuple[str, dict[str, str]]:
    """The operation whose answer is the event's detail, with its parameters."""
    kind = record.key.kind
    if kind == pipelines.EXECUTION:
        return "DescribePipelineExecution", {"PipelineExecutionArn": arn_of(record)}
    if kind == "ModelPackage":
        return "DescribeModelPackage", {"ModelPackageName": arn_of(record)}
    return f"Describe{kind}", {f"{kind}Name": record.key.name}


def detail(record: Record, described: Mapping[str, Any], before: str | None) -> dict[str, Any]:
    if record.key.kind == pipelines.EXECUTION:
        if before is None and record.status["PipelineExecutionStatus"] != "Executing":
            # It ended within a moment; each one begins so.
            before = "Executing"
        known: dict[str, Any] = {
            "pipelineExecutionDescription": described.get("PipelineExecutionDescription"),
            "pipelineExecutionDisplayName": described.get("PipelineExecutionDisplayName"),
            "currentPipelineExecutionStatus": record.status["PipelineExecutionStatus"],
            "previousPipelineExecutionStatus": before,
            "executionStartTime": in_milliseconds("Time", record.created),
            "executionEndTime": in_milliseconds("Time", record.status.get("EndTime")),
            "pipelineArn": described["PipelineArn"],
            "pipelineExecutionArn": described["PipelineExecutionArn"],
        }
        return {name: value for name, value in known.items() if value is not None}
    return {name: in_milliseconds(name, value) for name, value in described.items() if value is not None}


def in_milliseconds(name: str, value: Any) -> Any:
    """Times are epoch milliseconds in events."""
    if isinstance(value, Mapping):
        return {key: in_milliseconds(key, one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [in_milliseconds(name, one) for one in value]
    return int(value * 1000) if isinstance(value, float) and name.endswith("Time") else value
