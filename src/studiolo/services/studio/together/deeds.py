"""What a request that changed something says of itself: the verb, and the thing it was done to. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from studiolo.base.arn import parse_arn, sagemaker_arn

VERBS = (
    "Create", "Update", "Delete", "Stop", "Start", "Put", "Remove", "Register", "Deregister", "Set", "Retry", "Send",
    "Add", "Cancel", "Subscribe", "Unsubscribe", "Enable", "Disable", "Associate", "Disassociate", "Import", "Share",
    "Run", "Restore",
)  # fmt: skip
SILENT = frozenset({
    "PutMetricData", "BatchPutMetrics", "PutRecord", "DeleteRecord", "Publish", "PutPresence", "MarkNotificationsRead",
    "PutNotificationPreferences", "UpdateComment", "DeleteComment", "SetPassword", "PreviewObject",
    "CreatePresignedDomainUrl", "CreateHubContentPresignedUrls", "SendTestWebhook", "SendHeartbeat", "PutEvents",
    "PutTargets", "RemoveTargets",
})  # fmt: skip
"""What is no news to anybody, or nobody's business."""
_OTHER_KINDS = {
    "EndpointWeightsAndCapacities": "Endpoint",
    "AsyncInvocation": "Endpoint",
    "MetricAlarm": "Alarm",
    "Notebook": "TrainingJob",
    "FunctionFiles": "Function",
    "FunctionCode": "Function",
    "FunctionConfiguration": "Function",
}
_NAMES = ("SpaceName", "User", "AlarmNames", "ResourceId", "Account", "Id", "Name")


@dataclass(frozen=True, slots=True)
class Deed:
    operation: str
    kind: str
    name: str
    resource: str | None
    """Its ARN, where it has one."""


def _kind(operation: str) -> str:
    for verb in VERBS:
        if operation.startswith(verb) and operation != verb:
            plain = operation.removeprefix(verb)
            return _OTHER_KINDS.get(plain, plain)
    return operation


def _named(kind: str, params: Mapping[str, Any]) -> str:
    own = params.get(f"{kind}Name")
    if isinstance(own, str):
        return own
    others = [name for name in params if name.endswith("Name")]
    for member in (*_NAMES, *others):
        value = params.get(member)
        if isinstance(value, list) and value:
            value = value[0]  # pyright: ignore[reportUnknownVariableType]
        if isinstance(value, str):
            return value
    return ""


def deed(
    operation: str, project: str, params: Mapping[str, Any], answer: Mapping[str, Any], types: Mapping[str, str]
) -> Deed:
    """types: kind by the type in its ARNs ("training-job" -> "TrainingJob")."""
    kind = _kind(operation)
    if operation == "RunNotebook":
        params = {"TrainingJobName": answer.get("TrainingJobName", "")}
    if kind == "NotebookSnapshot":
        return Deed(operation, kind, str(answer.get(f"{kind}Id") or params.get(f"{kind}Id", "")), None)
    given = answer.get(f"{kind}Arn") or params.get(f"{kind}Arn") or params.get("ResourceArn")
    arn = parse_arn(given) if isinstance(given, str) else None
    if kind == "Tags" and arn is not None:
        kind = types.get(arn.type, kind)
    name = _named(kind, params)
    if arn is not None:
        named = arn.name or arn.resource
        name = name if name.lower() == named.lower() else named
        return Deed(operation, kind, name, str(arn))
    type = next((one for one, named in types.items() if named == kind), None)
    return Deed(operation, kind, name, sagemaker_arn(project, type, name) if type and name else None)
