"""Records: creates a second; over 100,000 training jobs the first page of a list by every filter and order, and Search.

python bench/store.py
"""

import asyncio
import random
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from studiolo.base.config import Config
from studiolo.base.record import Key
from studiolo.cli.wiring import indexers
from studiolo.services.platform import Platform
from studiolo.services.request import Call, Caller
from studiolo.services.sagemaker.search import Search
from studiolo.services.sagemaker.service import KINDS
from studiolo.services.sagemaker.verbs import Verbs
from studiolo.store.protocol import Query
from studiolo.store.sqlite import SqliteStore

COUNT = 100_000
ACCOUNT = "123456789012"


def median(act: Callable[[], object], times: int = 5) -> float:
    """Milliseconds."""
    took: list[float] = []
    for _ in range(times):
        began = time.perf_counter()
        act()
        took.append((time.perf_counter() - began) * 1000)
    return sorted(took)[times // 2]


def ask(handler: Any, call: Call) -> object:
    return asyncio.run(handler(call))


def one(name: str, operator: str, value: str) -> dict[str, str]:
    return {"Name": name, "Operator": operator, "Value": value}


FAILED, LOW = one("TrainingJobStatus", "Equals", "Failed"), one("Metrics.loss", "LessThan", "0.2")
RED, NET = one("Tags.team", "Equals", "red"), one("TrainingJobName", "Contains", "net")
SEARCHES: dict[str, dict[str, Any]] = {
    "no filter": {},
    "name Equals": {"Filters": [one("TrainingJobName", "Equals", "churn-xgb-050000")]},
    "name Contains": {"Filters": [NET]},
    "status Equals Failed": {"Filters": [FAILED]},
    "status In Failed,Stopped": {"Filters": [one("TrainingJobStatus", "In", "Failed,Stopped")]},
    "CreationTime between": {
        "Filters": [one("CreationTime", "GreaterThan", "50000"), one("CreationTime", "LessThan", "51000")]
    },
    "tag Equals": {"Filters": [RED]},
    "status, name, tag": {"Filters": [FAILED, NET, RED]},
    "tag or status": {"Filters": [FAILED, RED], "Operator": "Or"},
    "sub-expressions": {"SubExpressions": [{"Filters": [FAILED, NET], "Operator": "Or"}, {"Filters": [RED]}]},
    "metric LessThan (a fifth)": {"Filters": [LOW]},
    "status Failed and metric LessThan": {"Filters": [FAILED, LOW]},
    "hyperparameter Equals (none)": {"Filters": [one("HyperParameters.p1", "Equals", "2")]},
}


def searches(platform: Platform) -> None:
    search = Search(platform, KINDS)
    caller = Caller("ann", ACCOUNT, "admin")
    print(f"\n| Search of {COUNT} jobs, first page of 100 | hits | ms |\n|---|---|---|")
    for name, expression in SEARCHES.items():
        for by in ("LastModifiedTime", "TrainingJobName"):
            asked = {"Resource": "TrainingJob", "SearchExpression": expression, "SortBy": by, "MaxResults": 100}
            call = Call(caller, "sagemaker", "Search", asked, "id")
            hits = asyncio.run(search.search(call))["TotalHits"]
            sign = "" if hits["Relation"] == "EqualTo" else "≥ "
            took = median(partial(ask, search.search, call))
            print(f"| {name}, by {by} | {sign}{hits['Value']} | {took:.1f} |")
    call = Call(caller, "sagemaker", "Search", {"Resource": "TrainingJob", "SortBy": "Metrics.loss"}, "id")
    print(f"| no filter, by Metrics.loss | {COUNT} | {median(partial(ask, search.search, call), 3):.1f} |")


def lists(platform: Platform) -> None:
    """ListTrainingJobs as the service answers it, documents and all."""
    verbs = Verbs(KINDS["TrainingJob"], platform)
    print("\n| ListTrainingJobs, first page of 100 | ms |\n|---|---|")
    for name, more in {
        "all": {},
        "StatusEquals Failed": {"StatusEquals": "Failed"},
        "NameContains net": {"NameContains": "net"},
    }.items():
        asked = {"MaxResults": 100, "SortOrder": "Descending", **more}
        call = Call(Caller("ann", ACCOUNT, "admin"), "sagemaker", "ListTrainingJobs", asked, "id")
        print(f"| {name} | {median(partial(ask, verbs.list, call)):.1f} |")


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = SqliteStore(Path(folder) / "records.db", indexers())
        random.seed(1)
        spec = {"HyperParameters": {f"p{n}": "1" for n in range(10)}, "OutputDataConfig": {"S3OutputPath": "s3://b/o"}}
        states = ["Completed"] * 90 + ["Failed"] * 8 + ["InProgress", "Stopped"]
        began = time.perf_counter()
        for number in range(COUNT):
            loss = [{"MetricName": "loss", "Value": random.random(), "Timestamp": 1.0}]
            status = {"TrainingJobStatus": random.choice(states), "SecondaryStatusTransitions": [{"Status": "x"}] * 4,
                      "FinalMetricDataList": loss}  # fmt: skip
            name = f"churn-{'xgb' if number % 1000 == 0 else random.choice(('xgb', 'forest', 'net'))}-{number:06}"
            store.create(Key(ACCOUNT, "TrainingJob", name), spec, status, now=float(number),
                         tags={"team": random.choice(("red", "blue", "green", "grey"))})  # fmt: skip
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
                print(f"| {name}, by {sort} | {median(partial(store.query, query)):.1f} |")
        parts: Any = None
        platform = Platform(Config(Path(folder)), time.time, store, parts, parts, parts, parts)
        lists(platform)
        searches(platform)
        store.close()


if __name__ == "__main__":
    main()
