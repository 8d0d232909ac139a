"""The way to MLflow: `/mlflow/<project>/<server>/…` goes to the tracking server, which is woken where it sleeps.

Three kinds of askers: MLflow's clients with the token that jobs and spaces have (or that `studiolo env` prints); those of AWS's
plugin, which sign and name the server by its ARN in a header; and browsers, by the studio's session, from its own pages alone.
Refusals are in MLflow's own form, which its clients tell in their exceptions.
"""

import asyncio
import html
import logging
import re
from urllib.parse import unquote

import orjson

from studiolo.base.arn import parse_arn
from studiolo.base.clock import Clock
from studiolo.base.errors import ApiError
from studiolo.server.aws import MAX_DOCUMENT, AwsWire
from studiolo.server.body import ClientGone
from studiolo.server.passing import Message, Passing, Receive, Send
from studiolo.server.spaces import SpacePages
from studiolo.services.identity import Identity
from studiolo.services.request import Caller
from studiolo.services.sagemaker.tracking import tokens
from studiolo.services.sagemaker.tracking.door import WAKE, TrackingDoor, refused
from studiolo.services.sagemaker.workbench.door import Closed
from studiolo.wire.http import Request, Response

log = logging.getLogger(__name__)
PATH = re.compile(r"/mlflow/([0-9]{12})/([a-zA-Z0-9][a-zA-Z0-9-]{0,255})(/.*)?")
SCOPE = "/sagemaker-mlflow/aws4_request"
ARN_HEADER = "x-mlflow-sm-tracking-server-arn"
_FILES = re.compile(r".*/(?:get-artifact|get-trace-artifact|artifacts/files)")
"""What people stored with a run: data, never a page of this origin."""
PAGE_WAIT = 1.0
"""Seconds a person looks at an empty window before the page that says that MLflow wakes up."""
WAKING = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>MLflow wakes up</title>
<meta name="color-scheme" content="light dark"><style>body{{font:16px/1.5 system-ui,sans-serif;margin:20vh auto;max-width:32rem;
padding:0 1rem}}</style></head><body><h1>MLflow wakes up</h1><p role="status">{why}</p>
<p>This page opens by itself.</p></body></html>"""


def _authorization(request: Request) -> str:
    return request.headers.get("authorization", "")


def _navigates(request: Request) -> bool:
    return request.headers.get("sec-fetch-mode") == "navigate" and request.headers.get("sec-fetch-dest") == "document"


class TrackingPages:
    def __init__(self, door: TrackingDoor, identity: Identity, aws: AwsWire, spaces: SpacePages, clock: Clock) -> None:
        self._door, self._identity, self._aws, self._spaces, self._clock = door, identity, aws, spaces, clock

    def is_for(self, request: Request) -> bool:
        """A bucket may be called mlflow, but whoever asks for its objects signs for S3."""
        if SCOPE in _authorization(request):
            return True
        if _authorization(request).startswith("AWS") or "X-Amz-Credential" in request.query:
            return False
        return "AWSAccessKeyId" not in request.query and PATH.fullmatch(request.raw_path) is not None

    async def __call__(self, request: Request, receive: Receive, send: Send, request_id: str) -> Response | None:
        """An answer of the studio's own; None where MLflow's has been sent."""
        try:
            return await self._pass(request, receive, send, request_id)
        except Closed as closed:
            return self._refusal(request, closed.status, closed.code, closed.message)
        except ApiError as error:
            return self._refusal(request, error.status, error.code, error.message)
        except ClientGone:
            return self._refusal(request, 400, "BAD_REQUEST", "The client closed the connection.")
        except Exception:
            log.exception("request %s failed", request_id)
            why = f"The studio failed to answer; its log tells more under request {request_id}."
            return self._refusal(request, 500, "INTERNAL_ERROR", why)

    def _refusal(self, request: Request, status: int, code: str, message: str) -> Response:
        quiet = {"cache-control": "no-store"}
        if _navigates(request) and status in (401, 404, 409):
            # A person is better told by the studio's own pages.
            return Response(303, {"location": "/" if status == 401 else "/experiments", **quiet})
        if _navigates(request) and status == 503:
            page = WAKING.format(why=html.escape(message))
            policy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'"
            headers = {"content-type": "text/html; charset=utf-8", "refresh": "1", "content-security-policy": policy}
            return Response(200, {**headers, **quiet}, page.encode())
        body = orjson.dumps({"error_code": code, "message": message})
        return Response(status, {"content-type": "application/json", **quiet}, body)

    # Who asks, and for which server.

    async def _asker(self, request: Request, receive: Receive, request_id: str) -> tuple[Caller, str, str]:
        """(who, the server's name, the path as MLflow knows it)."""
        if SCOPE in _authorization(request):
            caller = await self._aws.signed(request, receive, request_id, MAX_DOCUMENT)
            arn = parse_arn(request.headers.get(ARN_HEADER, ""))
            if arn is None or arn.type != "mlflow-tracking-server":
                raise refused(400, "INVALID_PARAMETER_VALUE", f"Name a tracking server by its ARN in {ARN_HEADER}.")
            if arn.account != caller.project:
                raise refused(
                    403,
                    "PERMISSION_DENIED",
                    f"Your access key belongs to the project {caller.project}, the server does not.",
                )
            return caller, arn.name, request.raw_path
        found = PATH.fullmatch(request.raw_path)
        assert found is not None
        project, name, rest = found[1], found[2], found[3] or ""
        return self._member(request, project), name, rest

    def _member(self, request: Request, project: str) -> Caller:
        given = _authorization(request)
        if given.startswith("Bearer "):
            caller = tokens.caller_of(self._identity, given.removeprefix("Bearer ").strip(), self._clock)
            if caller is None:
                raise refused(
                    401, "UNAUTHENTICATED", "MLFLOW_TRACKING_TOKEN is none of this studio, or its key has ended."
                )
            if caller.project != project:
                raise refused(403, "PERMISSION_DENIED", "MLFLOW_TRACKING_TOKEN belongs to another project.")
            return caller
        self._spaces.check_origin(request, socket=False)
        cookie = self._spaces.cookie_of(request)
        user = self._identity.session(cookie) if cookie else None
        if user is None:
            raise refused(
                401,
                "UNAUTHENTICATED",
                "Sign in to the studio, or set MLFLOW_TRACKING_TOKEN (`studiolo env` prints one).",
            )
        for one in user.projects:
            if one.account == project:
                return Caller(user.user, project, one.role, user.studio_admin)
        raise refused(404, "RESOURCE_DOES_NOT_EXIST", "There is no such tracking server for you.")

    async def _pass(self, request: Request, receive: Receive, send: Send, request_id: str) -> Response | None:
        caller, name, path = await self._asker(request, receive, request_id)
        if not path:
            return Response(307, {"location": f"{request.raw_path}/", "cache-control": "no-store"})
        record = self._door.find(caller, name, request.method, unquote(path))
        inner = Request(request.method, path, request.query_string, request.headers, request.body)
        with self._door.asking(record) as asked:
            wait = PAGE_WAIT if _navigates(request) else WAKE
            link = await self._door.connect(caller, record, asked, wait)
            reader, writer = await asyncio.open_unix_connection(sock=link)
            signed = SCOPE in _authorization(request)
            policy = "sandbox" if _FILES.fullmatch(path) else "frame-ancestors 'self'"
            passing = Passing(inner, reader, writer, _again(request.body, receive) if signed else receive, send, policy)
            try:
                return await passing.run(caller.user)
            finally:
                writer.close()


def _again(body: bytes, receive: Receive) -> Receive:
    """A body that was read to check its signature, and then what the client does."""
    sent = False

    async def receive_again() -> Message:
        nonlocal sent
        if sent:
            return await receive()
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    return receive_again
