"""Processing jobs by real boto3 and both generations of the SDK: what is put in place, run, kept and refused."""

import json
import subprocess
import time
from pathlib import Path

import jobs
import pytest
from botocore.exceptions import ClientError

pytestmark = pytest.mark.e2e
VENVS = Path(__file__).parents[2] / ".venvs"
CODE = "/opt/ml/processing/input/code"


def request(studio, job, script, inputs=(), outputs=(), count=1, **more):
    """Runs a script; inputs: (name, prefix, more of S3Input), outputs: (name, mode)."""
    studio.client("s3").put_object(Bucket=studio.bucket, Key=f"{job}/code/script.py", Body=script)
    base = f"s3://{studio.bucket}/{job}"

    def source(name, uri, **extra):
        at = {
            "S3Uri": uri,
            "LocalPath": f"/opt/ml/processing/input/{name}",
            "S3DataType": "S3Prefix",
            "S3InputMode": "File",
        }
        return {"InputName": name, "S3Input": {**at, **extra}}

    return {
        "ProcessingJobName": job,
        "RoleArn": studio.role,
        "AppSpecification": {
            "ImageUri": jobs.SKLEARN, "ContainerEntrypoint": ["python3", f"{CODE}/script.py"],
            "ContainerArguments": ["--depth", "3"],
        },
        "ProcessingInputs": [
            source("code", f"{base}/code/script.py"), *(source(name, f"{base}/{at}", **extra) for name, at, extra in inputs)
        ],
        "ProcessingOutputConfig": {
            "Outputs": [
                {
                    "OutputName": name,
                    "S3Output": {
                        "S3Uri": f"{base}/out/{name}", "LocalPath": f"/opt/ml/processing/output/{name}", "S3UploadMode": mode,
                    },
                }
                for name, mode in outputs
            ]
        },
        "ProcessingResources": {
            "ClusterConfig": {"InstanceType": "ml.m5.large", "InstanceCount": count, "VolumeSizeInGB": 1}
        },
        "StoppingCondition": {"MaxRuntimeInSeconds": 300},
        **more,
    }  # fmt: skip


def put(studio, job, **objects):
    for key, body in objects.items():
        studio.client("s3").put_object(Bucket=studio.bucket, Key=f"{job}/{key.replace('__', '/')}", Body=body)


def kept(studio, job):
    s3 = studio.client("s3")
    found = s3.list_objects_v2(Bucket=studio.bucket, Prefix=f"{job}/out/").get("Contents", [])
    return {
        one["Key"].removeprefix(f"{job}/out/"): s3.get_object(Bucket=studio.bucket, Key=one["Key"])["Body"].read().decode()
        for one in found
    }  # fmt: skip


def wait(studio, job, seconds=120, until=("Completed", "Failed", "Stopped")):
    deadline = time.monotonic() + seconds
    while True:
        described = studio.client("sagemaker").describe_processing_job(ProcessingJobName=job)
        if described["ProcessingJobStatus"] in until:
            return described
        assert time.monotonic() < deadline, described
        time.sleep(0.05)


def test_two_hosts_share_their_input_and_leave_theirs(studio):
    job = jobs.name("shards")
    put(studio, job, data__a="1", data__b="2", data__c="3")
    script = """
import json, os, sys
config = json.load(open("/opt/ml/config/resourceconfig.json"))
job = json.load(open("/opt/ml/config/processingjobconfig.json"))
names = sorted(os.listdir("/opt/ml/processing/input/data"))
host = config["current_host"]
assert config["hosts"] == ["algo-1", "algo-2"] and os.environ["COLOUR"] == "blue" and sys.argv[1:] == ["--depth", "3"]
assert job["ProcessingJobName"] == os.environ["PROCESSING_JOB_NAME"]
open(f"/opt/ml/processing/output/names/{host}.txt", "w").write(" ".join(names))
open("/opt/ml/output/message", "w").write("all well")
print("host", host, flush=True)
import boto3
assert boto3.client("sts").get_caller_identity()["Account"]
"""
    made = request(
        studio, job, script, [("data", "data/", {"S3DataDistributionType": "ShardedByS3Key"})], [("names", "EndOfJob")], 2,
        Environment={"COLOUR": "blue"},
    )  # fmt: skip
    arn = studio.client("sagemaker").create_processing_job(**made)["ProcessingJobArn"]
    assert arn.endswith(f":processing-job/{job}")
    described = wait(studio, job)
    assert described["ProcessingJobStatus"] == "Completed", described
    assert described["ExitMessage"] == "all well"
    assert described["ProcessingEndTime"] >= described["ProcessingStartTime"]
    assert described["ProcessingInputs"][0]["S3Input"]["S3CompressionType"] == "None"
    assert kept(studio, job) == {"names/algo-1.txt": "a c", "names/algo-2.txt": "b"}
    logs = studio.client("logs")
    streams = logs.describe_log_streams(logGroupName="/aws/sagemaker/ProcessingJobs", logStreamNamePrefix=f"{job}/")
    assert len(streams["logStreams"]) == 2
    with pytest.raises(ClientError) as taken:
        studio.client("sagemaker").create_processing_job(**made)
    assert taken.value.response["Error"]["Code"] == "ResourceInUse"


def test_what_is_continuous_is_there_before_the_end_and_after_a_failure(studio):
    job = jobs.name("live")
    script = """
import os, sys, time
open("/opt/ml/processing/output/live/part-1", "w").write("one")
open("/opt/ml/processing/output/end/whole", "w").write("never")
while not os.path.exists("/opt/ml/processing/input/go/go"):
    time.sleep(0.1)
"""
    script = script[: script.index("while")] + "time.sleep(9)\nprint('the reason')\nsys.exit(7)\n"
    made = request(studio, job, script, outputs=[("live", "Continuous"), ("end", "EndOfJob")])
    studio.client("sagemaker").create_processing_job(**made)
    deadline = time.monotonic() + 60
    while not kept(studio, job):
        assert time.monotonic() < deadline
        time.sleep(0.2)
    now = studio.client("sagemaker").describe_processing_job(ProcessingJobName=job)
    assert now["ProcessingJobStatus"] == "InProgress"
    described = wait(studio, job)
    assert described["ProcessingJobStatus"] == "Failed"
    assert "exit code: 7" in described["FailureReason"]
    assert "the reason" in described["FailureReason"]
    assert kept(studio, job) == {"live/part-1": "one"}


def test_a_job_is_stopped_listed_searched_and_deleted(studio):
    job, client = jobs.name("stop"), studio.client("sagemaker")
    client.create_processing_job(**request(studio, job, "import time\nprint('up', flush=True)\ntime.sleep(100)"))
    while "ProcessingStartTime" not in client.describe_processing_job(ProcessingJobName=job):
        time.sleep(0.05)
    with pytest.raises(ClientError) as running:
        client.delete_processing_job(ProcessingJobName=job)
    assert running.value.response["Error"]["Code"] == "ResourceInUse"
    client.stop_processing_job(ProcessingJobName=job)
    assert wait(studio, job)["ProcessingJobStatus"] == "Stopped"
    listed = client.list_processing_jobs(NameContains=job, StatusEquals="Stopped")["ProcessingJobSummaries"]
    assert [one["ProcessingJobName"] for one in listed] == [job]
    with pytest.raises(ClientError) as ended:
        client.stop_processing_job(ProcessingJobName=job)
    assert ended.value.response["Error"]["Code"] == "ValidationException"
    client.delete_processing_job(ProcessingJobName=job)
    deadline = time.monotonic() + 20
    while client.list_processing_jobs(NameContains=job)["ProcessingJobSummaries"]:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_killed_server_finds_its_job_again(own_studio):
    studio, job = own_studio, jobs.name("kill")
    script = "import time\ntime.sleep(3)\nopen('/opt/ml/processing/output/o/x', 'w').write('done')"
    studio.client("sagemaker").create_processing_job(**request(studio, job, script, outputs=[("o", "EndOfJob")]))
    wait_for = time.monotonic() + 60
    while "ProcessingStartTime" not in studio.client("sagemaker").describe_processing_job(ProcessingJobName=job):
        assert time.monotonic() < wait_for
        time.sleep(0.05)
    studio.kill()
    studio.start()
    assert wait(studio, job)["ProcessingJobStatus"] == "Completed"
    assert kept(studio, job) == {"o/x": "done"}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda made: made["ProcessingInputs"].append(made["ProcessingInputs"][0]), "more than once"),
        (lambda made: made["ProcessingInputs"][0]["S3Input"].update(LocalPath="/usr/bin"), "system's own"),
        (lambda made: made["ProcessingInputs"][0]["S3Input"].update(LocalPath="/opt/ml/processing/../.."), "absolute"),
        (lambda made: made["ProcessingInputs"][0]["S3Input"].update(S3InputMode="Pipe"), "Pipe"),
        (lambda made: made["AppSpecification"].pop("ContainerEntrypoint"), "ContainerEntrypoint"),
        (lambda made: made["ProcessingResources"]["ClusterConfig"].update(InstanceType="ml.none"), "instanceType"),
    ],
)  # fmt: skip
def test_what_can_not_be_is_refused_in_a_sentence(studio, change, says):
    made = json.loads(json.dumps(request(studio, jobs.name("bad"), "")))
    change(made)
    with pytest.raises(ClientError, match=says) as refused:
        studio.client("sagemaker").create_processing_job(**made)
    assert refused.value.response["Error"]["Code"] == "ValidationException"


def test_missing_data_fails_the_job_with_its_name(studio):
    job = jobs.name("none")
    studio.client("sagemaker").create_processing_job(**request(studio, job, "", [("data", "nothing/", {})]))
    described = wait(studio, job)
    assert described["ProcessingJobStatus"] == "Failed"
    assert "no S3 objects found" in described["FailureReason"]
    assert "input data" in described["FailureReason"]


@pytest.mark.parametrize(("venv", "script"), [("sdk2", "v2_processing.py"), ("sdk3", "v3_processing.py")])
def test_the_sdks_process(studio, tmp_path, venv, script):
    command = [VENVS / venv / "bin" / "python", Path(__file__).parent / "sdk" / script]
    done = subprocess.run(
        command, env=studio.env(), capture_output=True, text=True, timeout=300, check=False, cwd=tmp_path
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-6000:]
    assert "OK" in done.stdout
