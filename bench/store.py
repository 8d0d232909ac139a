"""The record store's speed: creates a second, and the first page of 100,000 training jobs by each filter and sort.

python bench/store.py [records]
"""

import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from studiolo.base.record import Key
from studiolo.store.protocol import Index, Query, Record
from studiolo.store.sqlite import SqliteStore

PROJECT = "123456789012"
KIND = "TrainingJob"
STATES = ["Completed"] * 90 + ["Failed"] * 7 + ["Stopped"] * 2 + ["InProgress"]
SPEC = {
    "RoleArn": f"arn:aws:iam::{PROJECT}:role/studiolo",
    "AlgorithmSpecification": {"TrainingImage": "sagemaker-xgboost:1.7-1", "TrainingInputMode": "File"},
    "HyperParameters": {f"parameter_{number}": str(number) for number in range(20)},
    "InputDataConfig": [
        {"ChannelName": name, "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"s3://data/{name}/"}}}
        for name in ("train", "validation", "test")
    ],
    "OutputDataConfig": {"S3OutputPath": "s3://data/output"},
    "ResourceConfig": {"InstanceType": "ml.m5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 30},
    "StoppingCondition": {"MaxRuntimeInSeconds": 86400},
}
TRANSITIONS = [
    {"Status": word, "StartTime": 1.0, "EndTime": 2.0, "StatusMessage": "x" * 40}
    for word in ("Starting", "Downloading", "Training", "Uploading", "Completed")
]


def index(record: Record) -> Index:
    labels = {"WarmPoolStatus": "Available"} if record.created % 1000 == 0 else {}
    return Index(record.status["TrainingJobStatus"], labels)


def status(number: int) -> dict[str, object]:
    return {"TrainingJobStatus": STATES[number * 37 % 100], "SecondaryStatusTransitions": TRANSITIONS}


def create(store: SqliteStore, number: int, project: str = PROJECT) -> None:
    word = "needle" if number % 20_000 == 7 else "xgboost"
    tags = {"team": "red"} if number % 5000 == 0 else {}
    store.create(Key(project, KIND, f"{word}-{number:06}"), SPEC, status(number), now=float(number), tags=tags)


def queries(count: int) -> dict[str, Query]:
    base = Query(KIND, PROJECT, descending=True)
    found: dict[str, Query] = {}
    for sort in ("created", "name", "modified", "state"):
        for descending in (True, False):
            by = replace(base, sort=sort, descending=descending)
            order = f"{sort} {'desc' if descending else 'asc'}"
            found |= {
                f"all                  {order}": by,
                f"name contains: many  {order}": replace(by, name_contains="boost"),
                f"name contains: rare  {order}": replace(by, name_contains="needle"),
                f"name contains: none  {order}": replace(by, name_contains="absent"),
                f"state: many          {order}": replace(by, state="Completed"),
                f"state: rare          {order}": replace(by, state="InProgress"),
                f"state and name       {order}": replace(by, state="Failed", name_contains="needle"),
                f"created: early 1 %   {order}": replace(by, created_before=count / 100),
                f"created: late 1 %    {order}": replace(by, created_after=count * 0.99),
                f"modified: late 1 %   {order}": replace(by, modified_after=count * 0.99),
                f"modified: early 1 %  {order}": replace(by, modified_before=count / 100),
                f"created and state    {order}": replace(by, created_after=count * 0.5, state="InProgress"),
                f"label                {order}": replace(by, labels={"WarmPoolStatus": "Available"}),
                f"tag: rare            {order}": replace(by, tags={"team": "red"}),
                f"other project        {order}": replace(by, project="999999999999"),
                f"all projects, state  {order}": replace(by, project=None, state="InProgress"),
            }
    return found


def timed(store: SqliteStore, query: Query) -> float:
    times: list[float] = []
    for _ in range(3):
        began = time.perf_counter()
        store.query(query)
        times.append(time.perf_counter() - began)
    return min(times) * 1000


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with tempfile.TemporaryDirectory() as folder:
        store = SqliteStore(Path(folder) / "records.db", {KIND: index})
        began = time.perf_counter()
        for number in range(count):
            create(store, number)
        print(f"create, one thread:    {count / (time.perf_counter() - began):9.0f} a second")
        began = time.perf_counter()
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda number: create(store, number, "111111111111"), range(5000)))
        print(f"create, four threads:  {5000 / (time.perf_counter() - began):9.0f} a second")
        keys = [Key(PROJECT, KIND, f"xgboost-{number:06}") for number in range(100, 2100)]
        began = time.perf_counter()
        records = [store.get(key) for key in keys]
        print(f"get:                   {len(keys) / (time.perf_counter() - began):9.0f} a second")
        began = time.perf_counter()
        for record in records:
            store.write(record, now=float(count + 1), status={**record.status, "Progress": 1})
        print(f"write:                 {len(keys) / (time.perf_counter() - began):9.0f} a second")
        print(f"file: {(Path(folder) / 'records.db').stat().st_size / count:.0f} bytes a record")
        times = {name: timed(store, query) for name, query in queries(count).items()}
        for name, spent in times.items():
            print(f"first page, {name:40} {spent:8.2f} ms{'  SLOW' if spent > 50 else ''}")
        print(f"slowest first page: {max(times.values()):.1f} ms")
        began = time.perf_counter()
        total = store.count(Query(KIND, PROJECT))
        print(f"count of {total}: {(time.perf_counter() - began) * 1000:.1f} ms")


if __name__ == "__main__":
    main()
