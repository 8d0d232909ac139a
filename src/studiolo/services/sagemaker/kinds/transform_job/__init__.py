"""TransformJob: every record of many files through a model, the results beside them under the files' own names."""

from collections.abc import Mapping
from typing import Any

from studiolo.base.errors import ValidationError
from studiolo.base.record import Document, Record
from studiolo.services.platform import Platform
from studiolo.services.sagemaker.kind import Kind
from studiolo.services.sagemaker.kinds.transform_job.controller import TransformJobController
from studiolo.services.sagemaker.kinds.transform_job.decide import ENDED
from studiolo.services.sagemaker.kinds.transform_job.spec import prepare


def _born(spec: Document, now: float) -> Mapping[str, Any]:
    return {"TransformJobStatus": "InProgress"}


def _word(platform: Platform, record: Record) -> Mapping[str, Any]:
    stopping = "_stop" in record.spec and record.status["TransformJobStatus"] not in ENDED
    return {"TransformJobStatus": "Stopping"} if stopping else {}


def _stop(record: Record) -> None:
    if record.status["TransformJobStatus"] in ENDED:
        word = record.status["TransformJobStatus"]
        raise ValidationError(f"The request was rejected because the transform job is in status {word}.")


KIND = Kind(
    "TransformJob",
    arn="transform-job",
    state="TransformJobStatus",
    prepare=prepare,
    born=_born,
    describe=_word,
    summary=_word,
    stop=_stop,
    delete=None,
    missing=("ValidationException", "Could not find requested job with name: {name}"),
    taken=(
        "ResourceInUse",
        "Job name must be unique within an AWS account and region, and a job with this name already exists ({arn})",
    ),
    controller=TransformJobController,
)
