"""The open inference protocol (KServe v2, Triton) on deployed endpoints: a model's name is the endpoint's, or that of an
inference component, its versions are the production variants.

An `infer` is an ordinary invocation whose body the instance reads by this protocol (workloads/serving/kserve.py); what
can be said of a request without its model is said here. Called by the server's door (server/open_inference.py).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

import orjson

from studiolo import __version__
from studiolo.base.errors import ApiError
from studiolo.services.sagemaker_runtime.ask import Ask, ModelError, Reply
from studiolo.services.sagemaker_runtime.dispatch import Dispatcher
from studiolo.services.sagemaker_runtime.router import COMPONENT, Generation, Target
from studiolo.workloads.serving import kserve
from studiolo.workloads.serving.errors import Refused

JSON = "application/json"
SIZE = "inference-header-content-length"
"""The header that tells where a body's JSON ends and its binary tensors begin."""
EXTENSIONS = ("binary_tensor_data",)
_PATH = re.compile(r"/v2/models/([^/]+)(?:/versions/([^/]+))?(?:/(ready|infer))?")
_OWN = "x-amzn-sagemaker-"


@dataclass(frozen=True, slots=True)
class Path:
    """A path below /v2 as what it asks for."""

    asks: str
    """ "live", "ready", "server", "model", "model-ready", "infer"."""
    model: str = ""
    version: str | None = None

    @property
    def method(self) -> str:
        return "POST" if self.asks == "infer" else "GET"

    @property
    def open(self) -> bool:
        """Whether anybody may ask: probes send no credentials."""
        return self.asks in ("live", "ready")


def path_of(raw_path: str) -> Path | None:
    plain = {"/v2": "server", "/v2/health/live": "live", "/v2/health/ready": "ready"}.get(raw_path.rstrip("/"))
    if plain is not None:
        return Path(plain)
    match = _PATH.fullmatch(raw_path)
    if match is None:
        return None
    asks = {None: "model", "ready": "model-ready", "infer": "infer"}[match[3]]
    return Path(asks, unquote(match[1]), unquote(match[2]) if match[2] else None)


class Failed(Exception):
    """What the protocol's caller is told: a status and a sentence."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status, self.message = status, message


Answer = tuple[bytes, Mapping[str, str]]
"""Body and headers of a success."""


def _document(held: Mapping[str, Any]) -> Answer:
    return orjson.dumps(held), {"content-type": JSON}


class OpenInference:
    def __init__(self, dispatcher: Dispatcher) -> None:
        self._dispatcher = dispatcher

    async def answer(self, path: Path, project: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Raises Failed."""
        if path.asks in ("live", "ready"):
            return _document({path.asks: True})
        if path.asks == "server":
            return _document({"name": "studiolo", "version": __version__, "extensions": EXTENSIONS})
        target, generation = self._find(project, path)
        if path.asks == "infer":
            return await self._infer(project, path, target, headers, body)
        if path.asks == "model-ready":
            return _document({"name": path.model, "ready": _able(target, generation, path)})
        return _document(await self._about(path, generation))

    def _find(self, project: str, path: Path) -> tuple[Target, Generation]:
        router = self._dispatcher.router
        target = router.find(project, path.model) or router.find(project, path.model, COMPONENT)
        if target is None:
            raise Failed(404, f"There is no endpoint {path.model} in account {project}, and no inference component.")
        if target.live is None:
            status = 400 if path.asks == "model-ready" else 503
            raise Failed(status, f"{path.model} is {target.status}, not InService.")
        known = {one.name for one in (*target.live.variants, *(target.next.variants if target.next else ()))}
        if path.version is not None and path.version not in known:
            raise Failed(404, f"{path.model} has no variant {path.version}; it has {', '.join(sorted(known))}.")
        return target, target.live

    async def _about(self, path: Path, generation: Generation) -> dict[str, Any]:
        told: Mapping[str, Any] = {}
        variant = generation.pick(path.version)
        if variant is not None and variant.instances and variant.simple:
            told = await self._dispatcher.about(variant)
        return {
            "name": path.model,
            "versions": [one.name for one in generation.variants],
            "platform": str(told.get("platform", "")),
            "inputs": told.get("inputs", []),
            "outputs": told.get("outputs", []),
        }

    async def _infer(self, project: str, path: Path, target: Target, headers: Mapping[str, str], body: bytes) -> Answer:
        if target.asynchronous is not None:
            raise Failed(400, f"Endpoint {path.model} is asynchronous: use InvokeEndpointAsync.")
        size = _head_size(headers, len(body))
        try:
            document = kserve.check(body if size is None else body[:size], 0 if size is None else len(body) - size)
        except Refused as refused:
            raise Failed(refused.status, refused.message) from None
        ask = Ask(body, JSON if size is None else kserve.typed(size), JSON)
        ask.variant = path.version or headers.get(f"{_OWN}target-variant")
        ask.component = path.model if target.key.kind == COMPONENT else None
        ask.model = headers.get(f"{_OWN}target-model")
        ask.container = headers.get(f"{_OWN}target-container-hostname")
        ask.session = headers.get(f"{_OWN}session-id")
        ask.inference_id = headers.get(f"{_OWN}inference-id")
        ask.custom_attributes = headers.get(f"{_OWN}custom-attributes")
        try:
            reply = await self._dispatcher.invoke(project, target.endpoint, ask)
        except ModelError as error:
            own = error.original if 400 <= error.original < 500 else 500
            raise Failed(own, str(error.members["OriginalMessage"])) from None
        except ApiError as error:
            raise Failed(error.status, error.message) from None
        return _answered(path, document, reply)


def _able(target: Target, generation: Generation, path: Path) -> bool:
    """Raises Failed where it is not: the protocol tells it by the status."""
    if any(one.instances or one.sleeps for one in generation.variants if path.version in (None, one.name)):
        return True
    raise Failed(400, f"No instance of endpoint {path.model} answers at the moment; it is {target.status}.")


def _head_size(headers: Mapping[str, str], length: int) -> int | None:
    given = headers.get(SIZE)
    if given is None:
        return None
    if not given.isdecimal() or int(given) > length:
        raise Failed(400, f"Inference-Header-Content-Length is {given!r}; the body has {length} bytes.")
    return int(given)


def _answered(path: Path, asked: Mapping[str, Any], reply: Reply) -> Answer:
    """The instance's answer under the names by which it was asked."""
    size: int | None = None
    try:
        size = kserve.head_size(reply.content_type or "")
        document: Any = orjson.loads(reply.body if size is None else memoryview(reply.body)[:size])
    except (Refused, ValueError):
        document = None
    if not isinstance(document, dict) or not isinstance(document.get("outputs"), list):
        raise Failed(
            424,
            "The model's own functions answer in another form than the open inference protocol's; invoke it by "
            "InvokeEndpoint.",
        )
    document |= {"model_name": path.model, "model_version": reply.variant}
    if isinstance(asked.get("id"), str):
        document["id"] = asked["id"]
    head = orjson.dumps(document)
    more = {f"{_OWN}new-session-id": reply.session["NewSessionId"]} if "NewSessionId" in reply.session else {}
    if size is None:
        return head, {"content-type": JSON, **more}
    named = {"content-type": "application/octet-stream", "Inference-Header-Content-Length": str(len(head)), **more}
    return head + reply.body[size:], named
