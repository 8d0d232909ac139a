"""Which user of the studio a person of the provider is, and what the person's groups open. Called by flow.py.

A person is known by (issuer, subject), never by a name: names are handed on, subjects are not. A membership that came from a
group is marked so; it follows the groups at every sign-in. One that somebody gave by hand stays as it is.
"""

import re
from collections.abc import Mapping
from typing import Any

from studiolo.base.clock import Clock
from studiolo.services.identity import SignInRefused
from studiolo.services.studio import names
from studiolo.services.studio.identity import Accounts
from studiolo.services.studio.oidc import mappings
from studiolo.services.studio.oidc.groups import Rights, groups_of, rights
from studiolo.services.studio.oidc.settings import Settings
from studiolo.store.protocol import AlreadyExists, Missing, Stale, Store

UNFIT = re.compile(r"[^a-zA-Z0-9._@+-]")


class Persons:
    def __init__(self, settings: Settings, store: Store, accounts: Accounts, clock: Clock) -> None:
        self._settings = settings
        self._store = store
        self._accounts = accounts
        self._clock = clock

    def sign_in(self, claims: Mapping[str, Any], connect_to: str | None) -> str:
        """A session cookie. connect_to: the signed-in user that the person asked to be connected with."""
        user = self._user(claims, connect_to)
        table = mappings.table(self._store)
        self._follow(user, rights(groups_of(claims, self._settings.groups_claim), table))
        about = {"Issuer": self._settings.issuer, "Subject": claims["sub"], "Sid": claims.get("sid")}
        return self._accounts.open_session(user, self._settings.session_seconds, about)

    def connected(self, user: str) -> bool:
        return any(
            one.spec["Issuer"] == self._settings.issuer and one.spec["User"].casefold() == user.casefold()
            for one in self._accounts.all("ExternalPerson")
        )

    def end_sessions(self, subject: str | None, sid: str | None) -> int:
        """Of the person, or of the one session at the provider that `sid` names; how many."""
        ended = 0
        for one in self._accounts.all("Session"):
            about = one.spec.get("By") or {}
            if about.get("Issuer") != self._settings.issuer:
                continue
            if (sid is not None and about.get("Sid") == sid) or (sid is None and about.get("Subject") == subject):
                self._accounts.end_session(one)
                ended += 1
        return ended

    # Who it is.

    def _user(self, claims: Mapping[str, Any], connect_to: str | None) -> str:
        key = names.external_person(self._settings.issuer, str(claims["sub"]))
        known = self._accounts.find(key)
        if known is not None and self._accounts.find(names.user(known.spec["User"])) is not None:
            if connect_to is not None and known.spec["User"].casefold() != connect_to.casefold():
                raise SignInRefused(f"This person is connected with another user already, {known.spec['User']}.")
            return known.spec["User"]
        if known is not None:
            # The user was deleted here: the person comes as a new one.
            self._forget(known)
        user = connect_to or self._new_user(claims)
        try:
            spec = {"User": user, "Issuer": self._settings.issuer, "Subject": claims["sub"]}
            self._store.create(key, spec, {}, now=self._clock())
        except AlreadyExists as there:
            # Two windows of the same person at once.
            return there.existing.spec["User"]
        return user

    def _forget(self, record: Any) -> None:
        try:
            self._store.delete(record)
        except (Missing, Stale):
            pass

    def _new_user(self, claims: Mapping[str, Any]) -> str:
        given = next((str(claims[one]) for one in self._settings.user_claims if claims.get(one)), None)
        if given is None:
            wanted = " or ".join(self._settings.user_claims)
            raise SignInRefused(f"The provider did not say who you are: a claim {wanted} is needed.")
        name = UNFIT.sub("-", given)[:64].lstrip("._@+-")
        if not name:
            raise SignInRefused(f"The name {given!r} can't be a user's name here.")
        try:
            self._store.create(names.user(name), {}, {}, now=self._clock())
        except AlreadyExists:
            raise SignInRefused(
                f"There is a user {name} here already. If that is you, sign in with the password and choose Connect under "
                "Settings; if not, ask an administrator."
            ) from None
        return name

    # What the person may do.

    def _follow(self, user: str, wanted: Rights) -> None:
        for project in self._accounts.all("Project"):
            account, role = project.key.name, wanted.roles.get(project.key.name)
            member = self._accounts.find(names.member(account, user))
            if member is not None and not member.spec.get("FromGroups"):
                continue
            if role is not None and (member is None or member.spec["Role"] != role):
                self._accounts.put_member(account, user, role, from_groups=True)
            elif role is None and member is not None:
                self._accounts.remove_member(account, user)
        self._accounts.set_admin_by_groups(user, wanted.studio_admin)
