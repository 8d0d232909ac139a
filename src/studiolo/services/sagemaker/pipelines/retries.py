"""Whether, and when, a step that failed is tried again by itself: RetryPolicies. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any


def kinds_of(reason: str, code: str) -> set[str]:
    """AWS's exception types that a failure falls under. code: the API's, where the step could not even be started."""
    found: set[str] = set()
    if code in ("ThrottlingException", "Throttling"):
        found.add("Step.THROTTLING")
    elif code.startswith(("Internal", "ServiceUnavailable")):
        found.add("Step.SERVICE_FAULT")
    elif code == "ResourceLimitExceeded":
        found.add("SageMaker.RESOURCE_LIMIT")
    if reason.startswith("InternalServerError"):
        found.add("SageMaker.JOB_INTERNAL_ERROR")
    if reason.startswith("CapacityError"):
        found.add("SageMaker.CAPACITY_ERROR")
    return found


def wait(policies: Sequence[Mapping[str, Any]], failed: set[str], tries: int, since: float, now: float) -> float | None:
    """Seconds until the next try after so many, None for no more. since: when the step began."""
    for policy in policies:
        if not failed & set(policy.get("ExceptionType") or ()):
            continue
        if "MaxAttempts" in policy and tries >= int(policy["MaxAttempts"]):
            return None
        if "ExpireAfterMin" in policy and now - since > 60 * float(policy["ExpireAfterMin"]):
            return None
        return float(policy.get("IntervalSeconds", 1)) * float(policy.get("BackoffRate", 2.0)) ** (tries - 1)
    return None
