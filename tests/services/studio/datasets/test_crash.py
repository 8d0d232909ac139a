"""The server is killed before and after each deed of the controller: a version is made once, and its bytes stay."""

import asyncio

from killing import ACCOUNT, Counter, World, step

from studiolo.base.record import Key
from studiolo.blobs.protocol import Attributes
from studiolo.services.studio.datasets import lineage, records
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


def test_a_version_goes_alone_and_the_others_stay(tmp_path):
    world, counter = run(tmp_path, None)
    second = records.version(ACCOUNT, "churn", 2)
    world.store.create(second, spec(2), {"VersionStatus": "InProgress"}, now=2.0)
    step(world, DataSetVersionController, second, counter)
    one, two = world.store.get(KEY).status, world.store.get(second).status
    assert one["Digest"] == two["Digest"]
    world.store.write(world.store.get(KEY), now=3.0, deleting=True)
    step(world, DataSetVersionController, KEY, counter)
    assert (len(read(world, one["S3Uri"])), len(read(world, two["S3Uri"]))) == (0, 1)


def test_the_digest_is_of_the_bytes_however_they_came(tmp_path):
    world, counter = run(tmp_path, None)
    text = read(world, world.store.get(KEY).status["S3Uri"])[0].encode()
    upload = world.blobs.create_upload("bucket", "parts/rows.csv", Attributes(), now=1.0)
    sink = world.blobs.open_part("bucket", upload.id, 1, now=1.0)
    sink.write(text)
    part = sink.commit_part()
    stored = world.blobs.complete_upload("bucket", upload.id, [(1, part.etag)], now=1.0)
    assert stored.etag.endswith("-1")
    second = records.version(ACCOUNT, "churn", 2)
    wanted = {**spec(2), "SourceS3Uri": "s3://bucket/parts/"}
    world.store.create(second, wanted, {"VersionStatus": "InProgress"}, now=2.0)
    step(world, DataSetVersionController, second, counter)
    assert world.store.get(second).status["Digest"] == world.store.get(KEY).status["Digest"]


def job(world, name, uri, status="InProgress", now=5.0):
    source = {"S3DataSource": {"S3Uri": uri, "S3DataType": "S3Prefix"}}
    channel = {"InputDataConfig": [{"ChannelName": "train", "DataSource": source}]}
    world.store.create(Key(ACCOUNT, "TrainingJob", name), channel, {"TrainingJobStatus": status}, now=now)


def test_uses_end_at_folders_and_hold_a_version_while_they_run(tmp_path):
    world, counter = run(tmp_path, None)
    platform, uri = world.platform(counter), world.store.get(KEY).status["S3Uri"]
    job(world, "reads", uri.rstrip("/"))
    job(world, "file", f"{uri}rows.csv", "Completed")
    job(world, "other", uri.rstrip("/") + "0/")
    job(world, "before", uri, "Completed", now=0.5)
    assert {one["Name"] for one in lineage.used_by(platform, ACCOUNT, uri, 1.0)} == {"reads", "file"}
    assert lineage.held_by(platform, ACCOUNT, uri) == "TrainingJob reads"
    assert lineage.held_by(platform, ACCOUNT, uri.rstrip("/") + "1/") is None
