"""The server is killed before and after each deed of the controller: a version is made once, and its bytes stay."""

import asyncio

from killing import ACCOUNT, Counter, World, step

from studiolo.services.studio.datasets import records
from studiolo.services.studio.datasets.compare import compare
from studiolo.services.studio.datasets.controller import DataSetVersionController

KEY = records.version(ACCOUNT, "churn", 1)


def put(world, tmp_path, text, key="data/rows.csv"):
    source = tmp_path / "source"
    source.write_text(text)
    world.blobs.upload(source, "bucket", key, now=1)


def spec(number):
    return {"DataSet": "churn", "Version": number, "SourceS3Uri": "s3://bucket/data/", "Description": "", "By": "ann"}


def run(tmp_path, kill_at):
    world = World(tmp_path)
    put(world, tmp_path, "age,city\n" + "".join(f"{n},{'bonn' if n % 3 else 'köln'}\n" for n in range(100)))
    world.store.create(KEY, spec(1), {"VersionStatus": "InProgress"}, now=1.0)
    counter = Counter(kill_at)
    for _ in range(4):
        step(world, DataSetVersionController, KEY, counter)
    return world, counter


def read(world, uri):
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return [world.blobs.open_read(bucket, one.key)[1].read().decode() for one in world.blobs.iterate(bucket, key)]


def test_killed_at_any_moment_it_is_made_once_and_truly(tmp_path_factory):
    world, counter = run(tmp_path_factory.mktemp("whole"), None)
    wanted = dict(world.store.get(KEY).status)
    for at in range(counter.seen):
        world, _ = run(tmp_path_factory.mktemp("killed"), at)
        status = dict(world.store.get(KEY).status)
        assert {**status, "EndTime": 0} == {**wanted, "EndTime": 0}
        assert len(read(world, status["S3Uri"])) == 1
        assert not list((world.home / "scratch").iterdir())


def test_a_profile_and_a_change(tmp_path):
    world, counter = run(tmp_path, None)
    first = world.store.get(KEY)
    age, city = first.status["Columns"]
    assert (first.status["VersionStatus"], first.status["RowCount"]) == ("Ready", 100)
    assert (age["Minimum"], age["Maximum"], age["Mean"], sum(age["Histogram"])) == (0, 99, 49.5, 100)
    assert city["TopValues"] == [{"Value": "bonn", "Count": 66}, {"Value": "köln", "Count": 34}]

    put(world, tmp_path, "age,town\n" + "".join(f"{n + 50},x\n" for n in range(100)))
    second = records.version(ACCOUNT, "churn", 2)
    world.store.create(second, spec(2), {"VersionStatus": "InProgress"}, now=2.0)
    step(world, DataSetVersionController, second, counter)
    told = compare(first.status, world.store.get(second).status)
    by_name = {one["Name"]: one for one in told["Columns"]}
    assert (by_name["city"]["Change"], by_name["town"]["Change"]) == ("Removed", "Added")
    assert abs(by_name["age"]["Distance"] - 0.5) < 0.02 and by_name["age"]["Psi"] > 0.25
    # The first version still holds what it was made of.
    assert read(world, first.status["S3Uri"])[0].startswith("age,city\n0,")


def test_what_cannot_be_made_says_why(tmp_path):
    world = World(tmp_path)
    world.store.create(KEY, spec(1), {"VersionStatus": "InProgress"}, now=1.0)
    asyncio.run(DataSetVersionController(world.platform(Counter(None))).reconcile(KEY))
    status = world.store.get(KEY).status
    assert status["VersionStatus"] == "Failed" and "no objects" in status["FailureReason"]


def test_deleting_keeps_bytes_that_another_version_has(tmp_path):
    world, counter = run(tmp_path, None)
    second = records.version(ACCOUNT, "churn", 2)
    world.store.create(second, spec(2), {"VersionStatus": "InProgress"}, now=2.0)
    step(world, DataSetVersionController, second, counter)
    uri = world.store.get(KEY).status["S3Uri"]
    for key, left in ((KEY, 1), (second, 0)):
        world.store.write(world.store.get(key), now=3.0, deleting=True)
        step(world, DataSetVersionController, key, counter)
        assert len(read(world, uri)) == left
