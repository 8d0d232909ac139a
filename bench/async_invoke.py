"""How many asynchronous requests a second are accepted (durably, 202) and how many are answered.

    python bench/async_invoke.py            # --seconds 5; needs wrk

An XGBoost model of 100 trees on one instance; wrk with 1 and 16 connections on the same cores.
"""

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "e2e"))
import conftest
import invoke
import jobs
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials


def signed(studio: conftest.Studio, body: bytes) -> tuple[str, dict[str, str]]:
    env = studio.env()
    url = f"{studio.url}/endpoints/bench/async-invocations"
    request = AWSRequest("POST", url, data=body, headers={"X-Amzn-SageMaker-Content-Type": "application/json"})
    keys = Credentials(env["AWS_ACCESS_KEY_ID"], env["AWS_SECRET_ACCESS_KEY"])
    SigV4Auth(keys, "sagemaker", "us-east-1").add_auth(request)
    return url, dict(request.headers.items())


def results(studio: conftest.Studio) -> int:
    pages = studio.client("s3").get_paginator("list_objects_v2").paginate(Bucket=studio.bucket, Prefix="out/")
    return sum(len(page.get("Contents", ())) for page in pages)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--seconds", type=int, default=5)
    seconds = arguments.parse_args().seconds
    folder = Path(tempfile.mkdtemp(prefix="studiolo-bench-"))
    invoke.make_model(folder)
    studio = conftest.Studio(folder / "home")
    studio.start()
    try:
        sagemaker = studio.client("sagemaker")
        studio.client("s3").upload_file(str(folder / "model.tar.gz"), studio.bucket, "model.tar.gz")
        container = {"Image": jobs.XGBOOST, "ModelDataUrl": f"s3://{studio.bucket}/model.tar.gz"}
        sagemaker.create_model(ModelName="bench", PrimaryContainer=container, ExecutionRoleArn=studio.role)
        sagemaker.create_endpoint_config(
            EndpointConfigName="bench",
            ProductionVariants=[
                {"VariantName": "A", "ModelName": "bench", "InstanceType": "ml.c5.large", "InitialInstanceCount": 1}
            ],
            AsyncInferenceConfig={"OutputConfig": {"S3OutputPath": f"s3://{studio.bucket}/out"}},
        )
        sagemaker.create_endpoint(EndpointName="bench", EndpointConfigName="bench")
        jobs.wait_endpoint(studio, "bench", 300)
        body = json.dumps(invoke.ROW).encode()
        url, headers = signed(studio, body)
        print("| connections | accepted a second | p99 ms | answered by the end of the load |\n|---|---|---|---|")
        before = 0
        for connections in (1, 16):
            rate, p99 = invoke.load(url, body, headers, connections, seconds)
            done = results(studio)
            print(f"| {connections} | {rate:.0f} | {p99:.1f} | {done - before} of {rate * seconds:.0f} |")
            total, began = before + rate * seconds, time.monotonic()
            while done < total * 0.99 and time.monotonic() - began < 300:
                time.sleep(1)
                done = results(studio)
            print(f"\nthe rest after {time.monotonic() - began:.0f} s: {done - before} results")
            before = done
    finally:
        conftest.end(studio)


if __name__ == "__main__":
    main()
