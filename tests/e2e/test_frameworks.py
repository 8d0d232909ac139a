"""Script mode on the images of PyTorch and LightGBM, and what jobs that misbehave come to."""

import subprocess

import jobs
import pytest

pytestmark = pytest.mark.e2e

PYTORCH = "763104351884.dkr.ecr.us-east-1.amazonaws.com/pytorch-training:2.3-cpu-py311"

LIGHTGBM_SCRIPT = """
import os, numpy as np, lightgbm as lgb
x = np.arange(200.0).reshape(100, 2)
model = lgb.train({"verbosity": -1}, lgb.Dataset(x, x[:, 0]), 5)
model.save_model(os.path.join(os.environ["SM_MODEL_DIR"], "model.txt"))
print("trees", model.num_trees(), flush=True)
"""

TORCH_SCRIPT = """
import datetime, json, os, torch, torch.distributed as dist
assert not torch.cuda.is_available() and torch.version.cuda is None
hosts, me = json.loads(os.environ["SM_HOSTS"]), os.environ["SM_CURRENT_HOST"]
os.environ["MASTER_ADDR"], os.environ["MASTER_PORT"] = os.environ["SM_MASTER_ADDR"], os.environ["SM_MASTER_PORT"]
dist.init_process_group("gloo", rank=hosts.index(me), world_size=len(hosts), timeout=datetime.timedelta(seconds=60))
net = torch.nn.parallel.DistributedDataParallel(torch.nn.Linear(2, 1))
optimiser = torch.optim.SGD(net.parameters(), 0.1)
for _ in range(3):
    optimiser.zero_grad()
    net(torch.full((4, 2), float(dist.get_rank()))).sum().backward()
    optimiser.step()
weights = torch.cat([one.detach().ravel() for one in net.parameters()])
theirs = [torch.zeros_like(weights) for _ in hosts]
dist.all_gather(theirs, weights)
assert all(torch.equal(one, weights) for one in theirs)
if dist.get_rank() == 0:
    torch.save(net.module.state_dict(), os.path.join(os.environ["SM_MODEL_DIR"], "model.pth"))
    print("agreed by", dist.get_world_size(), flush=True)
dist.barrier()
dist.destroy_process_group()
"""


def run(studio, script: str, image: str = jobs.SKLEARN, count: int = 1, seconds: float = 240, **more):
    job = jobs.name("frame")
    request = jobs.script_job(studio, job, script, AlgorithmSpecification={"TrainingImage": image}, **more)
    request["ResourceConfig"] |= {"InstanceCount": count, "InstanceType": "ml.t3.medium"}
    studio.client("sagemaker").create_training_job(**request)
    return jobs.wait(studio, job, seconds), job


def test_lightgbm_in_script_mode(studio):
    done, job = run(studio, LIGHTGBM_SCRIPT, "studiolo/lightgbm:4")
    assert done["TrainingJobStatus"] == "Completed", (done.get("FailureReason"), jobs.log(studio, job))
    assert "trees 5" in jobs.log(studio, job)
    studio.client("s3").head_object(Bucket=studio.bucket, Key=f"{job}/{job}/output/model.tar.gz")


def test_two_hosts_of_pytorch_that_are_cut_off_train_together(studio):
    """Cut off from every network they still reach each other; that hosts meet at all, test_boto3.py shows."""
    done, job = run(studio, TORCH_SCRIPT, PYTORCH, 2, EnableNetworkIsolation=True)
    assert done["TrainingJobStatus"] == "Completed", (done.get("FailureReason"), jobs.log(studio, job))
    assert "agreed by 2" in jobs.log(studio, job)


def test_a_source_archive_that_is_none_fails_the_job_with_a_sentence(studio):
    job = jobs.name("torn")
    request = jobs.script_job(studio, job, "print(1)")
    studio.client("s3").put_object(
        Bucket=studio.bucket, Key=f"{job}/source/sourcedir.tar.gz", Body=b"no archive at all"
    )
    studio.client("sagemaker").create_training_job(**request)
    failed = jobs.wait(studio, job)
    assert failed["TrainingJobStatus"] == "Failed"
    assert failed["FailureReason"].startswith("ClientError") and "sourcedir.tar.gz" in failed["FailureReason"]


def test_output_that_is_no_text_reaches_the_log(studio):
    script = r"import sys; sys.stdout.buffer.write(b'\xff\xfe odd\n'); sys.stdout.flush(); print('even')"
    done, job = run(studio, script)
    assert done["TrainingJobStatus"] == "Completed", done.get("FailureReason")
    lines = jobs.log(studio, job)
    assert "even" in lines and any(line.endswith(" odd") for line in lines)


def test_daemons_that_a_script_leaves_end_with_it(studio):
    mark = jobs.name("daemon")
    script = f"""
import os, subprocess, sys
subprocess.Popen([sys.executable, "-c", "import signal, time; signal.signal(15, signal.SIG_IGN); time.sleep(600)", "{mark}"],
                 start_new_session=True)
print("left one", flush=True)
"""
    done, job = run(studio, script)
    assert done["TrainingJobStatus"] == "Completed", done.get("FailureReason")
    assert "left one" in jobs.log(studio, job)
    found = subprocess.run(["pgrep", "-f", f"time.sleep.600. {mark}"], capture_output=True, text=True).stdout.split()
    assert not found


def test_a_million_lines_leave_the_studio_responsive_and_the_log_whole(studio):
    job = jobs.name("loud")
    script = "import sys\nfor i in range(1000000): sys.stdout.write('line %d\\n' % i)\n"
    sagemaker = studio.client("sagemaker")
    sagemaker.create_training_job(**jobs.script_job(studio, job, script))
    done = jobs.wait(studio, job, 120)
    assert done["TrainingJobStatus"] == "Completed", done.get("FailureReason")
    logs = studio.client("logs")
    stream = logs.describe_log_streams(logGroupName="/aws/sagemaker/TrainingJobs", logStreamNamePrefix=f"{job}/")[
        "logStreams"
    ][0]["logStreamName"]
    page = logs.get_log_events(logGroupName="/aws/sagemaker/TrainingJobs", logStreamName=stream, limit=5)
    assert page["events"][-1]["message"].startswith(("line 999999", "Reporting training SUCCESS", "Training"))
    page = logs.get_log_events(
        logGroupName="/aws/sagemaker/TrainingJobs", logStreamName=stream, limit=10000, startFromHead=True
    )
    numbers = [int(event["message"].split()[1]) for event in page["events"] if event["message"].startswith("line ")]
    assert numbers == list(range(len(numbers))) and len(numbers) > 9000
