"""Which memberships a person's groups at the provider stand for. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from studiolo.services.request import Role
from studiolo.services.studio.names import higher


@dataclass(frozen=True, slots=True)
class Mapped:
    """One line of the table that administrators keep."""

    group: str
    account: str | None
    """The project, or None for the whole studio."""
    role: Role
    """In the project; of the whole studio there is only `admin`."""


@dataclass(frozen=True, slots=True)
class Rights:
    roles: Mapping[str, Role]
    """By project."""
    studio_admin: bool


def groups_of(claims: Mapping[str, Any], claim: str) -> frozenset[str]:
    """Some providers send one group as a plain string."""
    held = claims.get(claim, ())
    return frozenset([held] if isinstance(held, str) else (str(one) for one in held) if isinstance(held, list) else ())


def rights(groups: frozenset[str], table: Iterable[Mapped]) -> Rights:
    """Who is in several groups has the highest of their roles."""
    roles: dict[str, Role] = {}
    studio_admin = False
    for one in table:
        if one.group not in groups:
            continue
        if one.account is None:
            studio_admin = True
        elif one.account not in roles or higher(one.role, roles[one.account]):
            roles[one.account] = one.role
    return Rights(roles, studio_admin)
