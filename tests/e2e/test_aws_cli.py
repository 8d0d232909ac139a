"""The AWS CLI, unchanged, in an environment that holds nothing of studiolo's."""

import json
import os
import subprocess
from pathlib import Path

import jobs
import pytest

pytestmark = pytest.mark.e2e
AWS = Path(__file__).parents[2] / ".venvs" / "awscli" / "bin" / "aws"


def aws(studio, *words: str) -> str:
    assert AWS.exists(), "scripts/sdk_venvs makes the clients' environments"
    done = subprocess.run([AWS, *words], env=studio.env(), capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_sync_there_and_back(studio, tmp_path):
    source, target = tmp_path / "source", tmp_path / "target"
    for number in range(20):
        path = source / f"folder {number % 3}" / f"datei-ü-{number}.bin"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(os.urandom(1000 * number))
    (source / "large.bin").write_bytes(os.urandom(20 << 20))
    place = f"s3://{studio.bucket}/{jobs.name('sync')}"
    aws(studio, "s3", "sync", str(source), place, "--quiet")
    assert aws(studio, "s3", "sync", str(source), place) == ""
    aws(studio, "s3", "sync", place, str(target), "--quiet")
    there = {path.relative_to(target): path.read_bytes() for path in target.rglob("*") if path.is_file()}
    assert there == {path.relative_to(source): path.read_bytes() for path in source.rglob("*") if path.is_file()}
    aws(studio, "s3", "cp", str(source / "large.bin"), f"{place}/copy.bin", "--quiet")
    assert "copy.bin" in aws(studio, "s3", "ls", f"{place}/")
    aws(studio, "s3", "rm", place, "--recursive", "--quiet")


def test_sagemaker_and_logs(studio):
    job = jobs.name("cli")
    request = jobs.script_job(studio, job, "print('from the command line')")
    aws(studio, "sagemaker", "create-training-job", "--cli-input-json", json.dumps(request))
    jobs.wait(studio, job)
    listed = json.loads(aws(studio, "sagemaker", "list-training-jobs", "--name-contains", job))
    assert [entry["TrainingJobStatus"] for entry in listed["TrainingJobSummaries"]] == ["Completed"]
    assert json.loads(aws(studio, "sagemaker", "list-notebook-instances")) == {"NotebookInstances": []}
    found = aws(studio, "logs", "filter-log-events", "--log-group-name", "/aws/sagemaker/TrainingJobs",
                "--log-stream-name-prefix", f"{job}/")  # fmt: skip
    assert "from the command line" in found
    identity = json.loads(aws(studio, "sts", "get-caller-identity"))
    assert identity["Account"] == studio.account and ":assumed-role/" in identity["Arn"]
