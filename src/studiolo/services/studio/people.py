"""Users, projects, members, invitations: the operations of the studio service that change who may do what."""

import secrets
from collections.abc import Mapping
from typing import Any

from studiolo.base.errors import AccessDenied, ConflictError, NotFound, ValidationError
from studiolo.base.record import Record
from studiolo.blobs.protocol import BucketExists
from studiolo.services.events import names as events
from studiolo.services.functions import names as functions
from studiolo.services.metering import budgets, homes, quotas
from studiolo.services.platform import Platform
from studiolo.services.request import Call
from studiolo.services.s3uri import default_bucket
from studiolo.services.sagemaker.tracking import names as tracking
from studiolo.services.scheduler import names as scheduler
from studiolo.services.sns.publishing import everything
from studiolo.services.studio import names
from studiolo.services.studio.identity import Accounts, public, verify
from studiolo.services.studio.notebooks import snapshots
from studiolo.services.studio.together import personal
from studiolo.services.studio.together import tables as together
from studiolo.store.protocol import AlreadyExists, Missing, Query, Stale

OWN_KINDS = (
    "DataSet",
    "DataSetVersion",
    "TrainingJob",
    "ProcessingJob",
    "HyperParameterTuningJob",
    "Pipeline",
    "ModelPackage",
    "ModelPackageGroup",
    "ModelCard",
    "Model",
    "EndpointConfig",
    "Endpoint",
    "Space",
    "StudioLifecycleConfig",
    "Image",
    "InferenceComponent",
    functions.FUNCTION,
    scheduler.SCHEDULE,
    events.RULE,
)
LEFT = (
    homes.KIND, functions.INVOCATION, events.DELIVERY, events.STATE, events.SINCE, events.BUCKET, budgets.KIND, quotas.KIND,
    snapshots.KIND,
)  # fmt: skip
"""What goes with the project."""
INVITATION_SECONDS = 7 * 86400


def need_project_admin(call: Call) -> None:
    if not call.caller.project:
        raise AccessDenied("This belongs to a project: become a member of one first.")
    if call.caller.role != "admin" and not call.caller.studio_admin:
        raise AccessDenied("Only an admin of the project may do this.")


def need_studio_admin(call: Call) -> None:
    if not call.caller.studio_admin:
        raise AccessDenied("Only an administrator of the studio may do this.")


def make_project(platform: Platform, accounts: Accounts, name: str, description: str, owner: str) -> str:
    """A project with a random account id, its default bucket and its first admin; the account id."""
    while True:
        account = str(secrets.randbelow(9 * 10**11) + 10**11)
        try:
            spec = {"Name": name, "Description": description}
            platform.store.create(names.project(account), spec, {}, now=platform.clock())
        except AlreadyExists:
            continue
        accounts.put_member(account, owner, "admin")
        try:
            platform.blobs.create_bucket(default_bucket(account), account, platform.clock())
        except BucketExists:
            pass
        return account


class People:
    def __init__(self, platform: Platform, accounts: Accounts) -> None:
        self._platform = platform
        self._accounts = accounts

    # Projects.

    def _describe(self, call: Call, record: Record) -> dict[str, Any]:
        account = record.key.name
        member = self._accounts.find(names.member(account, call.caller.user))
        return {
            "Account": account,
            "Name": record.spec["Name"],
            "Description": record.spec.get("Description", ""),
            "CreationTime": record.created,
            "Role": member.spec["Role"] if member else None,
            "MemberCount": len(self._accounts.members(account)),
        }

    def _project(self, call: Call, admin: bool = False) -> Record:
        account = str(call.params["Account"])
        record = self._accounts.find(names.project(account))
        member = self._accounts.find(names.member(account, call.caller.user))
        if record is None or (member is None and not call.caller.studio_admin):
            raise NotFound(f"There is no project {account} for you.")
        if admin and not call.caller.studio_admin and (member is None or member.spec["Role"] != "admin"):
            raise AccessDenied("Only an admin of the project may do this.")
        return record

    async def get_session(self, call: Call) -> Mapping[str, Any]:
        projects = [
            {"Account": one.account, "Name": one.name, "Role": one.role}
            for one in self._accounts.memberships(call.caller.user)
        ]
        current = next((one for one in projects if one["Account"] == call.caller.project), None)
        return {
            "User": call.caller.user,
            "StudioAdmin": call.caller.studio_admin,
            "Project": current,
            "Projects": projects,
        }

    async def list_projects(self, call: Call) -> Mapping[str, Any]:
        described = [self._describe(call, one) for one in self._accounts.all("Project")]
        visible = [one for one in described if one["Role"] or call.caller.studio_admin]
        return {"Projects": sorted(visible, key=lambda one: str(one["Name"]).casefold())}

    async def create_project(self, call: Call) -> Mapping[str, Any]:
        need_studio_admin(call)
        name = call.params["Name"]
        self._free(name)
        account = make_project(
            self._platform, self._accounts, name, call.params.get("Description", ""), call.caller.user
        )
        return {"Account": account}

    def _free(self, name: str, but: str | None = None) -> None:
        """but: the project that has the name already."""
        for one in self._accounts.all("Project"):
            if one.spec["Name"].casefold() == name.casefold() and one.key.name != but:
                raise ConflictError(f"A project named {name} exists already.")

    async def describe_project(self, call: Call) -> Mapping[str, Any]:
        return self._describe(call, self._project(call))

    async def update_project(self, call: Call) -> Mapping[str, Any]:
        record = self._project(call, admin=True)
        changed = {name: call.params[name] for name in ("Name", "Description") if name in call.params}
        if "Name" in changed:
            self._free(changed["Name"], record.key.name)
        try:
            self._platform.store.write(record, now=self._platform.clock(), spec={**record.spec, **changed})
        except Stale:
            raise ConflictError("The project was changed meanwhile: look again.") from None
        return {}

    async def delete_project(self, call: Call) -> Mapping[str, Any]:
        need_studio_admin(call)
        record = self._project(call)
        account = record.key.name
        for kind in OWN_KINDS:
            if self._platform.store.count(Query(kind, account)):
                raise ConflictError(f"The project still holds resources of kind {kind}: delete them first.")
        # A project has a tracking server by itself; only one that ever ran holds anything.
        if any("MlflowVersion" in one.status for one in everything(self._platform, tracking.KIND, account)):
            raise ConflictError("The project still holds MLflow tracking servers: delete them first.")
        # Ended transform jobs are history that AWS has no way to delete.
        if self._platform.store.count(Query("TransformJob", account, state="InProgress")):
            raise ConflictError("A transform job of the project is in progress: stop it first.")
        buckets = self._platform.blobs.buckets(account)
        if any(self._platform.blobs.list(bucket.name, limit=1).objects for bucket in buckets):
            raise ConflictError("The project still holds objects: delete them first.")
        for bucket in buckets:
            self._platform.blobs.delete_bucket(bucket.name)
        for kind in (*together.OF_PROJECT, *LEFT, tracking.KIND):
            for one in list(everything(self._platform, kind, account)):
                self._platform.store.delete(one)
        for invitation in self._invitations(account):
            self._drop(invitation)
        for member in self._accounts.members(account):
            self._accounts.remove_member(account, member.key.name)
        self._platform.store.delete(self._platform.store.get(record.key))
        return {}

    # Members.

    async def list_members(self, call: Call) -> Mapping[str, Any]:
        members = self._accounts.members(call.caller.project)
        return {
            "Members": [
                {
                    "User": self._shown(one),
                    "Role": one.spec["Role"],
                    "Since": one.created,
                    "FromGroups": bool(one.spec.get("FromGroups")),
                }
                for one in members
            ]
        }

    def _shown(self, member: Record) -> str:
        user = self._accounts.find(names.user(member.key.name))
        return user.key.name if user else member.key.name

    def _keeps_an_admin(self, account: str, without: str) -> None:
        left = [
            one
            for one in self._accounts.members(account)
            if one.spec["Role"] == "admin" and one.key.name.casefold() != without.casefold()
        ]
        if not left:
            raise ConflictError("A project needs an admin: make somebody else one first.")

    async def put_member(self, call: Call) -> Mapping[str, Any]:
        need_project_admin(call)
        user, role = call.params["User"], call.params["Role"]
        if self._accounts.find(names.user(user)) is None:
            raise NotFound(f"There is no user {user}: invite the person instead.")
        if role != "admin":
            self._keeps_an_admin(call.caller.project, user)
        self._accounts.put_member(call.caller.project, user, role)
        return {}

    async def remove_member(self, call: Call) -> Mapping[str, Any]:
        need_project_admin(call)
        user = call.params["User"]
        if self._accounts.find(names.member(call.caller.project, user)) is None:
            raise NotFound(f"{user} is no member of this project.")
        self._keeps_an_admin(call.caller.project, user)
        self._accounts.remove_member(call.caller.project, user)
        return {}

    # Invitations.

    async def create_invitation(self, call: Call) -> Mapping[str, Any]:
        need_project_admin(call)
        token, now = names.new_token(), self._platform.clock()
        expires = now + call.params.get("ExpiresInSeconds", INVITATION_SECONDS)
        spec = {"Account": call.caller.project, "Role": call.params["Role"], "Expires": expires, "By": call.caller.user}
        self._platform.store.create(names.invitation(token), spec, {}, now=now)
        return {
            "Token": token,
            "Url": f"{self._platform.config.address}/invite?token={token}",
            "ExpirationTime": expires,
        }

    def _invitations(self, account: str) -> list[Record]:
        page = self._platform.store.query(Query("Invitation", "", limit=1000))
        now = self._platform.clock()
        return [one for one in page.records if one.spec["Account"] == account and one.spec["Expires"] > now]

    async def list_invitations(self, call: Call) -> Mapping[str, Any]:
        need_project_admin(call)
        return {
            "Invitations": [
                {
                    "Id": one.key.name,
                    "Role": one.spec["Role"],
                    "CreationTime": one.created,
                    "ExpirationTime": one.spec["Expires"],
                    "CreatedBy": one.spec["By"],
                }
                for one in self._invitations(call.caller.project)
            ]
        }

    async def delete_invitation(self, call: Call) -> Mapping[str, Any]:
        need_project_admin(call)
        for one in self._invitations(call.caller.project):
            if one.key.name == call.params["Id"]:
                self._drop(one)
        return {}

    def _drop(self, invitation: Record) -> None:
        try:
            self._platform.store.delete(invitation)
        except (Missing, Stale):
            # Somebody has come by it meanwhile.
            pass

    # Users.

    async def list_users(self, call: Call) -> Mapping[str, Any]:
        need_studio_admin(call)
        return {"Users": [public(one) for one in sorted(self._accounts.all("User"), key=lambda one: one.key.name)]}

    async def create_user(self, call: Call) -> Mapping[str, Any]:
        need_studio_admin(call)
        try:
            self._platform.store.create(names.user(call.params["User"]), {}, {}, now=self._platform.clock())
        except AlreadyExists:
            raise ConflictError(f"A user named {call.params['User']} exists already.") from None
        if "Password" in call.params:
            await self._accounts.set_password(call.params["User"], call.params["Password"])
        return {}

    async def delete_user(self, call: Call) -> Mapping[str, Any]:
        need_studio_admin(call)
        record = self._accounts.find(names.user(call.params["User"]))
        if record is None:
            raise NotFound(f"There is no user {call.params['User']}.")
        if record.spec.get("Admin") and sum(bool(one.spec.get("Admin")) for one in self._accounts.all("User")) == 1:
            raise ConflictError("The last administrator of the studio can't be removed.")
        for one in self._accounts.memberships(record.key.name):
            self._keeps_an_admin(one.account, record.key.name)
        for one in self._accounts.memberships(record.key.name):
            self._accounts.remove_member(one.account, record.key.name)
        try:
            self._platform.store.delete(self._platform.store.get(record.key))
        except (Missing, Stale):
            raise ConflictError("The user was changed meanwhile: look again.") from None
        self._accounts.forget(record.key.name)
        personal.forget(self._platform, record.key.name)
        return {}

    async def set_password(self, call: Call) -> Mapping[str, Any]:
        name = call.params.get("User", call.caller.user)
        own = name.casefold() == call.caller.user.casefold()
        if call.caller.temporary:
            raise AccessDenied("A job's or a space's own key sets no passwords: sign in to the studio.")
        if not own:
            need_studio_admin(call)
        record = self._accounts.find(names.user(name))
        if record is None:
            raise NotFound(f"There is no user {name}.")
        stored = record.spec.get("Password")
        if own and stored and not verify(stored, call.params.get("CurrentPassword", "")):
            raise ValidationError("The current password is wrong.")
        await self._accounts.change_password(record.key.name, call.params["NewPassword"], call.caller.session)
        return {}
