"""What the benchmarks of endpoints share: a studio of its own, models made in an environment of the studio's, requests
signed once. Needs nothing of the bench environments.
"""

import contextlib
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "e2e"))
import conftest
import jobs

ROW = [[0.1 * n for n in range(10)]]


@contextlib.contextmanager
def studio(**variables: str) -> Iterator[conftest.Studio]:
    with tempfile.TemporaryDirectory(prefix="studiolo-bench-") as folder:
        it = conftest.Studio(Path(folder) / "home", variables=variables)
        it.start()
        try:
            yield it
        finally:
            conftest.end(it)


def python(it: conftest.Studio, image: str = jobs.XGBOOST, package: str = "xgboost") -> Path:
    """The interpreter of the environment that serves the image; built where it was not."""
    build = jobs.name("build")
    it.client("sagemaker").create_training_job(
        **{**jobs.script_job(it, build, "print(1)"), "AlgorithmSpecification": {
            "TrainingImage": image, "TrainingInputMode": "File"}})  # fmt: skip
    jobs.wait(it, build, 300)
    for one in (it.home / "environments").glob("*/bin/python"):
        if subprocess.run([one, "-c", f"import {package}"], capture_output=True, check=False).returncode == 0:
            return one
    raise AssertionError(f"no environment with {package}")


XGBOOST = """
import sys, numpy as np, xgboost as xgb
rng = np.random.default_rng(0)
x = rng.normal(size=(2000, 10)); y = (x[:, 0] + x[:, 1] * x[:, 2] > 0).astype(int)
xgb.train({"objective": "binary:logistic", "max_depth": 6}, xgb.DMatrix(x, y), 100).save_model(sys.argv[1] + ".ubj")
"""


def xgboost_model(it: conftest.Studio, folder: Path) -> bytes:
    """model.tar.gz of 100 trees."""
    subprocess.run([python(it), "-c", XGBOOST, folder / "model"], check=True)
    return jobs.archive({"xgboost-model": (folder / "model.ubj").read_bytes()})


def endpoint(it: conftest.Studio, name: str, model: dict[str, Any], variant: dict[str, Any]) -> None:
    """In service when this returns."""
    sagemaker = it.client("sagemaker")
    sagemaker.create_model(ModelName=name, ExecutionRoleArn=it.role, PrimaryContainer=model)
    variant = {"VariantName": "AllTraffic", "ModelName": name, **variant}
    sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[variant])
    sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)
    live = jobs.wait_endpoint(it, name)
    assert live["EndpointStatus"] == "InService", live.get("FailureReason")


def signed(it: conftest.Studio, name: str, body: bytes, **headers: str) -> tuple[str, dict[str, str]]:
    """One signed request, good for 15 minutes, as boto3 would send it."""
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials

    env, url = it.env(), f"{it.url}/endpoints/{name}/invocations"
    headers = {"Content-Type": "application/json", "Accept": "application/json", **headers}
    request = AWSRequest("POST", url, data=body, headers=headers)
    keys = Credentials(env["AWS_ACCESS_KEY_ID"], env["AWS_SECRET_ACCESS_KEY"])
    SigV4Auth(keys, "sagemaker", "us-east-1").add_auth(request)
    return url, dict(request.headers.items())


def until(condition: Any, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def sockets(it: conftest.Studio) -> list[Path]:
    """Of all instances that answer."""
    return [one.with_name("w.sock") for one in (it.home / "runs").glob("*/ml/run/ready")]


def percentile(values: list[float], part: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * part))]


def body() -> bytes:
    return json.dumps(ROW).encode()
