"""Data sets: named, with versions that never change. What is done here writes records; the controller does the rest."""

import asyncio
from collections.abc import Mapping
from typing import Any

from studiolo.base.errors import ConflictError, NotFound, ValidationError
from studiolo.base.record import Record
from studiolo.services import s3uri
from studiolo.services.platform import Platform
from studiolo.services.request import Call, Handler
from studiolo.services.studio.datasets import lineage, records
from studiolo.services.studio.datasets.compare import compare
from studiolo.store.protocol import AlreadyExists, BadToken, Missing, Query, Stale

FACTS = ("VersionStatus", "FailureReason", "S3Uri", "Digest", "FileCount", "Size", "Format", "RowCount", "EndTime")


class DataSets:
    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    def operations(self) -> dict[str, Handler]:
        return {
            "CreateDataSet": self._create,
            "RegisterDataSetVersion": self._register,
            "DescribeDataSet": self._describe,
            "DescribeDataSetVersion": self._describe_version,
            "ListDataSets": self._list,
            "ListDataSetVersions": self._list_versions,
            "UpdateDataSet": self._update,
            "DeleteDataSet": self._delete,
            "DeleteDataSetVersion": self._delete_version,
            "CompareDataSetVersions": self._compare,
            "ListDataSetUses": self._uses,
        }

    def _get(self, call: Call) -> Record:
        name = call.params["DataSetName"]
        try:
            return self._platform.store.get(records.data_set(call.caller.project, name))
        except Missing:
            raise NotFound(f"There is no data set {name} in this project.") from None

    def _version(self, call: Call, member: str = "Version") -> Record:
        """The newest ready one where none is named."""
        name, number = self._get(call).key.name, call.params.get(member)
        if number is None:
            found = records.versions(self._platform, call.caller.project, name)
            ready = [one for one in found if one.status["VersionStatus"] == "Ready" and not one.deleting]
            if not ready:
                raise NotFound(f"The data set {name} has no version that is ready.")
            return ready[0]
        try:
            return self._platform.store.get(records.version(call.caller.project, name, number))
        except Missing:
            raise NotFound(f"The data set {name} has no version {number}.") from None

    async def _create(self, call: Call) -> Mapping[str, Any]:
        params, project = call.params, call.caller.project
        if "S3Uri" in params:
            s3uri.own(self._platform.blobs, project, params["S3Uri"])
        if records.versions(self._platform, project, params["DataSetName"]):
            self._gone(project, params["DataSetName"])
        key = records.data_set(project, params["DataSetName"])
        spec = {"Description": params.get("Description", ""), "Owner": call.caller.user, "Latest": 0}
        tags = {one["Key"]: one["Value"] for one in params.get("Tags", ())}
        try:
            record = self._platform.store.create(key, spec, {}, now=self._platform.clock(), tags=tags)
        except AlreadyExists:
            raise ConflictError(
                f"A data set named {key.name} exists already: register a version of it, or choose another name."
            ) from None
        if "S3Uri" not in params:
            return {"DataSetName": key.name}
        return {"DataSetName": key.name, "Version": self._new_version(call, record)}

    def _gone(self, project: str, name: str) -> None:
        """Versions of a data set of the same name that was deleted go in a moment; a new one can't have their places."""
        try:
            self._platform.store.get(records.data_set(project, name))
        except Missing:
            raise ConflictError(f"The data set {name} is still being deleted: try again in a moment.") from None

    async def _register(self, call: Call) -> Mapping[str, Any]:
        s3uri.own(self._platform.blobs, call.caller.project, call.params["S3Uri"])
        record = self._get(call)
        return {"DataSetName": record.key.name, "Version": self._new_version(call, record)}

    def _new_version(self, call: Call, record: Record) -> int:
        store, now = self._platform.store, self._platform.clock()
        number = int(record.spec["Latest"]) + 1
        try:
            # The number is taken first: it is never given twice, even where the version is deleted later.
            record = store.write(record, now=now, spec={**record.spec, "Latest": number})
        except (Stale, Missing):
            raise ConflictError("The data set was changed meanwhile: try again.") from None
        spec = {
            "DataSet": record.key.name, "Version": number, "SourceS3Uri": call.params["S3Uri"],
            "Description": call.params.get("Description", ""), "By": call.caller.user,
        }  # fmt: skip
        key = records.version(record.key.project, record.key.name, number)
        store.create(key, spec, {"VersionStatus": "InProgress"}, now=now)
        return number

    def _shown(self, record: Record) -> dict[str, Any]:
        return {
            "DataSetName": record.key.name,
            "Description": record.spec["Description"],
            "Owner": record.spec["Owner"],
            "LatestVersion": record.spec["Latest"],
            "CreationTime": record.created,
            "LastModifiedTime": record.modified,
            "Tags": [{"Key": key, "Value": value} for key, value in record.tags.items()],
            **self._latest(record),
        }

    def _latest(self, record: Record) -> dict[str, Any]:
        """What lists tell of the newest version that is there."""
        number, project, name = int(record.spec["Latest"]), record.key.project, record.key.name
        if number == 0:
            return {}
        try:
            newest = self._platform.store.get(records.version(project, name, number))
        except Missing:
            newest = None
        if newest is None or newest.deleting:
            left = [one for one in records.versions(self._platform, project, name) if not one.deleting]
            if not left:
                return {}
            newest = left[0]
        told = {
            one: newest.status[one] for one in ("VersionStatus", "RowCount", "Size", "Format") if one in newest.status
        }
        return {**told, "LatestVersion": newest.spec["Version"]}

    def _shown_version(self, record: Record) -> dict[str, Any]:
        facts = {name: record.status[name] for name in FACTS if name in record.status}
        return {
            "DataSetName": record.spec["DataSet"],
            "Version": record.spec["Version"],
            "SourceS3Uri": record.spec["SourceS3Uri"],
            "Description": record.spec["Description"],
            "CreatedBy": record.spec["By"],
            "CreationTime": record.created,
            "Progress": record.status.get("_progress", 0.0),
            **facts,
        }

    async def _describe(self, call: Call) -> Mapping[str, Any]:
        return self._shown(self._get(call))

    async def _describe_version(self, call: Call) -> Mapping[str, Any]:
        record = self._version(call)
        return {**self._shown_version(record), "Columns": record.status.get("Columns", [])}

    async def _list(self, call: Call) -> Mapping[str, Any]:
        params = call.params
        if ("TagKey" in params) != ("TagValue" in params):
            raise ValidationError("TagKey and TagValue go together: give both or neither.")
        query = Query(
            records.DATA_SET,
            call.caller.project,
            name_contains=params.get("NameContains"),
            labels={"Owner": params["Owner"]} if "Owner" in params else {},
            tags={params["TagKey"]: params["TagValue"]} if "TagKey" in params else {},
            sort={"Name": "name", "CreationTime": "created"}.get(params.get("SortBy", ""), "modified"),  # pyright: ignore[reportArgumentType]
            descending=params.get("SortOrder", "Descending") == "Descending",
            limit=params.get("MaxResults", 100),
            token=params.get("NextToken"),
        )
        try:
            page = self._platform.store.query(query)
        except BadToken:
            raise ValidationError("The NextToken is not one of this list's: start again without it.") from None
        more = {"NextToken": page.token} if page.token else {}
        return {"DataSets": [self._shown(one) for one in page.records], **more}

    async def _list_versions(self, call: Call) -> Mapping[str, Any]:
        found = records.versions(self._platform, call.caller.project, self._get(call).key.name)
        return {"Versions": [self._shown_version(one) for one in found if not one.deleting]}

    async def _update(self, call: Call) -> Mapping[str, Any]:
        record, params = self._get(call), call.params
        spec = {**record.spec, **({"Description": params["Description"]} if "Description" in params else {})}
        tags = {one["Key"]: one["Value"] for one in params["Tags"]} if "Tags" in params else None
        try:
            self._platform.store.write(record, now=self._platform.clock(), spec=spec, tags=tags)
        except (Stale, Missing):
            raise ConflictError("The data set was changed meanwhile: try again.") from None
        return {"DataSetName": record.key.name}

    def _forget(self, record: Record) -> None:
        self._free(record)
        try:
            self._platform.store.write(record, now=self._platform.clock(), deleting=True)
        except (Stale, Missing):
            raise ConflictError("The version was changed meanwhile: try again.") from None

    def _free(self, record: Record) -> None:
        """Raises where it may not go now."""
        if record.status["VersionStatus"] == "InProgress":
            raise ConflictError(f"Version {record.spec['Version']} is being made: wait until it is ready.")
        job = lineage.held_by(self._platform, record.key.project, self._address(record))
        if job is not None:
            raise ConflictError(
                f"Version {record.spec['Version']} is read by {job}, which has not ended: stop it or wait."
            )

    def _address(self, record: Record) -> str:
        folder = records.folder_of(record.spec["DataSet"], record.spec["Version"])
        return f"s3://{records.bucket_of(record.key.project)}/{folder}"

    async def _delete(self, call: Call) -> Mapping[str, Any]:
        """Versions first: what is left after a crash is a data set that can be deleted again."""
        record = self._get(call)
        left = [
            one for one in records.versions(self._platform, call.caller.project, record.key.name) if not one.deleting
        ]
        for one in left:
            # All are looked at before the first goes.
            self._free(one)
        for one in left:
            self._forget(one)
        try:
            self._platform.store.delete(record)
        except (Stale, Missing):
            raise ConflictError("The data set was changed meanwhile: try again.") from None
        return {}

    async def _delete_version(self, call: Call) -> Mapping[str, Any]:
        self._forget(self._version(call))
        return {}

    async def _compare(self, call: Call) -> Mapping[str, Any]:
        base, other = self._version(call, "BaseVersion"), self._version(call, "OtherVersion")
        for one in (base, other):
            if one.status["VersionStatus"] != "Ready":
                raise ValidationError(f"Version {one.spec['Version']} is not ready: only ready versions are compared.")
        return compare(base.status, other.status)

    async def _uses(self, call: Call) -> Mapping[str, Any]:
        record = self._version(call)
        return {"Jobs": await asyncio.to_thread(self._jobs, call.caller.project, record)}

    def _jobs(self, project: str, record: Record) -> list[dict[str, Any]]:
        made = lineage.made_by(self._platform, project, record.spec["SourceS3Uri"], record.created)
        return made + lineage.used_by(self._platform, project, self._address(record), record.created)
