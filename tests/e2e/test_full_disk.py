"""A home on a full disk: what can't be done is said, what runs ends in a true state, and nothing stored is lost."""

import os
import subprocess

import jobs
import pytest
from botocore.exceptions import ClientError
from conftest import Studio, end

pytestmark = pytest.mark.e2e


@pytest.fixture
def small(tmp_path):
    """A studio on a file system of 48 MB, and a function that leaves so many bytes of it."""
    if os.getuid() != 0:
        pytest.skip("a small file system needs root")
    home = tmp_path / "small"
    home.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=48m", "tmpfs", home], check=False).returncode:
        pytest.skip("this machine permits no mounts")

    def leave(free: int) -> None:
        with (home / "filler").open("wb") as filler:
            space = os.statvfs(home)
            filler.write(b"x" * max(0, space.f_bavail * space.f_frsize - free))

    studio = Studio(home / "home")
    try:
        studio.start()
        yield studio, leave, home / "filler"
    finally:
        end(studio)
        subprocess.run(["umount", "-l", home], check=False)


def test_a_full_disk(small):
    studio, leave, filler = small
    s3, sagemaker = studio.client("s3"), studio.client("sagemaker")
    request = jobs.script_job(studio, "full", "print(1)")
    s3.put_object(Bucket=studio.bucket, Key="kept", Body=b"kept")
    leave(500_000)
    sagemaker.create_training_job(**request)
    failed = jobs.wait(studio, "full", 60)
    assert failed["TrainingJobStatus"] == "Failed"
    assert "No space left" in failed["FailureReason"] or "disk is full" in failed["FailureReason"]
    # Until there is nothing left, and then beyond it.
    leave(0)
    refused = set()
    for number in range(3000):
        try:
            sagemaker.create_training_job(**{**request, "TrainingJobName": f"more-{number}"})
        except ClientError as error:
            refused.add(error.response["Error"]["Code"])
            break
    assert refused == {"ResourceLimitExceeded"}
    with pytest.raises(ClientError) as full:
        s3.put_object(Bucket=studio.bucket, Key="large", Body=b"x" * 5_000_000)
    assert full.value.response["Error"]["Code"] == "InsufficientStorage"
    assert s3.get_object(Bucket=studio.bucket, Key="kept")["Body"].read() == b"kept"
    for number in range(3000):
        name = f"more-{number}"
        try:
            ended = jobs.wait(studio, name, 60)
        except ClientError:
            break
        assert ended["TrainingJobStatus"] == "Failed", name
    filler.unlink()
    s3.put_object(Bucket=studio.bucket, Key="again", Body=b"again")
    sagemaker.create_training_job(**{**request, "TrainingJobName": "after"})
