"""What a run of a notebook asks for: a CreateTrainingJob request of the form that AWS's notebook jobs have. The notebook lies in
S3 then, as it was when it was asked for."""

import json
import re
import secrets
from collections.abc import Mapping
from typing import Any

from studiolo.base.errors import ValidationError
from studiolo.blobs.protocol import BlobError
from studiolo.services import s3uri
from studiolo.services.platform import Platform
from studiolo.services.request import Call
from studiolo.services.s3uri import S3Uri, default_bucket
from studiolo.services.sagemaker.kinds.training_job.notebook import ENTRYPOINT
from studiolo.services.sts.service import role_arn
from studiolo.services.studio.notebooks.source import notebook
from studiolo.services.studio.workbench import Workbench
from studiolo.wire import validate
from studiolo.wire.model import operation

CHANNEL = "sagemaker_headless_execution"
NAME_TAG, NOTEBOOK_TAG, ORIGIN_TAG = "sagemaker:name", "sagemaker:notebook-name", "sagemaker:notebook-job-origin"
SCHEDULE_TAG = "sagemaker:notebook-job-schedule"
OWN_TAGS = frozenset({NAME_TAG, NOTEBOOK_TAG, ORIGIN_TAG, SCHEDULE_TAG})
FOLDER = "SM_PACKAGE_INPUT_FOLDER"
"""AWS's own word for it, in the job's variables: what lies beside the notebook is there, too."""
IMAGE = "sagemaker-distribution:latest"
INSTANCE = "ml.m5.large"
MAX_SECONDS = 2 * 86400
_PARAMETER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_TITLE = re.compile(r"[\w .:/=+@-]{1,128}")


def plain(name: str) -> str:
    return re.sub(r"[^a-zA-Z0-9]+", "-", name).strip("-")[:28].strip("-") or "notebook"


def parameters(params: Mapping[str, Any]) -> dict[str, str]:
    """Raises ValidationError."""
    given = params.get("Parameters", {})
    bad = next((one for one in given if not _PARAMETER.fullmatch(one)), None)
    if bad is not None:
        raise ValidationError(f"{bad} is no name of a parameter: it is a variable's, of letters, digits and _.")
    return dict(given)


def _tags(params: Mapping[str, Any], file: str, schedule: str | None) -> list[dict[str, str]]:
    given = {one["Key"]: one["Value"] for one in params.get("Tags", ())}
    taken = next((key for key in given if key in OWN_TAGS), None)
    if taken is not None:
        raise ValidationError(f"The tag {taken} is set by the studio itself.")
    title = str(params.get("NotebookJobName") or schedule or file.removesuffix(".ipynb"))
    own = {
        NAME_TAG: title if _TITLE.fullmatch(title) else plain(title),
        NOTEBOOK_TAG: file,
        ORIGIN_TAG: "STUDIO",
        **({SCHEDULE_TAG: schedule} if schedule else {}),
    }
    return [{"Key": key, "Value": value} for key, value in {**given, **own}.items()]


class Requests:
    def __init__(self, platform: Platform, workbench: Workbench) -> None:
        self._platform = platform
        self._workbench = workbench

    async def source(self, call: Call, place: S3Uri) -> tuple[str, S3Uri]:
        """(the notebook's file name, the folder in S3 that a job finds it in). place: where a copy is put."""
        folder = call.params.get("InputFolder")
        if folder and "/" not in s3uri.parse(call.params.get("S3Uri", "s3://none")).key:
            raise ValidationError("InputFolder goes with S3Uri: a folder in a bucket that the notebook lies in.")
        file, text = await notebook(self._platform, self._workbench, call)
        if folder:
            uri = s3uri.parse(call.params["S3Uri"])
            return file, S3Uri(uri.bucket, uri.key.rpartition("/")[0])
        try:
            now = self._platform.clock()
            s3uri.put(self._platform.blobs, place.child(file), text, "application/x-ipynb+json", now=now)
        except BlobError:
            raise ValidationError(
                f"The notebook can't be stored in s3://{place.bucket}: is the bucket still there?"
            ) from None
        return file, place

    def place(self, project: str, name: str, schedule: str | None) -> S3Uri:
        """Where a copy of the notebook is put: a schedule's never in the place of the one before, which may be running."""
        folder = f"schedules/{schedule}/input-{secrets.token_hex(4)}" if schedule else f"{name}/input"
        return S3Uri(default_bucket(project), f"notebook-jobs/{folder}")

    def check(self, call: Call) -> None:
        """What can be refused before anything is stored."""
        parameters(call.params)
        image = str(call.params.get("Image", IMAGE))
        if self._platform.environments.resolve(image) is None:
            raise ValidationError(f"There is no image {image}: ListImages has those there are.")

    async def make(self, call: Call, name: str, schedule: str | None = None) -> dict[str, Any]:
        """Checked as the operation checks it; without the job's name, for a schedule gives each run its own."""
        params, project = call.params, call.caller.project
        self.check(call)
        file, place = await self.source(call, self.place(project, name, schedule))
        request: dict[str, Any] = {
            "RoleArn": role_arn(project),
            "AlgorithmSpecification": {
                "TrainingImage": str(params.get("Image", IMAGE)),
                "TrainingInputMode": "File",
                "ContainerEntrypoint": [ENTRYPOINT],
            },
            "InputDataConfig": [channel(place)],
            "OutputDataConfig": {"S3OutputPath": f"s3://{default_bucket(project)}/notebook-jobs"},
            "ResourceConfig": {
                "InstanceType": params.get("InstanceType", INSTANCE), "InstanceCount": 1, "VolumeSizeInGB": 30,
            },
            "StoppingCondition": {"MaxRuntimeInSeconds": params.get("MaxRuntimeInSeconds", MAX_SECONDS)},
            "Environment": environment(params, file),
            "HyperParameters": parameters(params),
            "Tags": _tags(params, file, schedule),
        }  # fmt: skip
        asked(call, {**request, "TrainingJobName": name})
        return request


def channel(place: S3Uri) -> dict[str, Any]:
    source = {"S3DataType": "S3Prefix", "S3Uri": f"{place}/", "S3DataDistributionType": "FullyReplicated"}
    return {"ChannelName": CHANNEL, "DataSource": {"S3DataSource": source}}


def environment(params: Mapping[str, Any], file: str) -> dict[str, str]:
    return {
        "SM_EXECUTION_INPUT_PATH": f"/opt/ml/input/data/{CHANNEL}",
        "SM_INPUT_NOTEBOOK_NAME": file,
        "SM_OUTPUT_NOTEBOOK_NAME": file,
        "SM_KERNEL_NAME": params.get("KernelName", "python3"),
        "SM_JOB_DEF_VERSION": "1.0",
        **({FOLDER: "true"} if params.get("InputFolder") else {}),
    }


def asked(call: Call, request: Mapping[str, Any]) -> Call:
    model = operation("sagemaker", "CreateTrainingJob")
    assert model is not None
    validate.check(model.input_shape, request, "ValidationException")
    return Call(call.caller, "sagemaker", "CreateTrainingJob", request, call.request_id)


def described(request: Mapping[str, Any]) -> dict[str, Any]:
    """What a request of this form says of the run, as the studio's own service shows it."""
    channels, variables = request.get("InputDataConfig") or [], request.get("Environment", {})
    known: dict[str, Any] = {
        "Image": request["AlgorithmSpecification"]["TrainingImage"],
        "InstanceType": request["ResourceConfig"].get("InstanceType"),
        "Parameters": dict(request.get("HyperParameters", {})),
        "InputUri": channels[0]["DataSource"]["S3DataSource"]["S3Uri"] if channels else None,
        "InputFolder": variables.get(FOLDER) == "true",
    }
    return {name: value for name, value in known.items() if value is not None}


def shown_tags(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """Those that people gave it."""
    return [{"Key": key, "Value": value} for key, value in sorted(tags.items()) if not key.startswith("sagemaker:")]


def schedule_request(spec: Mapping[str, Any]) -> dict[str, Any]:
    """The request that a schedule's target holds."""
    return dict(json.loads(spec["Target"]["Input"]))
