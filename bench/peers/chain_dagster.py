"""A Dagster job of no-op ops in a chain, each a process of its own (the multiprocess executor, its default for jobs):
`dagster job execute -f chain_dagster.py -j chain`, with CHAIN_STEPS and CHAIN_TIMES (the file of times) in the environment.
CHAIN_START=forkserver takes the faster of its ways to start a process."""

import os
import time
from pathlib import Path

from dagster import In, Nothing, Out, job, multiprocess_executor, op

STEPS, TIMES = int(os.environ["CHAIN_STEPS"]), os.environ["CHAIN_TIMES"]
START = os.environ.get("CHAIN_START", "spawn")


def step(number):
    @op(name=f"s{number}", ins={"after": In(Nothing)} if number else {}, out=Out(Nothing))
    def run():
        with Path(TIMES).open("a") as file:
            print(time.time(), file=file)

    return run


OPS = [step(number) for number in range(STEPS)]


@job(executor_def=multiprocess_executor.configured({"start_method": {START: {}}}))
def chain():
    last = OPS[0]()
    for one in OPS[1:]:
        last = one(after=last)
