"""The server is killed before and after each deed of the training job's controller: the job starts once, ends once, with
the right status, and its model is stored."""

import json

import pytest
from killing import ACCOUNT, Counter, World, step

from studiolo.base.record import Key
from studiolo.services.sagemaker.kinds.training_job.controller import TrainingJobController
from studiolo.services.sagemaker.kinds.training_job.status import born
from studiolo.store.protocol import Query

KEY = Key(ACCOUNT, "TrainingJob", "job")
GROUP = Key(ACCOUNT, "ModelPackageGroup", "churn")
SPEC = {
    "AlgorithmSpecification": {
        "TrainingImage": "sagemaker-scikit-learn:1.2-1",
        "MetricDefinitions": [{"Name": "loss", "Regex": "loss=([0-9.]+)"}],
    },
    "HyperParameters": {"sagemaker_program": "train.py"},
    "InputDataConfig": [
        {
            "ChannelName": "train",
            "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://bucket/data/"}},
        }
    ],
    "OutputDataConfig": {"S3OutputPath": "s3://bucket/out"},
    "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
    "StoppingCondition": {"MaxRuntimeInSeconds": 60},
    "RoleArn": f"arn:aws:iam::{ACCOUNT}:role/r",
    "EnableNetworkIsolation": False,
}
REGISTERED = {
    **SPEC,
    "ModelPackageConfig": {"ModelPackageGroupArn": f"arn:aws:sagemaker:us-east-1:{ACCOUNT}:model-package-group/churn"},
}


def run(tmp_path, kill_at, exit_code=0, stop=False, spec=SPEC, group=False):
    world = World(tmp_path)
    source = tmp_path / "rows.csv"
    source.write_text("1,2\n")
    world.blobs.upload(source, "bucket", "data/rows.csv", now=1)
    if group:
        world.store.create(GROUP, {"_versions": 0}, {}, now=1.0)
    world.store.create(KEY, spec, born(spec, 1.0), now=1.0)
    counter = Counter(kill_at)
    handle = KEY.handle()
    finished = False
    for _ in range(60):
        step(world, TrainingJobController, KEY, counter)
        group = world.runner.poll(handle)
        if group.phase == "running" and not finished:
            ml = world.runner.folder(handle) / "ml-algo-1"
            assert (ml / "input" / "data" / "train" / "rows.csv").read_text() == "1,2\n"
            (ml / "model" / "model.txt").write_text("whole")
            world.runner.write_log(handle, "algo-1", "loss=0.5", "loss=0.25")
            if stop:
                seen = world.store.get(KEY)
                world.store.write(seen, now=2.0, spec={**seen.spec, "_stop": 2.0})
            else:
                world.runner.finish(handle, exit_code)
            finished = True
    return world, counter


def deeds(tmp_path_factory, **more):
    return run(tmp_path_factory.mktemp("count"), None, **more)[1].seen


@pytest.mark.parametrize(
    ("more", "status", "artifact"),
    [({}, "Completed", True), ({"exit_code": 3}, "Failed", False), ({"stop": True}, "Stopped", True)],
    ids=["completes", "fails", "is stopped"],
)
def test_killed_at_any_moment_it_ends_once_and_truly(tmp_path_factory, more, status, artifact):
    total = deeds(tmp_path_factory, **more)
    assert total > 12
    for at in range(total):
        world, _ = run(tmp_path_factory.mktemp(f"kill{at}"), at, **more)
        record = world.store.get(KEY)
        assert record.status["TrainingJobStatus"] == status, (at, record.status)
        assert world.runner.started == [KEY.handle()], at
        assert not world.runner.has_folder(KEY.handle()), at
        stored = [one.key for one in world.blobs.iterate("bucket", "out/")]
        assert stored == (["out/job/output/model.tar.gz"] if artifact else []), at
        words = [one["Status"] for one in record.status["SecondaryStatusTransitions"]]
        assert words[-1] == status and len(words) == len(set(words)), (at, words)
        points = world.series.read(KEY.handle(), "loss")
        assert [point.value for point in points] == [0.5, 0.25], at
        if status == "Completed":
            assert record.status["FinalMetricDataList"][0]["Value"] == 0.25


def versions(world):
    return list(world.store.query(Query("ModelPackage", ACCOUNT)).records)


def test_killed_at_any_moment_its_model_is_registered_once(tmp_path_factory):
    total = deeds(tmp_path_factory, spec=REGISTERED, group=True)
    assert total > deeds(tmp_path_factory) + 2
    for at in range(total):
        world, _ = run(tmp_path_factory.mktemp(f"kill{at}"), at, spec=REGISTERED, group=True)
        record = world.store.get(KEY)
        assert record.status["TrainingJobStatus"] == "Completed", (at, record.status)
        (made,) = versions(world)
        assert record.status["OutputModelPackageArn"].endswith(f":model-package/{made.key.name}"), at
        containers = made.spec["InferenceSpecification"]["Containers"]
        assert containers == [
            {"Image": "sagemaker-scikit-learn:1.2-1", "ModelDataUrl": "s3://bucket/out/job/output/model.tar.gz"}
        ]
        report = made.spec["ModelMetrics"]["ModelQuality"]["Statistics"]["S3Uri"]
        with world.blobs.open_read("bucket", report.removeprefix("s3://bucket/"))[1] as read:
            assert json.load(read) == {"training_job_metrics": {"loss": {"value": 0.25}}}
        assert made.spec["ModelApprovalStatus"] == "PendingManualApproval"


def test_a_group_that_is_gone_does_not_fail_the_job(tmp_path):
    world, _ = run(tmp_path, None, spec=REGISTERED)
    record = world.store.get(KEY)
    assert record.status["TrainingJobStatus"] == "Completed"
    assert "OutputModelPackageArn" not in record.status
    assert "not registered" in record.status["SecondaryStatusTransitions"][-1]["StatusMessage"]


def test_a_job_that_fails_registers_nothing(tmp_path):
    world, _ = run(tmp_path, None, exit_code=3, spec=REGISTERED, group=True)
    assert versions(world) == []
