"""A notebook as it was when it was shared: read by every member, changed by nobody, whatever becomes of the file."""

import hashlib
from collections.abc import Mapping
from typing import Any

from studiolo.base.errors import AccessDenied, NotFound, ValidationError
from studiolo.base.record import Key, Record
from studiolo.blobs.protocol import BlobError
from studiolo.services import s3uri
from studiolo.services.platform import Platform
from studiolo.services.request import Call
from studiolo.services.s3uri import S3Uri, default_bucket
from studiolo.services.studio.notebooks.jobs import NotebookJobs
from studiolo.services.studio.notebooks.source import notebook
from studiolo.services.studio.together.activity import need_project, page_of
from studiolo.services.studio.workbench import Workbench
from studiolo.store.protocol import AlreadyExists, Missing, Query, Stale

KIND = "NotebookSnapshot"


def shown(record: Record) -> dict[str, Any]:
    public = {name: value for name, value in record.spec.items() if not name.startswith("_")}
    return {"NotebookSnapshotId": record.key.name, "CreationTime": record.created, **public}


class Snapshots:
    def __init__(self, platform: Platform, workbench: Workbench, jobs: NotebookJobs) -> None:
        self._platform = platform
        self._workbench = workbench
        self._jobs = jobs

    async def _content(self, call: Call) -> tuple[str, bytes, str]:
        """(file name, bytes, where it is from)."""
        if "TrainingJobName" in call.params:
            job = await self._jobs.describe(call)
            if "Notebook" not in job:
                raise ValidationError(f"The notebook job {job['TrainingJobName']} has left no notebook (yet).")
            return job["NotebookName"], job["Notebook"].encode(), f"Notebook job {job['TrainingJobName']}"
        file, text = await notebook(self._platform, self._workbench, call)
        space = call.params.get("SpaceName")
        return file, text, f"Space {space}: {call.params['Path']}" if space else str(call.params["S3Uri"])

    async def create(self, call: Call) -> Mapping[str, Any]:
        """The same content of the same place, shared again by the same person, is the same snapshot."""
        project = need_project(call)
        file, text, source = await self._content(call)
        id = hashlib.sha256(b"/".join((call.caller.user.encode(), source.encode(), text))).hexdigest()[:20]
        place = S3Uri(default_bucket(project), f"shared-notebooks/{id}/{file}")
        now = self._platform.clock()
        try:
            s3uri.put(self._platform.blobs, place, text, "application/x-ipynb+json", now=now)
        except BlobError:
            raise ValidationError(
                f"The notebook can't be stored in s3://{place.bucket}: is the bucket still there?"
            ) from None
        spec = {
            "NotebookName": file, "Title": call.params.get("Title") or file.removesuffix(".ipynb"), "Source": source,
            "User": call.caller.user, "Size": len(text), "_uri": str(place),
        }  # fmt: skip
        try:
            self._platform.store.create(Key(project, KIND, id), spec, {}, now=now)
        except AlreadyExists:
            pass
        return {"NotebookSnapshotId": id}

    def _find(self, call: Call) -> Record:
        id = call.params["NotebookSnapshotId"]
        try:
            return self._platform.store.get(Key(need_project(call), KIND, id))
        except Missing:
            raise NotFound(f"There is no shared notebook {id} in this project.") from None

    async def get(self, call: Call) -> Mapping[str, Any]:
        record = self._find(call)
        place = s3uri.parse(record.spec["_uri"])
        try:
            _, stream = self._platform.blobs.open_read(place.bucket, place.key)
        except BlobError:
            raise NotFound(f"The content of this snapshot, {place}, was deleted.") from None
        with stream:
            return {**shown(record), "Notebook": stream.read().decode(errors="replace")}

    async def list(self, call: Call) -> Mapping[str, Any]:
        query = Query(
            KIND, need_project(call), sort="created", descending=True, limit=call.params.get("MaxResults", 50),
            token=call.params.get("NextToken"),
        )  # fmt: skip
        found = page_of(self._platform, query)
        return {"NotebookSnapshots": [shown(one) for one in found.records], "NextToken": found.token}

    async def delete(self, call: Call) -> Mapping[str, Any]:
        while True:
            record = self._find(call)
            mine = str(record.spec["User"]).casefold() == call.caller.user.casefold()
            if not mine and call.caller.role != "admin":
                raise AccessDenied(f"Only {record.spec['User']} and the project's admins take this back.")
            place = s3uri.parse(record.spec["_uri"])
            try:
                self._platform.blobs.delete(place.bucket, place.key)
            except BlobError:
                pass
            try:
                self._platform.store.delete(record)
            except Stale:
                continue
            except Missing:
                pass
            return {}
