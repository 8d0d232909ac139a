"""Who may come in: the port between the server's authenticate step and services/studio, which keeps users and keys.

Look-ups are from memory (one per request), and what is revoked is refused from the next request on.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from studiolo.services.request import Caller, Role


@dataclass(frozen=True, slots=True)
class Credential:
    """What an access key id stands for. token: the session token a temporary key must come with. expires: epoch
    seconds, None for keys that last."""

    secret: str
    caller: Caller
    token: str | None = None
    expires: float | None = None


@dataclass(frozen=True, slots=True)
class TemporaryKey:
    access_key: str
    secret: str
    token: str
    expires: float


@dataclass(frozen=True, slots=True)
class Membership:
    account: str
    name: str
    role: Role


@dataclass(frozen=True, slots=True)
class SessionUser:
    user: str
    studio_admin: bool
    projects: Sequence[Membership]
    id: str = ""
    """Of the session: nothing that opens it."""


class SignInRefused(Exception):
    """The message is fit for the person at the door. retry_after: seconds to wait, where too many tries failed."""

    def __init__(self, message: str, retry_after: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.retry_after = retry_after


class Identity(Protocol):
    def access_key(self, key_id: str) -> Credential | None: ...

    def caller(self, user: str, account: str, key_id: str | None = None) -> Caller | None:
        """A member of a project; None for who is none (any more)."""
        ...

    def temporary_key(self, caller: Caller, seconds: float, contributor: bool = False) -> TemporaryKey:
        """A key with the caller's own rights in the caller's project; it ends with the membership. contributor: never with
        more rights than a contributor has."""
        ...

    def revoke(self, key_id: str) -> None:
        """Ends a key; one that is not there is no matter."""
        ...

    def sign_in_link(self, caller: Caller, seconds: float, session_seconds: float) -> str:
        """A one-time token that opens a session for the caller's project alone."""
        ...

    def session(self, cookie: str) -> SessionUser | None: ...

    async def sign_in(self, user: str, password: str, address: str) -> str:
        """A session cookie. Raises SignInRefused; tells nothing of whether the user exists."""
        ...

    async def sign_in_by_token(self, token: str) -> str:
        """By the one-time link. Raises SignInRefused."""
        ...

    async def accept_invitation(self, token: str, user: str, password: str, address: str) -> str:
        """Makes the user if there is none and the membership, and signs in. Raises SignInRefused."""
        ...

    def sign_out(self, cookie: str) -> None: ...
