"""Which service a request is for and in which of its protocols it is written: one address serves all services, and a
service may speak several protocols (CloudWatch: JSON, CBOR and query, by the age of the client).

Called by the server's chain, before anything of the body is read.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass

from studiolo.wire import model
from studiolo.wire.http import Request

_RPC = re.compile(r"/service/([A-Za-z0-9_]+)/operation/([A-Za-z0-9_]+)/?")


@dataclass(frozen=True, slots=True)
class Named:
    service: str | None
    """None where a target or an rpc path names none of ours."""
    form: str
    """ "json", "rpc-v2-cbor", "query", "rest-json" or "rest-xml"."""
    operation: str = ""
    """Where the protocol names it outside the body."""


class Names:
    def __init__(self, services: Collection[str]) -> None:
        self._services = services
        self._targets: dict[str, str] = {}
        """X-Amz-Target prefix -> service; filled on first use, since it loads the models."""
        self._scopes: dict[str, str] = {}
        """Name in a signature's scope -> service, where it is not the service's own name."""

    def _load(self) -> None:
        if self._scopes:
            return
        for name in self._services:
            target = model.target(name)
            if target:
                self._targets[target] = name
            self._scopes[model.signing_name(name)] = name

    def _by_target(self, prefix: str) -> str | None:
        self._load()
        return self._targets.get(prefix)

    def _by_scope(self, scope: str | None) -> str:
        if scope == "sagemaker":
            return "sagemaker-runtime"
        if scope in (None, "s3"):
            return "s3"
        if scope in self._services:
            return scope
        self._load()
        return self._scopes.get(scope, scope)

    def of(self, request: Request, scope: str | None, given: str | None = None) -> Named:
        """scope: the service in the signature's scope. given: known otherwise, as for the browser's API."""
        target = request.headers.get("x-amz-target")
        if target is not None:
            prefix, _, operation = target.rpartition(".")
            return Named(self._by_target(prefix), "json", operation)
        rpc = _RPC.fullmatch(request.raw_path)
        if rpc and request.method == "POST" and request.headers.get("smithy-protocol", "") == "rpc-v2-cbor":
            name = self._by_target(rpc.group(1))
            spoken = name is not None and "rpc-v2-cbor" in model.protocols(name)
            return Named(name if spoken else None, "rpc-v2-cbor", rpc.group(2))
        form = request.headers.get("content-type", "").startswith("application/x-www-form")
        name = given if given is not None else self._by_scope(scope)
        if name not in self._services:
            return Named(name, "query" if form else "json")
        asks = form or "Action" in request.query
        if asks and "query" in model.protocols(name):
            return Named(name, "query")
        return Named(name, model.protocol(name))
