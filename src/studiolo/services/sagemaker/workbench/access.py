"""Who may do what with a space. Pure.

A private space is its owner's alone: what runs there has the owner's keys. An admin of the project may stop and delete it,
never enter it. A shared space is open to everybody who may run things in the project; viewers enter none.
"""

from typing import Literal

from studiolo.base.record import Record
from studiolo.services.request import Role

Deed = Literal["enter", "manage", "remove"]
"""Enter and start; change its settings; stop and delete."""


def shared(space: Record) -> bool:
    return space.spec["SpaceSharingSettings"]["SharingType"] == "Shared"


def owns(space: Record, user: str) -> bool:
    return str(space.spec["_user"]).casefold() == user.casefold()


def refusal(space: Record, user: str, role: Role, deed: Deed) -> str:
    """Why not, in a sentence; "" where it may be done."""
    name = space.spec["SpaceName"]
    if role == "viewer":
        return f"Viewers run nothing in this project, so the space {name} is closed to you: ask an admin for the role of a contributor."
    if owns(space, user) or (shared(space) and deed == "enter"):
        return ""
    if role == "admin" and (deed == "remove" or shared(space)):
        return ""
    if shared(space):
        return f"Only the owner of the space {name} ({space.spec['_user']}) or an admin of the project may do this."
    return f"The space {name} is private: only its owner {space.spec['_user']} may do this."
