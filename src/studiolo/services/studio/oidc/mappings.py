"""The table from groups at the provider to roles in projects, and its operations."""

import hashlib
from collections.abc import Mapping
from typing import Any

from studiolo.base.errors import NotFound, ValidationError
from studiolo.base.record import Key
from studiolo.services.platform import Platform
from studiolo.services.request import Call
from studiolo.services.studio import names
from studiolo.services.studio.identity import Accounts
from studiolo.services.studio.oidc.groups import Mapped
from studiolo.services.studio.people import need_studio_admin
from studiolo.store.protocol import AlreadyExists, Missing, Query, Stale, Store

KIND = "GroupMapping"
MAX = 1000


def _key(group: str, account: str | None) -> Key:
    digest = hashlib.sha256(f"{account or ''}/{group}".encode()).hexdigest()
    return Key(names.EVERYWHERE, KIND, digest)


def table(store: Store) -> list[Mapped]:
    page = store.query(Query(KIND, names.EVERYWHERE, limit=MAX))
    return [Mapped(one.spec["Group"], one.spec.get("Account"), one.spec["Role"]) for one in page.records]


class GroupMappings:
    def __init__(self, platform: Platform, accounts: Accounts) -> None:
        self._platform = platform
        self._accounts = accounts

    async def list(self, call: Call) -> Mapping[str, Any]:
        need_studio_admin(call)
        found = sorted(table(self._platform.store), key=lambda one: (one.group, one.account or ""))
        return {"GroupMappings": [{"Group": one.group, "Account": one.account, "Role": one.role} for one in found]}

    async def put(self, call: Call) -> Mapping[str, Any]:
        need_studio_admin(call)
        group, account, role = call.params["Group"], call.params.get("Account"), call.params["Role"]
        if account is None and role != "admin":
            raise ValidationError(
                "Name the project by Account; without one the group administers the whole studio (admin)."
            )
        if account is not None and self._accounts.find(names.project(account)) is None:
            raise NotFound(f"There is no project {account}.")
        spec = {"Group": group, "Account": account, "Role": role}
        store, now = self._platform.store, self._platform.clock()
        if len(table(store)) >= MAX:
            raise ValidationError(f"There are {MAX} group mappings already: remove some first.")
        while True:
            try:
                store.create(_key(group, account), spec, {}, now=now)
                return {}
            except AlreadyExists as there:
                try:
                    store.write(there.existing, now=now, spec=spec)
                    return {}
                except (Stale, Missing):
                    continue

    async def delete(self, call: Call) -> Mapping[str, Any]:
        need_studio_admin(call)
        try:
            store = self._platform.store
            store.delete(store.get(_key(call.params["Group"], call.params.get("Account"))))
        except (Missing, Stale):
            raise NotFound(f"The group {call.params['Group']} is not mapped there.") from None
        return {}
