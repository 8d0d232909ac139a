"""What the SDKs' serializers send and their deserializers read, against XGBoost trained on records as the SDK writes them."""

import json
import random
import subprocess
from pathlib import Path

import jobs
import pytest
from serving import endpoint, variant

pytestmark = pytest.mark.e2e
VENVS, SCRIPT = Path(__file__).parents[2] / ".venvs", Path(__file__).with_name("sdk") / "wires.py"
WRITE = """
import json, sys
import numpy as np
from sagemaker.serializer_utils import write_numpy_to_dense_tensor
rows = np.array(json.load(open("rows.json")), dtype="float32")
with open("rows.pbr", "wb") as file:
    write_numpy_to_dense_tensor(file, rows[:, 1:], rows[:, 0])
"""
ASKED = [[0.25, 0.5], [0.75, 0.125], [0.5, 0.875]]


@pytest.fixture(scope="module")
def served(studio, tmp_path_factory):
    """(name of an endpoint, what it answers to ASKED)."""
    folder, draw, name = tmp_path_factory.mktemp("records"), random.Random(1), jobs.name("records")
    rows = [(3 * a - b, a, b) for a, b in ((draw.random(), draw.random()) for _ in range(2000))]
    (folder / "rows.json").write_text(json.dumps(rows))
    subprocess.run([VENVS / "sdk2/bin/python", "-c", WRITE], check=True, cwd=folder, timeout=120, capture_output=True)
    studio.client("s3").upload_file(str(folder / "rows.pbr"), studio.bucket, f"{name}/train/rows.pbr")
    source = {"S3DataType": "S3Prefix", "S3Uri": f"s3://{studio.bucket}/{name}/train/"}
    sagemaker = studio.client("sagemaker")
    sagemaker.create_training_job(
        TrainingJobName=name, RoleArn=studio.role,
        AlgorithmSpecification={"TrainingImage": jobs.XGBOOST, "TrainingInputMode": "File"},
        HyperParameters={"num_round": "60", "max_depth": "5", "objective": "reg:squarederror"},
        InputDataConfig=[{
            "ChannelName": "train", "ContentType": "application/x-recordio-protobuf",
            "DataSource": {"S3DataSource": source},
        }],
        OutputDataConfig={"S3OutputPath": f"s3://{studio.bucket}/{name}/out"},
        ResourceConfig={"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1},
        StoppingCondition={"MaxRuntimeInSeconds": 300},
    )  # fmt: skip
    jobs.wait(studio, name)
    trained = sagemaker.describe_training_job(TrainingJobName=name)
    container = {"Image": jobs.XGBOOST, "ModelDataUrl": trained["ModelArtifacts"]["S3ModelArtifacts"]}
    sagemaker.create_model(ModelName=name, ExecutionRoleArn=studio.role, PrimaryContainer=container)
    live = endpoint(studio, variant(name))
    body = "\n".join(",".join(map(str, row)) for row in ASKED)
    answer = studio.client("sagemaker-runtime").invoke_endpoint(EndpointName=live, Body=body, ContentType="text/csv")
    answers = [float(word) for word in answer["Body"].read().decode().replace(",", "\n").split()]
    assert answers == pytest.approx([3 * a - b for a, b in ASKED], abs=0.1)
    yield live, answers
    sagemaker.delete_endpoint(EndpointName=live)


@pytest.mark.parametrize("venv", ["sdk2", "sdk3"])
def test_every_serializer_and_deserializer(studio, served, tmp_path, venv):
    name, answers = served
    done = subprocess.run(
        [VENVS / venv / "bin" / "python", SCRIPT, name, json.dumps(ASKED), json.dumps(answers)],
        env=studio.env(), capture_output=True, text=True, timeout=120, check=False, cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0 and "OK" in done.stdout, (done.stdout + done.stderr)[-4000:]
