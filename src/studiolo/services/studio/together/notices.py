"""Notifications of one person in one project: kept until read, and a while after; and which of them the person wants."""

from collections.abc import Mapping
from typing import Any

from studiolo.base.errors import NotFound
from studiolo.base.record import Key, Record
from studiolo.services.platform import Platform
from studiolo.services.request import Call
from studiolo.services.studio.together.activity import need_project, page_of
from studiolo.services.studio.together.happenings import TYPES, Happening
from studiolo.store.protocol import AlreadyExists, Index, Missing, Query, Stale

KIND, PREFERENCES = "PersonNotification", "NotificationPreferences"
UNREAD, READ = "Unread", "Read"


def index(record: Record) -> Index:
    return Index(str(record.status["State"]), {"User": str(record.spec["User"]).casefold()})


def key_of(project: str, user: str, id: str) -> Key:
    """The person stands first, so that the stream of changes can tell whose it is."""
    return Key(project, KIND, f"{user.casefold()}:{id}")


def muted(platform: Platform, project: str, user: str) -> frozenset[str]:
    try:
        return frozenset(platform.store.get(Key(project, PREFERENCES, user)).spec["Muted"])
    except Missing:
        return frozenset()


def tell(platform: Platform, project: str, user: str, what: Happening) -> None:
    """Once, however often it is told."""
    spec = {
        "User": user, "Type": what.type, "Kind": what.kind, "Name": what.name, "ResourceArn": what.resource,
        "By": what.by, "Status": what.status, "Text": what.text[:500] if what.text else None, **what.more,
    }  # fmt: skip
    kept = {name: value for name, value in spec.items() if value is not None}
    try:
        platform.store.create(key_of(project, user, what.id), kept, {"State": UNREAD}, now=what.at)
    except AlreadyExists:
        pass


class Notices:
    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    def _query(self, call: Call, **more: Any) -> Query:
        labels = {"User": call.caller.user.casefold()}
        return Query(KIND, need_project(call), labels=labels, sort="created", descending=True, **more)

    async def list(self, call: Call) -> Mapping[str, Any]:
        params = call.params
        state = UNREAD if params.get("UnreadOnly") else None
        query = self._query(call, state=state, limit=params.get("MaxResults", 20), token=params.get("NextToken"))
        found = page_of(self._platform, query)
        unread = self._platform.store.count(self._query(call, state=UNREAD))
        return {
            "Notifications": [_shown(one) for one in found.records],
            "UnreadCount": unread,
            "NextToken": found.token,
        }

    async def mark(self, call: Call) -> Mapping[str, Any]:
        """Those named, or all there are."""
        project, ids = need_project(call), call.params.get("NotificationIds")
        if ids is not None:
            for id in ids:
                self._read(key_of(project, call.caller.user, id), must=True)
            return {}
        while True:
            page = self._platform.store.query(self._query(call, state=UNREAD, limit=500))
            if not page.records:
                return {}
            for one in page.records:
                self._read(one.key)

    def _read(self, key: Key, must: bool = False) -> None:
        while True:
            try:
                record = self._platform.store.get(key)
                self._platform.store.write(record, now=self._platform.clock(), status={"State": READ})
                return
            except Stale:
                continue
            except Missing:
                if must:
                    raise NotFound(f"You have no notification {key.name.rpartition(':')[2]} in this project.") from None
                return

    async def preferences(self, call: Call) -> Mapping[str, Any]:
        off = muted(self._platform, need_project(call), call.caller.user)
        return {"Preferences": [{"Type": one, "Enabled": one not in off} for one in TYPES]}

    async def put_preferences(self, call: Call) -> Mapping[str, Any]:
        """Types that are not named stay as they are."""
        store, now = self._platform.store, self._platform.clock()
        key = Key(need_project(call), PREFERENCES, call.caller.user)
        while True:
            off = set(muted(self._platform, key.project, key.name))
            for one in call.params["Preferences"]:
                (off.discard if one["Enabled"] else off.add)(one["Type"])
            try:
                store.create(key, {"Muted": sorted(off)}, {}, now=now)
                return {}
            except AlreadyExists as there:
                try:
                    store.write(there.existing, now=now, spec={"Muted": sorted(off)})
                    return {}
                except (Stale, Missing):
                    continue


def _shown(record: Record) -> dict[str, Any]:
    known = {name: value for name, value in record.spec.items() if name != "User"}
    read = record.status["State"] == READ
    return {"NotificationId": record.key.name.rpartition(":")[2], "Time": record.created, "Read": read, **known}
