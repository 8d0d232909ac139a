"""No-op steps in a chain under ZenML's local orchestrator and its store in SQLite: `python chain_zenml.py <steps> <file of
times>`. Its steps share one process, so it is shown and not compared with."""

import sys
import time
from pathlib import Path

from zenml import pipeline, step

STEPS, TIMES = int(sys.argv[1]), sys.argv[2]


@step(enable_cache=False)
def small() -> None:
    with Path(TIMES).open("a") as file:
        print(time.time(), file=file)


@pipeline(enable_cache=False)
def chain() -> None:
    last = None
    for number in range(STEPS):
        small(id=f"s{number}", after=[last] if last else None)
        last = f"s{number}"


if __name__ == "__main__":
    chain()
