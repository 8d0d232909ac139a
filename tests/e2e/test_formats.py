"""Each form in which each framework saves a model: trained in its real environment, packed, served, asked."""

import io
import json
import subprocess
import tarfile
import urllib.request
from pathlib import Path

import jobs
import pytest

from studiolo.run.local.environments.local import LocalEnvironments

pytestmark = pytest.mark.e2e

ROWS = [[3.0, 1.0], [-2.0, 1.0], [0.5, 4.0]]
IMAGES = {
    "sklearn": jobs.SKLEARN,
    "xgboost": jobs.XGBOOST,
    "lightgbm": "studiolo/lightgbm:4",
    "catboost": "studiolo-catboost:1.2",
    "pytorch": "763104351884.dkr.ecr.us-east-1.amazonaws.com/pytorch-inference:2.3-cpu-py311",
    "onnx": "studiolo-onnx:1",
    "python": "studiolo/python:3",
}


def packed(folder: Path) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        tar.add(folder, ".")
    return buffer.getvalue()


def deploy(studio, image: str, folder: Path) -> str:
    """Begins an endpoint; its name."""
    sagemaker, endpoint = studio.client("sagemaker"), jobs.name(folder.name)
    key = f"{endpoint}/model.tar.gz"
    studio.client("s3").put_object(Bucket=studio.bucket, Key=key, Body=packed(folder))
    container = {"Image": image, "ModelDataUrl": f"s3://{studio.bucket}/{key}"}
    sagemaker.create_model(ModelName=endpoint, ExecutionRoleArn=studio.role, PrimaryContainer=container)
    variant = {
        "VariantName": "all",
        "ModelName": endpoint,
        "InitialInstanceCount": 1,
        "InstanceType": "ml.t2.medium",
    }
    sagemaker.create_endpoint_config(EndpointConfigName=endpoint, ProductionVariants=[variant])
    sagemaker.create_endpoint(EndpointName=endpoint, EndpointConfigName=endpoint)
    return endpoint


def metadata(studio, endpoint: str) -> dict:
    """What the open inference protocol tells of it."""
    env = studio.env()
    bearer = f"Bearer {env['AWS_ACCESS_KEY_ID']}:{env['AWS_SECRET_ACCESS_KEY']}"
    request = urllib.request.Request(f"{studio.url}/v2/models/{endpoint}", headers={"Authorization": bearer})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.loads(answer.read())


def flat(document) -> list[float]:
    """The numbers of an answer, whatever it is wrapped in."""
    if isinstance(document, dict):
        return flat(next(iter(document.values())))
    return [value for one in document for value in flat(one)] if isinstance(document, list) else [float(document)]


@pytest.mark.parametrize("framework", IMAGES)
def test_each_form_is_served(studio, tmp_path, framework):
    image = IMAGES[framework]
    python = LocalEnvironments(studio.home / "environments").ensure(image).prefix / "bin" / "python"
    script = Path(__file__).with_name("forms.py")
    subprocess.run([python, script, framework, tmp_path / "forms"], check=True, timeout=120)
    expected = json.loads((tmp_path / "forms" / "expected.json").read_text())
    endpoints = {form: deploy(studio, image, tmp_path / "forms" / form) for form in expected}
    runtime, sagemaker = studio.client("sagemaker-runtime"), studio.client("sagemaker")
    for form, endpoint in endpoints.items():
        live = jobs.wait_endpoint(studio, endpoint)
        assert live["EndpointStatus"] == "InService", (form, live.get("FailureReason"))
        body = {"instances": ROWS}
        if form == "columns":
            body = {"dataframe_split": {"columns": ["size", "city"], "data": [[3, "Urbino"], [4, "Gubbio"]]}}
        elif form == "own":
            body = ROWS
        request = {"EndpointName": endpoint, "ContentType": "application/json", "Accept": "application/json"}
        answer = runtime.invoke_endpoint(**request, Body=json.dumps(body))
        assert flat(json.loads(answer["Body"].read())) == pytest.approx(flat(expected[form]), rel=1e-4, abs=1e-4), form
        if form not in ("columns", "own"):
            tensor = {"name": "x", "shape": [3, 2], "datatype": "FP32", "data": flat(ROWS)}
            answer = json.loads(
                runtime.invoke_endpoint(**request, Body=json.dumps({"inputs": [tensor]}))["Body"].read()
            )
            assert answer["outputs"][0]["shape"][0] == 3
            assert answer["outputs"][0]["data"] == pytest.approx(flat(expected[form]), rel=1e-4, abs=1e-4), form
            told = metadata(studio, endpoint)
            assert told["platform"] == framework and told["versions"] == ["all"], form
            # All but TorchScript and a function of one's own know what they take, and what they give for it.
            if framework != "python" and form not in ("torchscript", "state"):
                assert [one["shape"] for one in told["inputs"]] == [[-1, 2]], (form, told)
                assert [one["shape"][0] for one in told["outputs"]] == [-1], (form, told)
                assert told["outputs"][0]["datatype"] == answer["outputs"][0]["datatype"], (form, told)
        elif form == "columns":
            told = metadata(studio, endpoint)
            assert [tuple(one.values()) for one in told["inputs"]] == [
                ("city", "BYTES", [-1, 1]), ("size", "FP64", [-1, 1])
            ]  # fmt: skip
            assert told["outputs"] == [{"name": "predict", "datatype": "BOOL", "shape": [-1]}]
        sagemaker.delete_endpoint(EndpointName=endpoint)
