"""The workbench's operations by their names, its lists, and what the store and the tags need to know of its records."""

from collections.abc import Callable, Mapping
from typing import Any

from studiolo.base.errors import ValidationError
from studiolo.base.record import Record
from studiolo.services.platform import Platform
from studiolo.services.request import Call, Handler
from studiolo.services.sagemaker import listing
from studiolo.services.sagemaker.documents import cut
from studiolo.services.sagemaker.kind import Kind
from studiolo.services.sagemaker.workbench import domains, names
from studiolo.services.sagemaker.workbench.ahead import Ahead
from studiolo.services.sagemaker.workbench.apps import Apps
from studiolo.services.sagemaker.workbench.domains import Domains
from studiolo.services.sagemaker.workbench.presigned import Presigned
from studiolo.services.sagemaker.workbench.spaces import Spaces, word_of_app
from studiolo.store.protocol import Index, Indexer, Query
from studiolo.wire.model import element, members, operation

PAGE = 10
SORTS = {"CreationTime": "created", "LastModifiedTime": "modified"}
TAGGED = {
    kind.name: kind
    for kind in (
        Kind(names.DOMAIN, arn="domain", missing=("ResourceNotFound", "Domain [{arn}] does not exist.")),
        Kind(names.PROFILE, arn="user-profile", missing=("ResourceNotFound", "UserProfile [{arn}] does not exist.")),
        Kind(names.SPACE, arn="space", missing=("ResourceNotFound", "Space [{arn}] does not exist.")),
    )
}
"""Kinds whose records' names are what stands in their ARNs, for AddTags and the like."""


def _index_named(record: Record) -> Index:
    spec = record.spec
    labels = {"Domain": str(spec.get("DomainId", "")).lower()}
    if record.key.kind == names.PROFILE:
        labels["User"] = str(spec.get("_user", "")).casefold()
    if record.key.kind == names.SPACE:
        labels |= {
            "Space": spec["SpaceName"].lower(),
            "Owner": spec["OwnershipSettings"]["OwnerUserProfileName"].lower(),
        }
    return Index("Deleting" if record.deleting else str(record.status.get("Status", "")), labels)


def _index_app(record: Record) -> Index:
    spec = record.spec
    return Index(word_of_app(record), {"Domain": spec["DomainId"].lower(), "Space": spec["SpaceName"].lower()})


def indexers() -> Mapping[str, Indexer]:
    return {
        names.DOMAIN: _index_named,
        names.PROFILE: _index_named,
        names.SPACE: _index_named,
        names.APP: _index_app,
    }


class Workbench:
    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._domains = Domains(platform)
        self._spaces = Spaces(platform)
        self._apps = Apps(platform, self._spaces)
        self._ahead = Ahead(platform)
        self._presigned = Presigned(platform, self._domains, self._spaces)

    def operations(self) -> Mapping[str, Handler]:
        one, space, app = self._domains, self._spaces, self._apps
        return {
            "CreateDomain": one.create,
            "DescribeDomain": one.describe,
            "UpdateDomain": one.update,
            "DeleteDomain": one.delete,
            "ListDomains": self._list_domains,
            "CreateUserProfile": one.create_profile,
            "DescribeUserProfile": one.describe_profile,
            "UpdateUserProfile": one.update_profile,
            "DeleteUserProfile": one.delete_profile,
            "ListUserProfiles": self._list_profiles,
            "CreateSpace": space.create,
            "DescribeSpace": self._describe_space,
            "UpdateSpace": space.update,
            "DeleteSpace": space.delete,
            "ListSpaces": self._list_spaces,
            "CreateApp": app.create,
            "DescribeApp": app.describe,
            "DeleteApp": app.delete,
            "ListApps": self._list_apps,
            "CreatePresignedDomainUrl": self._presigned.create,
        }

    # Who looks at spaces is likely to open one.

    async def _describe_space(self, call: Call) -> Mapping[str, Any]:
        self._ahead.looked()
        return await self._spaces.describe(call)

    # Lists.

    async def _list_domains(self, call: Call) -> Mapping[str, Any]:
        domains.own(self._platform, call.caller.project)
        return self._list(call, names.DOMAIN, {}, self._domains.shown, lambda record: True)

    async def _list_profiles(self, call: Call) -> Mapping[str, Any]:
        return self._list(
            call, names.PROFILE, self._domain_label(call), self._domains.profile_shown, _named(call, "UserProfileName")
        )

    async def _list_spaces(self, call: Call) -> Mapping[str, Any]:
        self._ahead.looked()
        return self._list(call, names.SPACE, self._domain_label(call), self._spaces.shown, _named(call, "SpaceName"))

    async def _list_apps(self, call: Call) -> Mapping[str, Any]:
        labels = self._domain_label(call)
        if "UserProfileNameEquals" in call.params and "SpaceNameEquals" in call.params:
            raise ValidationError("Give either SpaceNameEquals or UserProfileNameEquals, and not both.")
        if "SpaceNameEquals" in call.params:
            labels["Space"] = call.params["SpaceNameEquals"].lower()
        # Apps here belong to spaces, so none is a profile's.
        return self._list(
            call, names.APP, labels, self._apps.shown, lambda _: "UserProfileNameEquals" not in call.params
        )

    def _domain_label(self, call: Call) -> dict[str, str]:
        domain = call.params.get("DomainIdEquals")
        return {"Domain": domain.lower()} if domain else {}

    def _list(
        self,
        call: Call,
        kind: str,
        labels: Mapping[str, str],
        shown: Callable[[Record], Mapping[str, Any]],
        wanted: Callable[[Record], bool],
    ) -> Mapping[str, Any]:
        """The part of a name that a list asks for is looked for here: a project has few of these, and the store knows them
        by a longer name."""
        params, limit = call.params, call.params.get("MaxResults", PAGE)
        model = operation("sagemaker", call.operation)
        assert model is not None and model.output_shape is not None
        shape = element(members(model.output_shape)[listing.results_member(model.output_shape)])
        found: list[Mapping[str, Any]] = []
        token = params.get("NextToken")
        while True:
            query = Query(
                kind, call.caller.project, labels=labels, sort=SORTS[params.get("SortBy", "CreationTime")],  # pyright: ignore[reportArgumentType]
                descending=params.get("SortOrder", "Ascending") == "Descending", limit=100, token=token,
            )  # fmt: skip
            page = listing.page(self._platform, query)
            for place, record in enumerate(page.records, 1):
                if not wanted(record):
                    continue
                found.append(cut(shape, shown(record)))
                if len(found) == limit:
                    last = place == len(page.records) and page.token is None
                    return {
                        listing.results_member(model.output_shape): found,
                        "NextToken": None if last else page.resume(place),
                    }
            token = page.token
            if token is None:
                return {listing.results_member(model.output_shape): found, "NextToken": None}


def _named(call: Call, member: str) -> Callable[[Record], bool]:
    part = str(call.params.get(f"{member}Contains", "")).lower()
    return lambda record: part in str(record.spec[member]).lower()
