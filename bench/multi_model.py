"""1,000 XGBoost models (100 trees each) behind one multi-model endpoint of 2 GiB: memory, and how long an answer takes at a
model's first request, while it is held, and after it was dropped.

    python bench/multi_model.py [--models 1000]

Serverless variants of 2,048 MB are the size that AWS has for this; here an instance of two workers is held to 2 GiB by
STUDIOLO_MEMORY in the container's environment.
"""

import argparse
import random
import statistics
import tempfile
import time
from pathlib import Path

import endpoints

GIB = 2**30


def memory(studio: endpoints.conftest.Studio, name: str) -> tuple[int, int]:
    """(bytes of the instance's processes, shared pages counted once; how many workers there are)."""
    import psutil

    shim = next((studio.home / "runs").glob(f"*{name}*")) / "members" / "instance" / "shim.json"
    import json

    processes = psutil.Process(json.loads(shim.read_text())["pid"]).children(recursive=True)
    return sum(one.memory_full_info().pss for one in processes), len(processes) - 2


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--models", type=int, default=1000)
    count = arguments.parse_args().models
    with tempfile.TemporaryDirectory() as folder, endpoints.studio() as studio:
        data = endpoints.xgboost_model(studio, Path(folder))
        s3 = studio.client("s3")
        for at in range(count):
            # Each a file of its own, so that nothing is shared by content.
            own = endpoints.jobs.archive(
                {"xgboost-model": (Path(folder) / "model.ubj").read_bytes(), "number": str(at)}
            )
            s3.put_object(Bucket=studio.bucket, Key=f"many/{at}.tar.gz", Body=own)
        model = {
            "Image": endpoints.jobs.XGBOOST,
            "ModelDataUrl": f"s3://{studio.bucket}/many/",
            "Mode": "MultiModel",
            "Environment": {"STUDIOLO_MEMORY": str(2 * GIB)},
        }
        endpoints.endpoint(studio, "many", model, {"InstanceType": "ml.m5.large", "InitialInstanceCount": 1})
        runtime, body = studio.client("sagemaker-runtime"), endpoints.body()

        def ask(at: int) -> float:
            began = time.monotonic()
            answer = runtime.invoke_endpoint(
                EndpointName="many", TargetModel=f"{at}.tar.gz", ContentType="application/json", Body=body
            )
            assert answer["Body"].read()
            return (time.monotonic() - began) * 1000

        empty, workers = memory(studio, "many")
        first = [ask(at) for at in range(count)]
        full, _ = memory(studio, "many")
        rng = random.Random(0)
        again = [ask(rng.randrange(count)) for _ in range(2000)]
        after, _ = memory(studio, "many")
        marks = list((studio.home / "runs").glob("*many*/ml/run/loaded/*/*"))
        print(f"| {count} models of {len(data) / 1024:.0f} KiB (packed), {workers} workers | |\n|---|---|")
        print(f"| memory of the instance, MiB: none loaded | {empty / 2**20:.0f} |")
        print(f"| all asked once | {full / 2**20:.0f} |")
        print(f"| after 2,000 requests to models drawn by chance | {after / 2**20:.0f} |")
        print(f"| models held at the end | {len(marks)} |")
        print(f"| first request of a model (fetched, unpacked, loaded), median ms | {statistics.median(first):.1f} |")
        print(f"| p99 | {endpoints.percentile(first, 0.99):.1f} |")
        print(f"| any model by chance, median ms | {statistics.median(again):.1f} |")
        print(f"| p99 | {endpoints.percentile(again, 0.99):.1f} |")


if __name__ == "__main__":
    main()
