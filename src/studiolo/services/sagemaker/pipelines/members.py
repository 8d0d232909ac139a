"""What the members of a step must look like that stand beside its arguments (PropertyFiles, CacheConfig, RetryPolicies …), and the
functions in its arguments (Get, Std:Join, Std:JsonGet). Pure; each answers with a sentence of what is wrong, or None.

What is let through here is trusted while the execution runs, where a mistake could only be told hours later.
"""

from collections.abc import Callable, Mapping
from typing import Any

from studiolo.services.sagemaker.pipelines.durations import seconds
from studiolo.services.sagemaker.pipelines.paths import BadPath, split

FUNCTIONS = ("Get", "Std:Join", "Std:JsonGet")
TEXTS = ("DisplayName", "Description")


def beside(raw: Mapping[str, Any]) -> str | None:
    """Of a whole step, as the definition writes it."""
    for member in TEXTS:
        if raw.get(member) is not None and not isinstance(raw[member], str):
            return f"its {member} must be text."
    for member, check in _CHECKS.items():
        if raw.get(member) is not None and (why := check(raw[member])):
            return why
    return None


def _names(given: Any) -> str | None:
    if not isinstance(given, list) or not all(isinstance(one, str) for one in given):
        return "its DependsOn must be a list of names of steps."
    return None


def _files(given: Any) -> str | None:
    needed = ("PropertyFileName", "OutputName", "FilePath")
    if not isinstance(given, list):
        return "its PropertyFiles must be a list."
    for place, one in enumerate(given):
        if not isinstance(one, Mapping) or not all(isinstance(one.get(member), str) for member in needed):
            return f"PropertyFiles[{place}] needs a PropertyFileName, an OutputName and a FilePath, all text."
    return None


def _cache(given: Any) -> str | None:
    if not isinstance(given, Mapping):
        return "its CacheConfig must be an object with Enabled and ExpireAfter."
    if not isinstance(given.get("Enabled", False), bool):
        return "Enabled of its CacheConfig must be true or false."
    try:
        if given.get("ExpireAfter") is not None:
            seconds(str(given["ExpireAfter"]))
    except ValueError as error:
        return f"ExpireAfter of its CacheConfig: {error}"
    return None


def _retries(given: Any) -> str | None:
    if not isinstance(given, list):
        return "its RetryPolicies must be a list."
    for place, one in enumerate(given):
        if not isinstance(one, Mapping):
            return f"RetryPolicies[{place}] must be an object."
        types = one.get("ExceptionType")
        if not isinstance(types, list) or not all(isinstance(each, str) for each in types):
            return f"RetryPolicies[{place}] needs an ExceptionType: a list of names such as Step.SERVICE_FAULT."
        for member in ("IntervalSeconds", "BackoffRate", "MaxAttempts", "ExpireAfterMin"):
            number = one.get(member, 1)
            if not isinstance(number, int | float) or isinstance(number, bool) or not 0 <= number <= 1e6:
                return f"{member} of RetryPolicies[{place}] must be a number from 0 to 1,000,000."
    return None


def _outputs(given: Any) -> str | None:
    if not isinstance(given, list):
        return "its OutputParameters must be a list."
    for place, one in enumerate(given):
        if not isinstance(one, Mapping) or not isinstance(one.get("OutputName"), str) or not one["OutputName"]:
            return f"OutputParameters[{place}] needs an OutputName."
    return None


def _queue(given: Any) -> str | None:
    return None if isinstance(given, str | Mapping) else "its SqsQueueUrl must be text."


_CHECKS: Mapping[str, Callable[[Any], str | None]] = {
    "DependsOn": _names,
    "PropertyFiles": _files,
    "CacheConfig": _cache,
    "RetryPolicies": _retries,
    "OutputParameters": _outputs,
    "SqsQueueUrl": _queue,
}


def value(given: Mapping[str, Any]) -> str | None:
    """Of an object in arguments: where it stands for a value, whether it can."""
    if len(given) != 1:
        return None
    ((name, inner),) = given.items()
    if name == "Get" and not isinstance(inner, str):
        return f"Get needs a path such as Steps.Train.TrainingJobName, not {_short(inner)}."
    if name == "Std:Join":
        return _join(inner)
    if name == "Std:JsonGet":
        return _json_get(inner)
    return None


def _join(inner: Any) -> str | None:
    if not isinstance(inner, Mapping) or not isinstance(inner.get("Values"), list):
        return "Std:Join needs Values: a list."
    return None if isinstance(inner.get("On", ""), str) else "On of Std:Join must be text."


def _json_get(inner: Any) -> str | None:
    if not isinstance(inner, Mapping) or not isinstance(inner.get("Path"), str):
        return "Std:JsonGet needs a Path: text."
    try:
        split(inner["Path"])
    except BadPath as error:
        return f"the Path of Std:JsonGet: {error}"
    if "PropertyFile" not in inner:
        return None if inner.get("S3Uri") else "Std:JsonGet needs a PropertyFile or an S3Uri."
    file = inner["PropertyFile"]
    try:
        parts = split(str(file["Get"])) if isinstance(file, Mapping) and "Get" in file else []
    except BadPath:
        parts = []
    if len(parts) != 4 or parts[0] != "Steps" or parts[2] != "PropertyFiles":
        return 'the PropertyFile of Std:JsonGet must be {"Get": "Steps.<a step>.PropertyFiles.<a name>"}.'
    return None


def _short(given: Any) -> str:
    return f"{given!r:.60}"
