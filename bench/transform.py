"""Batch transform of CSV with a join and filters, against predicting the same rows without any of it.

    python bench/transform.py            # --rows 10000000 --turns 1; --rows 500000 for a look

XGBoost, 100 trees on ten features; each row an id and the features, the result `id,prediction`, so both filters and the
join work. Same model, same rows, same cores, one run: quote the ratios, not the single figures. With several turns all ways
take turns and each one's best counts, which helps on a machine that is not idle.

    predict only      one process a core, rows parsed beforehand and in memory: the model alone
    read and predict  one process a core: pandas reads its half of the file, the model predicts, nothing is written
    a script's way    one process a core: pandas reads, the model predicts, pandas writes id and prediction
    naive batch       one process: a request of 1000 lines after another, numpy reads, Python joins and writes
    studiolo          CreateTransformJob's own time, from its TransformStartTime to its TransformEndTime
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "e2e"))
DISTINCT = 100_000
PEER = r"""
import io, json, os, sys, time
import numpy as np, pandas as pd, xgboost as xgb
how, model, path, number, count, out = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5]), sys.argv[6]
booster = xgb.Booster()
booster.load_model(model)
booster.set_param({"nthread": 1})
size = os.path.getsize(path)
file = open(path, "rb")
def edge(at):
    if at <= 0 or at >= size:
        return max(0, min(at, size))
    file.seek(at)
    file.readline()
    return file.tell()
start, end = edge(size * number // count), edge(size * (number + 1) // count)
file.seek(start)
def blocks(length):
    while file.tell() < end:
        data = file.read(min(length, end - file.tell())) + (file.readline() if file.tell() < end else b"")
        yield data
def table(data):
    return pd.read_csv(io.BytesIO(data), header=None, dtype={n: "float32" for n in range(1, 11)})
rows, began = 0, None
if how == "predict only":
    held = [table(data).iloc[:, 1:].to_numpy("float32") for data in blocks(1 << 20)]
    print("ready", flush=True)
    sys.stdin.readline()
    for one in held:
        rows += len(booster.inplace_predict(one, validate_features=False))
elif how == "naive batch":
    print("ready", flush=True)
    sys.stdin.readline()
    with open(out, "w") as target:
        def some(lines):
            cells = [line.decode().split(",") for line in lines]
            features = np.loadtxt([",".join(row[1:]) for row in cells], delimiter=",", dtype="float32", ndmin=2)
            found = booster.inplace_predict(features, validate_features=False).tolist()
            target.writelines(f"{row[0]},{one}\n" for row, one in zip(cells, found))
            return len(found)
        held = []
        for line in file:
            held.append(line)
            if len(held) == 1000:
                rows += some(held)
                held = []
        rows += some(held) if held else 0
else:
    print("ready", flush=True)
    sys.stdin.readline()
    with open(out, "wb") as target:
        for data in blocks(1 << 20):
            held = table(data)
            found = booster.inplace_predict(held.iloc[:, 1:].to_numpy("float32"), validate_features=False)
            rows += len(found)
            if how == "a script's way":
                pd.DataFrame({"id": held[0], "score": found}).to_csv(target, header=False, index=False)
print(rows, flush=True)
"""
MAKE = r"""
import sys
import numpy as np, xgboost as xgb
folder, rows, distinct = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
rng = np.random.default_rng(0)
x = rng.normal(size=(20000, 10)); y = (x[:, 0] + x[:, 1] * x[:, 2] > 0).astype(int)
xgb.train({"objective": "binary:logistic", "max_depth": 6}, xgb.DMatrix(x, y), 100).save_model(folder + "/model.ubj")
lines = [",".join("%.4f" % value for value in row) for row in rng.normal(size=(distinct, 10))]
with open(folder + "/rows.csv", "w") as out:
    for start in range(0, rows, distinct):
        out.writelines(f"{start + n},{line}\n" for n, line in enumerate(lines[: rows - start]))
"""


def peer(python: Path, how: str, folder: Path, processes: int) -> float:
    """Rows a second of all processes together, from the word to start to the last one's end."""
    running = [
        subprocess.Popen(
            [python, "-c", PEER, how, folder / "model.ubj", folder / "rows.csv", str(number), str(processes),
             folder / f"peer-{number}.out"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"},
        )
        for number in range(processes)
    ]  # fmt: skip
    for one in running:
        assert one.stdout and one.stdout.readline() == "ready\n"
    began = time.monotonic()
    for one in running:
        assert one.stdin
        one.stdin.write("go\n")
        one.stdin.flush()
    rows = sum(int(one.stdout.readline()) for one in running if one.stdout)
    seconds = time.monotonic() - began
    for one in running:
        one.communicate()
    return rows / seconds


def prepare(studio, folder: Path, image: str) -> None:
    s3, sagemaker = studio.client("s3"), studio.client("sagemaker")
    subprocess.run(["tar", "-czf", folder / "model.tar.gz", "-C", folder, "model.ubj"], check=True)
    s3.upload_file(str(folder / "model.tar.gz"), studio.bucket, "bench/model.tar.gz")
    s3.upload_file(str(folder / "rows.csv"), studio.bucket, "bench/in/rows.csv")
    model = {"Image": image, "ModelDataUrl": f"s3://{studio.bucket}/bench/model.tar.gz"}
    sagemaker.create_model(ModelName="bench", PrimaryContainer=model, ExecutionRoleArn=studio.role)


def ours(studio, rows: int, name: str) -> tuple[float, float]:
    """Rows a second of the job itself, and with the transfers and the start."""
    s3, sagemaker = studio.client("s3"), studio.client("sagemaker")
    source = {"S3DataType": "S3Prefix", "S3Uri": f"s3://{studio.bucket}/bench/in/"}
    began = time.monotonic()
    sagemaker.create_transform_job(
        TransformJobName=name,
        ModelName="bench",
        TransformInput={"DataSource": {"S3DataSource": source}, "ContentType": "text/csv", "SplitType": "Line"},
        TransformOutput={
            "S3OutputPath": f"s3://{studio.bucket}/bench/out", "Accept": "text/csv", "AssembleWith": "Line",
        },
        TransformResources={"InstanceType": "ml.m5.4xlarge", "InstanceCount": 1},
        DataProcessing={"InputFilter": "$[1:]", "JoinSource": "Input", "OutputFilter": "$[0,-1]"},
    )  # fmt: skip
    while True:
        told = sagemaker.describe_transform_job(TransformJobName=name)
        if told["TransformJobStatus"] != "InProgress":
            break
        time.sleep(0.05)
    whole = time.monotonic() - began
    assert told["TransformJobStatus"] == "Completed", told
    body = s3.get_object(Bucket=studio.bucket, Key="bench/out/rows.csv.out")["Body"].read()
    assert body.count(b"\n") == rows and body.startswith(b"0,")
    return rows / (told["TransformEndTime"] - told["TransformStartTime"]).total_seconds(), rows / whole


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--rows", type=int, default=10_000_000)
    arguments.add_argument("--turns", type=int, default=1)
    arguments.add_argument("--naive-rows", type=int, default=500_000, help="rows of the naive way, which is slow")
    chosen = arguments.parse_args()
    import conftest
    from jobs import XGBOOST

    folder = Path(tempfile.mkdtemp(prefix="studiolo-bench-"))
    studio = conftest.Studio(folder / "home")
    cores = len(os.sched_getaffinity(0))
    try:
        studio.start()
        python = warm(studio, folder, XGBOOST)
        subprocess.run([python, "-c", MAKE, folder, str(chosen.rows), str(DISTINCT)], check=True)
        prepare(studio, folder, XGBOOST)
        table: dict[str, float] = {}
        for turn in range(chosen.turns):
            job, whole = ours(studio, chosen.rows, f"bench-{turn}")
            rates = {"studiolo": job, "studiolo, from request to Completed": whole}
            for how in ("predict only", "read and predict", "a script's way"):
                rates[f"{how}, {cores} processes"] = peer(python, how, folder, cores)
            print({name: round(rate) for name, rate in rates.items()}, file=sys.stderr, flush=True)
            table = {name: max(rate, table.get(name, 0.0)) for name, rate in rates.items()}
        subprocess.run(
            [python, "-c", MAKE, folder, str(min(chosen.rows, chosen.naive_rows)), str(DISTINCT)], check=True
        )
        table["naive batch, 1 process"] = peer(python, "naive batch", folder, 1)
    finally:
        conftest.end(studio)
        subprocess.run(["rm", "-rf", folder], check=False)
    print(f"{chosen.rows:,} rows, {cores} cores, load of the machine {os.getloadavg()[2]:.1f} (15 minutes)")
    for name, rate in table.items():
        print(f"{name:40} {rate:12,.0f} rows/s   studiolo is at {table['studiolo'] / rate:5.0%} of it")
    print(json.dumps({name: round(rate) for name, rate in table.items()}))


def warm(studio, folder: Path, image: str) -> Path:
    """The environment's own interpreter, made by a transform of nothing: its making is not part of the figures."""
    sagemaker = studio.client("sagemaker")
    model = {"Image": image}
    sagemaker.create_model(ModelName="warm", PrimaryContainer=model, ExecutionRoleArn=studio.role)
    studio.client("s3").put_object(Bucket=studio.bucket, Key="warm/in/x", Body=b"1\n")
    source = {"S3DataType": "S3Prefix", "S3Uri": f"s3://{studio.bucket}/warm/in/"}
    sagemaker.create_transform_job(
        TransformJobName="warm",
        ModelName="warm",
        TransformInput={"DataSource": {"S3DataSource": source}},
        TransformOutput={"S3OutputPath": f"s3://{studio.bucket}/warm/out"},
        TransformResources={"InstanceType": "ml.m5.large", "InstanceCount": 1},
    )
    while sagemaker.describe_transform_job(TransformJobName="warm")["TransformJobStatus"] == "InProgress":
        time.sleep(0.1)
    return next((folder / "home" / "environments").glob("xgboost-*/bin/python"))


if __name__ == "__main__":
    main()
