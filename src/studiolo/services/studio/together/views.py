"""Saved views of the lists: what is looked for and in which order, under a name. A person's own in a project, or shared
with it: then every member sees it, and its maker and the project's admins change and delete it.
"""

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

from studiolo.base.errors import AccessDenied, LimitExceeded, NotFound
from studiolo.base.record import Key, Record
from studiolo.services.platform import Platform
from studiolo.services.request import Call
from studiolo.services.studio.together.activity import need_project
from studiolo.store.protocol import AlreadyExists, Index, Missing, Query, Stale
from studiolo.store.scan import scan

KIND = "SavedView"
SHARED, OWN = "Shared", "Own"
SEARCH = ("NameContains", "StatusEquals", "SortBy", "SortOrder")
MOST = 100
"""Views of one list that a person may keep."""


def index(record: Record) -> Index:
    spec = record.spec
    labels = {"List": str(spec["ListName"]), "User": str(spec["User"]).casefold()}
    return Index(SHARED if spec["Shared"] else OWN, labels)


def key_of(project: str, user: str, list: str, view: str) -> Key:
    """Views' names are free text, and two people may choose the same."""
    text = "\0".join((user.casefold(), list, view))
    return Key(project, KIND, hashlib.sha256(text.encode()).hexdigest()[:40])


def shown(record: Record) -> dict[str, Any]:
    return {**record.spec, "CreationTime": record.created, "LastModifiedTime": record.modified}


class SavedViews:
    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    def _all(self, project: str, list: str, state: str | None, user: str | None) -> Iterator[Record]:
        labels = {"List": list, **({"User": user.casefold()} if user is not None else {})}
        return scan(self._platform.store, Query(KIND, project, state=state, labels=labels))

    async def list(self, call: Call) -> Mapping[str, Any]:
        """One's own, and what others share."""
        project, list, me = need_project(call), call.params["ListName"], call.caller.user
        own = [*self._all(project, list, None, me)]
        others = [one for one in self._all(project, list, SHARED, None) if not _is_of(one, me)]
        return {"SavedViews": [shown(one) for one in (*own, *others)]}

    def _found(self, call: Call, key: Key) -> Record | None:
        """The view, where the caller may change it. What others keep to themselves is not there for anybody else."""
        try:
            record = self._platform.store.get(key)
        except Missing:
            return None
        if _is_of(record, call.caller.user):
            return record
        if not record.spec["Shared"]:
            return None
        if call.caller.role != "admin":
            raise AccessDenied(f"Only {record.spec['User']} and the project's admins change this view.")
        return record

    def _key(self, call: Call) -> Key:
        params = call.params
        whose = params.get("User", call.caller.user)
        return key_of(need_project(call), whose, params["ListName"], params["ViewName"])

    def _missing(self, call: Call) -> NotFound:
        return NotFound(f"There is no view {call.params['ViewName']} of this list that is yours or shared.")

    def _need_room(self, project: str, list: str, user: str) -> None:
        query = Query(KIND, project, labels={"List": list, "User": user.casefold()})
        if self._platform.store.count(query) >= MOST:
            raise LimitExceeded(
                f"You keep {MOST} views of this list, which is the most there can be: delete one first."
            )

    async def put(self, call: Call) -> Mapping[str, Any]:
        """Makes a view, or replaces the one of that name."""
        store, now, params = self._platform.store, self._platform.clock(), call.params
        key, me = self._key(call), call.caller.user
        asked = {name: params[name] for name in SEARCH if params.get(name)}
        asked |= {"ListName": params["ListName"], "ViewName": params["ViewName"], "Shared": params.get("Shared", False)}
        while True:
            found = self._found(call, key)
            try:
                if found is not None:
                    store.write(found, now=now, spec={**asked, "User": found.spec["User"]})
                elif params.get("User", me).casefold() != me.casefold():
                    raise self._missing(call)
                else:
                    self._need_room(key.project, params["ListName"], me)
                    store.create(key, {**asked, "User": me}, {}, now=now)
                return {}
            except (AlreadyExists, Stale, Missing):
                continue

    async def delete(self, call: Call) -> Mapping[str, Any]:
        while True:
            found = self._found(call, self._key(call))
            if found is None:
                raise self._missing(call)
            try:
                self._platform.store.delete(found)
                return {}
            except (Stale, Missing):
                continue


def _is_of(record: Record, user: str) -> bool:
    return str(record.spec["User"]).casefold() == user.casefold()
