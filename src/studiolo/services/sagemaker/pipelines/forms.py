"""What the arguments of steps that make no job must look like. Pure; each answers with a sentence of what is wrong, or None."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from studiolo.services.sagemaker.pipelines.paths import BadPath, split

MEMBERS = (
    "EndpointName", "ModelName", "ModelPackageArn", "Approval", "InstanceType", "InitialInstanceCount", "ServerlessConfig",
    "DeploymentConfig", "Tags", "RetainAllVariantProperties", "DataCaptureConfig", "ExecutionRoleArn",
)  # fmt: skip
LOOP_MEMBERS = ("IterableItems", "MaxConcurrency", "Selector")
LOOP_PROPERTIES = (
    "IterationOutputs", "Selected", "Status", "InputItemCount", "TotalStepCount", "SucceededStepCount", "FailedStepCount",
    "StoppedStepCount",
)  # fmt: skip
MAX_CONCURRENCY = 50
MAX_ITEMS = 1000
OUTPUT_TYPES = ("String", "Integer", "Boolean", "Float")
APPROVALS = ("Required", "Wait")


def deploy(arguments: Mapping[str, Any]) -> str | None:
    """What of the arguments, as the definition writes them, can't be; a sentence."""
    for member in arguments:
        if member not in MEMBERS:
            return f"Unknown Argument member {member!r} of a Deploy step; there are {', '.join(MEMBERS)}."
    if "EndpointName" not in arguments:
        return "A Deploy step needs an EndpointName."
    if ("ModelName" in arguments) == ("ModelPackageArn" in arguments):
        return "A Deploy step needs either a ModelName or a ModelPackageArn."
    if ("InstanceType" in arguments) == ("ServerlessConfig" in arguments):
        return "A Deploy step needs either an InstanceType or a ServerlessConfig."
    if arguments.get("Approval", "Wait") not in APPROVALS:
        return f"Approval of a Deploy step must be one of {', '.join(APPROVALS)}."
    if "Approval" in arguments and "ModelPackageArn" not in arguments:
        return "Approval of a Deploy step goes with a ModelPackageArn: only registered versions are approved."
    return None


def loop(arguments: Mapping[str, Any]) -> str | None:
    for member in arguments:
        if member not in LOOP_MEMBERS:
            return f"Unknown Argument member {member!r} of a ForEach step; there are {', '.join(LOOP_MEMBERS)}, ForEachBody."
    items, most = arguments.get("IterableItems"), arguments.get("MaxConcurrency")
    if not isinstance(items, list | Mapping):
        return "IterableItems of a ForEach step must be a list, or a value that becomes one."
    if isinstance(items, list) and len(items) > MAX_ITEMS:
        return f"A ForEach step takes at most {MAX_ITEMS} items."
    if not isinstance(most, int) or isinstance(most, bool) or not 1 <= most <= MAX_CONCURRENCY:
        return f"MaxConcurrency of a ForEach step must be a number from 1 to {MAX_CONCURRENCY}."
    return None


def selector(given: Any, body: Sequence[str]) -> str | None:
    """Of a ForEach with those steps in its body."""
    if given is None:
        return None
    if not isinstance(given, Mapping) or given.get("Pick") not in ("MaxBy", "MinBy"):
        return "A Selector needs a Pick of MaxBy or MinBy."
    field = given.get("Field")
    try:
        parts = split(str(field["Get"])) if isinstance(field, Mapping) and "Get" in field else []
    except BadPath as error:
        return f"The Field of the Selector: {error}"
    if len(parts) < 3 or parts[0] != "IterationOutput" or parts[1] not in body:
        return 'A Selector needs a Field such as {"Get": "IterationOutput.<a step of the body>.<a property>"}.'
    return None


def function(raw: Mapping[str, Any]) -> str | None:
    """What of a Lambda step, as the definition writes it, can't be; a sentence."""
    if not raw.get("FunctionArn"):
        return "A Lambda step needs a FunctionArn."
    given = raw.get("OutputParameters") or []
    if not isinstance(given, list):
        return "OutputParameters of a Lambda step must be a list."
    for one in given:
        if not isinstance(one, Mapping) or not one.get("OutputName") or one.get("OutputType") not in OUTPUT_TYPES:
            return f"Each of a Lambda step's OutputParameters needs an OutputName and an OutputType of {', '.join(OUTPUT_TYPES)}."
    return None


FORMS: Mapping[str, Callable[[Mapping[str, Any]], str | None]] = {"Deploy": deploy, "ForEach": loop}
