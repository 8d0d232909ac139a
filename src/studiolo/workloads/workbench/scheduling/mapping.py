"""What the studio says of notebook jobs and schedules, in jupyter-scheduler's words, and the other way round. Pure: documents in,
documents out, so that it is tested without JupyterLab.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from studiolo.workloads.workbench.scheduling import cron

FORMATS = ("ipynb", "html")
FORMATS_TAG = "jupyter:output-formats"
"""Which files JupyterLab makes of a run's notebook when it fetches it: nobody else's business, so it is a tag."""
ID = re.compile(r"\w+(?:-\w+)+", re.ASCII)
HEX = "hex-"
_STATES = {
    "Completed": "COMPLETED", "Failed": "FAILED", "Stopped": "STOPPED", "Stopping": "STOPPING", "InProgress": "IN_PROGRESS",
}  # fmt: skip


class Unusable(ValueError):
    """What JupyterLab asked for can't be asked of the studio. The message says why."""


# Names: jupyter-scheduler's addresses know only ids of words joined by hyphens.


def id_of(name: str) -> str:
    return name if ID.fullmatch(name) and not name.startswith(HEX) else HEX + name.encode().hex()


def name_of(id: str) -> str:
    if not id.startswith(HEX):
        return id
    try:
        return bytes.fromhex(id.removeprefix(HEX)).decode()
    except ValueError:
        return id


def short(image: str) -> str:
    """Without the registry."""
    return image.rpartition("/")[2]


def schedule_name(title: str, end: str) -> str:
    """Of a new schedule; `end` makes it one that nobody else has."""
    stem = re.sub(r"[^a-zA-Z0-9]+", "-", title).strip("-")[:40].strip("-") or "notebook"
    return f"{stem}-{end}"


# Tags: a list of words there, keys with values here.


def tags_from(words: Sequence[str] | None, formats: Sequence[str] | None) -> list[dict[str, str]]:
    """Raises Unusable."""
    found: dict[str, str] = {}
    for word in words or ():
        key, _, value = word.strip().partition("=")
        if not key:
            continue
        if key.startswith(("sagemaker:", "aws:", "jupyter:")):
            raise Unusable(f"The tag {key} is set by the studio itself: choose another.")
        if found.get(key, value) != value:
            raise Unusable(f"The tag {key} is given two values: {found[key] or 'none'} and {value or 'none'}.")
        found[key] = value
    chosen = [one for one in FORMATS if formats is None or one in formats]
    if chosen != list(FORMATS):
        found[FORMATS_TAG] = " ".join(chosen) or "none"
    return [{"Key": key, "Value": value} for key, value in found.items()]


def words_of(tags: Sequence[Mapping[str, str]]) -> list[str]:
    return [f"{one['Key']}={one['Value']}" if one["Value"] else one["Key"] for one in tags if one["Key"] != FORMATS_TAG]


def formats_of(tags: Sequence[Mapping[str, str]]) -> list[str]:
    said = next((one["Value"].split() for one in tags if one["Key"] == FORMATS_TAG), FORMATS)
    return [one for one in FORMATS if one in said]


# To the studio.


def run_of(model: Mapping[str, Any], image: str, uri: str) -> dict[str, Any]:
    """The members that RunNotebook and PutNotebookSchedule share. Raises Unusable."""
    asked: dict[str, Any] = {
        "NotebookJobName": model["name"],
        "S3Uri": uri,
        "Image": image,
        "Parameters": {str(name): str(value) for name, value in (model.get("parameters") or {}).items()},
        "Tags": tags_from(model.get("tags"), model.get("output_formats")),
    }
    if model.get("compute_type"):
        asked["InstanceType"] = model["compute_type"]
    if model.get("package_input_folder"):
        asked["InputFolder"] = True
    if model.get("idempotency_token"):
        asked["ClientToken"] = model["idempotency_token"]
    return asked


def when_of(model: Mapping[str, Any]) -> dict[str, Any]:
    """When a schedule runs, and whether. Raises Unusable."""
    asked: dict[str, Any] = {}
    try:
        if model.get("schedule"):
            asked["ScheduleExpression"] = cron.to_expression(model["schedule"])
    except cron.Inexpressible as error:
        raise Unusable(str(error)) from None
    if model.get("timezone"):
        asked["ScheduleExpressionTimezone"] = model["timezone"]
    if model.get("active") is not None:
        asked["State"] = "ENABLED" if model["active"] else "DISABLED"
    return asked


def changes_of(model: Mapping[str, Any], entry: Mapping[str, Any]) -> dict[str, Any]:
    """What an edited definition asks to change of the schedule as it is: the form sends everything it shows. Raises Unusable."""
    asked = when_of(model)
    if model.get("schedule") and model["schedule"] == cron.to_line(entry["ScheduleExpression"]):
        del asked["ScheduleExpression"]
    return {name: value for name, value in asked.items() if entry.get(name) != value}


# From the studio.


def state_of(entry: Mapping[str, Any]) -> str:
    word = str(entry.get("Status", ""))
    if word == "InProgress" and entry.get("SecondaryStatus") == "Pending":
        return "QUEUED"
    return _STATES.get(word, "CREATED")


def _moment(seconds: float | None) -> int | None:
    return None if seconds is None else int(seconds * 1000)


def _both(entry: Mapping[str, Any], environment: str) -> dict[str, Any]:
    tags = entry.get("Tags", ())
    return {
        "input_filename": entry["NotebookName"],
        "runtime_environment_name": environment,
        "output_formats": formats_of(tags),
        "parameters": dict(entry.get("Parameters", {})),
        "tags": words_of(tags),
        "name": entry["NotebookJobName"],
        "compute_type": entry.get("InstanceType"),
        "package_input_folder": entry.get("InputFolder", False),
        "output_filename_template": "",
        "create_time": _moment(entry["CreationTime"]),
        "update_time": _moment(entry.get("LastModifiedTime", entry["CreationTime"])),
    }


def job_of(entry: Mapping[str, Any], environment: str) -> dict[str, Any]:
    """The members of a DescribeJob."""
    id, schedule = id_of(entry["TrainingJobName"]), entry.get("NotebookScheduleName")
    return {
        **_both(entry, environment),
        "job_id": id,
        "job_definition_id": id_of(schedule) if schedule else None,
        "url": f"/jobs/{id}",
        "start_time": _moment(entry.get("StartTime")),
        "end_time": _moment(entry.get("EndTime")),
        "status": state_of(entry),
        "status_message": entry.get("FailureReason"),
    }


def definition_of(entry: Mapping[str, Any], environment: str) -> dict[str, Any]:
    """The members of a DescribeJobDefinition."""
    return {
        **_both(entry, environment),
        "job_definition_id": id_of(entry["NotebookScheduleName"]),
        "schedule": cron.to_line(entry["ScheduleExpression"]),
        "timezone": entry["ScheduleExpressionTimezone"],
        "active": entry["State"] == "ENABLED",
    }


# Lists.

SORTS = {"name", "input_filename", "create_time", "status"}


def is_newest_first(sorts: Sequence[tuple[str, str]]) -> bool:
    """The order that the studio lists in. sorts: (member, "asc" or "desc"), the first counts most."""
    return not sorts or sorts[0] == ("create_time", "desc")


def ordered(rows: Sequence[Mapping[str, Any]], sorts: Sequence[tuple[str, str]]) -> list[Mapping[str, Any]]:
    found = list(rows)
    for member, direction in reversed([one for one in sorts if one[0] in SORTS]):
        found.sort(key=lambda row: _comparable(row.get(member)), reverse=direction == "desc")
    return found


def _comparable(value: Any) -> tuple[float, str]:
    return (value, "") if isinstance(value, int | float) else (0.0, str(value or "").casefold())


def fits(row: Mapping[str, Any], name: str | None, tags: Sequence[str] | None) -> bool:
    """Whether a list asked for by the beginning of a name and by tags holds it."""
    return str(row["name"]).startswith(name or "") and set(tags or ()) <= set(row["tags"])
