"""HyperParameterTuningJob as a kind: the common verbs, and the list of its training jobs."""

from collections.abc import Mapping
from typing import Any

from studiolo.base.errors import InUse, ValidationError
from studiolo.base.record import Document, Key, Record
from studiolo.services.platform import Platform
from studiolo.services.request import Call
from studiolo.services.sagemaker.kind import Kind
from studiolo.services.sagemaker.tuning import trials
from studiolo.services.sagemaker.tuning.spec import prepare
from studiolo.services.sagemaker.verbs import refused
from studiolo.store.protocol import Missing

NAME = "HyperParameterTuningJob"
PAGE = 10


def _born(spec: Document, now: float) -> Mapping[str, Any]:
    return {"HyperParameterTuningJobStatus": "InProgress", "_trials": {}}


def _word(record: Record) -> str:
    word = str(record.status["HyperParameterTuningJobStatus"])
    return "Stopping" if "_stop" in record.spec and word not in trials.ENDED else word


def _describe(platform: Platform, record: Record) -> Mapping[str, Any]:
    held = trials.of(record)
    chosen, known = trials.best(record, held), trials.counters(record)
    config = record.spec["HyperParameterTuningJobConfig"]
    known |= {"Strategy": config["Strategy"], "ResourceLimits": config["ResourceLimits"]}
    if chosen is not None:
        known["BestTrainingJob"] = trials.summary(record, held[chosen])
    seconds = sum(
        max(0.0, (one.get("Ended") or 0) - one["Started"])
        for one in held.values()
        if one.get("Ended") and one.get("Started")
    )
    known["ConsumedResources"] = {"RuntimeInSeconds": int(seconds)}
    known["TuningJobCompletionDetails"] = {
        "NumberOfTrainingJobsObjectiveNotImproving": trials.not_improving(record, held)
    }
    if "_converged" in record.status:
        known["TuningJobCompletionDetails"]["ConvergenceDetectedTime"] = record.status["_converged"]
    return known


def _stop(record: Record) -> None:
    word = record.status["HyperParameterTuningJobStatus"]
    if word in trials.ENDED:
        raise ValidationError(f"The request was rejected because the tuning job is in status {word}.")


def _may_delete(platform: Platform, record: Record) -> None:
    if record.status["HyperParameterTuningJobStatus"] not in trials.ENDED:
        raise InUse(f"The tuning job {record.key.name} has not ended: stop it first.")


async def _list_trials(platform: Platform, call: Call) -> Mapping[str, Any]:
    params = call.params
    key = Key(call.caller.project, NAME, str(params["HyperParameterTuningJobName"]))
    try:
        record = platform.store.get(key)
    except Missing:
        raise refused(KIND.missing, "", key.name) from None
    found = [trials.summary(record, one) for one in trials.of(record).values()]
    if "StatusEquals" in params:
        found = [one for one in found if one["TrainingJobStatus"] == params["StatusEquals"]]
    found = trials.sorted_by(found, params.get("SortBy", "Name"), params.get("SortOrder", "Ascending") == "Descending")
    token = str(params.get("NextToken", "0"))
    if not token.isdecimal() or len(token) > 9:
        raise ValidationError(f'Invalid pagination token because "{token}" was not issued for this list.')
    start, limit = int(token), params.get("MaxResults", PAGE)
    more = len(found) > start + limit
    return {"TrainingJobSummaries": found[start : start + limit], "NextToken": str(start + limit) if more else None}


KIND = Kind(
    NAME,
    arn="hyper-parameter-tuning-job",
    state="HyperParameterTuningJobStatus",
    word=_word,
    prepare=prepare,
    born=_born,
    describe=_describe,
    sort="Name",
    order="Ascending",
    stop=_stop,
    delete="controller",
    may_delete=_may_delete,
    missing=("ResourceNotFound", "Requested resource not found: there is no tuning job {name}."),
    taken=("ResourceInUse", "A tuning job with this name already exists ({arn})."),
    operations={"ListTrainingJobsForHyperParameterTuningJob": _list_trials},
)
