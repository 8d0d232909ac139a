"""Functions by real boto3, and as steps of pipelines."""

import base64
import io
import json
import subprocess
import time
import zipfile
from pathlib import Path

import jobs
import pytest
from botocore.exceptions import ClientError
from test_pipelines import VENVS, create, start, steps_of, wait

pytestmark = pytest.mark.e2e
SUM = """
import json, logging, os
import boto3

def handler(event, context):
    print("adding", event)
    logging.getLogger().warning("warned")
    who = boto3.client("sts").get_caller_identity()["Account"]
    return {"sum": event["a"] + event["b"], "who": who, "id": context.aws_request_id, "colour": os.environ.get("COLOUR")}
"""


def zipped(**files):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in files.items():
            archive.writestr(f"{name}.py", text)
    return buffer.getvalue()


def function(studio, script, **more):
    name = jobs.name("fn")
    made = studio.client("lambda").create_function(
        FunctionName=name,
        Runtime="python3.12",
        Handler="main.handler",
        Role=studio.role,
        Code={"ZipFile": zipped(main=script)},
        **more,
    )
    return name, made["FunctionArn"]


def invoke(studio, name, event, **more):
    answer = studio.client("lambda", read_timeout=120).invoke(FunctionName=name, Payload=json.dumps(event), **more)
    return answer, json.loads(answer["Payload"].read() or b"null")


def messages(studio, name):
    found = studio.client("logs").filter_log_events(logGroupName=f"/aws/lambda/{name}")
    return [one["message"] for one in found["events"]]


def test_a_function_is_made_called_changed_and_deleted(studio):
    client = studio.client("lambda")
    name, arn = function(studio, SUM, MemorySize=256, Timeout=30, Environment={"Variables": {"COLOUR": "red"}})
    assert arn == f"arn:aws:lambda:us-east-1:{studio.account}:function:{name}"
    client.get_waiter("function_active_v2").wait(FunctionName=name)
    answer, found = invoke(studio, name, {"a": 1, "b": 2}, LogType="Tail")
    assert (answer["StatusCode"], answer["ExecutedVersion"]) == (200, "$LATEST")
    assert found == {"sum": 3, "who": studio.account, "id": answer["ResponseMetadata"]["RequestId"], "colour": "red"}
    tail = base64.b64decode(answer["LogResult"]).decode()
    assert "adding {'a': 1, 'b': 2}" in tail and "REPORT RequestId" in tail
    said = messages(studio, name)
    assert said[0] == f"START RequestId: {found['id']} Version: $LATEST"
    assert any(one.startswith("[WARNING]") and one.endswith("\twarned") for one in said)

    client.add_permission(
        FunctionName=name, StatementId="rule", Action="lambda:InvokeFunction", Principal="events.amazonaws.com",
        SourceArn=f"arn:aws:events:us-east-1:{studio.account}:rule/r",
    )  # fmt: skip
    (held,) = json.loads(client.get_policy(FunctionName=name)["Policy"])["Statement"]
    assert (held["Principal"], held["Resource"]) == ({"Service": "events.amazonaws.com"}, arn)
    client.remove_permission(FunctionName=name, StatementId="rule")
    client.tag_resource(Resource=arn, Tags={"team": "red", "old": "x"})
    client.untag_resource(Resource=arn, TagKeys=["old"])
    assert client.list_tags(Resource=arn)["Tags"] == client.get_function(FunctionName=name)["Tags"] == {"team": "red"}

    client.update_function_configuration(FunctionName=arn, Environment={"Variables": {}}, Timeout=20)
    bucket, key = studio.bucket, f"{name}.zip"
    studio.client("s3").put_object(
        Bucket=bucket, Key=key, Body=zipped(main="def handler(event, context):\n    return [event]")
    )
    changed = client.update_function_code(FunctionName=name, S3Bucket=bucket, S3Key=key)
    assert changed["Timeout"] == 20
    assert invoke(studio, name, "x")[1] == ["x"]
    assert name in [
        one["FunctionName"] for page in client.get_paginator("list_functions").paginate() for one in page["Functions"]
    ]
    client.delete_function(FunctionName=name)
    with pytest.raises(ClientError) as gone:
        client.get_function(FunctionName=name)
    assert gone.value.response["Error"]["Code"] == "ResourceNotFoundException"


BAD = """
import os, sys, time
def handler(event, context):
    if event == "raise":
        raise KeyError("k")
    if event == "exit":
        os._exit(3)
    if event == "sleep":
        time.sleep(60)
    if event == "eat":
        eaten = [bytearray(b"x" * (16 << 20)) for _ in range(64)]
    return {1, 2}
"""


def test_what_fails_is_told_as_aws_does(studio):
    name, _ = function(studio, BAD, Timeout=1)
    answer, error = invoke(studio, name, "raise")
    assert (answer["StatusCode"], answer["FunctionError"]) == (200, "Unhandled")
    assert (error["errorType"], error["errorMessage"]) == ("KeyError", "'k'")
    assert 'File "/var/task/main.py", line 5, in handler' in error["stackTrace"][0]
    assert invoke(studio, name, "exit")[1]["errorMessage"].endswith("Runtime exited with error: exit status 3")
    assert invoke(studio, name, "sleep")[1]["errorType"] == "Sandbox.Timedout"
    assert invoke(studio, name, "set")[1]["errorType"] == "Runtime.MarshalError"
    studio.client("lambda").update_function_configuration(FunctionName=name, Handler="other.handler")
    assert invoke(studio, name, "set")[1]["errorType"] == "Runtime.ImportModuleError"


def test_an_event_is_taken_and_run_later(studio):
    key = jobs.name("left")
    put = f"boto3.client('s3').put_object(Bucket='{studio.bucket}', Key='{key}', Body=event['text'])"
    script = f"import boto3\ndef handler(event, context):\n    {put}\n"
    name, _ = function(studio, script, Timeout=30)
    assert invoke(studio, name, {"text": "here"}, InvocationType="Event")[0]["StatusCode"] == 202
    deadline = time.monotonic() + 30
    while not studio.client("s3").list_objects_v2(Bucket=studio.bucket, Prefix=key).get("Contents"):
        assert time.monotonic() < deadline
        time.sleep(0.1)


def lambda_step(arn, name="Call", arguments=None, outputs=("sum",), **more):
    given = [{"OutputName": one, "OutputType": "String"} for one in outputs]
    return {
        "Name": name,
        "Type": "Lambda",
        "FunctionArn": arn,
        "Arguments": arguments or {},
        "OutputParameters": given,
        **more,
    }


def test_a_step_calls_a_function_and_its_outputs_go_on(studio):
    _, arn = function(studio, SUM, Timeout=30)
    first = lambda_step(arn, arguments={"a": {"Get": "Parameters.A"}, "b": 2}, CacheConfig={"Enabled": True})
    second = lambda_step(
        {"Get": "Parameters.Arn"}, "Again", {"a": {"Get": "Steps.Call.OutputParameters['sum']"}, "b": 40}
    )
    parameters = [{"Name": "A", "Type": "Integer"}, {"Name": "Arn", "Type": "String", "DefaultValue": arn}]
    name = create(studio, [first, second], parameters)
    execution = start(studio, name, A="1")
    assert wait(studio, execution)["PipelineExecutionStatus"] == "Succeeded"
    found = steps_of(studio, execution)
    assert found["Again"]["Metadata"]["Lambda"] == {"Arn": arn, "OutputParameters": [{"Name": "sum", "Value": "43"}]}
    again = start(studio, name, A="1")
    assert wait(studio, again)["PipelineExecutionStatus"] == "Succeeded"
    found = steps_of(studio, again)
    assert found["Call"]["CacheHitResult"]["SourcePipelineExecutionArn"] == execution
    assert found["Again"]["Metadata"]["Lambda"]["OutputParameters"] == [{"Name": "sum", "Value": "43"}]


def test_a_step_fails_with_its_function_and_for_want_of_an_output(studio):
    _, arn = function(studio, SUM, Timeout=30)
    execution = start(studio, create(studio, [lambda_step(arn), lambda_step(arn, "Less", {"a": 1, "b": 1}, ("no",))]))
    assert wait(studio, execution)["PipelineExecutionStatus"] == "Failed"
    found = steps_of(studio, execution)
    assert "KeyError: 'a'" in found["Call"]["FailureReason"]
    assert "lacks the output no" in found["Less"]["FailureReason"]


def test_killed_while_a_step_calls_a_function_it_is_called_once(own_studio):
    script = (
        "import boto3, time\n"
        "def handler(event, context):\n"
        f"    boto3.client('s3').put_object(Bucket='{own_studio.bucket}', Key='calls/' + context.aws_request_id, Body=b'')\n"
        "    time.sleep(3)\n"
        "    return {'sum': 1}\n"
    )
    _, arn = function(own_studio, script, Timeout=30)
    execution = start(own_studio, create(own_studio, [lambda_step(arn)]))
    s3, deadline = own_studio.client("s3"), time.monotonic() + 60
    while not s3.list_objects_v2(Bucket=own_studio.bucket, Prefix="calls/").get("Contents"):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    own_studio.kill()
    own_studio.start()
    assert wait(own_studio, execution)["PipelineExecutionStatus"] == "Succeeded"
    assert len(s3.list_objects_v2(Bucket=own_studio.bucket, Prefix="calls/")["Contents"]) == 1


@pytest.mark.parametrize(("venv", "script"), [("sdk2", "v2_lambda.py"), ("sdk3", "v3_lambda.py")])
def test_the_sdks_lambda_steps(studio, tmp_path, venv, script):
    command = [VENVS / venv / "bin" / "python", Path(__file__).parent / "sdk" / script]
    done = subprocess.run(
        command, cwd=tmp_path, env=studio.env(), capture_output=True, text=True, timeout=240, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[-1] == "Succeeded 42"


def test_a_function_for_each_item_by_the_sdk(studio, tmp_path):
    command = [VENVS / "sdk3" / "bin" / "python", Path(__file__).parent / "sdk" / "v3_foreach.py"]
    done = subprocess.run(
        command, cwd=tmp_path, env=studio.env(), capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[-1] == "LONGEST"
