"""What AWS has no words for of a version of an image: what it was locked from, its lock, how its building went, who uses it."""

from collections.abc import Mapping
from typing import Any

from studiolo.base.errors import NotFound
from studiolo.base.record import Key
from studiolo.services.platform import Platform
from studiolo.services.request import Call
from studiolo.store.protocol import Missing, Query

USERS = ("TrainingJob", "ProcessingJob", "Model")
"""Kinds whose records bear the image they run from as a label of the index."""
SHOWN = 50


class EnvironmentVersions:
    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    async def describe(self, call: Call) -> Mapping[str, Any]:
        name, version = call.params["ImageName"], call.params["Version"]
        project = call.caller.project
        try:
            record = self._platform.store.get(Key(project, "ImageVersion", f"{name}/{version}"))
        except Missing:
            raise NotFound(f"The image {name} has no version {version}.") from None
        uri = record.status.get("ContainerImage")
        return {
            "Requirements": record.spec.get("_file", ""),
            "Lock": record.status.get("_lock", ""),
            "Log": record.status.get("_log", []),
            "CreatedBy": record.spec.get("_user", ""),
            "UsedBy": self._users(project, uri) if uri else [],
        }

    def images(self, project: str) -> list[dict[str, Any]]:
        """The ready versions of the project's own, as entries of ListImages."""
        query = Query("ImageVersion", project, state="CREATED", sort="created", descending=True, limit=SHOWN)
        return [
            {
                "Image": one.status["ContainerImage"],
                "Name": f"{one.spec['ImageName']}:{one.spec['Version']}",
                "Framework": one.status["_framework"],
                "Version": f"version {one.spec['Version']}",
                "State": "ready",
            }
            for one in self._platform.store.query(query).records
        ]

    def _users(self, project: str, uri: str) -> list[dict[str, Any]]:
        """The newest of each kind."""
        found: list[dict[str, Any]] = []
        for kind in USERS:
            query = Query(kind, project, labels={"Image": uri}, sort="created", descending=True, limit=SHOWN)
            found += [
                {"Kind": kind, "Name": one.key.name, "CreationTime": one.created}
                for one in self._platform.store.query(query).records
            ]
        return found
