"""Records: creates a second, and the first page of a list of 100,000 training jobs by every filter and order.

python bench/store.py
"""

import random
import tempfile
import time
from pathlib import Path

from studiolo.base.record import Key
from studiolo.cli.wiring import indexers
from studiolo.store.protocol import Query
from studiolo.store.sqlite import SqliteStore

COUNT = 100_000
ACCOUNT = "123456789012"


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = SqliteStore(Path(folder) / "records.db", indexers())
        random.seed(1)
        spec = {"HyperParameters": {f"p{n}": "1" for n in range(10)}, "OutputDataConfig": {"S3OutputPath": "s3://b/o"}}
        states = ["Completed"] * 90 + ["Failed"] * 8 + ["InProgress", "Stopped"]
        began = time.perf_counter()
        for number in range(COUNT):
            status = {"TrainingJobStatus": random.choice(states), "SecondaryStatusTransitions": [{"Status": "x"}] * 4}
            name = f"churn-{random.choice(('xgb', 'forest', 'net'))}-{number:06}"
            store.create(Key(ACCOUNT, "TrainingJob", name), spec, status, now=float(number))
        took = time.perf_counter() - began
        print(f"{COUNT / took:.0f} creates a second ({COUNT} records)\n\n| first page of 100 | ms |\n|---|---|")
        filters = {
            "all": {}, "status Failed": {"state": "Failed"}, "name contains forest": {"name_contains": "forest"},
            "name contains 099999 (one hit)": {"name_contains": "099999"}, "no hit": {"name_contains": "zzz"},
            "created in the last 1,000": {"created_after": COUNT - 1000.0},
            "status Failed and name contains net": {"state": "Failed", "name_contains": "net"},
        }  # fmt: skip
        for name, given in filters.items():
            for sort in ("created", "name", "modified", "state"):
                query = Query("TrainingJob", ACCOUNT, sort=sort, descending=True, limit=100, **given)
                times = []
                for _ in range(5):
                    began = time.perf_counter()
                    store.query(query)
                    times.append(time.perf_counter() - began)
                print(f"| {name}, by {sort} | {sorted(times)[2] * 1000:.1f} |")
        store.close()


if __name__ == "__main__":
    main()
