"""The parts of an HTTP request that the wire reads, and of an answer that it writes. Free of any web framework."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import parse_qsl


@dataclass(slots=True)
class Request:
    """raw_path: as sent, percent-encoded, without the query. headers: lower-case names; repeated ones joined by ",".
    body: the whole body; empty where it is streamed."""

    method: str
    raw_path: str
    query_string: str
    headers: Mapping[str, str]
    body: bytes = b""
    signed_path: str | None = None
    """The path that was signed, where the server rewrote raw_path (virtual-host style)."""
    query: Mapping[str, Sequence[str]] = field(init=False)

    def __post_init__(self) -> None:
        found: dict[str, list[str]] = {}
        if self.query_string:
            for name, value in parse_qsl(self.query_string, keep_blank_values=True):
                found.setdefault(name, []).append(value)
        self.query = found

    def first(self, name: str) -> str | None:
        values = self.query.get(name)
        return values[0] if values else None


@dataclass(slots=True)
class Response:
    status: int
    headers: dict[str, str]
    body: bytes | AsyncIterator[bytes] = b""
