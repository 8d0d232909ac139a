"""uvicorn around the application: one port, fast loop and parser, a clean end on SIGTERM and Ctrl-C."""

import asyncio
import contextlib
import errno
import signal
import socket
from collections.abc import Awaitable, Callable, Generator
from typing import Any

import uvicorn

from studiolo.base.config import Config
from studiolo.server.quick import QuickInvocations, protocol_of
from studiolo.server.spaces import SpacePages


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


class _Server(uvicorn.Server):
    """Ends on a signal and returns; uvicorn's own way raises the signal again, which is no clean exit."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self.handle_exit, number, None)
        try:
            yield
        finally:
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(number)


async def serve(
    app: Any,
    listening: socket.socket,
    on_ready: Callable[[], Awaitable[None]],
    on_stop: Callable[[], Awaitable[None]],
    quick: QuickInvocations | None = None,
    spaces: SpacePages | None = None,
) -> None:
    """Serves until SIGTERM or SIGINT; then finishes what is under way, for a few seconds at most."""
    settings = uvicorn.Config(
        app,
        http="httptools" if quick is None else protocol_of(quick, spaces),
        ws="none",
        loop="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=3,
        timeout_keep_alive=75,
        h11_max_incomplete_event_size=64 * 1024,
    )
    server = _Server(settings)

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
