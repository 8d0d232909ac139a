"""Who a request inside an app comes from: the studio's proxy says it in a header, and nobody else reaches the socket.

What Jupyter would check of a request (its cookie, where it comes from) the proxy has checked already.
"""

from typing import Any

from jupyter_server.auth import IdentityProvider, User

HEADER = "X-Studio-User"


class People(IdentityProvider):
    def get_user(self, handler: Any) -> Any:
        name = handler.request.headers.get(HEADER)
        if not name:
            return None
        initials = "".join(part[0] for part in name.replace("_", " ").replace(".", " ").replace("-", " ").split()[:2])
        colour = f"var(--jp-collaborator-color{1 + sum(name.encode()) % 7})"
        return User(username=name, name=name, display_name=name, initials=initials.upper() or None, color=colour)

    def is_token_authenticated(self, handler: Any) -> bool:
        """Jupyter's own checks against foreign sites go by cookies that the proxy does not let through."""
        return True

    def should_check_origin(self, handler: Any) -> bool:
        return False

    def get_handlers(self) -> list[Any]:
        """No sign-in page of its own; the studio has one."""
        return [handler for handler in super().get_handlers() if "login" not in handler[0]]
