"""One-row invocations of one XGBoost model: studiolo against MLflow's server, BentoML, LitServe, MLServer, Ray
Serve and a bare server that does nothing but predict.

    python bench/invoke.py            # makes the peers' environments below .venvs (several GB), then prints the table

Same model (100 trees), same client (wrk, on the same cores), one run: quote the ratios, not the single figures.
Needs `wrk` (Debian: apt-get install wrk).
"""

import argparse
import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "e2e"))
ROOT = Path(__file__).parents[1]
PEERS = ROOT / "bench" / "peers"
ROW = [[0.1 * n for n in range(10)]]


def find_uv() -> str:
    uv = shutil.which("uv", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    assert uv, "uv is not here: run make .venv/dev"
    return uv


def environment(peer: str) -> Path:
    lines = (line.split(": ", 1) for line in (PEERS / "requirements.txt").read_text().splitlines() if ": " in line)
    wanted = dict(lines)[peer].split()
    uv = find_uv()
    folder = ROOT / ".venvs" / f"bench-{peer}"
    mark = folder / "complete"
    if not mark.exists() or mark.read_text() != " ".join(wanted):
        subprocess.run([uv, "venv", "-q", "--clear", "--python", sys.executable, folder], check=True)
        subprocess.run([uv, "pip", "install", "-q", "--python", folder / "bin" / "python", *wanted], check=True)
        mark.write_text(" ".join(wanted))
    return folder / "bin"


def make_model(folder: Path) -> None:
    """The model in XGBoost's own format, as a SageMaker artifact and as an MLflow folder."""
    script = f"""
import numpy as np, xgboost as xgb
rng = np.random.default_rng(0)
x = rng.normal(size=(2000, 10)); y = (x[:, 0] + x[:, 1] * x[:, 2] > 0).astype(int)
model = xgb.train({{"objective": "binary:logistic", "max_depth": 6}}, xgb.DMatrix(x, y), 100)
model.save_model(r"{folder}/model.ubj")
import mlflow.xgboost
mlflow.xgboost.save_model(model, r"{folder}/mlflow", model_format="ubj")
"""
    subprocess.run([environment("mlflow") / "python", "-c", script], check=True, capture_output=True)
    shutil.copy(folder / "model.ubj", folder / "xgboost-model")
    subprocess.run(["tar", "-czf", folder / "model.tar.gz", "-C", folder, "xgboost-model"], check=True)


def answer(url: str, body: bytes, headers: Mapping[str, str]) -> bytes:
    request = urllib.request.Request(url, body, dict(headers), method="POST")
    with urllib.request.urlopen(request, timeout=5) as got:
        return got.read()


def first_answer(url: str, body: bytes, headers: Mapping[str, str], began: float, limit: float = 120) -> float:
    while True:
        try:
            answer(url, body, headers)
            return time.monotonic() - began
        except OSError:
            if time.monotonic() - began > limit:
                raise
            time.sleep(0.02)


def load(url: str, body: bytes, headers: Mapping[str, str], connections: int, seconds: int) -> tuple[float, float]:
    """(requests a second, p99 in milliseconds) by wrk; every answer must be a success."""
    lua = "wrk.method = 'POST'\nwrk.body = " + json.dumps(body.decode()) + "\n"
    lua += "".join(f"wrk.headers[{json.dumps(name)}] = {json.dumps(value)}\n" for name, value in headers.items())
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(lua)
        script.flush()
        words = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", "-s", script.name, url]
        out = subprocess.run(words, check=True, capture_output=True, text=True).stdout
    assert "Non-2xx" not in out, out
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", out)[1])
    number, unit = re.search(r"99%\s+([\d.]+)(us|ms|s)", out).groups()
    return rate, float(number) * {"us": 0.001, "ms": 1, "s": 1000}[unit]


@contextlib.contextmanager
def server(words: list[str | Path], **env: str) -> Iterator[None]:
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            words, env={**os.environ, **env}, stdout=log, stderr=log, start_new_session=True, cwd=PEERS
        )
        try:
            yield
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
            time.sleep(1)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def mlserver_folder(folder: Path, model: Path, port: int, **settings: object) -> Path:
    """A folder for `mlserver start`: the server's settings and the model's, as its documentation shows them."""
    runtime = "mlserver_sklearn.SKLearnModel" if model.suffix == ".joblib" else "mlserver_xgboost.XGBoostModel"
    # Its pool of workers copies each request to another process and back, which is slower for models as small as these.
    server = {"http_port": port, "grpc_port": port + 1, "metrics_port": port + 2, "host": "127.0.0.1",
              "parallel_workers": 0, "use_structured_logging": False}  # fmt: skip
    described = {"name": "scorer", "implementation": runtime, "parameters": {"uri": str(model)}, **settings}
    target = folder / f"mlserver-{model.suffix[1:]}"
    target.mkdir(exist_ok=True)
    (target / "settings.json").write_text(json.dumps(server))
    (target / "model-settings.json").write_text(json.dumps(described))
    return target


MLSERVER_ROW = {"inputs": [{"name": "input", "shape": [1, 10], "datatype": "FP32", "data": ROW[0]}]}


def peers(folder: Path, port: int) -> dict[str, tuple[list[str | Path], dict[str, str], str, object]]:
    """name -> (command, environment variables, URL, request body)."""
    model, base = folder / "model.ubj", f"http://127.0.0.1:{port}"
    columns = [f"f{n}" for n in range(10)]
    ray = environment("ray")
    return {
        "bare asyncio server": ([environment("bare") / "python", PEERS / "bare.py", model, str(port)], {}, base, ROW),
        "LitServe": (
            [environment("litserve") / "python", PEERS / "litserve_app.py", model, str(port)],
            {},
            f"{base}/predict",
            {"rows": ROW},
        ),
        "MLflow": (
            [environment("mlflow") / "mlflow", "models", "serve", "-m", folder / "mlflow", "--env-manager", "local",
             "-p", str(port), "-w", "2"],
            {"PATH": f"{environment('mlflow')}:{os.environ['PATH']}", "MLFLOW_DISABLE_TELEMETRY": "true"},
            f"{base}/invocations",
            {"dataframe_split": {"columns": columns, "data": ROW}},
        ),
        "BentoML": (
            [environment("bentoml") / "bentoml", "serve", "bento_service:Scorer", "-p", str(port)],
            {"MODEL": str(model), "BENTOML_DO_NOT_TRACK": "true",
             "PATH": f"{environment('bentoml')}:{os.environ['PATH']}"},
            f"{base}/score",
            {"rows": ROW},
        ),
        "MLServer": (
            [environment("mlserver") / "mlserver", "start", mlserver_folder(folder, model, port)],
            {},
            f"{base}/v2/models/scorer/infer",
            MLSERVER_ROW,
        ),
        "Ray Serve": (
            [ray / "serve", "run", "ray_app:app", "--route-prefix", "/"],
            {"MODEL": str(model), "RAY_SERVE_DEFAULT_HTTP_PORT": str(port), "RAY_USAGE_STATS_ENABLED": "0",
             "PATH": f"{ray}:{os.environ['PATH']}", "PYTHONPATH": str(PEERS)},
            "http://127.0.0.1:8000/",
            ROW,
        ),
    }  # fmt: skip


def signed(studio, endpoint: str, body: bytes) -> tuple[str, dict[str, str]]:
    """One signed request, good for 15 minutes, as boto3 would send it."""
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials

    env = studio.env()
    url = f"{studio.url}/endpoints/{endpoint}/invocations"
    request = AWSRequest(
        "POST", url, data=body, headers={"Content-Type": "application/json", "Accept": "application/json"}
    )
    SigV4Auth(Credentials(env["AWS_ACCESS_KEY_ID"], env["AWS_SECRET_ACCESS_KEY"]), "sagemaker", "us-east-1").add_auth(
        request
    )
    return url, dict(request.headers.items())


def studiolo(folder: Path, seconds: int) -> dict[str, float]:
    import conftest
    import jobs

    studio = conftest.Studio(folder / "home")
    studio.start()
    try:
        sagemaker = studio.client("sagemaker")
        studio.client("s3").upload_file(str(folder / "model.tar.gz"), studio.bucket, "model.tar.gz")
        result: dict[str, float] = {}
        for turn in ("cold", "warm"):
            sagemaker.create_model(
                ModelName=turn,
                PrimaryContainer={"Image": jobs.XGBOOST, "ModelDataUrl": f"s3://{studio.bucket}/model.tar.gz"},
                ExecutionRoleArn=studio.role,
            )
            variant = {
                "VariantName": "AllTraffic",
                "ModelName": turn,
                "InitialInstanceCount": 1,
                "InstanceType": "ml.c5.large",
            }
            sagemaker.create_endpoint_config(EndpointConfigName=turn, ProductionVariants=[variant])
            body = json.dumps(ROW).encode()
            url, headers = signed(studio, turn, body)
            began = time.monotonic()
            sagemaker.create_endpoint(EndpointName=turn, EndpointConfigName=turn)
            result[turn] = first_answer(url, body, headers, began, 300)
            if turn == "cold":
                sagemaker.delete_endpoint(EndpointName=turn)
                sagemaker.get_waiter("endpoint_deleted").wait(EndpointName=turn, WaiterConfig={"Delay": 1})
        answer(url, body, headers)
        for connections in (1, 16):
            load(url, body, headers, connections, 2)
            result[f"rate{connections}"], result[f"p99_{connections}"] = load(url, body, headers, connections, seconds)
        return result
    finally:
        conftest.end(studio)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--seconds", type=int, default=8)
    arguments.add_argument("--only", help="comma-separated names of peers; studiolo always runs")
    chosen = arguments.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="studiolo-bench-"))
    make_model(folder)
    rows: dict[str, dict[str, float]] = {}
    for name, (words, env, url, body) in peers(folder, 18080).items():
        if chosen.only and name not in chosen.only.split(","):
            continue
        data, headers = json.dumps(body).encode(), {"Content-Type": "application/json"}
        began = time.monotonic()
        with server(words, **env):
            rows[name] = {"warm": first_answer(url, data, headers, began)}
            for connections in (1, 16):
                load(url, data, headers, connections, 2)
                rate, p99 = load(url, data, headers, connections, chosen.seconds)
                rows[name] |= {f"rate{connections}": rate, f"p99_{connections}": p99}
    rows["studiolo"] = studiolo(folder, chosen.seconds)
    ours = rows["studiolo"]
    print("| server | first answer s | req/s, 1 conn | p99 ms | req/s, 16 conn | p99 ms | studiolo is |")
    print("|---|---|---|---|---|---|---|")
    for name, row in rows.items():
        ratio = f"{ours['rate1'] / row['rate1']:.2f}x / {ours['rate16'] / row['rate16']:.2f}x"
        figures = f"{row['rate1']:.0f} | {row['p99_1']:.2f} | {row['rate16']:.0f} | {row['p99_16']:.2f}"
        print(f"| {name} | {row['warm']:.2f} | {figures} | {ratio} |")
    print(f"\nstudiolo, first endpoint of an environment not yet warm: {ours['cold']:.2f} s")
    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
