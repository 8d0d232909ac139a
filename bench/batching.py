"""64 clients at once, one row each: studiolo's batches (STUDIOLO_BATCH_MAX_SIZE) against LitServe's, BentoML's and MLServer's own.

    python bench/batching.py [--seconds 8] [--only studiolo,LitServe]

Two models: XGBoost of 100 trees, where a prediction costs less than the request around it, and a random forest of
scikit-learn (100 trees), where it costs far more. Same client (wrk) on the same cores, one run: quote the ratios.
"""

import argparse
import itertools
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import endpoints
import invoke

CLIENTS = 64
FOREST = """
import sys, joblib, numpy as np
from sklearn.ensemble import RandomForestClassifier
rng = np.random.default_rng(0)
x = rng.normal(size=(2000, 10)); y = (x[:, 0] + x[:, 1] * x[:, 2] > 0).astype(int)
model = RandomForestClassifier(100, max_depth=8, random_state=0, n_jobs=1).fit(x, y)
joblib.dump(model, sys.argv[1])
"""


def prepare(peer: str) -> Path:
    """The peer's interpreter, scikit-learn in its environment."""
    python = invoke.environment(peer) / "python"
    if subprocess.run([python, "-c", "import sklearn"], capture_output=True, check=False).returncode:
        words = ["pip", "install", "-q", "--python", python, "scikit-learn", "joblib"]
        subprocess.run([invoke.find_uv(), *words], check=True)
    return python


def measure(url: str, body: bytes, headers: Mapping[str, str], seconds: int) -> tuple[float, float]:
    began = time.monotonic()
    invoke.first_answer(url, body, headers, began)
    invoke.load(url, body, headers, CLIENTS, 2)
    return invoke.load(url, body, headers, CLIENTS, seconds)


def peers(folder: Path, port: int, model: str) -> dict[str, tuple[list[str | Path], dict[str, str], str, object]]:
    bin, path = prepare("bentoml").parent, str(folder / model)
    base = f"http://127.0.0.1:{port}"
    return {
        "LitServe": (
            [prepare("litserve"), invoke.PEERS / "litserve_batch.py", path, str(port)], {}, f"{base}/predict",
            {"rows": endpoints.ROW},
        ),
        "BentoML": (
            [bin / "bentoml", "serve", "bento_batch:Scorer", "-p", str(port)],
            {"MODEL": path, "BENTOML_DO_NOT_TRACK": "true", "PATH": f"{bin}:{invoke.os.environ['PATH']}"},
            f"{base}/score",
            {"rows": endpoints.ROW},
        ),
        "MLServer": (
            [prepare("mlserver").parent / "mlserver", "start",
             invoke.mlserver_folder(folder, Path(path), port, max_batch_size=CLIENTS, max_batch_time=0.002)],
            {}, f"{base}/v2/models/scorer/infer", invoke.MLSERVER_ROW,
        ),
    }  # fmt: skip


def ours(folder: Path, seconds: int) -> dict[tuple[str, str], tuple[float, float]]:
    """By model and whether batches are on."""
    found: dict[tuple[str, str], tuple[float, float]] = {}
    jobs = endpoints.jobs
    with endpoints.studio() as studio:
        python = endpoints.python(studio, jobs.SKLEARN, "sklearn")
        subprocess.run([python, "-c", FOREST, folder / "model.joblib"], check=True)
        archives = {
            "model.ubj": (jobs.XGBOOST, endpoints.xgboost_model(studio, folder)),
            "model.joblib": (jobs.SKLEARN, jobs.archive({"model.joblib": (folder / "model.joblib").read_bytes()})),
        }
        turns = itertools.product(archives.items(), (("studiolo", "64"), ("studiolo, one by one", "0")))
        for number, ((model, (image, data)), (label, batch)) in enumerate(turns):
            studio.client("s3").put_object(Bucket=studio.bucket, Key=f"{model}.tar.gz", Body=data)
            url = f"s3://{studio.bucket}/{model}.tar.gz"
            described = {"Image": image, "ModelDataUrl": url, "Environment": {"STUDIOLO_BATCH_MAX_SIZE": batch}}
            name = f"endpoint-{number}"
            endpoints.endpoint(studio, name, described, {"InstanceType": "ml.m5.large", "InitialInstanceCount": 1})
            address, headers = endpoints.signed(studio, name, endpoints.body())
            found[model, label] = measure(address, endpoints.body(), headers, seconds)
            studio.client("sagemaker").delete_endpoint(EndpointName=name)
    return found


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--seconds", type=int, default=8)
    arguments.add_argument("--only", default="studiolo,LitServe,BentoML,MLServer")
    chosen = arguments.parse_args()
    wanted = chosen.only.split(",")
    rows: dict[tuple[str, str], tuple[float, float]] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if "studiolo" in wanted:
            rows |= ours(folder, chosen.seconds)
            print(rows, file=sys.stderr, flush=True)
        python = prepare("litserve")
        subprocess.run([python, "-c", endpoints.XGBOOST, folder / "model"], check=True)
        for model in ("model.ubj", "model.joblib"):
            for peer in ("LitServe", "BentoML", "MLServer"):
                if peer not in wanted:
                    continue
                if model.endswith("joblib"):
                    subprocess.run([prepare(peer.lower()), "-c", FOREST, folder / model], check=True)
                words, env, url, asked = peers(folder, 18090, model)[peer]
                body = json.dumps(asked).encode()
                with invoke.server(words, **env):
                    rows[model, peer] = measure(url, body, {"Content-Type": "application/json"}, chosen.seconds)
                print(model, peer, rows[model, peer], file=sys.stderr, flush=True)
    print(f"| model | server | req/s, {CLIENTS} clients | p99 ms | studiolo is |\n|---|---|---|---|---|")
    for (model, label), (rate, p99) in rows.items():
        what = "XGBoost" if model.endswith("ubj") else "random forest"
        own = rows.get((model, "studiolo"), (0.0, 0.0))[0]
        print(f"| {what} | {label} | {rate:.0f} | {p99:.1f} | {own / rate:.1f}x |")


if __name__ == "__main__":
    main()
