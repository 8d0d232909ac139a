"""Lists of pipelines, executions and steps: what is asked for, in the order asked for, a page at a time."""

import json

import pytest
from studio_in_memory import ACCOUNT, OTHER, Studio

from studiolo.base.errors import ApiError
from studiolo.base.record import Key

DEFINITION = json.dumps({"Version": "2020-12-01", "Steps": [{"Name": f"S{n}", "Type": "Fail"} for n in range(3)]})
ROLE = f"arn:aws:iam::{ACCOUNT}:role/r"


@pytest.fixture
def studio(tmp_path):
    it = Studio(tmp_path)
    for name in ("alpha", "Beta", "alpine"):
        it.ask(
            "CreatePipeline",
            PipelineName=name,
            PipelineDefinition=DEFINITION,
            ClientRequestToken="t" * 32,
            RoleArn=ROLE,
        )
    return it


def names(studio, **asked):
    return [one["PipelineName"] for one in studio.ask("ListPipelines", **asked)["PipelineSummaries"]]


def start(studio, pipeline, token):
    answer = studio.ask("StartPipelineExecution", PipelineName=pipeline, ClientRequestToken=token * 32)
    return answer["PipelineExecutionArn"]


def test_pipelines_by_prefix_time_and_name(studio):
    assert names(studio) == ["alpine", "Beta", "alpha"]
    assert names(studio, SortBy="Name", SortOrder="Ascending", PipelineNamePrefix="alp") == ["alpha", "alpine"]
    first = studio.ask("ListPipelines", MaxResults=2)
    assert names(studio, MaxResults=2, NextToken=first["NextToken"]) == ["alpha"]
    assert studio.ask("ListPipelines", project=OTHER)["PipelineSummaries"] == []
    created = studio.store.get(Key(ACCOUNT, "Pipeline", "beta")).created
    assert names(studio, CreatedAfter=created) == ["alpine"]
    with pytest.raises(ApiError, match="pagination token"):
        studio.ask("ListPipelines", NextToken="x")


def test_executions_are_of_their_pipeline(studio):
    one, two = start(studio, "alpha", "a"), start(studio, "alpha", "b")
    start(studio, "Beta", "a")
    listed = studio.ask("ListPipelineExecutions", PipelineName="ALPHA")["PipelineExecutionSummaries"]
    assert [each["PipelineExecutionArn"] for each in listed] == [two, one]
    assert {each["PipelineExecutionStatus"] for each in listed} == {"Executing"}
    last = [each for each in studio.ask("ListPipelines")["PipelineSummaries"] if each["LastExecutionTime"]]
    assert {each["PipelineName"] for each in last} == {"alpha", "Beta"}


def test_steps_come_in_order_and_in_pages(studio):
    arn = start(studio, "alpha", "a")
    key = Key(ACCOUNT, "PipelineExecution", arn.rpartition("/")[2])
    record = studio.store.get(key)
    states = {f"S{n}": {"Status": "Failed", "StartTime": n, "AttemptCount": 1, "FailureReason": "x"} for n in range(3)}
    studio.store.write(record, now=1.0, status={**record.status, "Steps": states})
    first = studio.ask("ListPipelineExecutionSteps", PipelineExecutionArn=arn, MaxResults=2)
    rest = studio.ask(
        "ListPipelineExecutionSteps", PipelineExecutionArn=arn, MaxResults=2, NextToken=first["NextToken"]
    )
    seen = [one["StepName"] for one in first["PipelineExecutionSteps"] + rest["PipelineExecutionSteps"]]
    assert seen == ["S2", "S1", "S0"]
    with pytest.raises(ApiError, match="PipelineExecutionArn is required"):
        studio.ask("ListPipelineExecutionSteps")
