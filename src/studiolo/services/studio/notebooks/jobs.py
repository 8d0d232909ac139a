"""Notebook jobs: training jobs of the form that AWS's notebook jobs have, so logs, limits, cost and tags are those of jobs, and
those that NotebookJobStep makes are seen here, too."""

import asyncio
import hashlib
import secrets
import tarfile
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from studiolo.base.arn import sagemaker_arn
from studiolo.base.errors import ApiError, NotFound, ValidationError
from studiolo.base.record import Key, Record
from studiolo.blobs.protocol import BlobError
from studiolo.services import s3uri
from studiolo.services.platform import Platform
from studiolo.services.request import Call, Handler
from studiolo.services.s3uri import S3Uri
from studiolo.services.studio.notebooks import request as asking
from studiolo.services.studio.notebooks.request import NAME_TAG, NOTEBOOK_TAG, ORIGIN_TAG, SCHEDULE_TAG, Requests, plain
from studiolo.services.studio.notebooks.schedules import NotebookSchedules
from studiolo.services.studio.notebooks.source import MAX_BYTES
from studiolo.services.studio.together.activity import need_project, page_of
from studiolo.services.studio.workbench import Workbench
from studiolo.store.protocol import Missing, Query, Tagged

SOURCES = ("SpaceName", "Path", "S3Uri")


class NotebookJobs:
    def __init__(self, platform: Platform, workbench: Workbench, create: Handler) -> None:
        """create: the handler of CreateTrainingJob."""
        self._platform = platform
        self._create = create
        self._requests = Requests(platform, workbench)
        self.schedules = NotebookSchedules(platform, self._requests)

    # Making.

    async def run(self, call: Call) -> Mapping[str, Any]:
        """The same ClientToken of the same person is the same run."""
        params, project = call.params, need_project(call)
        schedule = params.get("NotebookScheduleName")
        of_schedule = self.schedules.find(call) if schedule else None
        file = str(params.get("Path") or params.get("S3Uri") or schedule or "").rpartition("/")[2]
        stem = plain(params.get("NotebookJobName") or file.removesuffix(".ipynb"))
        name = f"{stem}-{self._end(call)}"
        made = self._made(project, name) if "ClientToken" in params else None
        if made is None:
            if of_schedule is not None:
                request = self._as_scheduled(call, of_schedule)
            else:
                request = await self._requests.make(call, name)
            answer: Any = await self._create(asking.asked(call, {**request, "TrainingJobName": name}))
            made = str(answer["TrainingJobArn"])
        return {"TrainingJobName": name, "TrainingJobArn": made}

    def _end(self, call: Call) -> str:
        """What makes the name of a run its own."""
        token = call.params.get("ClientToken")
        if token is not None:
            return hashlib.sha256(f"{call.caller.user.casefold()}/{token}".encode()).hexdigest()[:20]
        moment = datetime.fromtimestamp(self._platform.clock(), UTC).strftime("%Y%m%d-%H%M%S")
        return f"{moment}-{secrets.token_hex(2)}"

    def _made(self, project: str, name: str) -> str | None:
        try:
            self._platform.store.get(Key(project, "TrainingJob", name))
        except Missing:
            return None
        return sagemaker_arn(project, "training-job", name)

    def _as_scheduled(self, call: Call, schedule: Record) -> dict[str, Any]:
        """The schedule's own request, with what the call says otherwise."""
        more = [one for one in (*SOURCES, "InputFolder", "KernelName", "Tags") if one in call.params]
        if more:
            raise ValidationError(f"{more[0]} is the schedule's own: run it without, or without NotebookScheduleName.")
        request = asking.schedule_request(schedule.spec)
        changed = asking.parameters(call.params)
        request["HyperParameters"] = changed if "Parameters" in call.params else request.get("HyperParameters", {})
        if "InstanceType" in call.params:
            request["ResourceConfig"] = {**request["ResourceConfig"], "InstanceType": call.params["InstanceType"]}
        if "MaxRuntimeInSeconds" in call.params:
            request["StoppingCondition"] = {"MaxRuntimeInSeconds": call.params["MaxRuntimeInSeconds"]}
        if "Image" in call.params:
            self._requests.check(call)
            request["AlgorithmSpecification"] = {
                **request["AlgorithmSpecification"],
                "TrainingImage": call.params["Image"],
            }
        return request

    # Looking.

    async def list(self, call: Call) -> Mapping[str, Any]:
        """The newest first."""
        project, schedule = need_project(call), call.params.get("NotebookScheduleName")
        user = call.params.get("UserEquals")
        query = Query(
            "TrainingJob", project, where=Tagged(NOTEBOOK_TAG) if schedule is None else Tagged(SCHEDULE_TAG, schedule),
            labels={"NotebookUser": user.casefold()} if user else {}, state=call.params.get("StatusEquals"),
            sort="created", descending=True, limit=call.params.get("MaxResults", 50), token=call.params.get("NextToken"),
        )  # fmt: skip
        found = page_of(self._platform, query)
        return {"NotebookJobs": [self._shown(one) for one in found.records], "NextToken": found.token}

    def _shown(self, record: Record) -> dict[str, Any]:
        spec, status, tags = record.spec, record.status, record.tags
        word = status.get("TrainingJobStatus")
        known: dict[str, Any] = {
            **asking.described(spec),
            "TrainingJobName": record.key.name,
            "TrainingJobArn": sagemaker_arn(record.key.project, "training-job", record.key.name),
            "NotebookJobName": tags.get(NAME_TAG, record.key.name),
            "NotebookName": tags.get(NOTEBOOK_TAG, ""),
            "Origin": tags.get(ORIGIN_TAG, ""),
            "NotebookScheduleName": tags.get(SCHEDULE_TAG),
            "Status": "Stopping" if "_stop" in spec and word == "InProgress" else word,
            "SecondaryStatus": status.get("SecondaryStatus"),
            "User": spec.get("_user"),
            "Tags": asking.shown_tags(tags),
            "CreationTime": record.created,
            "StartTime": status.get("TrainingStartTime"),
            "EndTime": status.get("TrainingEndTime"),
            "LastModifiedTime": record.modified,
            "FailureReason": status.get("FailureReason"),
            "OutputUri": str(self._output(record)),
        }
        return {name: value for name, value in known.items() if value is not None}

    def _output(self, record: Record) -> S3Uri:
        base = s3uri.parse(record.spec["OutputDataConfig"]["S3OutputPath"])
        return base.child(f"{record.key.name}/output/output.tar.gz")

    async def describe(self, call: Call) -> Mapping[str, Any]:
        """With the notebook as it is after the run, where it has one yet."""
        name = call.params["TrainingJobName"]
        try:
            record = self._platform.store.get(Key(need_project(call), "TrainingJob", name))
        except Missing:
            raise NotFound(f"There is no notebook job {name} in this project.") from None
        if NOTEBOOK_TAG not in record.tags:
            raise NotFound(f"The training job {name} runs no notebook.")
        text = await asyncio.to_thread(self._result, record)
        return {**self._shown(record), **({"Notebook": text} if text is not None else {})}

    def _result(self, record: Record) -> str | None:
        uri = self._output(record)
        try:
            s3uri.own(self._platform.blobs, record.key.project, str(uri))
            _, stream = self._platform.blobs.open_read(uri.bucket, uri.key)
        except (BlobError, ApiError):
            return None
        try:
            with stream, tarfile.open(fileobj=stream, mode="r:*") as tar:
                for member in tar:
                    if member.isfile() and member.name.endswith(".ipynb") and member.size <= MAX_BYTES:
                        held = tar.extractfile(member)
                        return held.read().decode(errors="replace") if held else None
        except (tarfile.TarError, OSError, EOFError):
            return None
        return None
