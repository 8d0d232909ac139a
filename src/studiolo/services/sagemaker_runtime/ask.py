"""An invocation as a value: what is asked, and what came back. Made by service.py (and by whatever else invokes a model, such
as asynchronous endpoints and transform jobs of the studio), carried out by dispatch.py.
"""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field

from studiolo.base.errors import ApiError


@dataclass(slots=True)
class Ask:
    body: bytes
    content_type: str | None = None
    accept: str | None = None
    custom_attributes: str | None = None
    inference_id: str | None = None
    variant: str | None = None
    """Production variant; None: by weight."""
    model: str | None = None
    """TargetModel of a multi-model endpoint."""
    container: str | None = None
    """TargetContainerHostname, for containers invoked directly."""
    session: str | None = None
    """SessionId: "NEW_SESSION" or one that was given out."""
    component: str | None = None
    """InferenceComponentName."""
    timeout: float = 60.0
    """Seconds for the model's answer."""
    answered: float = 0.0
    """Milliseconds in which models answered it, filled in on the way."""


@dataclass(slots=True)
class Reply:
    """A model's answer; its status is below 300, else ModelError is raised."""

    variant: str
    headers: Mapping[str, str]
    body: bytes = b""
    pieces: AsyncIterator[bytes] | None = None
    """Instead of body, where a stream was asked for; ends early with BrokenStream."""
    session: Mapping[str, str] = field(default_factory=dict[str, str])
    """NewSessionId or ClosedSessionId, where a session began or ended."""

    @property
    def content_type(self) -> str | None:
        return self.headers.get("content-type")


class BrokenStream(Exception):
    """The model's process ended while it answered."""


class ModelError(ApiError):
    """The model answered, and not with success (or not in time: status 0)."""

    def __init__(self, status: int, text: str, container: str, log: str = "") -> None:
        kind = "server" if status >= 500 or status == 0 else "client"
        message = f'Received {kind} error ({status}) from {container} with message "{text}".'
        if log:
            message += f" See {log} for more information."
        members = {"OriginalStatusCode": status, "OriginalMessage": text, "LogStreamArn": log}
        super().__init__(message, code="ModelError", status=424, members=members)
        self.original = status


def not_answering(name: str) -> ApiError:
    return ApiError(
        f"No instance of endpoint {name} answers at the moment; it is being started again.",
        code="ServiceUnavailable",
        status=503,
    )
