"""What a record tells the people: a job that ended, a version that waits for approval, a comment that names somebody.

Pure and level-triggered: the same record gives the same happenings with the same ids, so telling them again tells nobody twice.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from studiolo.base.arn import sagemaker_arn
from studiolo.base.record import Record
from studiolo.services.sagemaker.pipelines import names as pipelines

MENTION, COMMENT = "Mention", "Comment"
JOB_FAILED, JOB_ENDED = "JobFailed", "JobEnded"
ENDPOINT_READY, ENDPOINT_FAILED = "EndpointReady", "EndpointFailed"
APPROVAL_ASKED, APPROVAL_GIVEN = "ApprovalAsked", "ApprovalGiven"
BUDGET_ALERT = "BudgetAlert"
TEST = "Test"
TYPES = (
    MENTION, COMMENT, JOB_FAILED, JOB_ENDED, ENDPOINT_READY, ENDPOINT_FAILED, APPROVAL_ASKED, APPROVAL_GIVEN, BUDGET_ALERT,
)  # fmt: skip
ADMINS = "*admins"
"""In place of a name: all admins of the project."""
JOBS = {
    "TrainingJob": "training-job",
    "ProcessingJob": "processing-job",
    "TransformJob": "transform-job",
    "HyperParameterTuningJob": "hyper-parameter-tuning-job",
    pipelines.EXECUTION: "pipeline",
}
_ENDED = {"Completed": JOB_ENDED, "Succeeded": JOB_ENDED, "Stopped": JOB_ENDED, "Failed": JOB_FAILED}
OUTCOMES = (JOB_FAILED, JOB_ENDED, ENDPOINT_READY, ENDPOINT_FAILED)
"""Those that stand in the project's feed, too; the others are deeds, which stand there already."""


@dataclass(frozen=True, slots=True)
class Happening:
    """to: who is told, by name or ADMINS; `by`, who did it, is not."""

    id: str
    type: str
    at: float
    kind: str
    name: str
    resource: str
    to: tuple[str, ...]
    by: str | None = None
    status: str | None = None
    text: str | None = None
    more: Mapping[str, Any] = field(default_factory=dict[str, Any])


def _id(record: Record, *parts: object) -> str:
    words = (record.key.handle().casefold(), record.created, *parts)
    return hashlib.sha256("/".join(map(str, words)).encode()).hexdigest()[:32]


def _owner(record: Record) -> tuple[str, ...]:
    user = record.spec.get("_user")
    return (str(user),) if user else ()


def _made_by_another(record: Record) -> bool:
    """A trial, or a pipeline's step: its owner hears of the whole."""
    return "_tuning_job" in record.spec or pipelines.parent(record.key.name) is not None


def _ended(record: Record) -> float:
    found = (value for name, value in record.status.items() if name.endswith("EndTime"))
    return next((float(one) for one in found if isinstance(one, int | float)), record.modified)


def _job(record: Record) -> Iterator[Happening]:
    kind, type = record.key.kind, JOBS[record.key.kind]
    word = str(record.status.get(f"{kind}Status", ""))
    if word not in _ENDED or (kind != pipelines.EXECUTION and _made_by_another(record)):
        return
    resource, name = sagemaker_arn(record.key.project, type, record.key.name), record.key.name
    if kind == pipelines.EXECUTION:
        resource = pipelines.execution_arn(record)
        name = f"{record.spec['PipelineName']}/{record.spec.get('PipelineExecutionDisplayName', name)}"
    reason = record.status.get("FailureReason") if word == "Failed" else None
    yield Happening(
        _id(record, word), _ENDED[word], _ended(record), kind, name, resource, _owner(record), None, word, reason
    )


def _endpoint(record: Record) -> Iterator[Happening]:
    word, generation = str(record.status.get("EndpointStatus", "")), record.spec.get("_generation", 0)
    settled = record.status.get("_settled") == generation
    if record.deleting or word not in ("InService", "Failed") or (word == "InService" and not settled):
        return
    reason = record.status.get("FailureReason")
    failed = word == "Failed" or reason is not None
    yield Happening(
        _id(record, word, generation, failed), ENDPOINT_FAILED if failed else ENDPOINT_READY, record.modified,
        "Endpoint", record.key.name, sagemaker_arn(record.key.project, "endpoint", record.key.name), _owner(record),
        None, word, reason if failed else None,
    )  # fmt: skip


def _model_package(record: Record) -> Iterator[Happening]:
    resource = sagemaker_arn(record.key.project, "model-package", record.key.name)
    for number, one in enumerate(record.spec.get("_approvals", ())):
        asked = one["Status"] == "PendingManualApproval"
        yield Happening(
            _id(record, number), APPROVAL_ASKED if asked else APPROVAL_GIVEN, one["At"], "ModelPackage", record.key.name,
            resource, (ADMINS,) if asked else _owner(record), one["By"], one["Status"], one.get("Description"),
        )  # fmt: skip


def _comment(record: Record) -> Iterator[Happening]:
    spec = record.spec
    common = (str(spec["_kind"]), str(spec["_name"]), str(spec["ResourceArn"]))
    more = {"CommentId": record.key.name}
    for user in spec.get("Mentions", ()):
        yield Happening(
            _id(record, "mention", user.casefold()), MENTION, record.modified, *common, (user,), spec["User"], None,
            spec["Text"], more,
        )  # fmt: skip
    owner = spec.get("_owner")
    named = {one.casefold() for one in spec.get("Mentions", ())}
    to = (str(owner),) if owner and str(owner).casefold() not in named else ()
    yield Happening(
        _id(record, "comment"), COMMENT, record.created, *common, to, spec["User"], None, spec["Text"], more
    )


def _stopped(record: Record) -> Iterator[Happening]:
    """To each whose work a spent budget has stopped."""
    for one in record.status.get("Stopped", ()):
        word = "deleted" if one["Kind"] in ("Endpoint", "InferenceComponent") else "stopped"
        yield Happening(
            _id(record, "stopped", one["Kind"], one["Name"], one["_life"]), BUDGET_ALERT, one["Time"], "Budget",
            record.key.name, _arn_of_budget(record), (str(one["User"]),), None, "Spent",
            f"{one['Kind']} {one['Name']} was {word}.",
        )  # fmt: skip


def _arn_of_budget(record: Record) -> str:
    return f"arn:aws:budgets::{record.key.project}:budget/{record.key.name}"


def _budget(record: Record) -> Iterator[Happening]:
    """Of thresholds that were passed at once the highest is told."""
    yield from _stopped(record)
    spec, month = record.spec, record.status.get("Month")
    user = spec.get("User")
    to = (ADMINS, str(user)) if user else (ADMINS,)
    highest: dict[float, Mapping[str, Any]] = {one["Time"]: one for one in record.status.get("Alerts", ())}
    for at, alert in highest.items():
        percent, of = alert["Threshold"], alert.get("Amount")
        text = f"{alert['Spent']:.2f} of {of or spec['Amount']:g} were spent in {month}" if "Spent" in alert else None
        if text and percent >= 100 and spec.get("Action", "None") != "None":
            text += "; new work is refused"
        # Of another amount it is another alert.
        which = () if of is None else (float(of),)
        yield Happening(
            _id(record, month, percent, *which), BUDGET_ALERT, at, "Budget", record.key.name,
            _arn_of_budget(record), to, None, f"{percent}%", text,
        )  # fmt: skip


SOURCES: Mapping[str, Callable[[Record], Iterator[Happening]]] = {
    **dict.fromkeys(JOBS, _job),
    "Endpoint": _endpoint,
    "ModelPackage": _model_package,
    "Comment": _comment,
    "Budget": _budget,
}


def happenings(record: Record) -> list[Happening]:
    source = SOURCES.get(record.key.kind)
    return list(source(record)) if source else []
