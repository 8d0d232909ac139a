"""The built web studio: hashed files for ever, the page itself never cached, and one page for every path of the UI."""

import functools
import gzip
import mimetypes
from pathlib import Path
from urllib.parse import unquote

from studiolo.wire.http import Request, Response

CONTENT_SECURITY = (
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; connect-src 'self'; "
    "worker-src 'self' blob:; font-src 'self' data:; object-src 'none'; base-uri 'self'; form-action 'self'; "
    "frame-ancestors 'self'"
)
SECURITY = {
    "content-security-policy": CONTENT_SECURITY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
}
PACKED = (".js", ".css", ".svg", ".json")
NOT_BUILT = b"""<!doctype html><html lang="en"><title>studiolo</title><body style="font-family:sans-serif;max-width:40em;margin:4em auto">
<h1>The studio runs</h1><p>Its web pages are not built in this checkout: run <code>make ui</code> and reload.
boto3, the AWS CLI and the SDKs work all the same.</p></body></html>"""


@functools.lru_cache(maxsize=256)
def _file(path: Path) -> bytes:
    return path.read_bytes()


@functools.lru_cache(maxsize=256)
def _packed(path: Path) -> bytes:
    return gzip.compress(_file(path), 9, mtime=0)


def _asset(request: Request, path: Path) -> Response:
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    hashed = path.parent.name == "assets"
    headers = {
        "content-type": kind,
        "cache-control": "public, max-age=31536000, immutable" if hashed else "public, max-age=300",
        "x-content-type-options": "nosniff",
    }
    if path.suffix not in PACKED:
        return Response(200, headers, _file(path))
    headers["vary"] = "accept-encoding"
    # Only what has a hash for a name: a file that may change is not kept packed.
    if hashed and "gzip" in request.headers.get("accept-encoding", ""):
        return Response(200, {**headers, "content-encoding": "gzip"}, _packed(path))
    return Response(200, headers, _file(path))


class Static:
    def __init__(self, folder: Path | None) -> None:
        self._folder = folder.resolve() if folder and (folder / "index.html").is_file() else None

    def __call__(self, request: Request) -> Response | None:
        """None where the request is not for the UI."""
        wants_page = "text/html" in request.headers.get("accept", "")
        if self._folder is None:
            return (
                Response(200, {"content-type": "text/html; charset=utf-8", **SECURITY}, NOT_BUILT)
                if wants_page
                else None
            )
        path = (self._folder / unquote(request.raw_path).lstrip("/")).resolve()
        if path.is_relative_to(self._folder) and path.is_file() and path.name != "index.html":
            return _asset(request, path)
        if not wants_page:
            return None
        headers = {"content-type": "text/html; charset=utf-8", "cache-control": "no-cache", **SECURITY}
        return Response(200, headers, (self._folder / "index.html").read_bytes())
