"""A notebook out of a space or out of S3, read whole and looked at before anything is made of it."""

import asyncio
from typing import Any, BinaryIO

import orjson

from studiolo.base.errors import NotFound, ValidationError
from studiolo.blobs.protocol import NoSuchKey
from studiolo.services import s3uri
from studiolo.services.platform import Platform
from studiolo.services.request import Call
from studiolo.services.sagemaker.workbench import files
from studiolo.services.studio.workbench import Workbench

MAX_BYTES = 25 * 1024 * 1024


def checked(text: bytes, name: str) -> dict[str, Any]:
    """The notebook's document. Raises ValidationError."""
    try:
        document = orjson.loads(text)
    except ValueError:
        raise ValidationError(f"{name} is no notebook: it is no JSON.") from None
    if not isinstance(document, dict) or not isinstance(document.get("cells"), list):  # pyright: ignore
        raise ValidationError(f"{name} is no notebook of format 4, which has cells: save it with JupyterLab.")
    return document  # pyright: ignore[reportUnknownVariableType]


def _read(stream: BinaryIO, size: int, name: str) -> bytes:
    with stream:
        if size > MAX_BYTES:
            raise ValidationError(
                f"{name} has {size:,} bytes; a notebook here has at most {MAX_BYTES:,}: clear its outputs."
            )
        return stream.read(MAX_BYTES + 1)


async def notebook(platform: Platform, workbench: Workbench, call: Call) -> tuple[str, bytes]:
    """(its file name, its bytes) as the request names it: SpaceName with Path, or S3Uri."""
    params = call.params
    if ("S3Uri" in params) == ("SpaceName" in params) or ("SpaceName" in params) != ("Path" in params):
        raise ValidationError("Name the notebook by SpaceName and Path, or by S3Uri, and not by both.")
    place = str(params.get("Path") or params["S3Uri"])
    name = place.rstrip("/").rpartition("/")[2]
    if not name.endswith(".ipynb"):
        raise ValidationError(f"{name} is no notebook: its name must end with .ipynb.")
    if "SpaceName" in params:
        home = workbench.readable_home(call)
        text = await asyncio.to_thread(lambda: _read(*files.open_file(home, place), name))
    else:
        uri = s3uri.own(platform.blobs, call.caller.project, place)
        try:
            found, stream = platform.blobs.open_read(uri.bucket, uri.key)
        except NoSuchKey:
            raise NotFound(f"There is no object {place}.") from None
        text = await asyncio.to_thread(_read, stream, found.size, name)
    checked(text, name)
    return name, text
