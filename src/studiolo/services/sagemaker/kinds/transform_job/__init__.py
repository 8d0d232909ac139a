"""TransformJob: every record of many files through a model, the results beside them under the files' own names."""

from collections.abc import Mapping
from typing import Any

from studiolo.base.errors import ValidationError
from studiolo.base.record import Document, Record
from studiolo.services.sagemaker.kind import Kind
from studiolo.services.sagemaker.kinds.transform_job.controller import TransformJobController
from studiolo.services.sagemaker.kinds.transform_job.decide import ENDED
from studiolo.services.sagemaker.kinds.transform_job.spec import prepare


def _born(spec: Document, now: float) -> Mapping[str, Any]:
    return {"TransformJobStatus": "InProgress"}


def _word(record: Record) -> str:
    word = str(record.status["TransformJobStatus"])
    return "Stopping" if "_stop" in record.spec and word not in ENDED else word


def _stop(record: Record) -> None:
    if record.status["TransformJobStatus"] in ENDED:
        word = record.status["TransformJobStatus"]
        raise ValidationError(f"The request was rejected because the transform job is in status {word}.")


KIND = Kind(
    "TransformJob",
    arn="transform-job",
    state="TransformJobStatus",
    word=_word,
    prepare=prepare,
    born=_born,
    stop=_stop,
    delete=None,
    missing=("ValidationException", "Could not find requested job with name: {name}"),
    taken=(
        "ResourceInUse",
        "Job name must be unique within an AWS account and region, and a job with this name already exists ({arn})",
    ),
    controller=TransformJobController,
)
