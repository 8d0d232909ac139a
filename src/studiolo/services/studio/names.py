"""The kinds of records that hold who may do what, and how their secrets are kept."""

import hashlib
import secrets
from collections.abc import Mapping

from studiolo.base.record import Key
from studiolo.services.request import Role

EVERYWHERE = ""
"""The project of records that belong to the whole studio."""
FOR_STUDIO_ADMINS = frozenset({
    "CreateProject", "DeleteProject", "CreateUser", "DeleteUser", "PutGroupMapping", "DeleteGroupMapping", "PutPrices", "PutQuota",
})  # fmt: skip
"""Operations that ask for an administrator of the studio by themselves, whatever that is in the project that is open."""
RANK: Mapping[str, int] = {"viewer": 0, "contributor": 1, "admin": 2}
"""Of a role: who has a higher one may do all that a lower one may."""


def higher(one: Role, other: Role) -> bool:
    return RANK[one] > RANK[other]


def digest(token: str) -> str:
    """Random tokens are stored by their hash: who reads the store can't use them."""
    return hashlib.sha256(token.encode()).hexdigest()


def new_token() -> str:
    return secrets.token_urlsafe(32)


def user(name: str) -> Key:
    return Key(EVERYWHERE, "User", name)


def project(account: str) -> Key:
    return Key(EVERYWHERE, "Project", account)


def member(account: str, name: str) -> Key:
    return Key(account, "Member", name)


def access_key(key_id: str) -> Key:
    return Key(EVERYWHERE, "AccessKey", key_id)


def session(cookie: str) -> Key:
    return Key(EVERYWHERE, "Session", digest(cookie))


def invitation(token: str) -> Key:
    return Key(EVERYWHERE, "Invitation", digest(token))


def external_person(issuer: str, subject: str) -> Key:
    """Which user a person of an identity provider is."""
    return Key(EVERYWHERE, "ExternalPerson", digest(f"{issuer}\n{subject}"))


def sign_in(token: str) -> Key:
    return Key(EVERYWHERE, "SignInToken", digest(token))
