"""What JupyterLab's form says, in the studio's words, and what the studio says, in JupyterLab's."""

import re

import pytest

from studiolo.workloads.workbench.scheduling import mapping

PATH = re.compile(r"(?P<job_id>\w+(?:-\w+)+)")
"""How jupyter-scheduler finds an id in an address."""
ENTRY = {
    "TrainingJobName": "report-20261126-070000-ab12",
    "NotebookJobName": "The report",
    "NotebookName": "report.ipynb",
    "Status": "InProgress",
    "SecondaryStatus": "Training",
    "Image": "123456789012.dkr.ecr.us-east-1.amazonaws.com/churn:3",
    "InstanceType": "ml.m5.large",
    "Parameters": {"day": "2026-11-26"},
    "Tags": [{"Key": "team", "Value": "risk"}, {"Key": "urgent", "Value": ""}],
    "CreationTime": 1_700_000_000.25,
    "LastModifiedTime": 1_700_000_004.0,
    "StartTime": 1_700_000_002.0,
}
MODEL = {
    "name": "The report",
    "input_uri": "work/report.ipynb",
    "parameters": {"day": "2026-11-26"},
    "tags": ["team=risk", "urgent", ""],
    "output_formats": ["ipynb", "html"],
    "compute_type": "ml.m5.large",
}


@pytest.mark.parametrize("name", ["report-1-a", "report", "a--b", "x.y-z", "hex-6162", "nightly-3f2a1b"])
def test_every_name_has_an_address_and_comes_back(name):
    id = mapping.id_of(name)
    assert PATH.fullmatch(id) and mapping.name_of(id) == name


def test_a_form_becomes_a_request():
    assert mapping.run_of(MODEL, "churn:3", "s3://b/report.ipynb") == {
        "NotebookJobName": "The report",
        "S3Uri": "s3://b/report.ipynb",
        "Image": "churn:3",
        "Parameters": {"day": "2026-11-26"},
        "Tags": ENTRY["Tags"],
        "InstanceType": "ml.m5.large",
    }
    more = {**MODEL, "package_input_folder": True, "idempotency_token": "once"}
    asked = mapping.run_of(more, "churn:3", "s3://b/report.ipynb")
    assert asked["InputFolder"] is True and asked["ClientToken"] == "once"


def test_a_run_becomes_a_job():
    job = mapping.job_of(ENTRY, "churn:3")
    assert job["job_id"] == ENTRY["TrainingJobName"] and job["job_definition_id"] is None
    assert (job["name"], job["input_filename"]) == ("The report", "report.ipynb")
    assert job["tags"] == ["team=risk", "urgent"] and job["output_formats"] == ["ipynb", "html"]
    assert (job["create_time"], job["start_time"], job["end_time"]) == (1_700_000_000_250, 1_700_000_002_000, None)
    assert job["status"] == "IN_PROGRESS" and job["parameters"] == {"day": "2026-11-26"}
    assert job["runtime_environment_name"] == "churn:3" and job["compute_type"] == "ml.m5.large"


@pytest.mark.parametrize(
    ("status", "secondary", "state"),
    [
        ("InProgress", "Pending", "QUEUED"),
        ("InProgress", "Starting", "IN_PROGRESS"),
        ("Stopping", "Stopping", "STOPPING"),
        ("Stopped", "Stopped", "STOPPED"),
        ("Completed", "Completed", "COMPLETED"),
        ("Failed", "Failed", "FAILED"),
    ],
)
def test_states(status, secondary, state):
    assert mapping.state_of({"Status": status, "SecondaryStatus": secondary}) == state


def test_a_chosen_format_is_remembered_and_not_shown_as_a_tag():
    tags = mapping.tags_from(["a=b=c"], ["html"])
    assert tags == [{"Key": "a", "Value": "b=c"}, {"Key": mapping.FORMATS_TAG, "Value": "html"}]
    assert mapping.formats_of(tags) == ["html"] and mapping.words_of(tags) == ["a=b=c"]
    assert mapping.formats_of(mapping.tags_from([], [])) == []
    assert mapping.formats_of(mapping.tags_from([], None)) == ["ipynb", "html"]


@pytest.mark.parametrize(
    ("words", "sentence"), [(["x=1", "x=2"], "two values"), (["sagemaker:name=x"], "by the studio")]
)
def test_tags_that_can_not_be_are_told(words, sentence):
    with pytest.raises(mapping.Unusable, match=sentence):
        mapping.tags_from(words, None)


SCHEDULE = {
    **{
        name: ENTRY[name] for name in ("NotebookJobName", "NotebookName", "Image", "Parameters", "Tags", "CreationTime")
    },
    "NotebookScheduleName": "nightly",
    "ScheduleExpression": "cron(0 3 ? * MON-FRI *)",
    "ScheduleExpressionTimezone": "Europe/Berlin",
    "State": "ENABLED",
    "InputFolder": True,
}


def test_a_schedule_becomes_a_definition():
    found = mapping.definition_of(SCHEDULE, "churn:3")
    assert mapping.name_of(found["job_definition_id"]) == "nightly"
    assert (found["schedule"], found["timezone"]) == ("0 3 * * MON-FRI", "Europe/Berlin")
    assert found["active"] is True and found["package_input_folder"] is True
    assert mapping.definition_of({**SCHEDULE, "State": "DISABLED"}, "x")["active"] is False
    assert mapping.definition_of({**SCHEDULE, "ScheduleExpression": "rate(7 days)"}, "x")["schedule"] is None


def test_only_what_was_edited_is_changed():
    shown = {"schedule": "0 3 * * MON-FRI", "timezone": "Europe/Berlin"}
    assert mapping.changes_of(shown, SCHEDULE) == {}
    assert mapping.changes_of({**shown, "schedule": "0 4 * * *"}, SCHEDULE) == {
        "ScheduleExpression": "cron(0 4 * * ? *)"
    }
    assert mapping.changes_of({"active": False}, SCHEDULE) == {"State": "DISABLED"}
    assert mapping.changes_of({"active": True}, SCHEDULE) == {}
    with pytest.raises(mapping.Unusable, match="two job definitions"):
        mapping.changes_of({"schedule": "0 0 1 * MON"}, SCHEDULE)


def test_lists_are_sorted_as_their_heads_say():
    rows = [
        {"name": name, "create_time": at, "tags": tags}
        for name, at, tags in (("b", 1, ["x"]), ("A", 3, []), ("c", 2, []))
    ]
    assert [one["name"] for one in mapping.ordered(rows, [("name", "asc")])] == ["A", "b", "c"]
    assert [one["name"] for one in mapping.ordered(rows, [("create_time", "desc")])] == ["A", "c", "b"]
    assert mapping.is_newest_first([("create_time", "desc")]) and not mapping.is_newest_first([("name", "asc")])
    assert [one["name"] for one in rows if mapping.fits(one, None, ["x"])] == ["b"]


def test_a_new_schedules_name_is_one_the_studio_takes():
    for title in ("My report!", "..", "a" * 63):
        name = mapping.schedule_name(title, "3f2a1b")
        assert re.fullmatch(r"[a-zA-Z0-9](-*[a-zA-Z0-9])*", name) and len(name) <= 55
