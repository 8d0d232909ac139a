"""Lambda steps: a function is invoked once for each try of a step, and its answer holds the step's outputs."""

from collections.abc import Mapping
from typing import Any

import orjson

from studiolo.base.errors import ApiError
from studiolo.base.record import Key, Record
from studiolo.services.functions import invoking
from studiolo.services.functions import names as functions
from studiolo.services.platform import Platform
from studiolo.services.sagemaker.pipelines import names
from studiolo.services.sagemaker.pipelines.definition import Step
from studiolo.store.protocol import Missing


class CannotCall(Exception):
    """The step fails; the message is its FailureReason. code: AWS's."""

    def __init__(self, message: str, code: str = "") -> None:
        super().__init__(message)
        self.code = code


def begin(platform: Platform, record: Record, step: Step, arn: str, event: Any, tries: str) -> str:
    """The invocation's name. The same step of the same try is the same invocation. Raises CannotCall."""
    try:
        key = functions.function_key(record.key.project, arn)
        function = platform.store.get(key)
    except ApiError as error:
        raise CannotCall(f"ClientError: Failed to invoke lambda. Error Details: {error.message}", error.code) from None
    except Missing:
        why = functions.not_found(record.key.project, arn.rpartition(":")[2])
        raise CannotCall(f"ClientError: Failed to invoke lambda. Error Details: {why.message}", why.code) from None
    id = names.child(record.key.name, step.name, tries)
    text = orjson.dumps(event).decode()
    user, whole = record.spec.get("_user", ""), f"{record.key.name}/{step.name}"
    return invoking.begin(platform, function, text, id, user, "Step", whole).key.name


def look(platform: Platform, record: Record, step: Step, name: str) -> dict[str, Any] | None:
    """The outputs, None while it runs. Raises CannotCall where the function failed, or did not give what the step names."""
    try:
        status = platform.store.get(Key(record.key.project, functions.INVOCATION, name)).status
    except Missing:
        raise CannotCall("ClientError: The invocation of the function is gone.") from None
    if status["State"] != functions.ENDED:
        return None
    answer = orjson.loads(status["Response"])
    if "FunctionError" in status:
        raise CannotCall(f"ClientError: Lambda function returned an error: {told(answer)}", "Lambda.Unhandled")
    return outputs(step, answer)


def told(error: Mapping[str, Any]) -> str:
    kind, message = error.get("errorType", ""), error.get("errorMessage", "")
    return f"{kind}: {message}" if kind else str(message)


def outputs(step: Step, answer: Any) -> dict[str, Any]:
    """Raises CannotCall."""
    wanted = [str(one["OutputName"]) for one in step.raw.get("OutputParameters") or ()]
    if wanted and not isinstance(answer, dict):
        raise CannotCall("ClientError: The function must return a dictionary: the step takes its outputs from it.")
    missing = [name for name in wanted if name not in answer]
    if missing:
        raise CannotCall(f"ClientError: The function's answer lacks the output {', '.join(missing)} of the step.")
    return {name: answer[name] for name in wanted}
