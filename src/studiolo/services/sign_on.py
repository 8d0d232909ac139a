"""Sign-in by somebody else's word: the port between the server's routes and an identity provider (services/studio/oidc)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Begun:
    url: str
    """Where the browser goes."""
    remembered: str
    """What it keeps meanwhile, in a cookie."""


@dataclass(frozen=True, slots=True)
class SignedOn:
    cookie: str
    """The session's."""
    next: str
    """Path of the page to go on with."""


class SingleSignOn(Protocol):
    label: str
    """What the provider is called on the sign-in page."""

    async def begin(self, redirect: str, next: str, connect: bool) -> Begun:
        """redirect: where the provider sends the browser back to. Raises SignInRefused."""
        ...

    async def finish(self, redirect: str, query: Mapping[str, str], remembered: str, user: str | None) -> SignedOn:
        """user: who is signed in already, for connecting the two. Raises SignInRefused."""
        ...

    async def signed_out_there(self, token: str) -> None:
        """The provider's own word that a session has ended (back-channel logout). Raises SignInRefused."""
        ...

    def connected(self, user: str) -> bool: ...
