"""The server is killed before and after each deed of the training job's controller: the job starts once, ends once, with
the right status, and its model is stored."""

import pytest
from killing import ACCOUNT, Counter, World, step

from studiolo.base.record import Key
from studiolo.services.sagemaker.kinds.training_job.controller import TrainingJobController
from studiolo.services.sagemaker.kinds.training_job.status import born

KEY = Key(ACCOUNT, "TrainingJob", "job")
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


def run(tmp_path, kill_at, exit_code=0, stop=False):
    world = World(tmp_path)
    source = tmp_path / "rows.csv"
    source.write_text("1,2\n")
    world.blobs.upload(source, "bucket", "data/rows.csv", now=1)
    world.store.create(KEY, SPEC, born(SPEC, 1.0), now=1.0)
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
