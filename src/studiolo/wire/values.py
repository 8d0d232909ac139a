"""Scalars as the protocols write them: timestamps in three forms, booleans, numbers, base64."""

import base64
import binascii
import math
from datetime import UTC, datetime
from email.utils import formatdate, parsedate_to_datetime
from typing import Any

from botocore.model import Shape


class BadValue(ValueError):
    """A scalar that is not what its shape says; the message names what was expected."""


def iso8601(seconds: float) -> str:
    moment = datetime.fromtimestamp(seconds, UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03}Z"


def http_date(seconds: float) -> str:
    return formatdate(seconds, usegmt=True)


def read_time(value: Any) -> float:
    """Epoch seconds of a number, an ISO 8601 or an HTTP date; raises BadValue."""
    if isinstance(value, bool) or value is None:
        raise BadValue("a timestamp")
    try:
        if isinstance(value, int | float):
            seconds = float(value)
        else:
            text = str(value).strip()
            try:
                seconds = float(text)
            except ValueError:
                try:
                    moment = datetime.fromisoformat(text)
                except ValueError:
                    moment = parsedate_to_datetime(text)
                seconds = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
        if not math.isfinite(seconds) or not -62135596800 <= seconds <= 253402300799:
            raise BadValue("a timestamp between the years 1 and 9999")
    except (ValueError, TypeError, OverflowError) as error:
        raise BadValue("a timestamp") from error
    return seconds


def read_blob(value: Any) -> bytes:
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, TypeError, ValueError) as error:
        raise BadValue("base64") from error


def read_text(shape: Shape, text: str) -> Any:
    """A scalar out of a header, a query string or an XML text; raises BadValue."""
    kind = shape.type_name
    try:
        if kind == "boolean":
            if text.lower() not in ("true", "false"):
                raise BadValue("true or false")
            return text.lower() == "true"
        if kind in ("integer", "long"):
            return int(text)
        if kind in ("float", "double"):
            return float(text)
    except ValueError as error:
        raise BadValue(f"a value of type {kind}") from error
    if kind == "timestamp":
        return read_time(text)
    if kind == "blob":
        return read_blob(text)
    return text


def write_text(shape: Shape, value: Any, default_time: str = "iso8601") -> str:
    kind = shape.type_name
    if kind == "boolean":
        return "true" if value else "false"
    if kind == "timestamp":
        form = shape.serialization.get("timestampFormat", default_time)
        if form == "rfc822":
            return http_date(value)
        return str(int(value)) if form == "unixTimestamp" else iso8601(value)
    if kind == "blob":
        return base64.b64encode(value).decode()
    return str(value)
