"""The door of the open inference protocol: `/v2/…` in its own words, failures as {"error": "…"}.

Who asks is known by the same signature or bearer token as for any invocation (aws.py); what is answered is the matter of
services/sagemaker_runtime/open_inference.py.
"""

import logging

import orjson

from studiolo.base.errors import ApiError
from studiolo.server.aws import MAX_INVOCATION, AwsWire
from studiolo.server.body import ClientGone, Receive, inflate
from studiolo.services.request import Caller
from studiolo.services.sagemaker_runtime.open_inference import Failed, OpenInference, path_of
from studiolo.wire.http import Request, Response

log = logging.getLogger(__name__)


def is_for(raw_path: str) -> bool:
    """No bucket is called so: their names have three letters at least."""
    return raw_path == "/v2" or raw_path.startswith("/v2/")


class OpenInferenceDoor:
    def __init__(self, aws: AwsWire, protocol: OpenInference) -> None:
        self._aws = aws
        self._protocol = protocol

    async def __call__(
        self, request: Request, receive: Receive, request_id: str, caller: Caller | None = None
    ) -> Response:
        """caller: who asks, where that is known already: the studio's pages have a session."""
        try:
            return await self._answer(request, receive, request_id, caller)
        except Failed as failed:
            status, message = failed.status, failed.message
        except ApiError as error:
            status, message = error.status, error.message
        except ClientGone:
            status, message = 400, "The client closed the connection."
        except Exception:
            log.exception("request %s failed", request_id)
            status, message = 500, f"The studio failed to answer; its log tells more under request {request_id}."
        headers = {"content-type": "application/json", "x-amzn-requestid": request_id}
        return Response(status, headers, orjson.dumps({"error": message}))

    async def _answer(self, request: Request, receive: Receive, request_id: str, caller: Caller | None) -> Response:
        path = path_of(request.raw_path)
        project = caller.project if caller is not None else ""
        if caller is None and (path is None or not path.open):
            caller = await self._aws.identify(request, receive, request_id, MAX_INVOCATION)
            project = caller.project
        if path is None:
            raise Failed(404, f"There is nothing at {request.raw_path} in the open inference protocol.")
        if request.method != path.method and not (request.method, path.method) == ("HEAD", "GET"):
            raise Failed(405, f"{request.raw_path} is asked by {path.method}.")
        encoding = request.headers.get("content-encoding", "identity")
        if encoding not in ("identity", "gzip"):
            raise Failed(415, f"The content encoding {encoding} is not supported: use gzip or none.")
        body = inflate(request.body, MAX_INVOCATION) if encoding == "gzip" and request.body else request.body
        body, headers = await self._protocol.answer(path, project, request.headers, body)
        return Response(200, {**headers, "x-amzn-requestid": request_id}, body)
