"""The server is killed before and after each deed of the transform job's controller: the job starts once, ends once, with
the right status, and whole results are stored under their files' names, once."""

import json

import pytest
from killing import ACCOUNT, Counter, World, step

from studiolo.base.record import Key
from studiolo.services.sagemaker.kinds.transform_job.controller import TransformJobController

KEY = Key(ACCOUNT, "TransformJob", "job")


def spec(containers):
    one = {"Name": "c", "Image": "sagemaker-scikit-learn:1.2-1", "ModelDataUrl": None, "Compressed": True,
           "Prefix": False, "Environment": {}, "MultiModel": False}  # fmt: skip
    return {
        "ModelName": "m",
        "TransformInput": {
            "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://bucket/in/"}},
            "ContentType": "text/csv",
            "SplitType": "Line",
            "CompressionType": "None",
        },
        "TransformOutput": {"S3OutputPath": "s3://bucket/out", "AssembleWith": "Line"},
        "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 2},
        "DataProcessing": {"InputFilter": "$", "OutputFilter": "$", "JoinSource": "None"},
        "DataCaptureConfig": {"DestinationS3Uri": "s3://bucket/capture"},
        "_model": {"ModelName": "m", "Isolated": False, "Mode": "Serial", "Containers": [one] * containers},
    }


def run(tmp_path, kill_at, exit_code=0, stop=False, containers=1):
    world = World(tmp_path)
    for name in ("a.csv", "b.csv", "c.csv"):
        source = tmp_path / name
        source.write_text("1,2\n")
        world.blobs.upload(source, "bucket", f"in/{name}", now=1)
    world.store.create(KEY, spec(containers), {"TransformJobStatus": "InProgress"}, now=1.0)
    counter, handle, finished = Counter(kill_at), KEY.handle(), False
    for _ in range(60):
        step(world, TransformJobController, KEY, counter)
        if world.runner.poll(handle).phase == "running" and not finished:
            work(world, exit_code)
            if stop:
                seen = world.store.get(KEY)
                world.store.write(seen, now=2.0, spec={**seen.spec, "_stop": 2.0})
            else:
                world.runner.finish(handle, exit_code)
            finished = True
    return world, counter


def work(world, exit_code):
    """As the hosts' processes would: each its share of the files, the first host's last one failing."""
    for host, names in (("algo-1", ["0", "2"]), ("algo-2", ["1"])):
        folder = world.runner.folder(KEY.handle()) / f"ml-{host}" / "transform"
        plan = json.loads((folder / "plan.json").read_text())
        assert [str(one["id"]) for one in plan["files"]] == names
        (folder / "output").mkdir()
        for name in names:
            assert (folder / "input" / name).read_text() == "1,2\n"
            if exit_code == 0 or name != "2":
                (folder / "output" / name).write_text(f"result {name}\n")
        (folder / "state.json").write_text('{"bytes": 4, "records": 1, "total": 8}')
    if exit_code == 2:
        errors = world.runner.folder(KEY.handle()) / "ml-algo-1" / "transform" / "errors.json"
        errors.write_text('["s3://bucket/in/c.csv: record at line 1 (byte 0): bad"]')


WHOLE = {"out/a.csv.out": b"result 0\n", "out/b.csv.out": b"result 1\n", "out/c.csv.out": b"result 2\n"}
MOST = {key: body for key, body in WHOLE.items() if "c.csv" not in key}


@pytest.mark.parametrize(
    ("more", "status", "reason", "results"),
    [
        ({}, "Completed", None, WHOLE),
        ({"exit_code": 2}, "Failed", "ClientError: s3://bucket/in/c.csv: record at line 1 (byte 0): bad", MOST),
        ({"exit_code": 137}, "Failed", "AlgorithmError: exit code: 137", MOST),
        ({"stop": True}, "Stopped", None, {}),
        ({"containers": 2}, "Completed", None, WHOLE),
    ],
    ids=["completes", "has a bad file", "dies", "is stopped", "is a pipeline"],
)
def test_killed_at_any_moment_it_ends_once_and_truly(tmp_path_factory, more, status, reason, results):
    total = run(tmp_path_factory.mktemp("count"), None, **more)[1].seen
    assert total > 12
    for at in range(total):
        world, _ = run(tmp_path_factory.mktemp(f"kill{at}"), at, **more)
        record = world.store.get(KEY)
        assert record.status["TransformJobStatus"] == status, (at, record.status)
        assert record.status.get("FailureReason") == reason, at
        assert world.runner.started.count(KEY.handle()) == 1, at
        assert len(set(world.runner.started)) == len(world.runner.started), at
        assert world.runner.handles() == [], at
        assert not world.runner.has_folder(KEY.handle()), at
        stored = {
            one.key: world.blobs.open_read("bucket", one.key)[1].read() for one in world.blobs.iterate("bucket", "out/")
        }
        assert stored == results, at
        captured = [one.key.split("/")[1] for one in world.blobs.iterate("bucket", "capture/")]
        assert captured == (["input", "output"] if results else []), at


def test_an_input_that_is_not_there_fails_before_anything_runs(tmp_path):
    world = World(tmp_path)
    world.store.create(KEY, spec(1), {"TransformJobStatus": "InProgress"}, now=1.0)
    for _ in range(5):
        step(world, TransformJobController, KEY, Counter(None))
    status = world.store.get(KEY).status
    assert (status["TransformJobStatus"], world.runner.started) == ("Failed", [])
    assert "No S3 objects" in status["FailureReason"]
