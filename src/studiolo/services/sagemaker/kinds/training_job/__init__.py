"""TrainingJob: a script or a built-in algorithm, run on data until it ends, its model kept."""

from collections.abc import Mapping
from typing import Any

from studiolo.base.errors import InUse, ValidationError
from studiolo.base.record import Record
from studiolo.services.platform import Platform
from studiolo.services.sagemaker.jobs.decide import ENDED
from studiolo.services.sagemaker.kind import Kind
from studiolo.services.sagemaker.kinds.training_job.controller import TrainingJobController
from studiolo.services.sagemaker.kinds.training_job.notebook import runs_notebook
from studiolo.services.sagemaker.kinds.training_job.outputs import model_members
from studiolo.services.sagemaker.kinds.training_job.spec import prepare
from studiolo.services.sagemaker.kinds.training_job.status import born


def _describe(platform: Platform, record: Record) -> Mapping[str, Any]:
    known: dict[str, Any] = {}
    if "ModelArtifacts" not in record.status:
        known |= model_members(record)
    if "_tuning_job" in record.spec:
        known["TuningJobArn"] = record.spec["_tuning_job"]
    if _word(record) == "Stopping":
        known["SecondaryStatus"] = "Stopping"
    return known


def _word(record: Record) -> str:
    word = str(record.status["TrainingJobStatus"])
    return "Stopping" if "_stop" in record.spec and word not in ENDED else word


def _labels(record: Record) -> Mapping[str, str]:
    labels = {
        "WarmPoolStatus": record.status.get("WarmPoolStatus", {}).get("Status"),
        "Image": record.spec.get("AlgorithmSpecification", {}).get("TrainingImage"),
        "TrainingPlanArn": record.spec.get("ResourceConfig", {}).get("TrainingPlanArn"),
        "NotebookUser": record.spec.get("_user", "").casefold() if runs_notebook(record.spec) else None,
    }
    return {name: value for name, value in labels.items() if value}


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
    word=_word,
    prepare=prepare,
    born=born,
    describe=_describe,
    labels=_labels,
    filters={"WarmPoolStatusEquals": "WarmPoolStatus", "TrainingPlanArnEquals": "TrainingPlanArn"},
    order="Ascending",
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
