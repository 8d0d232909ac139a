"""The server is killed before and after each deed of the processing job's controller: the job starts once, ends once, with
the right status, and what it left is stored."""

import pytest
from killing import ACCOUNT, Counter, World, step

from studiolo.base.record import Key
from studiolo.services.sagemaker.kinds.processing_job.controller import ProcessingJobController

KEY = Key(ACCOUNT, "ProcessingJob", "job")
SPEC = {
    "AppSpecification": {"ImageUri": "sagemaker-scikit-learn:1.2-1", "ContainerEntrypoint": ["python3", "x.py"]},
    "ProcessingInputs": [
        {
            "InputName": "rows",
            "S3Input": {
                "S3Uri": "s3://bucket/data/", "LocalPath": "/opt/ml/processing/input", "S3DataType": "S3Prefix",
                "S3InputMode": "File", "S3DataDistributionType": "FullyReplicated", "S3CompressionType": "None",
            },
        }
    ],
    "ProcessingOutputConfig": {
        "Outputs": [
            {"OutputName": name, "S3Output": {"S3Uri": f"s3://bucket/out/{name}", "LocalPath": path, "S3UploadMode": mode}}
            for name, path, mode in (
                ("whole", "/opt/ml/processing/whole", "EndOfJob"), ("live", "/elsewhere/live", "Continuous")
            )
        ]
    },
    "ProcessingResources": {
        "ClusterConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1}
    },
    "StoppingCondition": {"MaxRuntimeInSeconds": 60},
    "RoleArn": f"arn:aws:iam::{ACCOUNT}:role/r",
    "NetworkConfig": {"EnableNetworkIsolation": True},
}  # fmt: skip


def run(tmp_path, kill_at, exit_code=0, stop=False):
    world = World(tmp_path)
    source = tmp_path / "rows.csv"
    source.write_text("1,2\n")
    world.blobs.upload(source, "bucket", "data/rows.csv", now=1)
    world.store.create(KEY, SPEC, {"ProcessingJobStatus": "InProgress"}, now=1.0)
    counter = Counter(kill_at)
    handle = KEY.handle()
    finished = False
    for _ in range(60):
        step(world, ProcessingJobController, KEY, counter)
        if world.runner.poll(handle).phase == "running" and not finished:
            folder = world.runner.folder(handle)
            assert (folder / "ml-algo-1" / "processing" / "input" / "rows.csv").read_text() == "1,2\n"
            (folder / "ml-algo-1" / "processing" / "whole" / "a.txt").write_text("a")
            (live,) = (folder / "at-algo-1").iterdir()
            (live / "b.txt").write_text("b")
            (folder / "ml-algo-1" / "output" / "message").write_text("told")
            world.runner.write_log(handle, "algo-1", "line")
            if stop:
                seen = world.store.get(KEY)
                world.store.write(seen, now=2.0, spec={**seen.spec, "_stop": 2.0})
            else:
                world.runner.finish(handle, exit_code)
            finished = True
    return world, counter


@pytest.mark.parametrize(
    ("more", "status", "kept"),
    [
        ({}, "Completed", ["out/live/b.txt", "out/whole/a.txt"]),
        ({"exit_code": 3}, "Failed", ["out/live/b.txt"]),
        ({"stop": True}, "Stopped", ["out/live/b.txt", "out/whole/a.txt"]),
    ],
    ids=["completes", "fails", "is stopped"],
)
def test_killed_at_any_moment_it_ends_once_and_truly(tmp_path_factory, more, status, kept):
    total = run(tmp_path_factory.mktemp("count"), None, **more)[1].seen
    assert total > 10
    for at in range(total):
        world, _ = run(tmp_path_factory.mktemp(f"kill{at}"), at, **more)
        record = world.store.get(KEY)
        assert record.status["ProcessingJobStatus"] == status, (at, record.status)
        assert record.status["ExitMessage"] == "told"
        assert ("FailureReason" in record.status) == (status == "Failed")
        assert world.runner.started == [KEY.handle()], at
        assert not world.runner.has_folder(KEY.handle()), at
        assert [one.key for one in world.blobs.iterate("bucket", "out/")] == kept, at
