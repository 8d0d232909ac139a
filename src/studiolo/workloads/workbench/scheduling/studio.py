"""Asks the studio's API with the space's own key: signature version 4 by the standard library, since importing boto3 would take
longer than most of what is asked.
"""

import hashlib
import hmac
import http.client
import json
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, BinaryIO
from urllib.parse import quote, urlsplit

PREFIXES = {"sagemaker": "SageMaker", "studio": "Studio"}
SECONDS = 60.0
UNSIGNED = "UNSIGNED-PAYLOAD"


class Refused(Exception):
    """The studio said no, or did not answer. The message is its sentence."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def signed(
    method: str,
    path: str,
    headers: Mapping[str, str],
    digest: str,
    service: str,
    keys: Mapping[str, str],
    now: datetime,
) -> dict[str, str]:
    """The headers with the signature. path: quoted already; keys: of the environment's variables."""
    stamp, region = now.strftime("%Y%m%dT%H%M%SZ"), keys.get("AWS_REGION", "us-east-1")
    every = {name.lower(): value.strip() for name, value in headers.items()} | {"x-amz-date": stamp}
    if keys.get("AWS_SESSION_TOKEN"):
        every["x-amz-security-token"] = keys["AWS_SESSION_TOKEN"]
    if service == "s3":
        every["x-amz-content-sha256"] = digest
    names = ";".join(sorted(every))
    lines = "".join(f"{name}:{every[name]}\n" for name in sorted(every))
    canonical = hashlib.sha256(f"{method}\n{path}\n\n{lines}\n{names}\n{digest}".encode()).hexdigest()
    scope = f"{stamp[:8]}/{region}/{service}/aws4_request"
    key = f"AWS4{keys['AWS_SECRET_ACCESS_KEY']}".encode()
    for part in scope.split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    signature = hmac.new(key, f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{canonical}".encode(), hashlib.sha256).hexdigest()
    credential = f"{keys['AWS_ACCESS_KEY_ID']}/{scope}"
    every["authorization"] = f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders={names}, Signature={signature}"
    return every


class Studio:
    def __init__(self, variables: Mapping[str, str] | None = None) -> None:
        self._variables = variables if variables is not None else os.environ

    @property
    def user(self) -> str:
        """Whose rights the space's app has."""
        return self._variables.get("STUDIOLO_USER", "")

    @property
    def bucket(self) -> str:
        account = self._variables["SAGEMAKER_ROLE"].split(":")[4]
        return f"sagemaker-{self._variables.get('AWS_REGION', 'us-east-1')}-{account}"

    def ask(self, service: str, operation: str, **params: Any) -> dict[str, Any]:
        """Raises Refused."""
        body = json.dumps(params).encode()
        headers = {
            "Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": f"{PREFIXES[service]}.{operation}",
        }  # fmt: skip
        status, answer = self._send("POST", "/", headers, body, hashlib.sha256(body).hexdigest(), service)
        if status != 200:
            raise _refused(status, answer)
        return json.loads(answer) if answer else {}

    def put(self, uri: str, body: bytes | BinaryIO, size: int) -> None:
        self._s3("PUT", uri, {"Content-Length": str(size)}, body)

    def get(self, uri: str) -> bytes:
        return self._s3("GET", uri, {}, b"")

    def delete(self, uri: str) -> None:
        self._s3("DELETE", uri, {}, b"")

    def _s3(self, method: str, uri: str, headers: Mapping[str, str], body: bytes | BinaryIO) -> bytes:
        path = "/" + quote(uri.removeprefix("s3://"), safe="/-_.~")
        status, answer = self._send(method, path, headers, body, UNSIGNED, "s3")
        if status >= 300:
            code = answer.partition(b"<Code>")[2].partition(b"</Code>")[0].decode(errors="replace")
            raise Refused(code, f"{method} {uri}: {code or status}")
        return answer

    def _send(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes | BinaryIO, digest: str, service: str
    ) -> tuple[int, bytes]:
        url = urlsplit(self._variables["AWS_ENDPOINT_URL"])
        form = http.client.HTTPSConnection if url.scheme == "https" else http.client.HTTPConnection
        connection = form(url.hostname or "", url.port, timeout=SECONDS)
        every = signed(
            method, path, {"Host": url.netloc, **headers}, digest, service, self._variables, datetime.now(UTC)
        )
        try:
            connection.request(method, path, body or None, every)
            answer = connection.getresponse()
            return answer.status, answer.read()
        except (OSError, http.client.HTTPException) as error:
            raise Refused("Unreachable", f"The studio does not answer: {error}.") from None
        finally:
            connection.close()


def _refused(status: int, answer: bytes) -> Refused:
    try:
        said = json.loads(answer)
        return Refused(str(said.get("__type", "")).rpartition("#")[2], str(said.get("message") or said.get("Message")))
    except (ValueError, AttributeError):
        return Refused("", f"The studio answered with the status {status}.")
