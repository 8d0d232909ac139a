"""Tracking servers as records. A request only writes down what is wanted; controller.py wakes, stops and clears away."""

import secrets
from collections.abc import Mapping
from typing import Any

from studiolo.base.errors import AccessDenied, ConflictError, InUse, NotFound, Unsupported, ValidationError
from studiolo.base.record import Record
from studiolo.services import s3uri
from studiolo.services.platform import Platform
from studiolo.services.request import Call
from studiolo.services.sagemaker.tracking import names
from studiolo.services.sagemaker.verbs import tags_of
from studiolo.services.sts.service import role_arn
from studiolo.store.protocol import AlreadyExists, Missing, Stale

MAJOR = "3"
"""Of the MLflow that servers run."""


def _life() -> str:
    return secrets.token_hex(4)


def own(platform: Platform, project: str) -> Record:
    """The server a project has by itself, made when it is first looked for; it sleeps until somebody asks it."""
    key = names.key_of(project, names.OWN)
    try:
        return platform.store.get(key)
    except Missing:
        pass
    life = _life()
    spec = {
        "ArtifactStoreUri": f"s3://{s3uri.default_bucket(project)}/mlflow",
        "TrackingServerSize": "Small",
        "RoleArn": role_arn(project),
        "AutomaticModelRegistration": False,
        "_user": "",
        "_by": "",
        "_folder": f"{names.OWN}-{secrets.token_hex(6)}",
        "_wanted": "Created",
        "_life": life,
    }
    try:
        return platform.store.create(
            key, spec, {"TrackingServerStatus": "Created", "_life": life}, now=platform.clock()
        )
    except AlreadyExists as there:
        return there.existing


def server(platform: Platform, project: str, name: str) -> Record | None:
    if name.lower() == names.OWN:
        return own(platform, project)
    try:
        return platform.store.get(names.key_of(project, name))
    except Missing:
        return None


class Servers:
    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    def find(self, call: Call) -> Record:
        name = call.params["TrackingServerName"]
        record = server(self._platform, call.caller.project, name)
        if record is None:
            raise NotFound(f"Tracking server {name} does not exist in this project.")
        return record

    def _check(self, call: Call) -> None:
        params, project = call.params, call.caller.project
        if "ArtifactStoreUri" in params:
            s3uri.own_target(self._platform.blobs, project, params["ArtifactStoreUri"])
        if params.get("AutomaticModelRegistration"):
            raise Unsupported(
                "AutomaticModelRegistration is not supported by this version of studiolo: register models in the model registry "
                "with CreateModelPackage."
            )
        if "MlflowVersion" in params and params["MlflowVersion"].partition(".")[0] != MAJOR:
            raise ValidationError(
                f"MlflowVersion {params['MlflowVersion']} is not available: servers run MLflow {MAJOR}."
            )
        owner = params.get("S3BucketOwnerAccountId", project)
        if owner != project:
            raise ValidationError(f"The bucket of ArtifactStoreUri belongs to {project}, not to {owner}.")

    async def create(self, call: Call) -> Mapping[str, Any]:
        platform, params = self._platform, dict(call.params)
        key = names.key_of(call.caller.project, params.pop("TrackingServerName"))
        tags = tags_of(params.pop("Tags", None))
        self._check(call)
        # The version is what the environment has; it is told once the server has started.
        params.pop("MlflowVersion", None)
        spec = {
            "TrackingServerSize": "Small",
            "AutomaticModelRegistration": False,
            **params,
            "_user": call.caller.user,
            "_by": call.caller.user,
            "_folder": f"{key.name.lower()}-{secrets.token_hex(6)}",
            "_wanted": "Created",
            "_life": _life(),
        }
        platform.admit(key, call.caller.user, spec)
        if key.name.lower() == names.OWN:
            own(platform, key.project)
        try:
            record = platform.store.create(
                key, spec, {"TrackingServerStatus": "Creating"}, now=platform.clock(), tags=tags
            )
        except AlreadyExists as there:
            raise InUse(
                f"Tracking server {there.existing.key.name} already exists ({names.arn_of(there.existing)}).",
                code="ConflictException",
            ) from None
        return {"TrackingServerArn": names.arn_of(record)}

    async def describe(self, call: Call) -> Mapping[str, Any]:
        return names.shown(self._platform, self.find(call))

    def _change(self, call: Call, change: Any) -> Mapping[str, Any]:
        while True:
            record = self.find(call)
            if record.deleting:
                raise ConflictError(f"Tracking server {record.key.name} is being deleted.")
            spec = change(record)
            try:
                self._platform.store.write(record, now=self._platform.clock(), spec={**record.spec, **spec})
            except (Stale, Missing):
                continue
            return {"TrackingServerArn": names.arn_of(record)}

    async def update(self, call: Call) -> Mapping[str, Any]:
        self._check(call)

        def change(record: Record) -> dict[str, Any]:
            given = {name: value for name, value in call.params.items() if name != "TrackingServerName"}
            if record.spec["_wanted"] == names.OFF:
                return given
            return {**given, "_wanted": "Updated", "_life": _life(), "_by": call.caller.user}

        return self._change(call, change)

    async def start(self, call: Call) -> Mapping[str, Any]:
        def change(record: Record) -> dict[str, Any]:
            if names.active(record):
                raise ConflictError(f"Tracking server {record.key.name} is active already ({names.word_of(record)}).")
            return {"_wanted": "Started", "_life": _life(), "_by": call.caller.user}

        return self._change(call, change)

    async def stop(self, call: Call) -> Mapping[str, Any]:
        def change(record: Record) -> dict[str, Any]:
            if record.spec["_wanted"] == names.OFF:
                raise ConflictError(f"Tracking server {record.key.name} is {names.word_of(record)} already.")
            return {"_wanted": names.OFF, "_life": _life()}

        return self._change(call, change)

    async def delete(self, call: Call) -> Mapping[str, Any]:
        """Its runs go with it; their files in S3 stay. Idempotent while it goes."""
        while True:
            record = self.find(call)
            user, role = call.caller.user, call.caller.role
            if role != "admin" and str(record.spec["_user"]).casefold() != user.casefold():
                raise AccessDenied(
                    f"The runs of the whole team go with {record.key.name}: only who made it or an admin of the project deletes it."
                )
            try:
                if not record.deleting:
                    self._platform.store.write(record, now=self._platform.clock(), deleting=True)
            except (Stale, Missing):
                continue
            return {"TrackingServerArn": names.arn_of(record)}
