"""Domains and user profiles. A project has one domain by itself, and each person in it a profile as soon as it is needed."""

import re
import secrets
from collections.abc import Mapping
from typing import Any

from studiolo.base.arn import sagemaker_arn
from studiolo.base.errors import AccessDenied, InUse, ValidationError
from studiolo.base.record import Key, Record
from studiolo.services.platform import Platform
from studiolo.services.request import Call
from studiolo.services.sagemaker.verbs import tags_of
from studiolo.services.sagemaker.workbench import names, settings
from studiolo.services.sts.service import role_arn
from studiolo.store.protocol import AlreadyExists, Missing, Query, Stale

READY = {"Status": "InService"}
CHANGED = ("DefaultUserSettings", "DefaultSpaceSettings", "SubnetIds", "VpcId", "AppNetworkAccessType", "TagPropagation",
           "AppSecurityGroupManagement", "HomeEfsFileSystemCreation")  # fmt: skip
"""Members that UpdateDomain sets."""


def own(platform: Platform, project: str) -> Record:
    """The project's own domain, made when it is first asked for."""
    key = names.domain_key(project, names.own_domain(project))
    try:
        return platform.store.get(key)
    except Missing:
        spec = {
            "DomainName": "studio",
            "AuthMode": "IAM",
            "AppNetworkAccessType": "PublicInternetOnly",
            "DefaultUserSettings": {"ExecutionRole": role_arn(project)},
            "DefaultSpaceSettings": {"ExecutionRole": role_arn(project)},
        }
        try:
            return platform.store.create(key, spec, READY, now=platform.clock())
        except AlreadyExists as there:
            return there.existing


def find(platform: Platform, project: str, domain: str) -> Record:
    if domain == names.own_domain(project):
        return own(platform, project)
    return names.find(platform, names.domain_key(project, domain), "domain")


def _slug(user: str) -> str:
    return re.sub(r"[^a-zA-Z0-9]+", "-", user).strip("-")[:63].strip("-") or "user"


def profile_of(platform: Platform, project: str, domain: str, user: str) -> Record:
    """The person's profile in a domain, made when it is first needed."""
    labels = {"Domain": domain.lower(), "User": user.casefold()}
    found = platform.store.query(Query(names.PROFILE, project, labels=labels, limit=1)).records
    if found:
        return found[0]
    for name in (_slug(user), f"{_slug(user)[:54]}-{secrets.token_hex(4)}"):
        spec = {
            "DomainId": domain,
            "UserProfileName": name,
            "UserSettings": {"ExecutionRole": role_arn(project)},
            "_user": user,
        }
        key = names.profile_key(project, domain, name)
        try:
            return platform.store.create(key, spec, READY, now=platform.clock())
        except AlreadyExists as there:
            if there.existing.spec["_user"].casefold() == user.casefold():
                return there.existing
    raise InUse(f"No profile could be made for {user}: try again.")


def places_of(platform: Platform, space: Record) -> list[Mapping[str, Any]]:
    """Where the settings of a space's app may stand, the most particular first."""
    project, domain = space.key.project, space.spec["DomainId"]
    try:
        owner = space.spec["OwnershipSettings"]["OwnerUserProfileName"]
        profile = platform.store.get(names.profile_key(project, domain, owner))
    except Missing:
        profile = None
    return settings.places(space, profile, find(platform, project, domain))


class Domains:
    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    def _need_admin(self, call: Call) -> None:
        if call.caller.role != "admin":
            raise AccessDenied("Only an admin of the project may change its domains.")

    def _write(self, key: Key, arn: str, change: Any) -> Record:
        while True:
            record = names.find(self._platform, key, arn)
            try:
                return self._platform.store.write(record, now=self._platform.clock(), spec=change(record))
            except (Stale, Missing):
                continue

    # Domains.

    async def create(self, call: Call) -> Mapping[str, Any]:
        self._need_admin(call)
        project, params = call.caller.project, dict(call.params)
        own(self._platform, project)
        tags = tags_of(params.pop("Tags", None))
        if params["AuthMode"] != "IAM":
            raise ValidationError("AuthMode SSO is not supported: people sign in to the studio itself. Use IAM.")
        every = self._platform.store.query(Query(names.DOMAIN, project, limit=500)).records
        for one in every:
            if one.spec["DomainName"].casefold() == params["DomainName"].casefold():
                raise InUse(f"A domain named {params['DomainName']} exists already ({one.key.name}).")
        domain = f"d-{secrets.token_hex(6)}"
        self._platform.store.create(
            names.domain_key(project, domain), params, READY, now=self._platform.clock(), tags=tags
        )
        return {"DomainId": domain, "DomainArn": sagemaker_arn(project, "domain", domain), "Url": self._url}

    @property
    def _url(self) -> str:
        return f"{self._platform.config.address}/spaces"

    def shown(self, record: Record) -> dict[str, Any]:
        return {
            **{name: value for name, value in record.spec.items() if not name.startswith("_")},
            "DomainId": record.key.name,
            "DomainArn": sagemaker_arn(record.key.project, "domain", record.key.name),
            "Status": "InService",
            "Url": self._url,
            "CreationTime": record.created,
            "LastModifiedTime": record.modified,
        }

    async def describe(self, call: Call) -> Mapping[str, Any]:
        return self.shown(find(self._platform, call.caller.project, call.params["DomainId"]))

    async def update(self, call: Call) -> Mapping[str, Any]:
        self._need_admin(call)
        project, domain = call.caller.project, call.params["DomainId"]
        find(self._platform, project, domain)

        def changed(record: Record) -> dict[str, Any]:
            given = {name: call.params[name] for name in CHANGED if name in call.params}
            for name in ("DefaultUserSettings", "DefaultSpaceSettings"):
                if name in given:
                    given[name] = {**record.spec.get(name, {}), **given[name]}
            if "DomainSettingsForUpdate" in call.params:
                given["DomainSettings"] = {
                    **record.spec.get("DomainSettings", {}),
                    **call.params["DomainSettingsForUpdate"],
                }
            return {**record.spec, **given}

        self._write(names.domain_key(project, domain), "domain", changed)
        return {"DomainArn": sagemaker_arn(project, "domain", domain)}

    async def delete(self, call: Call) -> Mapping[str, Any]:
        self._need_admin(call)
        project, domain = call.caller.project, call.params["DomainId"]
        record = find(self._platform, project, domain)
        if domain == names.own_domain(project):
            raise InUse(f"The domain {domain} is the project's own: it is there as long as the project.")
        for kind in (names.SPACE, names.PROFILE):
            held = Query(kind, project, labels={"Domain": domain.lower()})
            if self._platform.store.count(held):
                raise InUse(
                    f"Unable to delete Domain [{domain}] because it still holds resources of kind {kind}: delete them first."
                )
        try:
            self._platform.store.delete(record)
        except (Stale, Missing):
            raise InUse(f"The domain {domain} was changed meanwhile: try again.") from None
        return {}

    # Profiles.

    async def create_profile(self, call: Call) -> Mapping[str, Any]:
        project, params = call.caller.project, dict(call.params)
        domain, name = params["DomainId"], params["UserProfileName"]
        find(self._platform, project, domain)
        tags, user = tags_of(params.pop("Tags", None)), self._user_of(call)
        if user.casefold() != call.caller.user.casefold() and call.caller.role != "admin":
            raise AccessDenied(f"Only an admin of the project may make a profile for {user}.")
        spec = {**params, "_user": user}
        try:
            self._platform.store.create(
                names.profile_key(project, domain, name), spec, READY, now=self._platform.clock(), tags=tags
            )
        except AlreadyExists as there:
            raise InUse(f"UserProfile [{self._profile_arn(there.existing)}] already exists.") from None
        return {"UserProfileArn": sagemaker_arn(project, "user-profile", f"{domain}/{name}")}

    def _user_of(self, call: Call) -> str:
        """Who a profile stands for: the member it is named after, else who makes it."""
        named = str(call.params.get("SingleSignOnUserValue") or call.params["UserProfileName"])
        identity = self._platform.identity
        member = identity.caller(named, call.caller.project) if identity else None
        if member is None and "SingleSignOnUserValue" in call.params and identity is not None:
            raise ValidationError(f"{named} is no member of this project.")
        return member.user if member else call.caller.user

    def _profile_arn(self, record: Record) -> str:
        return sagemaker_arn(record.key.project, "user-profile", record.key.name)

    def profile_shown(self, record: Record) -> dict[str, Any]:
        return {
            **{name: value for name, value in record.spec.items() if not name.startswith("_")},
            "UserProfileArn": self._profile_arn(record),
            "Status": "InService",
            "CreationTime": record.created,
            "LastModifiedTime": record.modified,
        }

    def profile(self, call: Call) -> Record:
        project, domain = call.caller.project, call.params["DomainId"]
        find(self._platform, project, domain)
        key = names.profile_key(project, domain, call.params["UserProfileName"])
        return names.find(self._platform, key, "user-profile")

    async def describe_profile(self, call: Call) -> Mapping[str, Any]:
        return self.profile_shown(self.profile(call))

    def _own_or_admin(self, call: Call, record: Record) -> None:
        if call.caller.role != "admin" and record.spec["_user"].casefold() != call.caller.user.casefold():
            raise AccessDenied("Only the person whose profile it is or an admin of the project may change it.")

    async def update_profile(self, call: Call) -> Mapping[str, Any]:
        record = self.profile(call)
        self._own_or_admin(call, record)

        def changed(seen: Record) -> dict[str, Any]:
            return {
                **seen.spec,
                "UserSettings": {**seen.spec.get("UserSettings", {}), **call.params.get("UserSettings", {})},
            }

        return {"UserProfileArn": self._profile_arn(self._write(record.key, "user-profile", changed))}

    async def delete_profile(self, call: Call) -> Mapping[str, Any]:
        record = self.profile(call)
        self._own_or_admin(call, record)
        labels = {"Domain": call.params["DomainId"].lower(), "Owner": record.spec["UserProfileName"].lower()}
        if self._platform.store.count(Query(names.SPACE, call.caller.project, labels=labels)):
            raise InUse(
                f"Unable to delete UserProfile [{self._profile_arn(record)}] because it owns spaces: delete them first."
            )
        try:
            self._platform.store.delete(record)
        except (Stale, Missing):
            raise InUse("The profile was changed meanwhile: try again.") from None
        return {}
