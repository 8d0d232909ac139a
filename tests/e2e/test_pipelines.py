"""Pipelines by real boto3 and both generations of the SDK."""

import json
import os
import subprocess
import time
from pathlib import Path

import jobs
import pytest
from botocore.exceptions import ClientError
from test_usage import studio_client

pytestmark = pytest.mark.e2e
VENVS = Path(__file__).parents[2] / ".venvs"


def script_step(studio, name, script, **more):
    key = f"pipeline-code/{jobs.name(name)}.py"
    studio.client("s3").put_object(Bucket=studio.bucket, Key=key, Body=script)
    source = {
        "S3Uri": f"s3://{studio.bucket}/{key}", "LocalPath": "/opt/ml/processing/input/code", "S3DataType": "S3Prefix",
        "S3InputMode": "File",
    }  # fmt: skip
    code = f"/opt/ml/processing/input/code/{key.rpartition('/')[2]}"
    return {
        "Name": name,
        "Type": "Processing",
        "Arguments": {
            "AppSpecification": {"ImageUri": jobs.SKLEARN, "ContainerEntrypoint": ["python3", code]},
            "ProcessingInputs": [{"InputName": "code", "S3Input": source}],
            "ProcessingResources": {
                "ClusterConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1}
            },
            "RoleArn": studio.role,
            **more.pop("Arguments", {}),
        },
        **more,
    }


def create(studio, steps, parameters=(), name=None):
    name = name or jobs.name("pipe")
    definition = {"Version": "2020-12-01", "Metadata": {}, "Parameters": list(parameters), "Steps": steps}
    studio.client("sagemaker").create_pipeline(
        PipelineName=name, PipelineDefinition=json.dumps(definition), RoleArn=studio.role, ClientRequestToken="c" * 32
    )
    return name


def start(studio, name, **parameters):
    given = [{"Name": one, "Value": value} for one, value in parameters.items()]
    return studio.client("sagemaker").start_pipeline_execution(PipelineName=name, PipelineParameters=given)[
        "PipelineExecutionArn"
    ]


def wait(studio, arn, until=("Succeeded", "Failed", "Stopped"), seconds=120):
    deadline = time.monotonic() + seconds
    while True:
        described = studio.client("sagemaker").describe_pipeline_execution(PipelineExecutionArn=arn)
        if described["PipelineExecutionStatus"] in until:
            return described
        assert time.monotonic() < deadline, (described, steps_of(studio, arn))
        time.sleep(0.05)


def steps_of(studio, arn):
    pages = studio.client("sagemaker").get_paginator("list_pipeline_execution_steps")
    return {
        one["StepName"]: one
        for page in pages.paginate(PipelineExecutionArn=arn)
        for one in page["PipelineExecutionSteps"]
    }


def test_branches_that_do_not_hang_on_a_failed_step_go_on_and_a_retry_runs_the_rest(studio):
    client = studio.client("sagemaker")
    flag = f"s3://{studio.bucket}/{jobs.name('flag')}"
    bad = "import boto3, sys\nb, k = sys.argv[1][5:].split('/', 1)\nboto3.client('s3').head_object(Bucket=b, Key=k)\n"
    name = create(
        studio,
        [
            script_step(studio, "Good", "print(1)"),
            script_step(studio, "Bad", bad),
            script_step(studio, "AfterGood", "print(2)", DependsOn=["Good"]),
            script_step(studio, "AfterBad", "print(3)", DependsOn=["Bad"]),
        ],
    )
    definition = json.loads(client.describe_pipeline(PipelineName=name)["PipelineDefinition"])
    definition["Steps"][1]["Arguments"]["AppSpecification"]["ContainerArguments"] = [flag]
    client.update_pipeline(PipelineName=name, PipelineDefinition=json.dumps(definition))
    arn = start(studio, name)
    described = wait(studio, arn)
    assert described["PipelineExecutionStatus"] == "Failed"
    assert "Bad" in described["FailureReason"]
    steps = steps_of(studio, arn)
    assert {one: steps[one]["StepStatus"] for one in steps} == {
        "Good": "Succeeded",
        "Bad": "Failed",
        "AfterGood": "Succeeded",
    }
    bucket, key = flag[5:].split("/", 1)
    studio.client("s3").put_object(Bucket=bucket, Key=key, Body=b"")
    jobs_before = {one: steps[one]["Metadata"]["ProcessingJob"]["Arn"] for one in ("Good", "AfterGood")}
    client.retry_pipeline_execution(PipelineExecutionArn=arn, ClientRequestToken="r" * 32)
    assert wait(studio, arn)["PipelineExecutionStatus"] == "Succeeded"
    steps = steps_of(studio, arn)
    assert {steps[one]["StepStatus"] for one in ("Good", "Bad", "AfterGood", "AfterBad")} == {"Succeeded"}
    assert {one: steps[one]["Metadata"]["ProcessingJob"]["Arn"] for one in jobs_before} == jobs_before
    # What the steps used is what their jobs used; of the one that was tried again, both of them.
    studios = studio_client(studio)
    used = studios.get_resource_usage(ResourceArn=arn)
    metered = studios.get_usage(GroupBy=["Resource"], Filter={"Kind": "ProcessingJob"})["Rows"]
    mine = f"ProcessingJob/pipelines-{arn.rpartition('/')[2]}-"
    of = {
        one["Keys"]["Resource"].removeprefix(mine): one for one in metered if one["Keys"]["Resource"].startswith(mine)
    }
    assert sorted(one.rpartition("-")[0] for one in of) == ["afterbad", "aftergood", "bad", "bad", "good"]
    for step in used["Steps"]:
        wanted = [one for name, one in of.items() if name.rpartition("-")[0] == step["StepName"].lower()]
        assert step["Seconds"] == pytest.approx(sum(one["Seconds"] for one in wanted))
        assert step["Cost"] == pytest.approx(sum(one["Cost"] for one in wanted)) and step["Cost"] > 0
    assert used["Cost"] == pytest.approx(sum(one["Cost"] for one in of.values()))


def test_the_killed_server_goes_on_where_it_was(own_studio):
    studio = own_studio
    chain = [
        script_step(studio, f"S{n}", "import time\ntime.sleep(1.0)", DependsOn=[f"S{n - 1}"] if n else [])
        for n in range(4)
    ]
    arn = start(studio, create(studio, chain))
    for _ in range(4):
        time.sleep(0.9)
        studio.kill()
        studio.start()
    assert wait(studio, arn)["PipelineExecutionStatus"] == "Succeeded"
    made = studio.client("sagemaker").list_processing_jobs(MaxResults=100)["ProcessingJobSummaries"]
    assert len(made) == 4
    assert {one["ProcessingJobStatus"] for one in made} == {"Completed"}


def test_an_execution_is_stopped_with_its_jobs(studio):
    client = studio.client("sagemaker")
    arn = start(studio, create(studio, [script_step(studio, "Long", "import time\ntime.sleep(100)")]))
    deadline = time.monotonic() + 60
    while "Long" not in steps_of(studio, arn):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    job = steps_of(studio, arn)["Long"]["Metadata"]["ProcessingJob"]["Arn"].rpartition("/")[2]
    client.stop_pipeline_execution(PipelineExecutionArn=arn, ClientRequestToken="s" * 32)
    assert wait(studio, arn)["PipelineExecutionStatus"] == "Stopped"
    assert client.describe_processing_job(ProcessingJobName=job)["ProcessingJobStatus"] == "Stopped"
    assert steps_of(studio, arn)["Long"]["StepStatus"] == "Stopped"


def test_a_callback_waits_for_its_answer_and_hands_its_outputs_on(studio):
    client = studio.client("sagemaker")
    steps = [
        {"Name": "Ask", "Type": "Callback", "Arguments": {"who": {"Get": "Parameters.Who"}},
         "OutputParameters": [{"OutputName": "answer", "OutputType": "String"}]},
        {"Name": "Check", "Type": "Condition", "Arguments": {
            "Conditions": [{"Type": "Equals", "LeftValue": {"Get": "Steps.Ask.OutputParameters['answer']"}, "RightValue": "yes"}],
            "IfSteps": [], "ElseSteps": [{"Name": "No", "Type": "Fail", "Arguments": {"ErrorMessage": "said no"}}]}},
    ]  # fmt: skip
    name = create(studio, steps, [{"Name": "Who", "Type": "String", "DefaultValue": "me"}])
    for answer, status in (("yes", "Succeeded"), ("no", "Failed")):
        arn = start(studio, name)
        deadline = time.monotonic() + 30
        while not (found := steps_of(studio, arn)):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        token = found["Ask"]["Metadata"]["Callback"]["CallbackToken"]
        client.send_pipeline_execution_step_success(
            CallbackToken=token, OutputParameters=[{"Name": "answer", "Value": answer}]
        )
        assert wait(studio, arn)["PipelineExecutionStatus"] == status
    with pytest.raises(ClientError):
        client.send_pipeline_execution_step_success(CallbackToken="0123456789")


def test_some_steps_alone_on_what_was_made_before(studio):
    client = studio.client("sagemaker")
    name = create(studio, [script_step(studio, "A", "print(1)"), script_step(studio, "B", "print(2)", DependsOn=["A"])])
    source = start(studio, name)
    assert wait(studio, source)["PipelineExecutionStatus"] == "Succeeded"
    config = {"SourcePipelineExecutionArn": source, "SelectedSteps": [{"StepName": "B"}]}
    arn = client.start_pipeline_execution(PipelineName=name, SelectiveExecutionConfig=config)["PipelineExecutionArn"]
    assert wait(studio, arn)["PipelineExecutionStatus"] == "Succeeded"
    before, after = steps_of(studio, source), steps_of(studio, arn)
    assert after["A"]["SelectiveExecutionResult"]["SourcePipelineExecutionArn"] == source
    assert after["A"]["Metadata"] == before["A"]["Metadata"]
    assert after["B"]["Metadata"] != before["B"]["Metadata"]
    client.delete_pipeline(PipelineName=name, ClientRequestToken="d" * 32)
    with pytest.raises(ClientError) as gone:
        client.describe_pipeline_execution(PipelineExecutionArn=arn)
    assert gone.value.response["Error"]["Code"] == "ResourceNotFound"


def test_the_same_request_twice_starts_once_and_wrong_parameters_start_nothing(studio):
    client = studio.client("sagemaker")
    name = create(studio, [script_step(studio, "A", "print(1)")], [{"Name": "N", "Type": "Integer", "DefaultValue": 1}])
    token = jobs.name("token") + "x" * 32
    arns = {
        client.start_pipeline_execution(PipelineName=name, ClientRequestToken=token)["PipelineExecutionArn"]
        for _ in "ab"
    }
    assert len(arns) == 1
    for given in ({"N": "one"}, {"M": "1"}):
        with pytest.raises(ClientError) as refused:
            start(studio, name, **given)
        assert refused.value.response["Error"]["Code"] == "ValidationException"
    assert len(client.list_pipeline_executions(PipelineName=name)["PipelineExecutionSummaries"]) == 1


@pytest.mark.parametrize(
    ("venv", "script"), [("sdk2", "v2_pipeline.py"), ("sdk3", "v3_pipeline.py"), ("sdk2", "v2_published.py")]
)
def test_the_sdks_pipelines(studio, tmp_path, venv, script):
    command = [VENVS / venv / "bin" / "python", Path(__file__).parent / "sdk" / script]
    done = subprocess.run(
        command, env=studio.env(), capture_output=True, text=True, timeout=400, check=False, cwd=tmp_path
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-6000:]
    assert "OK" in done.stdout


def test_versions_and_aliases(studio):
    client = studio.client("sagemaker")
    say = [{"Name": "Say", "Type": "Fail", "Arguments": {"ErrorMessage": "first"}}]
    name = create(studio, say)
    say[0]["Arguments"]["ErrorMessage"] = "second"
    text = json.dumps({"Version": "2020-12-01", "Steps": say})
    answer = client.update_pipeline(PipelineName=name, PipelineDefinition=text)
    assert answer["PipelineVersionId"] == 2
    client.update_pipeline_version(
        PipelineArn=answer["PipelineArn"], PipelineVersionId=1, PipelineVersionAliasOperations={"Add": ["prod"]}
    )
    for how, said in (
        ({"PipelineVersionAlias": "prod"}, "first"),
        ({"PipelineVersionId": 2}, "second"),
        ({}, "second"),
    ):
        arn = client.start_pipeline_execution(PipelineName=name, **how)["PipelineExecutionArn"]
        assert said in wait(studio, arn)["FailureReason"]
    found = client.list_pipeline_versions(PipelineName=name)["PipelineVersionSummaries"]
    assert [(one["PipelineVersionId"], one["LastExecutionPipelineExecutionArn"] == arn) for one in found] == [
        (2, True),
        (1, False),
    ]


LONG = pytest.mark.skipif(
    "STUDIOLO_LONG_TESTS" not in os.environ, reason="takes minutes: STUDIOLO_LONG_TESTS=1 runs it"
)


@pytest.mark.parametrize("generation", ["2", pytest.param("3", marks=LONG)])
def test_the_sdks_decorated_functions(studio, tmp_path, generation):
    python, script = (
        VENVS / f"sdk{generation}" / "bin" / "python",
        Path(__file__).parent / "sdk" / f"v{generation}_step.py",
    )
    done = subprocess.run(
        [python, script], env=studio.env(), capture_output=True, text=True, timeout=400, check=False, cwd=tmp_path
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-6000:]
    assert done.stdout.splitlines()[-1] == "42"
