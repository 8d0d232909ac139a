"""What the tests of endpoints have in common: models that are an inference.py, endpoints around them, load on them."""

import json
import threading
import time
from typing import Any

import jobs
from botocore.exceptions import ClientError

NAME = """
import json, os
def model_fn(folder): return {name!r}
def transform_fn(model, body, kind, accept):
    return json.dumps([model, body if isinstance(body, str) else body.decode()]), "application/json"
"""


def upload(studio: Any, key: str, script: str, **files: str) -> str:
    data = jobs.archive({"inference.py": script, **files})
    studio.client("s3").put_object(Bucket=studio.bucket, Key=key, Body=data)
    return f"s3://{studio.bucket}/{key}"


def container(studio: Any, script: str, **more: Any) -> dict[str, Any]:
    url = upload(studio, f"{jobs.name('model')}/model.tar.gz", script)
    return {"Image": jobs.SKLEARN, "ModelDataUrl": url, **more}


def model(studio: Any, script: str, **more: Any) -> str:
    name = jobs.name("model")
    studio.client("sagemaker").create_model(
        ModelName=name, ExecutionRoleArn=studio.role, PrimaryContainer=container(studio, script, **more)
    )
    return name


def variant(model: str, **more: Any) -> dict[str, Any]:
    size = {} if "ServerlessConfig" in more else {"InstanceType": "ml.t2.medium", "InitialInstanceCount": 1}
    return {"VariantName": "AllTraffic", "ModelName": model, **size, **more}


def config(studio: Any, *variants: Any, **more: Any) -> str:
    name = jobs.name("config")
    studio.client("sagemaker").create_endpoint_config(
        EndpointConfigName=name, ProductionVariants=list(variants), **more
    )
    return name


def endpoint(studio: Any, *variants: Any, **more: Any) -> str:
    name = jobs.name("endpoint")
    studio.client("sagemaker").create_endpoint(EndpointName=name, EndpointConfigName=config(studio, *variants, **more))
    live = jobs.wait_endpoint(studio, name)
    assert live["EndpointStatus"] == "InService", live.get("FailureReason")
    return name


def in_service(studio: Any, name: str, seconds: float = 60) -> Any:
    deadline = time.monotonic() + seconds
    while (seen := studio.client("sagemaker").describe_endpoint(EndpointName=name))["EndpointStatus"] != "InService":
        assert seen["EndpointStatus"] != "Failed" and time.monotonic() < deadline, seen
        time.sleep(0.05)
    return seen


def invoke(runtime: Any, name: str, body: str = "x", **more: Any) -> Any:
    """The answer's document."""
    more = {"ContentType": "text/plain", **more}
    return json.loads(runtime.invoke_endpoint(EndpointName=name, Body=body, **more)["Body"].read())


def refusal(call: Any, *args: Any, **more: Any) -> tuple[str, str]:
    try:
        got = call(*args, **more)
    except ClientError as error:
        return error.response["Error"]["Code"], error.response["Error"]["Message"]
    raise AssertionError(got)


def until(condition: Any, seconds: float = 30) -> Any:
    deadline = time.monotonic() + seconds
    while not (got := condition()):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return got


class Load:
    """Clients that ask without a pause, and what they got."""

    def __init__(self, studio: Any, name: str, clients: int = 4, **more: Any) -> None:
        """more: members of the request, such as InferenceComponentName."""
        self._more = more
        self.answers: list[Any] = []
        self.failures: list[str] = []
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._ask, args=(studio, name)) for _ in range(clients)]

    def _ask(self, studio: Any, name: str) -> None:
        runtime = studio.client("sagemaker-runtime")
        while not self._stop.is_set():
            try:
                self.answers.append(invoke(runtime, name, **self._more)[0])
            except Exception as error:
                self.failures.append(str(error))

    def __enter__(self) -> "Load":
        for thread in self._threads:
            thread.start()
        until(lambda: len(self.answers) > 20 or self.failures)
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(90)
