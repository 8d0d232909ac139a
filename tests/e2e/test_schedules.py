"""Pipelines and functions started at times and by events."""

import json
import subprocess
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import jobs
import pytest
from botocore.exceptions import ClientError
from test_functions import function
from test_pipelines import VENVS, create, wait

pytestmark = pytest.mark.e2e
FAIL = [{"Name": "Say", "Type": "Fail", "Arguments": {"ErrorMessage": {"Get": "Parameters.What"}}}]
WHAT = [{"Name": "What", "Type": "String", "DefaultValue": "nothing"}]


def executions(studio, pipeline):
    return studio.client("sagemaker").list_pipeline_executions(PipelineName=pipeline)["PipelineExecutionSummaries"]


def one_execution(studio, pipeline, seconds=30):
    deadline = time.monotonic() + seconds
    while not (found := executions(studio, pipeline)):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert len(found) == 1
    return found[0]["PipelineExecutionArn"]


def target(studio, pipeline, **parameters):
    return {
        "Arn": f"arn:aws:sagemaker:us-east-1:{studio.account}:pipeline/{pipeline}", "RoleArn": studio.role,
        "SageMakerPipelineParameters": {"PipelineParameterList": [{"Name": k, "Value": v} for k, v in parameters.items()]},
    }  # fmt: skip


def soon(seconds):
    return f"at({datetime.now(UTC) + timedelta(seconds=seconds):%Y-%m-%dT%H:%M:%S})"


def test_a_schedule_starts_a_pipeline_once_and_is_kept_as_aws_keeps_it(studio):
    client, pipeline, name = studio.client("scheduler"), create(studio, FAIL, WHAT), jobs.name("s")
    asked = {
        "Name": name, "ScheduleExpression": soon(2), "FlexibleTimeWindow": {"Mode": "OFF"},
        "Target": target(studio, pipeline, What="<aws.scheduler.schedule-arn>"),
    }  # fmt: skip
    arn = client.create_schedule(**asked)["ScheduleArn"]
    assert arn == f"arn:aws:scheduler:us-east-1:{studio.account}:schedule/default/{name}"
    with pytest.raises(ClientError) as taken:
        client.create_schedule(**asked)
    assert taken.value.response["Error"]["Code"] == "ConflictException"
    found = client.get_schedule(Name=name)
    assert (found["State"], found["ScheduleExpressionTimezone"], found["Target"]) == ("ENABLED", "UTC", asked["Target"])
    ended = wait(studio, one_execution(studio, pipeline))
    assert arn in ended["FailureReason"]
    assert name in [one["Name"] for one in client.list_schedules(NamePrefix=name)["Schedules"]]
    client.delete_schedule(Name=name)
    with pytest.raises(ClientError) as gone:
        client.get_schedule(Name=name)
    assert gone.value.response["Error"]["Code"] == "ResourceNotFoundException"
    for bad in ("rate(5 moons)", "cron(0 12 * * * *)", "at(tomorrow)"):
        with pytest.raises(ClientError) as refused:
            client.create_schedule(**{**asked, "ScheduleExpression": bad})
        assert refused.value.response["Error"]["Code"] == "ValidationException"


def test_a_universal_target_and_a_function_are_started_and_the_schedule_goes(studio):
    client, pipeline = studio.client("scheduler"), create(studio, FAIL, WHAT)
    text = json.dumps({"PipelineName": pipeline, "PipelineParameters": [{"Name": "What", "Value": "universal"}]})
    key = jobs.name("at")
    put = f"boto3.client('s3').put_object(Bucket='{studio.bucket}', Key='{key}', Body=event['x'])"
    _, arn = function(studio, f"import boto3\ndef handler(event, context):\n    {put}\n", Timeout=30)
    universal = "arn:aws:scheduler:::aws-sdk:sagemaker:startPipelineExecution"
    for name, to, given in (("u", universal, text), ("f", arn, '{"x": "here"}')):
        client.create_schedule(
            Name=f"{key}-{name}", ScheduleExpression=soon(1), FlexibleTimeWindow={"Mode": "OFF"}, ActionAfterCompletion="DELETE",
            Target={"Arn": to, "RoleArn": studio.role, "Input": given},
        )  # fmt: skip
    assert "universal" in wait(studio, one_execution(studio, pipeline))["FailureReason"]
    deadline = time.monotonic() + 30
    while not studio.client("s3").list_objects_v2(Bucket=studio.bucket, Prefix=key).get("Contents"):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert client.list_schedules(NamePrefix=key)["Schedules"] == []


def test_a_time_that_passed_while_the_studio_was_down_is_made_up_for_once(own_studio):
    pipeline = create(own_studio, FAIL, WHAT)
    own_studio.client("scheduler").create_schedule(
        Name="s",
        ScheduleExpression=soon(2),
        FlexibleTimeWindow={"Mode": "OFF"},
        Target=target(own_studio, pipeline, What="x"),
    )
    own_studio.kill()
    time.sleep(2.5)
    own_studio.start()
    wait(own_studio, one_execution(own_studio, pipeline))
    own_studio.kill()
    own_studio.start()
    time.sleep(1)
    assert len(executions(own_studio, pipeline)) == 1


@pytest.mark.parametrize(("venv", "script"), [("sdk2", "v2_schedule.py"), ("sdk3", "v3_schedule.py")])
def test_the_sdks_triggers(studio, tmp_path, venv, script):
    command = [VENVS / venv / "bin" / "python", Path(__file__).parent / "sdk" / script]
    done = subprocess.run(
        command, cwd=tmp_path, env=studio.env(), capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[-1] == "OK"
