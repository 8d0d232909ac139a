"""What counts as use of JupyterLab: a tab that was left open is none, although it asks for kernels, sessions, terminals, files and
git's status every few seconds. Kernels and terminals note their own activity; here it is requests that change something, and
edits, which come by the WebSocket of the document.

Called by main.py before the server starts; asked for by the studio as `last_activity` of api/status (asking.py).
"""

from typing import Any

SYNC, UPDATE = 0, 2
"""How a message begins that changes a document (y-protocols); others say where somebody's cursor is, again and again."""


def changes(method: str, path: str) -> bool:
    """jupyterlab-git asks for everything by POST."""
    return method not in ("GET", "HEAD", "OPTIONS") and "/git/" not in path


def edits(message: Any) -> bool:
    return isinstance(message, bytes) and message[:2] == bytes((SYNC, UPDATE))


def notice() -> None:
    from jupyter_server._tz import utcnow
    from jupyter_server.base.handlers import APIHandler
    from jupyter_server_ydoc.handlers import YDocWebSocketHandler

    api, edit = APIHandler.update_api_activity, YDocWebSocketHandler.on_message

    def update_api_activity(self: Any) -> None:
        if changes(self.request.method, self.request.path):
            api(self)

    async def on_message(self: Any, message: Any) -> None:
        if edits(message):
            self.settings["edits_last_activity"] = utcnow()
        await edit(self, message)

    APIHandler.update_api_activity = update_api_activity
    YDocWebSocketHandler.on_message = on_message
