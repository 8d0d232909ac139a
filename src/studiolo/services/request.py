"""What a service's handler gets and gives. The server makes a Call out of an HTTP request after the wire has named,
parsed and validated it; the handler answers with a document that the wire encodes.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

Role = Literal["admin", "contributor", "viewer"]


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, established by a signature or a session."""

    user: str
    """User name."""
    project: str
    """Account id of the project everything is confined to; "" for a signed-in user without one."""
    role: Role
    """In that project."""
    studio_admin: bool = False
    """May make projects and users."""
    access_key: str | None = None
    """The access key id, None for a browser session."""
    session: str = ""
    """The session's id, "" where there is none."""

    @property
    def may_write(self) -> bool:
        return self.role != "viewer"

    @property
    def temporary(self) -> bool:
        """By a key of a job or a space, which others than its person may get hold of."""
        return self.access_key is not None and self.access_key.startswith("ASIA")


class Body(Protocol):
    """A streaming request body, freed of aws-chunked framing; its signature and checksums are checked at the end."""

    length: int | None
    """Bytes to come, None if unknown."""

    def __aiter__(self) -> AsyncIterator[bytes]: ...

    async def read(self) -> bytes:
        """All of it; for bodies known to be small. Raises ApiError where it is longer than the operation's limit."""
        ...


@dataclass(frozen=True, slots=True)
class Call:
    caller: Caller
    service: str
    """botocore's name: "sagemaker", "s3", "sagemaker-runtime" …"""
    operation: str
    params: Mapping[str, Any]
    """By the operation's input shape: CamelCase, timestamps as epoch floats, blobs as bytes, streaming blobs as Body."""
    request_id: str
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    """Lower-case names; for what the model does not carry (user-agent, x-amz-expected-bucket-owner …)."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A handler's answer where a plain document is not enough.

    document: by the output shape; a streaming blob member may be bytes or an async iterator of bytes; an event-stream
              member an async iterator of {"EventName": {...}}.
    status:   overrides the model's HTTP status (206, 304).
    headers:  added to the encoded ones.
    """

    document: Mapping[str, Any]
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


Handler = Callable[[Call], Awaitable["Mapping[str, Any] | Answer | None"]]


class Service(Protocol):
    """One AWS service: the operations it really does."""

    name: str
    """botocore's service name; it picks the service model."""

    def handler(self, operation: str) -> Handler | None:
        """None where this version does not do the operation."""
        ...

    def operations(self) -> Mapping[str, Handler]: ...

    def reads(self, operation: str) -> bool:
        """True where a viewer may call it."""
        ...
