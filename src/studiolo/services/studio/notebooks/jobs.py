"""Notebook jobs: training jobs of the form that AWS's notebook jobs have, so logs, limits, cost and tags are those of jobs, and
those that NotebookJobStep makes are seen here, too. Schedules are EventBridge schedules that create such a job."""

import asyncio
import json
import re
import secrets
import tarfile
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from studiolo.base.arn import sagemaker_arn
from studiolo.base.errors import ApiError, NotFound, ValidationError
from studiolo.base.record import Key, Record
from studiolo.blobs.protocol import BlobError
from studiolo.services import s3uri, targets
from studiolo.services.platform import Platform
from studiolo.services.request import Call, Handler
from studiolo.services.s3uri import S3Uri, default_bucket
from studiolo.services.sagemaker.kinds.training_job.notebook import ENTRYPOINT
from studiolo.services.scheduler import names as scheduler
from studiolo.services.scheduler.service import SchedulerService
from studiolo.services.sts.service import role_arn
from studiolo.services.studio.notebooks.source import MAX_BYTES, notebook
from studiolo.services.studio.together.activity import need_project, page_of
from studiolo.services.studio.workbench import Workbench
from studiolo.store.protocol import Missing, Query, Tagged
from studiolo.wire import validate
from studiolo.wire.model import operation

CHANNEL = "sagemaker_headless_execution"
NAME_TAG, NOTEBOOK_TAG, ORIGIN_TAG = "sagemaker:name", "sagemaker:notebook-name", "sagemaker:notebook-job-origin"
SCHEDULE_TAG = "sagemaker:notebook-job-schedule"
SCHEDULE_PREFIX = "notebook-"
IMAGE = "sagemaker-distribution:latest"
INSTANCE = "ml.m5.large"
MAX_SECONDS = 2 * 86400
_PARAMETER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def _plain(name: str) -> str:
    return re.sub(r"[^a-zA-Z0-9]+", "-", name).strip("-")[:28].strip("-") or "notebook"


class NotebookJobs:
    def __init__(self, platform: Platform, workbench: Workbench, create: Handler) -> None:
        """create: the handler of CreateTrainingJob."""
        self._platform = platform
        self._workbench = workbench
        self._create = create
        self._schedules = SchedulerService(platform)

    # Making.

    async def run(self, call: Call) -> Mapping[str, Any]:
        need_project(call)
        file, text = await notebook(self._platform, self._workbench, call)
        stem = _plain(call.params.get("NotebookJobName") or file.removesuffix(".ipynb"))
        moment = datetime.fromtimestamp(self._platform.clock(), UTC).strftime("%Y%m%d-%H%M%S")
        name = f"{stem}-{moment}-{secrets.token_hex(2)}"
        request = await self._request(call, name, stem, file, text)
        answer: Any = await self._create(self._asked(call, request))
        return {"TrainingJobName": name, "TrainingJobArn": answer["TrainingJobArn"]}

    async def _request(
        self, call: Call, name: str, stem: str, file: str, text: bytes, schedule: str | None = None
    ) -> dict[str, Any]:
        """A CreateTrainingJob request; its notebook is in S3 then. Checked as the operation checks it."""
        params, project = call.params, call.caller.project
        bad = next((one for one in params.get("Parameters", {}) if not _PARAMETER.fullmatch(one)), None)
        if bad is not None:
            raise ValidationError(f"{bad} is no name of a parameter: it is a variable's, of letters, digits and _.")
        image = str(params.get("Image", IMAGE))
        if self._platform.environments.resolve(image) is None:
            raise ValidationError(f"There is no image {image}: ListImages has those there are.")
        base = S3Uri(default_bucket(project), f"notebook-jobs/{name}")
        place = base.child("input")
        if schedule is not None:
            base = S3Uri(default_bucket(project), f"notebook-jobs/schedules/{schedule}")
            place = base.child(f"input-{secrets.token_hex(4)}")
        tags = {
            NAME_TAG: stem,
            NOTEBOOK_TAG: file,
            ORIGIN_TAG: "STUDIO",
            **({SCHEDULE_TAG: schedule} if schedule else {}),
        }
        request: dict[str, Any] = {
            "TrainingJobName": name,
            "RoleArn": role_arn(project),
            "AlgorithmSpecification": {
                "TrainingImage": image,
                "TrainingInputMode": "File",
                "ContainerEntrypoint": [ENTRYPOINT],
            },
            "InputDataConfig": [
                {
                    "ChannelName": CHANNEL,
                    "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"{place}/",
                                                    "S3DataDistributionType": "FullyReplicated"}},
                }
            ],
            "OutputDataConfig": {"S3OutputPath": f"s3://{default_bucket(project)}/notebook-jobs"},
            "ResourceConfig": {"InstanceType": params.get("InstanceType", INSTANCE), "InstanceCount": 1, "VolumeSizeInGB": 30},
            "StoppingCondition": {"MaxRuntimeInSeconds": params.get("MaxRuntimeInSeconds", MAX_SECONDS)},
            "Environment": {
                "SM_EXECUTION_INPUT_PATH": f"/opt/ml/input/data/{CHANNEL}",
                "SM_INPUT_NOTEBOOK_NAME": file,
                "SM_OUTPUT_NOTEBOOK_NAME": file,
                "SM_KERNEL_NAME": params.get("KernelName", "python3"),
                "SM_JOB_DEF_VERSION": "1.0",
            },
            "HyperParameters": dict(params.get("Parameters", {})),
            "Tags": [{"Key": key, "Value": value} for key, value in tags.items()],
        }  # fmt: skip
        try:
            where = place.child(file)
            s3uri.put(self._platform.blobs, where, text, "application/x-ipynb+json", now=self._platform.clock())
        except BlobError:
            raise ValidationError(
                f"The notebook can't be stored in s3://{base.bucket}: is the bucket still there?"
            ) from None
        return request

    def _asked(self, call: Call, request: Mapping[str, Any]) -> Call:
        model = operation("sagemaker", "CreateTrainingJob")
        assert model is not None
        validate.check(model.input_shape, request, "ValidationException")
        return Call(call.caller, "sagemaker", "CreateTrainingJob", request, call.request_id)

    # Looking.

    async def list(self, call: Call) -> Mapping[str, Any]:
        """The newest first."""
        project, schedule = need_project(call), call.params.get("NotebookScheduleName")
        where = Tagged(NOTEBOOK_TAG) if schedule is None else Tagged(SCHEDULE_TAG, schedule)
        query = Query(
            "TrainingJob", project, where=where, state=call.params.get("StatusEquals"), sort="created", descending=True,
            limit=call.params.get("MaxResults", 50), token=call.params.get("NextToken"),
        )  # fmt: skip
        found = page_of(self._platform, query)
        return {"NotebookJobs": [self._shown(one) for one in found.records], "NextToken": found.token}

    def _shown(self, record: Record) -> dict[str, Any]:
        spec, status, tags = record.spec, record.status, record.tags
        known: dict[str, Any] = {
            "TrainingJobName": record.key.name,
            "TrainingJobArn": sagemaker_arn(record.key.project, "training-job", record.key.name),
            "NotebookJobName": tags.get(NAME_TAG, record.key.name),
            "NotebookName": tags.get(NOTEBOOK_TAG, ""),
            "Origin": tags.get(ORIGIN_TAG, ""),
            "NotebookScheduleName": tags.get(SCHEDULE_TAG),
            "Status": status.get("TrainingJobStatus"),
            "User": spec.get("_user"),
            "Image": spec["AlgorithmSpecification"]["TrainingImage"],
            "InstanceType": spec["ResourceConfig"].get("InstanceType"),
            "Parameters": dict(spec.get("HyperParameters", {})),
            "CreationTime": record.created,
            "EndTime": status.get("TrainingEndTime"),
            "FailureReason": status.get("FailureReason"),
            "InputUri": spec["InputDataConfig"][0]["DataSource"]["S3DataSource"]["S3Uri"]
            if spec.get("InputDataConfig")
            else None,
            "OutputUri": str(self._output(record)),
        }
        return {name: value for name, value in known.items() if value is not None}

    def _output(self, record: Record) -> S3Uri:
        base = s3uri.parse(record.spec["OutputDataConfig"]["S3OutputPath"])
        return base.child(f"{record.key.name}/output/output.tar.gz")

    async def describe(self, call: Call) -> Mapping[str, Any]:
        """With the notebook as it is after the run, where it has one yet; as it was before, while it runs."""
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

    # Schedules.

    async def schedule(self, call: Call) -> Mapping[str, Any]:
        """The notebook is taken as it is now; scheduling it again under the same name takes it anew."""
        params, project = call.params, need_project(call)
        name = params["NotebookScheduleName"]
        file, text = await notebook(self._platform, self._workbench, call)
        request = await self._request(
            call, f"{_plain(name)}-<aws.scheduler.execution-id>", _plain(name), file, text, schedule=name
        )
        self._asked(call, {**request, "TrainingJobName": f"{_plain(name)}-{'0' * 32}"})
        asked = {
            "Name": SCHEDULE_PREFIX + name,
            "ScheduleExpression": params["ScheduleExpression"],
            "ScheduleExpressionTimezone": params.get("ScheduleExpressionTimezone", "UTC"),
            "FlexibleTimeWindow": {"Mode": "OFF"},
            "Description": f"Runs the notebook {file}.",
            "Target": {"Arn": targets.CREATE_TRAINING, "RoleArn": role_arn(project), "Input": json.dumps(request)},
        }
        there = scheduler.SCHEDULE, SCHEDULE_PREFIX + name
        try:
            self._platform.store.get(Key(project, *there))
            act, word = self._schedules.update, "UpdateSchedule"
        except Missing:
            act, word = self._schedules.create, "CreateSchedule"
        await act(Call(call.caller, "scheduler", word, asked, call.request_id))
        return {"NotebookScheduleName": name}

    async def list_schedules(self, call: Call) -> Mapping[str, Any]:
        project = need_project(call)
        asked = {
            "NamePrefix": SCHEDULE_PREFIX,
            **{one: call.params[one] for one in ("NextToken",) if one in call.params},
        }
        found = await self._schedules.list(Call(call.caller, "scheduler", "ListSchedules", asked, call.request_id))
        records = [
            self._platform.store.get(Key(project, scheduler.SCHEDULE, one["Name"])) for one in found["Schedules"]
        ]
        mine = [one for one in records if one.spec["Target"]["Arn"] == targets.CREATE_TRAINING]
        return {"NotebookSchedules": [_shown_schedule(one) for one in mine], "NextToken": found["NextToken"]}

    async def delete_schedule(self, call: Call) -> Mapping[str, Any]:
        name = call.params["NotebookScheduleName"]
        try:
            record = self._platform.store.get(Key(need_project(call), scheduler.SCHEDULE, SCHEDULE_PREFIX + name))
        except Missing:
            raise NotFound(f"There is no notebook schedule {name} in this project.") from None
        asked = Call(call.caller, "scheduler", "DeleteSchedule", {"Name": record.key.name}, call.request_id)
        await self._schedules.delete(asked)
        return {}


def _shown_schedule(record: Record) -> dict[str, Any]:
    spec, status = record.spec, record.status
    request = json.loads(spec["Target"]["Input"])
    known: dict[str, Any] = {
        "NotebookScheduleName": record.key.name.removeprefix(SCHEDULE_PREFIX),
        "ScheduleExpression": spec["ScheduleExpression"],
        "ScheduleExpressionTimezone": spec["ScheduleExpressionTimezone"],
        "NotebookName": request.get("Environment", {}).get("SM_INPUT_NOTEBOOK_NAME", ""),
        "Parameters": request.get("HyperParameters", {}),
        "State": spec["State"],
        "User": spec.get("_user"),
        "LastTime": status.get("Scheduled"),
        "LastError": status.get("Error"),
        "CreationTime": record.created,
    }
    return {name: value for name, value in known.items() if value is not None}
