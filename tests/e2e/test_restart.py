"""The server may be killed at any moment: jobs run on, end once, and with a true status."""

import time

import jobs
import pytest

pytestmark = pytest.mark.e2e

COUNTS = """
import os, sys, time
print("started", os.getpid(), flush=True)
for second in range(4):
    time.sleep(1)
    print("second", second, flush=True)
open(os.path.join(os.environ["SM_MODEL_DIR"], "model.txt"), "w").write("whole")
"""


def test_a_job_outlives_its_server(own_studio):
    studio = own_studio
    job = jobs.name("outlives")
    studio.client("sagemaker").create_training_job(**jobs.script_job(studio, job, COUNTS))
    jobs.wait(studio, job, 240, until=("Training", "Failed"))
    time.sleep(1)
    studio.kill()
    time.sleep(1)
    studio.start()
    done = jobs.wait(studio, job, 60)
    assert done["TrainingJobStatus"] == "Completed", done.get("FailureReason")
    lines = jobs.log(studio, job)
    assert sum(line.startswith("started") for line in lines) == 1
    assert [line for line in lines if line.startswith("second")] == [f"second {n}" for n in range(4)]


@pytest.mark.parametrize("after", [0.0, 0.05, 0.2, 0.6])
def test_killed_early_it_starts_the_job_once(own_studio, after):
    studio = own_studio
    job = jobs.name("once")
    studio.client("sagemaker").create_training_job(**jobs.script_job(studio, job, COUNTS))
    time.sleep(after)
    studio.kill()
    studio.start()
    done = jobs.wait(studio, job, 240)
    assert done["TrainingJobStatus"] == "Completed", done.get("FailureReason")
    assert sum(line.startswith("started") for line in jobs.log(studio, job)) == 1


def test_killed_while_it_ends(own_studio):
    """The server is dead when the job ends: what it left is taken over by the next one."""
    studio = own_studio
    job = jobs.name("ends-alone")
    studio.client("sagemaker").create_training_job(**jobs.script_job(studio, job, COUNTS))
    jobs.wait(studio, job, 240, until=("Training", "Failed"))
    studio.kill()
    time.sleep(6)
    studio.start()
    done = jobs.wait(studio, job, 30)
    assert done["TrainingJobStatus"] == "Completed", done.get("FailureReason")
    studio.client("s3").head_object(Bucket=studio.bucket, Key=f"{job}/{job}/output/model.tar.gz")
    assert studio.stop() == 0


def test_a_second_server_on_the_same_home_is_refused(own_studio):
    import subprocess

    import conftest

    second = subprocess.run(
        [conftest.STUDIOLO, "up", "--home", own_studio.home, "--port", str(conftest.free_port()), "--no-browser"],
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert second.returncode != 0
    assert str(own_studio.process.pid) in second.stderr + second.stdout
    assert "Traceback" not in second.stderr
