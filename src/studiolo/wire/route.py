"""Names the operation of a REST request by the service model's request URIs.

S3 has up to a dozen operations under one method and path, told apart by query markers (`?uploads`), by required query
parameters (`partNumber`) and headers (`x-amz-copy-source`): of all that match, the one that demands most wins.
"""

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote

from botocore.model import OperationModel

from studiolo.wire.http import Request
from studiolo.wire.model import location, members, required, service, wire_name


@dataclass(frozen=True, slots=True)
class Route:
    operation: str
    path: re.Pattern[str]
    markers: Mapping[str, str]
    queries: tuple[str, ...]
    headers: tuple[str, ...]
    deprecated: bool
    """Another operation at the same place took its part."""

    def matches(self, request: Request) -> bool:
        query, headers = request.query, request.headers
        return (
            all(name in query and (not value or value in query[name]) for name, value in self.markers.items())
            and all(name in query for name in self.queries)
            and all(name in headers for name in self.headers)
        )

    @property
    def demands(self) -> tuple[int, int, int, bool]:
        return len(self.markers), len(self.queries), len(self.headers), not self.deprecated


def _pattern(path: str) -> re.Pattern[str]:
    parts = re.split(r"(\{[^}]+\})", path.rstrip("/") or "/")
    text = "".join(
        (f"(?P<{part[1:-2]}>.+)" if part.endswith("+}") else f"(?P<{part[1:-1]}>[^/]+)")
        if part.startswith("{")
        else re.escape(part)
        for part in parts
    )
    return re.compile(text if text.endswith(".+)") else f"{text}/?", re.DOTALL)


def _route(operation: OperationModel) -> Route:
    path, _, query = operation.http["requestUri"].partition("?")
    markers = dict(item.partition("=")[::2] for item in query.split("&") if item)
    shape = operation.input_shape
    needed = [(wire_name(members(shape)[name], name), location(members(shape)[name])) for name in required(shape)]
    return Route(
        operation.name,
        _pattern(path),
        {name: value for name, value in markers.items() if name != "x-id"},
        tuple(name for name, place in needed if place == "querystring"),
        tuple(name.lower() for name, place in needed if place == "header"),
        bool(operation.deprecated),
    )


@functools.cache
def _routes(service_name: str) -> Mapping[str, list[Route]]:
    found: dict[str, list[Route]] = {}
    for name in service(service_name).operation_names:
        model = service(service_name).operation_model(name)
        found.setdefault(model.http["method"], []).append(_route(model))
    for routes in found.values():
        routes.sort(key=lambda route: route.demands, reverse=True)
    return found


def find(service_name: str, request: Request) -> tuple[str, dict[str, str]] | None:
    """(operation, its URI parameters, percent-decoded), or None where the service has nothing at this path."""
    for route in _routes(service_name).get(request.method, ()):
        match = route.path.fullmatch(request.raw_path)
        if match and route.matches(request):
            return route.operation, {name: unquote(value) for name, value in match.groupdict().items()}
    return None
