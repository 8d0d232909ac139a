"""What a version of an image is locked from: a file of requirements in S3, or an image that the studio has."""

import re
import tomllib
from collections.abc import Mapping
from typing import Any

from studiolo.base.errors import ValidationError
from studiolo.blobs.protocol import NoSuchBucket, NoSuchKey
from studiolo.services import s3uri
from studiolo.services.platform import Platform

MAX_FILE = 256 * 1024
HOST = "dkr.ecr.us-east-1.amazonaws.com"


def address(project: str, image: str, version: int) -> str:
    """The version as jobs and models name it."""
    return f"{project}.{HOST}/{image.lower()}:{version}"


def requirements(text: str, project: bool) -> list[str]:
    """Lines of a requirements.txt, or the dependencies of a pyproject.toml. Raises ValidationError."""
    if not project:
        # As pip does: a backslash at the end of a line goes on in the next.
        lines = (line.strip() for line in re.sub(r"\\\r?\n", " ", text).splitlines())
        return [line for line in lines if line and not line.startswith("#")]
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ValidationError(f"The pyproject.toml can't be read: {error}.") from None
    table: Any = document.get("project")
    found: Any = table.get("dependencies") if isinstance(table, Mapping) else None
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        raise ValidationError("The pyproject.toml needs [project] with dependencies, a list of text.")
    return [str(one) for one in found]


def source(platform: Platform, project: str, base: str) -> dict[str, Any]:
    """{"_file", "_requirements"} or {}, by the BaseImage of a request. Raises ValidationError."""
    if not base.startswith("s3://"):
        if platform.environments.resolve(base) is None:
            raise ValidationError(
                f"The image {base} is not known here. BaseImage is an image of the studio (ListImages of the studio service), "
                "or the S3 address of a requirements.txt or pyproject.toml."
            )
        return {}
    uri = s3uri.own(platform.blobs, project, base)
    try:
        held, stream = platform.blobs.open_read(uri.bucket, uri.key)
    except (NoSuchBucket, NoSuchKey):
        raise ValidationError(f"There is no object {base}.") from None
    with stream:
        if held.size > MAX_FILE:
            raise ValidationError(f"{base} has more than {MAX_FILE // 1024} KiB: it should be a file of requirements.")
        raw = stream.read()
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        raise ValidationError(f"{base} is no text.") from None
    lines = requirements(text, base.endswith(".toml"))
    if not lines:
        raise ValidationError(f"{base} names no packages.")
    return {"_file": text, "_requirements": lines}
