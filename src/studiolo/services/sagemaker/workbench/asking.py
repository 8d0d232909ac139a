"""What an app says of itself, asked on its socket: whether it answers, and when it was last used."""

import asyncio
import os
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson

from studiolo.services.sagemaker.workbench.launch import reach

SECONDS = 5.0
MAX_ANSWER = 4 * 2**20


@dataclass(frozen=True, slots=True)
class Activity:
    last: float
    """Epoch seconds."""
    busy: bool
    """A kernel computes right now."""


async def _get(path: Path, target: str) -> bytes | None:
    reader, writer = await asyncio.open_unix_connection(sock=reach(path))
    try:
        writer.write(
            f"GET {target} HTTP/1.1\r\nHost: app\r\nX-Studio-User: studio\r\nConnection: close\r\n\r\n".encode()
        )
        head = await reader.readuntil(b"\r\n\r\n")
        if b" 200 " not in head.partition(b"\r\n")[0]:
            return None
        return await reader.read(MAX_ANSWER)
    finally:
        writer.close()


async def _json(path: Path, target: str) -> Any:
    body = await _get(path, target)
    return None if body is None else orjson.loads(body)


async def _jupyter(path: Path, base: str) -> Activity | None:
    status = await _json(path, f"{base}api/status?no_track_activity=1")
    if status is None:
        return None
    busy = False
    if status.get("kernels"):
        kernels = await _json(path, f"{base}api/kernels?no_track_activity=1")
        busy = any(one.get("execution_state") == "busy" for one in kernels or ())
    return Activity(datetime.fromisoformat(status["last_activity"]).timestamp(), busy)


async def _editor(path: Path, base: str) -> Activity | None:
    """The time of change of a file is its last use (see workloads/workbench/editor.py); it may be anything but the future."""
    if await _get(path, f"{base}version") is None:
        return None
    used = os.lstat(path.with_name("activity")).st_mtime
    return Activity(min(used, time.time()), False)


async def activity(path: Path, type: str, base: str) -> Activity | None:
    """None where it does not answer."""
    try:
        async with asyncio.timeout(SECONDS):
            return await (_jupyter(path, base) if type == "JupyterLab" else _editor(path, base))
    except (
        OSError,
        EOFError,
        ValueError,
        KeyError,
        AttributeError,
        TypeError,
        asyncio.LimitOverrunError,
        TimeoutError,
    ):
        return None
