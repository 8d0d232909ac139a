"""One asynchronous request as a record of kind AsyncInvocation, and the documents made of it: pure.

Key: (project, "AsyncInvocation", <uuid>); the uuid also names the result's object, so that object's being there means that
the work is done, even where the record does not say so yet.

spec:   {"EndpointName", "InferenceId", "InputLocation"? | "_body"? (base64), "ContentType"?, "Accept"?, "CustomAttributes"?,
         "OutputLocation", "FailureLocation"?, "Expires", "Timeout", "_topics", "_cancel"?}
status: {"Status": "Queued" | "Completed" | "Failed" | "Expired" | "Cancelled", "Attempts", "FailureReason"?, "StartTime"?,
         "EndTime"?}
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from studiolo.base.arn import REGION
from studiolo.base.record import Key, Record
from studiolo.store.protocol import Index

KIND = "AsyncInvocation"
QUEUED, COMPLETED, FAILED, EXPIRED, CANCELLED = "Queued", "Completed", "Failed", "Expired", "Cancelled"
DEFAULT_TTL = 6 * 3600
DEFAULT_TIMEOUT = 15 * 60
MAX_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class Locations:
    output: str
    failure: str | None


def key(project: str, id: str) -> Key:
    return Key(project, KIND, id)


def index(record: Record) -> Index:
    """What the store keeps for look-ups: the state, and the endpoint whose queue it is in."""
    return Index(str(record.status["Status"]), {"EndpointName": str(record.spec["EndpointName"]).casefold()})


def locations(config: Mapping[str, Any], id: str, extension: str | None, filename: str | None) -> Locations:
    """Where result and failure go, as AWS names them."""
    output, failure = config["OutputConfig"].get("S3OutputPath"), config["OutputConfig"].get("S3FailurePath")
    below = f"{extension.strip('/')}/" if extension else ""
    return Locations(
        f"{output.rstrip('/')}/{below}{filename or f'{id}.out'}",
        f"{failure.rstrip('/')}/{below}{id}-error.out" if failure else None,
    )


def ended(record: Record, word: str, now: float, reason: str | None = None) -> dict[str, Any]:
    status = {**record.status, "Status": word, "EndTime": now}
    return {**status, "FailureReason": reason[:1024]} if reason else status


def public(record: Record, running: bool) -> dict[str, Any]:
    """As the studio's own API lists it."""
    spec, status = record.spec, record.status
    word = "Running" if running and status["Status"] == QUEUED else status["Status"]
    return {
        "InvocationId": record.key.name,
        "InferenceId": spec["InferenceId"],
        "Status": word,
        "InputLocation": spec.get("InputLocation"),
        "OutputLocation": spec["OutputLocation"],
        "FailureLocation": spec.get("FailureLocation"),
        "FailureReason": status.get("FailureReason"),
        "CreationTime": record.created,
        "StartTime": status.get("StartTime"),
        "EndTime": status.get("EndTime"),
        "Attempts": status.get("Attempts", 0),
    }


def _time(seconds: float) -> str:
    moment = datetime.fromtimestamp(seconds, UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def event(record: Record, content_type: str | None) -> dict[str, Any]:
    """The notification of an ended invocation, in AWS's form."""
    spec, status = record.spec, record.status
    request = {
        "accept": spec.get("Accept"),
        "contentType": spec.get("ContentType"),
        "customAttributes": spec.get("CustomAttributes"),
        "endpointName": spec["EndpointName"],
        "inputLocation": spec.get("InputLocation"),
    }
    document: dict[str, Any] = {
        "awsRegion": REGION,
        "eventTime": _time(status["EndTime"]),
        "receivedTime": _time(record.created),
        "invocationStatus": status["Status"] if status["Status"] in (COMPLETED, EXPIRED) else FAILED,
        "requestParameters": {name: value for name, value in request.items() if value},
        "inferenceId": spec["InferenceId"],
        "eventVersion": "1.0",
        "eventSource": "aws:sagemaker",
        "eventName": "InferenceResult",
    }
    if status["Status"] == COMPLETED:
        return {
            **document,
            "responseParameters": {"contentType": content_type or "", "outputLocation": spec["OutputLocation"]},
        }
    document["failureReason"] = status.get("FailureReason", "")
    if spec.get("FailureLocation"):
        document["failureLocation"] = spec["FailureLocation"]
    return document
