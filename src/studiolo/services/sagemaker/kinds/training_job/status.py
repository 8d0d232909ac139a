"""The status of a training job as pure values: which word follows which, and the history of them."""

from collections.abc import Mapping
from typing import Any

from studiolo.base.record import Document

MAX_REASON = 1024


def born(spec: Document, now: float) -> Mapping[str, Any]:
    return {
        "TrainingJobStatus": "InProgress",
        "SecondaryStatus": "Starting",
        "SecondaryStatusTransitions": [
            {"Status": "Starting", "StartTime": now, "StatusMessage": "Preparing the instances for training"}
        ],
    }


def moved(status: Document, secondary: str, message: str, now: float, primary: str | None = None) -> dict[str, Any]:
    """The status with a further transition, or with the current one's message replaced."""
    history = [dict(one) for one in status["SecondaryStatusTransitions"]]
    if history[-1]["Status"] == secondary:
        history[-1]["StatusMessage"] = message
    else:
        history[-1]["EndTime"] = now
        history.append({"Status": secondary, "StartTime": now, "StatusMessage": message})
    return {
        **status,
        "TrainingJobStatus": primary or status["TrainingJobStatus"],
        "SecondaryStatus": secondary,
        "SecondaryStatusTransitions": history,
    }


def ended(status: Document, primary: str, secondary: str, message: str, now: float, reason: str = "") -> dict[str, Any]:
    done = moved(status, secondary, message, now, primary)
    done["SecondaryStatusTransitions"][-1]["EndTime"] = now
    done["TrainingEndTime"] = now
    if "TrainingStartTime" in status:
        seconds = max(0, round(now - status["TrainingStartTime"]))
        done |= {"TrainingTimeInSeconds": seconds, "BillableTimeInSeconds": seconds}
    if reason:
        done["FailureReason"] = reason[:MAX_REASON]
    done.pop("_progress", None)
    return done
