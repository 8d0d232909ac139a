"""What MLflow says of itself, asked on its socket: whether it answers, and which version it is."""

import asyncio
from pathlib import Path

from studiolo.services.sagemaker.workbench.launch import reach

SECONDS = 3.0


async def _get(path: Path, target: str) -> str | None:
    try:
        async with asyncio.timeout(SECONDS):
            reader, writer = await asyncio.open_unix_connection(sock=reach(path))
            try:
                writer.write(f"GET {target} HTTP/1.0\r\nHost: localhost\r\n\r\n".encode())
                head, _, body = (await reader.read(65536)).partition(b"\r\n\r\n")
                return body.decode(errors="replace") if b" 200 " in head.partition(b"\r\n")[0] else None
            finally:
                writer.close()
    except (OSError, TimeoutError):
        return None


async def answers(path: Path) -> bool:
    return await _get(path, "/health") is not None


async def version(path: Path) -> str | None:
    return await _get(path, "/version")
