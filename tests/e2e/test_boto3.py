"""The way from data to a live endpoint with plain boto3, as the AWS documentation shows it."""

import json

import jobs
import pytest
from botocore.exceptions import ClientError

pytestmark = pytest.mark.e2e

TRAIN = """
import argparse, os
import joblib, pandas as pd
from sklearn.linear_model import LogisticRegression

parser = argparse.ArgumentParser()
parser.add_argument("--C", type=float, default=1.0)
parser.add_argument("--model-dir", default=os.environ["SM_MODEL_DIR"])
args, _ = parser.parse_known_args()
data = pd.read_csv(os.path.join(os.environ["SM_CHANNEL_TRAIN"], "iris.csv"), header=None)
model = LogisticRegression(C=args.C, max_iter=500).fit(data.iloc[:, 1:].values, data[0])
print(f"train:accuracy={model.score(data.iloc[:, 1:].values, data[0]):.4f};", flush=True)
joblib.dump(model, os.path.join(args.model_dir, "model.joblib"))
open(os.path.join(os.environ["SM_OUTPUT_DATA_DIR"], "note.txt"), "w").write("C=%s" % args.C)
"""

INFERENCE = """
import os, joblib
def model_fn(model_dir):
    return joblib.load(os.path.join(model_dir, "model.joblib"))
"""

ROWS = "0,5.1,3.5\n0,4.9,3.0\n0,5.0,3.4\n1,7.0,3.2\n1,6.9,3.1\n1,6.5,2.8\n"


def test_from_data_to_a_live_endpoint(studio):
    s3, sagemaker = studio.client("s3"), studio.client("sagemaker")
    job = jobs.name("iris")
    s3.put_object(Bucket=studio.bucket, Key=f"{job}/data/iris.csv", Body=ROWS)
    request = jobs.script_job(
        studio,
        job,
        TRAIN,
        HyperParameters={"C": "0.5"},
        AlgorithmSpecification={
            "MetricDefinitions": [{"Name": "train:accuracy", "Regex": r"train:accuracy=([0-9.]+);"}]
        },
        InputDataConfig=[
            {
                "ChannelName": "train",
                "DataSource": {
                    "S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"s3://{studio.bucket}/{job}/data/"}
                },
            }
        ],
    )
    arn = sagemaker.create_training_job(**request)["TrainingJobArn"]
    assert arn == f"arn:aws:sagemaker:us-east-1:{studio.account}:training-job/{job}"

    done = jobs.wait(studio, job, 300)
    assert done["TrainingJobStatus"] == "Completed", (done.get("FailureReason"), jobs.log(studio, job))
    assert [step["Status"] for step in done["SecondaryStatusTransitions"]][-3:] == [
        "Training",
        "Uploading",
        "Completed",
    ]
    assert {metric["MetricName"]: metric["Value"] for metric in done["FinalMetricDataList"]} == {"train:accuracy": 1.0}
    assert done["HyperParameters"] == request["HyperParameters"]
    assert done["TrainingEndTime"] >= done["TrainingStartTime"] >= done["CreationTime"]
    assert any("train:accuracy=1.0" in line for line in jobs.log(studio, job))
    output = {item["Key"] for item in s3.list_objects_v2(Bucket=studio.bucket, Prefix=f"{job}/{job}/")["Contents"]}
    assert output == {f"{job}/{job}/output/model.tar.gz", f"{job}/{job}/output/output.tar.gz"}

    code = f"{job}/inference/sourcedir.tar.gz"
    s3.put_object(Bucket=studio.bucket, Key=code, Body=jobs.archive({"inference.py": INFERENCE}))
    sagemaker.create_model(
        ModelName=job,
        ExecutionRoleArn=studio.role,
        PrimaryContainer={
            "Image": jobs.SKLEARN,
            "ModelDataUrl": done["ModelArtifacts"]["S3ModelArtifacts"],
            "Environment": {
                "SAGEMAKER_PROGRAM": "inference.py",
                "SAGEMAKER_SUBMIT_DIRECTORY": f"s3://{studio.bucket}/{code}",
            },
        },
    )
    sagemaker.create_endpoint_config(
        EndpointConfigName=job,
        ProductionVariants=[
            {"VariantName": "AllTraffic", "ModelName": job, "InitialInstanceCount": 1, "InstanceType": "ml.t2.medium"}
        ],
    )
    sagemaker.create_endpoint(EndpointName=job, EndpointConfigName=job)
    live = jobs.wait_endpoint(studio, job)
    assert live["EndpointStatus"] == "InService", live.get("FailureReason")

    runtime = studio.client("sagemaker-runtime")
    answer = runtime.invoke_endpoint(
        EndpointName=job, ContentType="text/csv", Accept="application/json", Body="5.0,3.3\n6.8,3.0"
    )
    assert json.loads(answer["Body"].read()) == [0, 1]
    assert answer["InvokedProductionVariant"] == "AllTraffic"
    answer = runtime.invoke_endpoint(EndpointName=job, ContentType="application/json", Body=json.dumps([[7.0, 3.1]]))
    assert json.loads(answer["Body"].read()) == [1]
    with pytest.raises(ClientError) as refused:
        runtime.invoke_endpoint(EndpointName=job, ContentType="text/csv", Body="not,numbers")
    assert refused.value.response["Error"]["Code"] == "ModelError"

    sagemaker.delete_endpoint(EndpointName=job)
    sagemaker.get_waiter("endpoint_deleted").wait(EndpointName=job, WaiterConfig={"Delay": 1, "MaxAttempts": 20})
    with pytest.raises(ClientError) as gone:
        runtime.invoke_endpoint(EndpointName=job, ContentType="text/csv", Body="1,2")
    assert gone.value.response["Error"]["Code"] == "ValidationError"


def test_failures_tell_their_reason(studio):
    sagemaker = studio.client("sagemaker")
    job = jobs.name("fails")
    sagemaker.create_training_job(
        **jobs.script_job(studio, job, "print('so far')\nraise ValueError('the columns differ')\n")
    )
    failed = jobs.wait(studio, job)
    assert failed["TrainingJobStatus"] == "Failed"
    assert "the columns differ" in failed["FailureReason"]
    assert failed["FailureReason"].startswith("AlgorithmError")

    job = jobs.name("absent")
    request = jobs.script_job(studio, job, "")
    request["HyperParameters"]["sagemaker_program"] = '"other.py"'
    sagemaker.create_training_job(**request)
    failed = jobs.wait(studio, job)
    assert failed["TrainingJobStatus"] == "Failed" and "other.py" in failed["FailureReason"]


def test_stop_lets_the_script_save_its_model(studio):
    sagemaker = studio.client("sagemaker")
    job = jobs.name("stops")
    script = """
import os, signal, sys, time
def leave(*_):
    open(os.path.join(os.environ["SM_MODEL_DIR"], "model.txt"), "w").write("half-way")
    sys.exit(0)
signal.signal(signal.SIGTERM, leave)
print("ready", flush=True)
time.sleep(600)
"""
    sagemaker.create_training_job(**jobs.script_job(studio, job, script))
    jobs.wait(studio, job, until=("Training", "Failed"))
    for _ in range(100):
        if "ready" in jobs.log(studio, job):
            break
        jobs.time.sleep(0.1)
    sagemaker.stop_training_job(TrainingJobName=job)
    sagemaker.stop_training_job(TrainingJobName=job)
    stopped = jobs.wait(studio, job)
    assert stopped["TrainingJobStatus"] == "Stopped"
    studio.client("s3").head_object(Bucket=studio.bucket, Key=f"{job}/{job}/output/model.tar.gz")


def test_a_script_that_ignores_sigterm_and_forks_is_ended(studio):
    sagemaker = studio.client("sagemaker")
    job = jobs.name("stubborn")
    script = """
import os, signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
if os.fork() == 0:
    os.setsid()
print("ready", flush=True)
time.sleep(600)
"""
    sagemaker.create_training_job(**jobs.script_job(studio, job, script, StoppingCondition={"MaxRuntimeInSeconds": 4}))
    ended = jobs.wait(studio, job, 60)
    assert (ended["TrainingJobStatus"], ended["SecondaryStatus"]) == ("Stopped", "MaxRuntimeExceeded")


def test_two_hosts_meet_by_name(studio):
    sagemaker = studio.client("sagemaker")
    job = jobs.name("hosts")
    script = """
import json, os, socket, time
hosts, me = json.loads(os.environ["SM_HOSTS"]), os.environ["SM_CURRENT_HOST"]
assert hosts == ["algo-1", "algo-2"], hosts
if me == hosts[0]:
    server = socket.create_server((hosts[0], 7777))
    server.settimeout(30)
    peer, _ = server.accept()
    assert peer.recv(100) == b"algo-2"
    peer.sendall(b"welcome")
    print("met algo-2", flush=True)
else:
    for _ in range(100):
        try:
            link = socket.create_connection((hosts[0], 7777))
            break
        except OSError:
            time.sleep(0.1)
    link.sendall(me.encode())
    assert link.recv(100) == b"welcome"
"""
    request = jobs.script_job(studio, job, script)
    request["ResourceConfig"] |= {"InstanceCount": 2, "InstanceType": "ml.t3.medium"}
    sagemaker.create_training_job(**request)
    done = jobs.wait(studio, job)
    assert done["TrainingJobStatus"] == "Completed", (done.get("FailureReason"), jobs.log(studio, job))
    assert "met algo-2" in jobs.log(studio, job)


def test_requirements_are_there(studio):
    sagemaker = studio.client("sagemaker")
    job = jobs.name("needs")
    request = jobs.script_job(
        studio, job, "import humanize; print(humanize.intword(12_000_000))", {"requirements.txt": "humanize\n"}
    )
    sagemaker.create_training_job(**request)
    done = jobs.wait(studio, job)
    assert done["TrainingJobStatus"] == "Completed", done.get("FailureReason")
    assert "12.0 million" in jobs.log(studio, job)


def test_what_is_wrong_is_said_in_aws_words(studio):
    sagemaker = studio.client("sagemaker")

    def code_of(call, **members):
        with pytest.raises(ClientError) as refused:
            call(**members)
        return refused.value.response["Error"]["Code"], refused.value.response["Error"]["Message"]

    assert code_of(sagemaker.describe_training_job, TrainingJobName="nobody") == (
        "ValidationException",
        "Requested resource not found.",
    )
    code, message = code_of(sagemaker.describe_endpoint, EndpointName="nobody")
    assert code == "ValidationException" and message.startswith('Could not find endpoint "arn:aws:sagemaker:')
    code, message = code_of(sagemaker.describe_endpoint, EndpointName="no_such_name!")
    assert code == "ValidationException" and "failed to satisfy constraint" in message
    code, message = code_of(
        sagemaker.create_edge_packaging_job,
        EdgePackagingJobName="x", CompilationJobName="x", ModelName="x", ModelVersion="1", RoleArn=studio.role,
        OutputConfig={"S3OutputLocation": "s3://x/y"},
    )  # fmt: skip
    assert code == "ValidationException" and "CreateEdgePackagingJob" in message
    job = jobs.name("twice")
    request = jobs.script_job(studio, job, "print(1)")
    sagemaker.create_training_job(**request)
    assert code_of(sagemaker.create_training_job, **request)[0] == "ResourceInUse"
    assert code_of(sagemaker.create_training_job, **{**request, "TrainingJobName": job.upper()})[0] == "ResourceInUse"
    jobs.wait(studio, job)
