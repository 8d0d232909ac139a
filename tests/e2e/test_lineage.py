"""Lineage from a data set to an endpoint, noted by a real studio; read by boto3 and by SDK v2; kept after a kill."""

import subprocess
import time

import jobs
import pytest
import serving
from test_registry import package
from test_sdk import SCRIPTS, VENVS

pytestmark = pytest.mark.e2e
TRAIN = """
import os, pathlib
pathlib.Path(os.environ["SM_MODEL_DIR"], "weights.txt").write_text("1")
"""


def trained(studio):
    job = jobs.name("lineage")
    data = f"s3://{studio.bucket}/{job}/rows/"
    studio.client("s3").put_object(Bucket=studio.bucket, Key=f"{job}/rows/a.csv", Body=b"1,2\n")
    source = {"S3DataSource": {"S3Uri": data, "S3DataType": "S3Prefix"}}
    channel = {"ChannelName": "train", "DataSource": source}
    studio.client("sagemaker").create_training_job(**jobs.script_job(studio, job, TRAIN, InputDataConfig=[channel]))
    assert jobs.wait(studio, job)["TrainingJobStatus"] == "Completed"
    return job, data


def within(seconds, ask):
    deadline = time.monotonic() + seconds
    while not (found := ask()):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    return found


def ascendants(studio, start):
    client = studio.client("sagemaker")
    try:
        found = client.query_lineage(StartArns=[start], Direction="Ascendants")["Vertices"]
    except client.exceptions.ResourceNotFound:
        return {}
    return {one["Type"]: one["Arn"] for one in found}


def test_an_endpoint_knows_its_data_also_after_its_job_is_deleted(studio, tmp_path):
    client = studio.client("sagemaker")
    job, data = trained(studio)
    group = jobs.name("lineage")
    client.create_model_package_group(ModelPackageGroupName=group)
    container = serving.container(studio, serving.NAME.format(name="m"))
    artifact = client.describe_training_job(TrainingJobName=job)["ModelArtifacts"]["S3ModelArtifacts"]
    # Served with a script of its own: the artifact is copied over by the model's one.
    archive = container["ModelDataUrl"].removeprefix(f"s3://{studio.bucket}/")
    studio.client("s3").copy_object(
        Bucket=studio.bucket, Key=artifact.removeprefix(f"s3://{studio.bucket}/"),
        CopySource={"Bucket": studio.bucket, "Key": archive},
    )  # fmt: skip
    version = package(studio, group, ModelApprovalStatus="Approved")
    version["InferenceSpecification"]["Containers"] = [{"Image": jobs.SKLEARN, "ModelDataUrl": artifact}]
    arn = client.create_model_package(**version)["ModelPackageArn"]
    model = jobs.name("model")
    client.create_model(ModelName=model, ExecutionRoleArn=studio.role, PrimaryContainer={"ModelPackageName": arn})
    endpoint = serving.endpoint(studio, serving.variant(model))
    start = f"arn:aws:sagemaker:us-east-1:{studio.account}:context/{endpoint}-aws-endpoint"
    types = {
        "DataSet",
        "TrainingJob",
        "Model",
        "ModelPackage",
        "SageMakerModel",
        "ModelDeployment",
        "Endpoint",
        "Image",
    }
    within(10, lambda: set(ascendants(studio, start)) >= types)
    client.delete_training_job(TrainingJobName=job)
    assert ascendants(studio, start)["TrainingJob"].endswith(f"/{job}-aws-training-job")
    python = VENVS / "sdk2" / "bin" / "python"
    done = subprocess.run(
        [python, SCRIPTS / "v2_lineage.py", endpoint, job, data, artifact],
        env=studio.env(), capture_output=True, text=True, timeout=120, check=False, cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0 and "OK" in done.stdout, (done.stdout + done.stderr)[-6000:]
    client.delete_endpoint(EndpointName=endpoint)


def test_what_ended_just_before_a_kill_is_told_after_it(own_studio):
    studio = own_studio
    job, _ = trained(studio)
    studio.kill()
    studio.start()
    component = f"arn:aws:sagemaker:us-east-1:{studio.account}:experiment-trial-component/{job}-aws-training-job"
    within(10, lambda: {"DataSet", "TrainingJob"} <= set(ascendants(studio, component)))
