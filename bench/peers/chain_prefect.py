"""No-op steps in a chain under Prefect, against a server of its own on this machine (PREFECT_API_URL):
`python chain_prefect.py <steps> <file of times> process|pool`.

process: each step a flow run in a process of its own, pushed without a worker's polling. pool: tasks in a pool of one
process, which all steps share: nothing separates them, so it is shown and not compared with.
"""

import sys
import time
from pathlib import Path

from prefect import flow, task
from prefect.flow_engine import run_flow_in_subprocess
from prefect.task_runners import ProcessPoolTaskRunner


def note(times):
    with Path(times).open("a") as file:
        print(time.time(), file=file)


@flow
def step(times):
    note(times)


@task
def small(times, before):
    note(times)
    return before + 1


@flow
def by_process(steps, times):
    for _ in range(steps):
        process = run_flow_in_subprocess(step, parameters={"times": times})
        process.join()
        assert process.exitcode == 0


@flow(task_runner=ProcessPoolTaskRunner(max_workers=1))
def by_pool(steps, times):
    last = 0
    for _ in range(steps):
        last = small.submit(times, last)
    assert last.result() == steps


if __name__ == "__main__":
    {"process": by_process, "pool": by_pool}[sys.argv[3]](int(sys.argv[1]), sys.argv[2])
