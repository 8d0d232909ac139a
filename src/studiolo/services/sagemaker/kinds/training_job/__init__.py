"""TrainingJob: a script or a built-in algorithm, run on data until it ends, its model kept."""

from collections.abc import Mapping
from typing import Any

from studiolo.base.errors import InUse, ValidationError
from studiolo.base.record import Record
from studiolo.services.platform import Platform
from studiolo.services.sagemaker.kind import Kind
from studiolo.services.sagemaker.kinds.training_job.controller import TrainingJobController
from studiolo.services.sagemaker.kinds.training_job.outputs import model_members
from studiolo.services.sagemaker.kinds.training_job.spec import prepare
from studiolo.services.sagemaker.kinds.training_job.status import ENDED, born


def _describe(platform: Platform, record: Record) -> Mapping[str, Any]:
    known: dict[str, Any] = {}
    if "ModelArtifacts" not in record.status:
        known |= model_members(record)
    if record.deleting:
        known["TrainingJobStatus"] = "Deleting"
    elif "_stop" in record.spec and record.status["TrainingJobStatus"] not in ENDED:
        known |= {"TrainingJobStatus": "Stopping", "SecondaryStatus": "Stopping"}
    return known


def _stop(record: Record) -> None:
    if record.status["TrainingJobStatus"] in ENDED:
        word = record.status["TrainingJobStatus"]
        raise ValidationError(f"The request was rejected because the training job is in status {word}.")


def _may_delete(platform: Platform, record: Record) -> None:
    if record.status["TrainingJobStatus"] not in ENDED:
        raise InUse(f"The training job {record.key.name} has not ended: stop it first.")


KIND = Kind(
    "TrainingJob",
    arn="training-job",
    state="TrainingJobStatus",
    prepare=prepare,
    born=born,
    describe=_describe,
    stop=_stop,
    delete="controller",
    may_delete=_may_delete,
    missing=("ValidationException", "Requested resource not found."),
    taken=(
        "ResourceInUse",
        "Training job names must be unique within an AWS account and region, and a training job with this name already "
        "exists ({arn})",
    ),
    controller=TrainingJobController,
)
