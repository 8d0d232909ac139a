"""Runs of notebooks and their schedules, asked of the studio's own service over stores in memory."""

import asyncio
import json

import pytest
from killing import ACCOUNT, Counter, World

from studiolo.base.errors import NotFound, ValidationError
from studiolo.base.record import Key
from studiolo.services import s3uri
from studiolo.services.request import Call, Caller
from studiolo.services.s3uri import S3Uri, default_bucket
from studiolo.services.sagemaker.service import SageMakerService
from studiolo.services.studio.notebooks.jobs import NotebookJobs
from studiolo.store.protocol import Query
from studiolo.wire import model, validate

NOTEBOOK = json.dumps({"nbformat": 4, "nbformat_minor": 4, "metadata": {}, "cells": []}).encode()


class Notebooks:
    def __init__(self, home):
        self.world = World(home)
        self.platform = self.world.platform(Counter(None))
        self.world.blobs.create_bucket(default_bucket(ACCOUNT), ACCOUNT, 0)
        create = SageMakerService(self.platform).handler("CreateTrainingJob")
        jobs = NotebookJobs(self.platform, None, create)
        self.handlers = {
            "RunNotebook": jobs.run, "ListNotebookJobs": jobs.list, "DescribeNotebookJob": jobs.describe,
            "PutNotebookSchedule": jobs.schedules.put, "UpdateNotebookSchedule": jobs.schedules.update,
            "ListNotebookSchedules": jobs.schedules.list, "DescribeNotebookSchedule": jobs.schedules.describe,
            "DeleteNotebookSchedule": jobs.schedules.delete,
        }  # fmt: skip
        self.uri = self.put("work/report.ipynb")

    def put(self, key):
        place = S3Uri(default_bucket(ACCOUNT), key)
        s3uri.put(self.world.blobs, place, NOTEBOOK, "x", now=1.0)
        return str(place)

    def ask(self, operation, user="ann", **params):
        found = model.operation("studio", operation)
        validate.check(found.input_shape, params, "ValidationException")
        call = Call(Caller(user, ACCOUNT, "contributor"), "studio", operation, params, "id")
        return asyncio.run(self.handlers[operation](call))

    def spec(self, name):
        return self.world.store.get(Key(ACCOUNT, "TrainingJob", name)).spec

    def schedule(self, name="nightly", **more):
        asked = {"S3Uri": self.uri, "ScheduleExpression": "cron(0 3 * * ? *)", "Parameters": {"who": "ann"}, **more}
        self.ask("PutNotebookSchedule", NotebookScheduleName=name, **asked)


@pytest.fixture
def notebooks(tmp_path):
    return Notebooks(tmp_path)


def test_a_run_bears_its_title_and_tags(notebooks):
    tags = [{"Key": "team", "Value": "risk"}]
    made = notebooks.ask("RunNotebook", S3Uri=notebooks.uri, NotebookJobName="The report", Tags=tags)
    shown = notebooks.ask("DescribeNotebookJob", TrainingJobName=made["TrainingJobName"])
    assert (shown["NotebookJobName"], shown["Tags"], shown["InputFolder"]) == ("The report", tags, False)
    assert made["TrainingJobName"].startswith("The-report-")
    with pytest.raises(ValidationError, match="set by the studio itself"):
        notebooks.ask("RunNotebook", S3Uri=notebooks.uri, Tags=[{"Key": "sagemaker:name", "Value": "x"}])


def test_the_same_token_is_the_same_run(notebooks):
    asked = {"S3Uri": notebooks.uri, "ClientToken": "once"}
    first = notebooks.ask("RunNotebook", **asked)
    assert notebooks.ask("RunNotebook", **asked) == first
    assert notebooks.ask("RunNotebook", "bob", **asked) != first
    assert notebooks.world.store.count(Query("TrainingJob", ACCOUNT)) == 2


def test_a_folder_is_read_where_it_lies(notebooks):
    made = notebooks.ask("RunNotebook", S3Uri=notebooks.uri, InputFolder=True)
    spec = notebooks.spec(made["TrainingJobName"])
    source = spec["InputDataConfig"][0]["DataSource"]["S3DataSource"]
    assert source["S3Uri"] == notebooks.uri.removesuffix("report.ipynb")
    assert spec["Environment"]["SM_PACKAGE_INPUT_FOLDER"] == "true"
    with pytest.raises(ValidationError, match="InputFolder goes with S3Uri"):
        notebooks.ask(
            "PutNotebookSchedule", NotebookScheduleName="s", ScheduleExpression="rate(1 day)", InputFolder=True
        )


def test_a_list_may_be_of_one_persons(notebooks):
    mine = notebooks.ask("RunNotebook", S3Uri=notebooks.uri)["TrainingJobName"]
    notebooks.ask("RunNotebook", "bob", S3Uri=notebooks.uri)
    found = notebooks.ask("ListNotebookJobs", UserEquals="Ann")["NotebookJobs"]
    assert [one["TrainingJobName"] for one in found] == [mine]
    assert len(notebooks.ask("ListNotebookJobs")["NotebookJobs"]) == 2


def test_a_run_that_is_stopped_says_so_at_once(notebooks):
    name = notebooks.ask("RunNotebook", S3Uri=notebooks.uri)["TrainingJobName"]
    stop = SageMakerService(notebooks.platform).handler("StopTrainingJob")
    call = Call(Caller("ann", ACCOUNT, "contributor"), "sagemaker", "StopTrainingJob", {"TrainingJobName": name}, "id")
    asyncio.run(stop(call))
    assert notebooks.ask("DescribeNotebookJob", TrainingJobName=name)["Status"] == "Stopping"


def test_a_schedule_is_paused_changed_and_resumed(notebooks):
    notebooks.schedule(NotebookJobName="Every night")

    def shown():
        return notebooks.ask("DescribeNotebookSchedule", NotebookScheduleName="nightly")

    assert (shown()["State"], shown()["NotebookJobName"]) == ("ENABLED", "Every night")
    place = shown()["InputUri"]
    notebooks.ask("UpdateNotebookSchedule", NotebookScheduleName="nightly", State="DISABLED")
    changed = {"ScheduleExpression": "cron(0 4 * * ? *)", "ScheduleExpressionTimezone": "Europe/Berlin"}
    notebooks.ask("UpdateNotebookSchedule", NotebookScheduleName="nightly", **changed)
    assert shown()["State"] == "DISABLED" and changed.items() <= shown().items()
    assert (shown()["InputUri"], shown()["Parameters"]) == (place, {"who": "ann"}), "the notebook stays as it was"
    notebooks.ask("UpdateNotebookSchedule", NotebookScheduleName="nightly", State="ENABLED")
    assert shown()["State"] == "ENABLED"
    with pytest.raises(ValidationError, match="Say what is to change"):
        notebooks.ask("UpdateNotebookSchedule", NotebookScheduleName="nightly")
    with pytest.raises(NotFound, match="no notebook schedule other"):
        notebooks.ask("UpdateNotebookSchedule", NotebookScheduleName="other", State="ENABLED")


def test_a_schedule_is_given_another_notebook(notebooks):
    notebooks.schedule()
    other = notebooks.put("work/other.ipynb")
    before = notebooks.ask("DescribeNotebookSchedule", NotebookScheduleName="nightly")
    notebooks.ask("UpdateNotebookSchedule", NotebookScheduleName="nightly", S3Uri=other)
    after = notebooks.ask("DescribeNotebookSchedule", NotebookScheduleName="nightly")
    assert after["NotebookName"] == "other.ipynb" and after["InputUri"] != before["InputUri"]
    assert after["Parameters"] == {"who": "ann"} and after["ScheduleExpression"] == before["ScheduleExpression"]


def test_a_schedule_is_run_now_with_other_values(notebooks):
    notebooks.schedule()
    asked = {"NotebookScheduleName": "nightly", "Parameters": {"who": "eve"}}
    name = notebooks.ask("RunNotebook", **asked)["TrainingJobName"]
    (listed,) = notebooks.ask("ListNotebookJobs", NotebookScheduleName="nightly")["NotebookJobs"]
    assert (listed["TrainingJobName"], listed["Parameters"], listed["User"]) == (name, {"who": "eve"}, "ann")
    plain = notebooks.ask("RunNotebook", NotebookScheduleName="nightly")["TrainingJobName"]
    assert notebooks.spec(plain)["HyperParameters"] == {"who": "ann"}
    with pytest.raises(ValidationError, match="S3Uri is the schedule's own"):
        notebooks.ask("RunNotebook", NotebookScheduleName="nightly", S3Uri=notebooks.uri)
    with pytest.raises(NotFound):
        notebooks.ask("RunNotebook", NotebookScheduleName="none")
