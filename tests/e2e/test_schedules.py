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
from test_pipelines import VENVS, create, script_step, start, wait

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
    gone = target(studio, "no-such-pipeline")["Arn"]
    for name, to, given in (("gone", gone, "{}"), ("u", universal, text), ("f", arn, '{"x": "here"}')):
        client.create_schedule(
            Name=f"{key}-{name}", ScheduleExpression=soon(1), FlexibleTimeWindow={"Mode": "OFF"}, ActionAfterCompletion="DELETE",
            Target={"Arn": to, "RoleArn": studio.role, "Input": given},
        )  # fmt: skip
    assert "universal" in wait(studio, one_execution(studio, pipeline))["FailureReason"]
    deadline = time.monotonic() + 30
    while not studio.client("s3").list_objects_v2(Bucket=studio.bucket, Prefix=key).get("Contents"):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    # What could not be started is told where people look.
    (line,) = studio.client("logs").filter_log_events(logGroupName=f"/aws/scheduler/{key}-gone")["events"]
    assert "no-such-pipeline could not be started" in line["message"]
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


def rule(studio, pattern, *targets):
    events, name = studio.client("events"), jobs.name("rule")
    events.put_rule(Name=name, EventPattern=json.dumps(pattern))
    events.put_targets(Rule=name, Targets=[{"Id": str(number), **one} for number, one in enumerate(targets)])
    return name


def test_a_new_object_starts_a_pipeline_and_a_function(studio):
    s3, bucket, key = studio.client("s3"), jobs.name("watched"), jobs.name("seen")
    s3.create_bucket(Bucket=bucket)
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration={"EventBridgeConfiguration": {}})
    assert "EventBridgeConfiguration" in s3.get_bucket_notification_configuration(Bucket=bucket)
    pipeline = create(studio, FAIL, WHAT)
    put = f"boto3.client('s3').put_object(Bucket='{studio.bucket}', Key='{key}', Body=event['say'])"
    _, arn = function(studio, f"import boto3\ndef handler(event, context):\n    {put}\n", Timeout=30)
    transformer = {"InputPathsMap": {"key": "$.detail.object.key"}, "InputTemplate": '{"say": "<key> is there"}'}
    pattern = {
        "source": ["aws.s3"], "detail-type": ["Object Created"],
        "detail": {"bucket": {"name": [bucket]}, "object": {"key": [{"prefix": "in/"}]}},
    }  # fmt: skip
    wanted = target(studio, pipeline, What="$.detail.object.key")
    rule(studio, pattern, wanted, {"Arn": arn, "InputTransformer": transformer})
    s3.put_object(Bucket=bucket, Key="out/rows.csv", Body=b"x")
    s3.put_object(Bucket=bucket, Key="in/rows.csv", Body=b"x")
    assert "in/rows.csv" in wait(studio, one_execution(studio, pipeline))["FailureReason"]
    deadline = time.monotonic() + 30
    while not s3.list_objects_v2(Bucket=studio.bucket, Prefix=key).get("Contents"):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert s3.get_object(Bucket=studio.bucket, Key=key)["Body"].read() == b"in/rows.csv is there"


def test_an_approval_and_an_end_of_another_pipeline_start_one(studio):
    client, events = studio.client("sagemaker"), studio.client("events")
    group, first, second, third = jobs.name("g"), *(create(studio, FAIL, WHAT) for _ in "abc")
    client.create_model_package_group(ModelPackageGroupName=group)
    approved = {"ModelPackageGroupName": [group], "ModelApprovalStatus": ["Approved"]}
    rule(
        studio,
        {"source": ["aws.sagemaker"], "detail-type": ["SageMaker Model Package State Change"], "detail": approved},
        target(studio, first, What="$.detail.ModelPackageArn"),
    )
    ended = {"pipelineArn": [target(studio, first)["Arn"]], "currentPipelineExecutionStatus": ["Failed"]}
    kind = "SageMaker Model Building Pipeline Execution Status Change"
    rule(
        studio,
        {"source": ["aws.sagemaker"], "detail-type": [kind], "detail": ended},
        target(studio, second, What="$.detail.previousPipelineExecutionStatus"),
    )
    own = rule(studio, {"source": ["mine"]}, target(studio, third, What="$.detail.text"))
    version = client.create_model_package(ModelPackageGroupName=group)["ModelPackageArn"]
    client.update_model_package(ModelPackageArn=version, ModelApprovalStatus="Approved")
    assert version in wait(studio, one_execution(studio, first))["FailureReason"]
    assert "Executing" in wait(studio, one_execution(studio, second))["FailureReason"]
    answer = events.put_events(
        Entries=[
            {"Source": "mine", "DetailType": "d", "Detail": json.dumps({"text": "said"})},
            {"Source": "aws.s3", "DetailType": "d", "Detail": "{}"},
        ]
    )
    assert answer["FailedEntryCount"] == 1
    assert "said" in wait(studio, one_execution(studio, third))["FailureReason"]
    assert events.list_rule_names_by_target(TargetArn=target(studio, third)["Arn"])["RuleNames"] == [own]
    events.disable_rule(Name=own)
    assert events.describe_rule(Name=own)["State"] == "DISABLED"
    with pytest.raises(ClientError):
        events.delete_rule(Name=own)
    events.remove_targets(Rule=own, Ids=["0"])
    events.delete_rule(Name=own)
    with pytest.raises(ClientError) as gone:
        events.describe_rule(Name=own)
    assert gone.value.response["Error"]["Code"] == "ResourceNotFoundException"
    with pytest.raises(ClientError) as bad:
        events.put_rule(Name="bad", EventPattern="{}")
    assert bad.value.response["Error"]["Code"] == "InvalidEventPatternException"


def test_drift_starts_a_pipeline_whether_a_job_finds_it_or_ones_own_script(studio):
    """A monitoring job tells by its exit message, as AWS's do; what looks from elsewhere puts an event of its own."""
    by_job, by_script = create(studio, FAIL, WHAT), create(studio, FAIL, WHAT)
    message = "CompletedWithViolations: age drifted by 0.4"
    found = {"ProcessingJobStatus": ["Completed"], "ExitMessage": [{"prefix": "CompletedWithViolations"}]}
    rule(
        studio,
        {"source": ["aws.sagemaker"], "detail-type": ["SageMaker Processing Job State Change"], "detail": found},
        target(studio, by_job, What="$.detail.ExitMessage"),
    )
    rule(
        studio,
        {"source": ["team.monitor"], "detail-type": ["Drift Found"], "detail": {"psi": [{"numeric": [">", 0.2]}]}},
        target(studio, by_script, What="$.detail.feature"),
    )
    write = f"open('/opt/ml/output/message', 'w').write('{message}')"
    looks = create(studio, [script_step(studio, name, code) for name, code in (("Fine", "pass"), ("Drift", write))])
    wait(studio, start(studio, looks))
    puts = [{"feature": "weight", "psi": 0.1}, {"feature": "age", "psi": 0.4}]
    entries = [{"Source": "team.monitor", "DetailType": "Drift Found", "Detail": json.dumps(one)} for one in puts]
    assert studio.client("events").put_events(Entries=entries)["FailedEntryCount"] == 0
    assert message in wait(studio, one_execution(studio, by_job))["FailureReason"]
    assert "age" in wait(studio, one_execution(studio, by_script))["FailureReason"]
    assert (len(executions(studio, by_job)), len(executions(studio, by_script))) == (1, 1)
