"""What schedules and rules start: pipelines and functions. By a token: the same token again starts nothing again.

Called by services/scheduler and services/events.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from studiolo.base.arn import parse_arn, sagemaker_arn
from studiolo.base.errors import ApiError
from studiolo.base.record import Record
from studiolo.services.functions import invoking
from studiolo.services.functions import names as functions
from studiolo.services.platform import Platform
from studiolo.services.sagemaker.asking import Asker, Handlers
from studiolo.store.protocol import Missing

START_PIPELINE = "arn:aws:scheduler:::aws-sdk:sagemaker:startPipelineExecution"
CREATE_TRAINING = "arn:aws:scheduler:::aws-sdk:sagemaker:createTrainingJob"
"""Its Input names the job by <aws.scheduler.execution-id>, since no name can be used twice."""


def token(*parts: object) -> str:
    return hashlib.sha256("/".join(str(one) for one in parts).encode()).hexdigest()


def kind_of(project: str, arn: str) -> str | None:
    """ "pipeline", "function", "start" or "train" (the universal targets); None where it is nothing of this project that can be started."""
    if arn == START_PIPELINE:
        return "start"
    if arn == CREATE_TRAINING:
        return "train"
    parsed = parse_arn(arn)
    if parsed is None or parsed.account != project:
        return None
    if parsed.service == "sagemaker" and parsed.type == "pipeline":
        return "pipeline"
    return "function" if parsed.service == "lambda" and parsed.resource.startswith("function:") else None


STARTED = "starts"
"""The value of the labels by which lists find what starts something."""


def label(kind: str, name: str) -> str:
    return f"{kind}/{name.lower()}"


def labels(targets: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Of a record that has these targets."""
    found = (named(one["Arn"], one.get("Input", "")) for one in targets)
    return {label(kind, name): STARTED for kind, name in found if name}


def named(arn: str, input: str = "") -> tuple[str, str]:
    """Kind and name of what a target starts: ("Pipeline", "churn"), ("Function", "check"), ("TrainingJob", "")."""
    if arn == CREATE_TRAINING:
        return "TrainingJob", ""
    if arn == START_PIPELINE:
        try:
            asked = _read(input)
        except ApiError:
            asked = {}
        return "Pipeline", _plain(str(asked.get("PipelineName", "")))
    parsed = parse_arn(arn)
    if parsed is not None and parsed.resource.startswith("function:"):
        return "Function", parsed.resource.split(":")[1]
    return "Pipeline", _plain(arn)


def _plain(pipeline: str) -> str:
    """Of a name or an ARN."""
    parsed = parse_arn(pipeline)
    return parsed.name.partition("/")[0] if parsed is not None else pipeline


def _read(text: str) -> dict[str, Any]:
    try:
        asked = json.loads(text)
    except ValueError:
        raise ApiError("The target's Input is no JSON.", code="ValidationException", status=400) from None
    if not isinstance(asked, dict):
        raise ApiError("The target's Input must be an object.", code="ValidationException", status=400)
    return asked  # pyright: ignore[reportUnknownVariableType]


class Targets:
    def __init__(self, platform: Platform, handlers: Handlers) -> None:
        self._platform = platform
        self._asker = Asker(handlers)

    async def pipeline(
        self, record: Record, name: str, parameters: Sequence[Mapping[str, str]], token: str, why: str
    ) -> str:
        """Started for the person who made `record`; the execution's ARN. Raises ApiError."""
        asked = {
            "PipelineName": name,
            "PipelineParameters": [dict(one) for one in parameters],
            "PipelineExecutionDescription": why,
            "ClientRequestToken": token,
        }
        return str((await self._asker.ask(record, "StartPipelineExecution", asked))["PipelineExecutionArn"])

    async def start(self, record: Record, text: str, token: str) -> str:
        """By a StartPipelineExecution request. Raises ApiError."""
        asked = _read(text)
        answer = await self._asker.ask(record, "StartPipelineExecution", {"ClientRequestToken": token, **asked})
        return str(answer["PipelineExecutionArn"])

    async def train(self, record: Record, text: str, token: str) -> str:
        """By a CreateTrainingJob request. A job that bears the token is this very one, started before a crash. Raises ApiError."""
        asked = _read(text)
        name = str(asked.get("TrainingJobName", ""))
        try:
            return str((await self._asker.ask(record, "CreateTrainingJob", asked))["TrainingJobArn"])
        except ApiError as error:
            if error.code == "ResourceInUse" and token[:32] in name:
                return sagemaker_arn(record.key.project, "training-job", name)
            raise

    def function(self, record: Record, arn: str, event: str, token: str) -> str:
        """Raises ApiError."""
        project = record.key.project
        key = functions.function_key(project, arn)
        try:
            function = self._platform.store.get(key)
        except Missing:
            raise functions.not_found(project, key.name) from None
        id = token[:32]
        invoking.begin(self._platform, function, event, id, str(record.spec.get("_user", "")), "Event", Kept=True)
        return id
