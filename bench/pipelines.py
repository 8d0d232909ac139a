"""Overhead of a pipeline's step, each step an isolated process: from the end of its predecessor to the first line of its own
code, in a chain; and many no-op steps fanned out and in again. Beside it the physical limit: the same interpreter started
bare. Prints a table.

    PATH=.venv/bin:$PATH python bench/pipelines.py
"""

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
import jobs

CHAIN, FAN = 100, 1000
CODE = "/opt/ml/processing/input/code"
# The shell alone: what is measured is ours, not Python's start.
SCRIPT = "date +%s.%N > /opt/ml/output/message; true"


def step(studio, name, after):
    return {
        "Name": name,
        "Type": "Processing",
        "DependsOn": after,
        "Arguments": {
            "AppSpecification": {"ImageUri": jobs.SKLEARN, "ContainerEntrypoint": ["/bin/sh", "-c", SCRIPT]},
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


def bare():
    """The same shell started by a plain fork and exec, in milliseconds."""
    times = []
    for _ in range(30):
        began = time.perf_counter()
        subprocess.run(["/bin/sh", "-c", "date +%s.%N > /dev/null; true"], check=True)
        times.append(1000 * (time.perf_counter() - began))
    return statistics.median(times)


def main():
    with tempfile.TemporaryDirectory() as folder:
        studio = conftest.Studio(Path(folder) / "home")
        studio.start()
        try:
            run(studio, [step(studio, "Warm", [])])
            _, records = run(studio, [step(studio, f"S{n}", [f"S{n - 1}"] if n else []) for n in range(CHAIN)])
            between = gaps(studio, records)
            fan = [step(studio, "First", []), *(step(studio, f"F{n}", ["First"]) for n in range(FAN))]
            fan.append(step(studio, "Last", [f"F{n}" for n in range(FAN)]))
            took, _ = run(studio, fan)
        finally:
            conftest.end(studio)
    print("| what | figure |\n|---|---|")
    print(f"| chain of {CHAIN}: own code to own code of the next, median | {statistics.median(between):.0f} ms |")
    print(f"| the same, the slowest of {len(between)} | {max(between):.0f} ms |")
    print(f"| the command alone, started bare | {bare():.1f} ms |")
    print(f"| {FAN} steps fanned out and in | {took:.1f} s, {1000 * took / (FAN + 2):.0f} ms a step |")


if __name__ == "__main__":
    main()
