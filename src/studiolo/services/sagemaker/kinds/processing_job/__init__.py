"""ProcessingJob: any command, on files that are put in place before it and kept after it."""

from collections.abc import Mapping
from typing import Any

from studiolo.base.errors import InUse, ValidationError
from studiolo.base.record import Document, Record
from studiolo.services.sagemaker.jobs.decide import ENDED
from studiolo.services.sagemaker.kind import Kind
from studiolo.services.sagemaker.kinds.processing_job.controller import ProcessingJobController
from studiolo.services.sagemaker.kinds.processing_job.spec import prepare


def _born(spec: Document, now: float) -> Mapping[str, Any]:
    return {"ProcessingJobStatus": "InProgress"}


def _word(record: Record) -> str:
    word = str(record.status["ProcessingJobStatus"])
    return "Stopping" if "_stop" in record.spec and word not in ENDED else word


def _stop(record: Record) -> None:
    word = record.status["ProcessingJobStatus"]
    if word in ENDED:
        raise ValidationError(f"The request was rejected because the processing job is in status {word}.")


def _may_delete(platform: Any, record: Record) -> None:
    if record.status["ProcessingJobStatus"] not in ENDED:
        raise InUse(f"The processing job {record.key.name} has not ended: stop it first.")


def _labels(record: Record) -> Mapping[str, str]:
    return {"Image": record.spec["AppSpecification"]["ImageUri"]}


KIND = Kind(
    "ProcessingJob",
    arn="processing-job",
    state="ProcessingJobStatus",
    word=_word,
    prepare=prepare,
    born=_born,
    order="Ascending",
    labels=_labels,
    stop=_stop,
    delete="controller",
    may_delete=_may_delete,
    missing=("ValidationException", "Could not find requested job with name: {name}"),
    taken=(
        "ResourceInUse",
        "Job name must be unique within an AWS account and region, and a job with this name already exists ({arn})",
    ),
    controller=ProcessingJobController,
)
