"""uvicorn around the application: one port, fast loop and parser, a clean end on SIGTERM and Ctrl-C."""

import asyncio
import errno
import socket
from collections.abc import Awaitable, Callable
from typing import Any

import uvicorn

from studiolo.base.config import Config


class CannotListen(Exception):
    """The message says why and what to do."""


def bind(config: Config) -> socket.socket:
    """Binds before anything else starts, so that a taken port costs nothing. Raises CannotListen."""
    family = socket.AF_INET6 if ":" in config.host else socket.AF_INET
    it = socket.socket(family, socket.SOCK_STREAM)
    it.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        it.bind((config.host, config.port))
        it.listen(2048)
    except OSError as error:
        it.close()
        why = {
            errno.EADDRINUSE: f"port {config.port} is in use by another program",
            errno.EACCES: f"this user may not use port {config.port}",
        }.get(error.errno or 0, error.strerror or str(error))
        raise CannotListen(
            f"Can't listen on {config.host}:{config.port}: {why}. Choose another with --port."
        ) from error
    return it


async def serve(
    app: Any, listening: socket.socket, on_ready: Callable[[], Awaitable[None]], on_stop: Callable[[], Awaitable[None]]
) -> None:
    """Serves until SIGTERM or SIGINT; then finishes what is under way, for a few seconds at most."""
    settings = uvicorn.Config(
        app,
        http="httptools",
        loop="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=3,
        timeout_keep_alive=75,
        h11_max_incomplete_event_size=64 * 1024,
    )
    server = uvicorn.Server(settings)

    async def ready() -> None:
        while not server.started:
            await asyncio.sleep(0.005)
        await on_ready()

    announcing = asyncio.create_task(ready())
    try:
        await server.serve(sockets=[listening])
    finally:
        announcing.cancel()
        await on_stop()
