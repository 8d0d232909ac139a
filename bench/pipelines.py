"""Overhead of a pipeline's step, each step an isolated process: from the end of its predecessor to the first line of its own
code, in a chain; and many no-op steps fanned out and in again. Beside it other tools' chains on this machine in the same run,
and the physical limit: the same interpreter started bare. Prints a table.

    PATH=.venv/bin:$PATH python bench/pipelines.py            # makes the peers' environments below .venvs first (2 GB)
    PATH=.venv/bin:$PATH python bench/pipelines.py --alone    # studiolo only
"""

import argparse
import itertools
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "e2e"))
import conftest
import invoke
import jobs
from peers import chains

CHAIN, FAN, PEERS_CHAIN = 100, 1000, 12
COMMANDS = {
    # The shell alone: what is measured is ours, not Python's start.
    "a shell": ["/bin/sh", "-c", "date +%s.%N > /opt/ml/output/message; true"],
    "Python": ["python3", "-c", "import time; print(time.time(), file=open('/opt/ml/output/message', 'w'))"],
}


def step(studio, name, after, command="a shell"):
    return {
        "Name": name,
        "Type": "Processing",
        "DependsOn": after,
        "Arguments": {
            "AppSpecification": {"ImageUri": jobs.SKLEARN, "ContainerEntrypoint": COMMANDS[command]},
            "ProcessingResources": {
                "ClusterConfig": {"InstanceType": "ml.t3.medium", "InstanceCount": 1, "VolumeSizeInGB": 1}
            },
            "RoleArn": studio.role,
        },
    }


def run(studio, steps):
    """Seconds, and (began, ended) of each step."""
    client = studio.client("sagemaker")
    name = jobs.name("bench")
    definition = json.dumps({"Version": "2020-12-01", "Parameters": [], "Steps": steps})
    client.create_pipeline(
        PipelineName=name, PipelineDefinition=definition, RoleArn=studio.role, ClientRequestToken="b" * 32
    )
    began = time.time()
    arn = client.start_pipeline_execution(PipelineName=name)["PipelineExecutionArn"]
    while (found := client.describe_pipeline_execution(PipelineExecutionArn=arn))[
        "PipelineExecutionStatus"
    ] == "Executing":
        time.sleep(0.1)
    took = found["LastModifiedTime"].timestamp() - began
    assert found["PipelineExecutionStatus"] == "Succeeded", found
    pages = client.get_paginator("list_pipeline_execution_steps").paginate(PipelineExecutionArn=arn)
    return took, {one["StepName"]: one for page in pages for one in page["PipelineExecutionSteps"]}


def gaps(studio, records):
    """From the moment one step's own code ran to the next one's, in milliseconds."""
    client = studio.client("sagemaker")
    lines = []
    for number in range(CHAIN):
        job = records[f"S{number}"]["Metadata"]["ProcessingJob"]["Arn"].rpartition("/")[2]
        lines.append(float(client.describe_processing_job(ProcessingJobName=job)["ExitMessage"]))
    return [1000 * (later - earlier) for earlier, later in itertools.pairwise(lines)]


def chain(studio, command):
    steps = [step(studio, f"S{n}", [f"S{n - 1}"] if n else [], command) for n in range(CHAIN)]
    return gaps(studio, run(studio, steps)[1])


def fan(studio):
    steps = [step(studio, "First", []), *(step(studio, f"F{n}", ["First"]) for n in range(FAN))]
    steps.append(step(studio, "Last", [f"F{n}" for n in range(FAN)]))
    return run(studio, steps)[0]


def bare(words):
    """The same command started by a plain fork and exec, in milliseconds."""
    times = []
    for _ in range(30):
        began = time.perf_counter()
        subprocess.run(words, check=True, stdout=subprocess.DEVNULL)
        times.append(1000 * (time.perf_counter() - began))
    return statistics.median(times)


def of_peers():
    """What each is called -> (milliseconds from step to step, whether each step is a process of its own)."""
    found = {}
    for name, (start, isolated) in chains.TOOLS.items():
        with tempfile.TemporaryDirectory() as folder:
            times = Path(folder) / "times"
            start(invoke.environment, Path(folder), times, PEERS_CHAIN)
            lines = [float(line) for line in times.read_text().split()]
        assert len(lines) == PEERS_CHAIN, (name, lines)
        found[name] = 1000 * statistics.median(b - a for a, b in itertools.pairwise(lines)), isolated
    return found


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--alone", action="store_true", help="measure no other tool")
    others = {} if parser.parse_args().alone else of_peers()
    with tempfile.TemporaryDirectory() as folder:
        studio = conftest.Studio(Path(folder) / "home")
        studio.start()
        try:
            run(studio, [step(studio, "Warm", [])])
            between = {command: chain(studio, command) for command in COMMANDS}
            python = next((studio.home / "environments").glob("*/bin/python"))
            took = fan(studio)
        finally:
            hand = {"a shell": bare(["/bin/sh", "-c", "date +%s.%N; true"]), "Python": bare([python, "-c", "pass"])}
            conftest.end(studio)
    print(
        "| chain: own code of a step to own code of the next | median | slowest | times studiolo's Python |\n|---|---|---|---|"
    )
    ours = statistics.median(between["Python"])
    for command, found in between.items():
        middle = statistics.median(found)
        print(f"| studiolo, {command}, {CHAIN} steps | {middle:.0f} ms | {max(found):.0f} ms | {middle / ours:.1f} |")
    for name, (middle, isolated) in sorted(others.items(), key=lambda one: (not one[1][1], one[1][0])):
        print(f"| {name}{'' if isolated else ' (shared process)'} | {middle:.0f} ms | | {middle / ours:.1f} |")
    for command, middle in hand.items():
        print(f"| {command} started bare, to its end | {middle:.1f} ms | | |")
    print(f"\n{FAN} steps fanned out and in again: {took:.1f} s, {1000 * took / (FAN + 2):.0f} ms a step.")


if __name__ == "__main__":
    main()
