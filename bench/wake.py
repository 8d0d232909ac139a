"""How long the first request of a sleeping serverless endpoint takes: from the request to the answer, the wake included.

    python bench/wake.py [--turns 50]

One XGBoost model of 100 trees. The endpoint is put to sleep between two turns (STUDIOLO_SERVERLESS_IDLE_SECONDS=0.2).
At last 32 clients ask at once: none may be refused.
"""

import argparse
import concurrent.futures
import itertools
import json
import statistics
import tempfile
import time
import urllib.request
from pathlib import Path

import endpoints


def ask(url: str, headers: dict[str, str], body: bytes) -> bytes:
    with urllib.request.urlopen(urllib.request.Request(url, body, headers, method="POST"), timeout=60) as got:
        return got.read()


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--turns", type=int, default=50)
    turns = arguments.parse_args().turns
    with tempfile.TemporaryDirectory() as folder, endpoints.studio(STUDIOLO_SERVERLESS_IDLE_SECONDS="0.2") as studio:
        data = endpoints.xgboost_model(studio, Path(folder))
        studio.client("s3").put_object(Bucket=studio.bucket, Key="model.tar.gz", Body=data)
        model = {"Image": endpoints.jobs.XGBOOST, "ModelDataUrl": f"s3://{studio.bucket}/model.tar.gz"}
        config = {"ServerlessConfig": {"MemorySizeInMB": 2048, "MaxConcurrency": 64}}
        endpoints.endpoint(studio, "sleeper", model, config)
        body = endpoints.body()
        url, headers = endpoints.signed(studio, "sleeper", body)

        def sleep() -> None:
            endpoints.until(lambda: not list((studio.home / "runs").glob("*sleeper*")))

        took: list[float] = []
        parts: list[list[float]] = []

        def phases(began: float, ended: float) -> list[float]:
            """Milliseconds to the start's order, the forked process, its readiness, the answer."""
            folder = next((studio.home / "runs").glob("*sleeper*"))
            ordered = json.loads((folder / "group.json").read_text())["since"]
            forked = json.loads((folder / "members" / "instance" / "shim.json").read_text())["began"]
            stamps = [began, ordered, forked, (folder / "ml" / "run" / "ready").stat().st_mtime, ended]
            return [(after - before) * 1000 for before, after in itertools.pairwise(stamps)]

        for _ in range(turns):
            sleep()
            time.sleep(0.3)
            began = time.time()
            ask(url, headers, body)
            took.append((time.time() - began) * 1000)
            parts.append(phases(began, time.time()))
        sleep()
        with concurrent.futures.ThreadPoolExecutor(32) as pool:
            answers = list(pool.map(lambda _: ask(url, headers, body), range(32)))
        print("| wake, from the request to its answer | ms |\n|---|---|")
        print(f"| median of {turns} | {statistics.median(took):.0f} |")
        print(f"| p95 | {endpoints.percentile(took, 0.95):.0f} |")
        print(f"| least | {min(took):.0f} |")
        names = ("until the start is ordered", "until the process is forked", "until it is ready", "until the answer")
        for name, values in zip(names, zip(*parts, strict=True), strict=True):
            print(f"| median {name} | {statistics.median(values):.0f} |")
        print(f"\n{len(answers)} of 32 first requests at once were answered")


if __name__ == "__main__":
    main()
