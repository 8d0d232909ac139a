"""Who may come in, from memory: tables fed by the store's watch, so a look-up costs nothing and a revocation holds at once.

Implements services/identity.py for the server; keeps users, memberships, keys and sessions as records.
"""

import asyncio
import secrets
import threading
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from studiolo.base.clock import Clock
from studiolo.base.record import Key, Record
from studiolo.services.identity import Credential, Identity, Membership, SessionUser, SignInRefused, TemporaryKey
from studiolo.services.request import Caller, Role
from studiolo.services.studio import names
from studiolo.store.protocol import AlreadyExists, Change, Missing, Query, Stale, Store
from studiolo.store.scan import scan

SESSION_SECONDS = 14 * 86400.0
RENEW = 86400.0
LINK_SECONDS = 3600.0
MAX_TRIES, WINDOW = 8, 300.0
KINDS = ("User", "Project", "Member", "AccessKey", "Session", "ExternalPerson")
_hasher = PasswordHasher()
_NOBODY = _hasher.hash(secrets.token_hex())
"""Checked where there is no such user, so that the answer takes as long."""


class Accounts(Identity):
    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._tables: dict[str, dict[Key, Record]] = {kind: {} for kind in KINDS}
        self._tries: dict[tuple[str, str], list[float]] = {}
        self._lock = threading.RLock()
        store.watch(self._changed)
        for kind in KINDS:
            for record in self._stored(kind):
                self._tables[kind][_plain(record.key)] = record
        self._sweep()

    def _stored(self, kind: str) -> Iterator[Record]:
        return scan(self._store, Query(kind, None))

    def _changed(self, change: Change) -> None:
        table = self._tables.get(change.key.kind)
        if table is not None:
            with self._lock:
                if change.record is None:
                    table.pop(_plain(change.key), None)
                else:
                    table[_plain(change.key)] = change.record

    def _sweep(self) -> None:
        """What expired goes."""
        now = self._clock()
        for kind in ("Session", "AccessKey", "SignInToken", "Invitation"):
            for record in list(self._stored(kind)):
                if record.spec.get("Expires") is not None and record.spec["Expires"] < now:
                    self._drop(record)

    def _drop(self, record: Record) -> None:
        try:
            self._store.delete(self._store.get(record.key))
        except (Missing, Stale):
            pass

    def find(self, key: Key) -> Record | None:
        return self._tables[key.kind].get(_plain(key))

    def all(self, kind: str) -> Sequence[Record]:
        with self._lock:
            return list(self._tables[kind].values())

    # Keys.

    def access_key(self, key_id: str) -> Credential | None:
        record = self.find(names.access_key(key_id))
        if record is None:
            return None
        caller = self.caller(record.spec["User"], record.spec["Account"], key_id)
        if caller is None:
            return None
        if record.spec.get("Contributor"):
            role = "viewer" if caller.role == "viewer" else "contributor"
            caller = Caller(caller.user, caller.project, role, False, key_id)
        return Credential(record.spec["Secret"], caller, record.spec.get("Token"), record.spec.get("Expires"))

    def caller(self, user: str, account: str, key_id: str | None = None) -> Caller | None:
        """None for who is no member (any more)."""
        member, known = self.find(names.member(account, user)), self.find(names.user(user))
        if member is None or known is None:
            return None
        return Caller(known.key.name, account, member.spec["Role"], bool(known.spec.get("Admin")), key_id)

    def make_key(self, user: str, account: str, **more: Any) -> tuple[str, str]:
        """(id, secret) of a new access key."""
        prefix = "ASIA" if "Expires" in more else "AKIA"
        key_id = prefix + "".join(secrets.choice("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") for _ in range(16))
        secret = secrets.token_urlsafe(30)
        spec = {"User": user, "Account": account, "Secret": secret, **more}
        self._store.create(names.access_key(key_id), spec, {}, now=self._clock())
        return key_id, secret

    def temporary_key(self, caller: Caller, seconds: float, contributor: bool = False) -> TemporaryKey:
        token, expires = names.new_token(), self._clock() + seconds
        # What has less than its person's rights must not come by them through a further key.
        more = {"Contributor": True} if contributor or caller.temporary else {}
        key_id, secret = self.make_key(caller.user, caller.project, Token=token, Expires=expires, **more)
        return TemporaryKey(key_id, secret, token, expires)

    def revoke(self, key_id: str) -> None:
        record = self.find(names.access_key(key_id))
        if record is not None:
            self._drop(record)

    # Sessions.

    def session(self, cookie: str) -> SessionUser | None:
        record = self.find(names.session(cookie))
        now = self._clock()
        if record is None or record.spec["Expires"] < now:
            return None
        if (
            "By" not in record.spec
            and "Account" not in record.spec
            and record.spec["Expires"] - now < SESSION_SECONDS - RENEW
        ):
            self._renew(record)
        user = self.find(names.user(record.spec["User"]))
        if user is None:
            return None
        held, only, id = self.memberships(user.key.name), record.spec.get("Account"), record.key.name
        if only is not None:
            return SessionUser(user.key.name, False, [one for one in held if one.account == only], id)
        return SessionUser(user.key.name, bool(user.spec.get("Admin")), held, id)

    def _renew(self, record: Record) -> None:
        now = self._clock()
        try:
            self._store.write(record, now=now, spec={**record.spec, "Expires": now + SESSION_SECONDS})
        except (Stale, Missing):
            pass

    def memberships(self, user: str) -> list[Membership]:
        found: list[Membership] = []
        for project in sorted(self.all("Project"), key=lambda one: one.created):
            member = self.find(names.member(project.key.name, user))
            if member is not None:
                found.append(Membership(project.key.name, project.spec["Name"], member.spec["Role"]))
        return found

    def open_session(
        self,
        user: str,
        seconds: float = SESSION_SECONDS,
        by: Mapping[str, Any] | None = None,
        account: str | None = None,
    ) -> str:
        """A cookie. by: whose word it is, where it is not the studio's own; account: the one project it is for. Such
        sessions are not prolonged."""
        cookie = names.new_token()
        now = self._clock()
        spec = {"User": user, "Expires": now + seconds, **({"By": by} if by else {})}
        if account is not None:
            spec["Account"] = account
        self._store.create(names.session(cookie), spec, {}, now=now)
        return cookie

    def end_session(self, record: Record) -> None:
        self._drop(record)

    def sign_out(self, cookie: str) -> None:
        record = self.find(names.session(cookie))
        if record is not None:
            self._drop(record)

    def end_sessions(self, user: str, but: str = "") -> None:
        """All of the user's, and links that would open more. but: the id of the one that stays."""
        for one in self.all("Session"):
            if one.spec["User"].casefold() == user.casefold() and one.key.name != but:
                self._drop(one)
        for link in list(self._stored("SignInToken")):
            if link.spec["User"].casefold() == user.casefold():
                self._drop(link)

    def forget(self, user: str) -> None:
        """What lets the person in goes with the user: one made later under the same name is somebody else."""
        self.end_sessions(user)
        for one in self.all("ExternalPerson"):
            if one.spec["User"].casefold() == user.casefold():
                self._drop(one)

    # Signing in.

    def _slow_down(self, user: str, address: str) -> None:
        now = self._clock()
        tries = [when for when in self._tries.get((user, address), ()) if when > now - WINDOW]
        if len(tries) >= MAX_TRIES:
            wait = int(tries[0] + WINDOW - now) + 1
            raise SignInRefused(f"Too many failed tries. Try again in {wait} seconds.", wait)
        if len(self._tries) > 10_000:
            self._tries.clear()
        self._tries[user, address] = tries

    async def sign_in(self, user: str, password: str, address: str) -> str:
        self._slow_down(user.casefold(), address)
        known = self.find(names.user(user))
        stored = known.spec.get("Password") if known else None
        if not await asyncio.to_thread(verify, stored, password) or known is None:
            self._tries[user.casefold(), address].append(self._clock())
            raise SignInRefused("The user name or the password is wrong.")
        self._tries.pop((user.casefold(), address), None)
        if stored and _hasher.check_needs_rehash(stored):
            await self.set_password(known.key.name, password)
        return self.open_session(known.key.name)

    async def set_password(self, user: str, password: str) -> None:
        hashed = await asyncio.to_thread(_hasher.hash, password)
        while True:
            record = self._store.get(names.user(user))
            try:
                self._store.write(record, now=self._clock(), spec={**record.spec, "Password": hashed})
                return
            except Stale:
                continue

    async def change_password(self, user: str, password: str, session: str = "") -> None:
        """Whoever came in by what the password was has to come again. session: the id of the one that may stay."""
        known = self.find(names.user(user))
        had = known is not None and "Password" in known.spec
        await self.set_password(user, password)
        if had:
            self.end_sessions(user, session)

    def make_link(self, user: str) -> str:
        """A one-time token for the sign-in link."""
        token = names.new_token()
        now = self._clock()
        self._store.create(names.sign_in(token), {"User": user, "Expires": now + LINK_SECONDS}, {}, now=now)
        return token

    def sign_in_link(self, caller: Caller, seconds: float, session_seconds: float) -> str:
        token, now = names.new_token(), self._clock()
        spec = {"User": caller.user, "Expires": now + seconds, "Account": caller.project, "Session": session_seconds}
        self._store.create(names.sign_in(token), spec, {}, now=now)
        return token

    async def sign_in_by_token(self, token: str) -> str:
        try:
            record = self._store.get(names.sign_in(token))
            self._store.delete(record)
        except (Missing, Stale):
            raise SignInRefused(
                "This sign-in link was used or has expired; `studiolo sign-in` prints a new one."
            ) from None
        if record.spec["Expires"] < self._clock() or self.find(names.user(record.spec["User"])) is None:
            raise SignInRefused("This sign-in link was used or has expired; `studiolo sign-in` prints a new one.")
        spec = record.spec
        return self.open_session(spec["User"], spec.get("Session", SESSION_SECONDS), account=spec.get("Account"))

    async def accept_invitation(self, token: str, user: str, password: str, address: str) -> str:
        import re

        self._slow_down("", address)
        try:
            invitation = self._store.get(names.invitation(token))
        except Missing:
            self._tries["", address].append(self._clock())
            raise SignInRefused("This invitation was used, taken back or has expired. Ask for a new one.") from None
        if invitation.spec["Expires"] < self._clock() or self.find(names.project(invitation.spec["Account"])) is None:
            raise SignInRefused("This invitation has expired. Ask for a new one.")
        if not re.fullmatch(r"[a-zA-Z0-9][a-zA-Z0-9._@+-]{0,63}", user):
            raise SignInRefused("A user name has letters, digits and . _ @ + - and begins with a letter or digit.")
        known = self.find(names.user(user))
        if known is not None:
            await self.sign_in(user, password, address)
        else:
            if len(password) < 8:
                raise SignInRefused("Choose a password of at least 8 characters.")
            hashed = await asyncio.to_thread(_hasher.hash, password)
            try:
                self._store.create(names.user(user), {"Password": hashed}, {}, now=self._clock())
            except AlreadyExists:
                raise SignInRefused("This user name was just taken. Choose another.") from None
        try:
            self._store.delete(invitation)
        except (Missing, Stale):
            raise SignInRefused("This invitation was used, taken back or has expired. Ask for a new one.") from None
        self._let_in(invitation.spec["Account"], user, invitation.spec["Role"])
        return self.open_session(self._store.get(names.user(user)).key.name)

    def _let_in(self, account: str, user: str, role: Role) -> None:
        """Who is a member already never gets less by an invitation."""
        there = self.find(names.member(account, user))
        if there is None or names.higher(role, there.spec["Role"]):
            self.put_member(account, user, role)

    # Members.

    def put_member(self, account: str, user: str, role: str, from_groups: bool = False) -> None:
        """from_groups: it follows the person's groups at the identity provider."""
        now = self._clock()
        spec = {"Role": role, **({"FromGroups": True} if from_groups else {})}
        while True:
            try:
                self._store.create(names.member(account, user), spec, {}, now=now)
                return
            except AlreadyExists as there:
                try:
                    self._store.write(there.existing, now=now, spec=spec)
                    return
                except (Stale, Missing):
                    continue

    def set_admin_by_groups(self, user: str, admin: bool) -> None:
        """Of the whole studio; an administrator made by hand stays one."""
        while True:
            record = self._store.get(names.user(user))
            by_groups = bool(record.spec.get("AdminFromGroups"))
            if admin == by_groups or (admin and record.spec.get("Admin")):
                return
            kept = {name: value for name, value in record.spec.items() if name not in ("Admin", "AdminFromGroups")}
            spec = {**kept, "Admin": True, "AdminFromGroups": True} if admin else kept
            try:
                self._store.write(record, now=self._clock(), spec=spec)
                return
            except Stale:
                continue

    def remove_member(self, account: str, user: str) -> None:
        """The keys go with the membership."""
        record = self.find(names.member(account, user))
        if record is not None:
            self._drop(record)
        for key in self.all("AccessKey"):
            if key.spec["Account"] == account and key.spec["User"].casefold() == user.casefold():
                self._drop(key)

    def members(self, account: str) -> list[Record]:
        return sorted((one for one in self.all("Member") if one.key.project == account), key=lambda one: one.key.name)


def _plain(key: Key) -> Key:
    """Names match without case, save those that are random."""
    return key if key.kind in ("Session", "AccessKey") else Key(key.project, key.kind, key.name.casefold())


def verify(stored: str | None, password: str) -> bool:
    try:
        return _hasher.verify(stored or _NOBODY, password) and stored is not None
    except (VerificationError, InvalidHashError):
        return False


def public(record: Record) -> Mapping[str, Any]:
    """A user as administrators see one."""
    return {
        "User": record.key.name,
        "StudioAdmin": bool(record.spec.get("Admin")),
        "HasPassword": "Password" in record.spec,
        "CreationTime": record.created,
    }
