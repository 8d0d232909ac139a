"""Names and what lies at them: new content is taken soon, without a look at the store for each request."""

import asyncio
import io
import tarfile
from types import SimpleNamespace

import pytest

from studiolo.base.config import Config
from studiolo.base.errors import ApiError
from studiolo.base.record import Key
from studiolo.blobs.memory import MemoryBlobs
from studiolo.blobs.protocol import Attributes
from studiolo.run.fake import FakeRunner
from studiolo.services.sagemaker_runtime import multi_model
from studiolo.services.sagemaker_runtime.ask import Ask
from studiolo.services.sagemaker_runtime.client import Pool
from studiolo.services.sagemaker_runtime.router import Instance, Target, Variant

ACCOUNT = "123456789012"


class Blobs(MemoryBlobs):
    """Counts looks."""

    looks = 0

    def head(self, bucket, key):
        self.looks += 1
        return super().head(bucket, key)


class World:
    def __init__(self, home, instances=1):
        self.blobs, self.runner = Blobs(), FakeRunner(home / "runs")
        self.blobs.create_bucket("bucket", ACCOUNT, 0.0)
        (home / "home").mkdir()
        platform = SimpleNamespace(blobs=self.blobs, runner=self.runner, config=Config(home / "home"))
        self.models = multi_model.MultiModel(platform)
        key = Key(ACCOUNT, "Endpoint", "many")
        self.target = Target(key, key.handle(), "InService")
        plan = {"Containers": [{"ModelDataUrl": "s3://bucket/models/"}]}
        self.variant = Variant("all", 1.0, plan)
        for place in range(instances):
            handle = f"{key.handle()}/1-all-{place}"
            folder = self.runner.folder(handle) / "ml" / "run"
            folder.mkdir(parents=True)
            self.variant.instances.append(Instance(handle, [Pool(folder)]))

    def upload(self, text, name="a.tar.gz"):
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
            info = tarfile.TarInfo("weights")
            info.size = len(text)
            tar.addfile(info, io.BytesIO(text))
        self.put(buffer.getvalue(), name)

    def put(self, data, name="a.tar.gz"):
        sink = self.blobs.open_write("bucket", f"models/{name}", Attributes(), now=0.0)
        sink.write(data)
        sink.commit()

    async def ask(self, name="a.tar.gz", at=0):
        """The folder that the container is told of."""
        path = await self.models.path(self.target, self.variant, self.variant.instances[at], Ask(b"", model=name))
        id = path.split("/")[2]
        return self.runner.folder(self.variant.instances[at].handle) / "ml" / "models" / id


@pytest.fixture
def world(tmp_path):
    return World(tmp_path, instances=2)


async def test_new_content_is_taken_when_the_old_is_no_longer_fresh(world, monkeypatch):
    world.upload(b"old")
    old = await world.ask()
    assert (old / "weights").read_bytes() == b"old"
    looks = world.blobs.looks
    world.upload(b"new")
    assert {await world.ask() for _ in range(50)} == {old} and world.blobs.looks == looks
    monkeypatch.setattr(multi_model, "FRESH", 0.0)
    new = await world.ask()
    assert (new / "weights").read_bytes() == b"new" and (old / "weights").read_bytes() == b"old"
    other = await world.ask(at=1)
    assert other.name == new.name and (other / "weights").read_bytes() == b"new"


async def test_one_request_looks_while_the_others_go_on(world, monkeypatch):
    monkeypatch.setattr(multi_model, "FRESH", 0.05)
    world.upload(b"old")
    old = await world.ask()
    world.upload(b"new")
    await asyncio.sleep(0.06)
    looks = world.blobs.looks
    found = await asyncio.gather(*(world.ask() for _ in range(20)))
    assert [one == old for one in found].count(False) == 1
    # One of them looked, and unpacked what it found.
    assert world.blobs.looks <= looks + 2


async def test_what_was_replaced_is_removed_later(world, monkeypatch):
    monkeypatch.setattr(multi_model, "FRESH", 0.0)
    monkeypatch.setattr(multi_model, "UNLOAD", 0.01)
    monkeypatch.setattr(multi_model, "REMOVE", 0.02)
    world.upload(b"old")
    old = await world.ask()
    world.upload(b"new")
    new = await world.ask()
    async with asyncio.timeout(5):
        while old.exists():
            await asyncio.sleep(0.01)
    assert new.exists()


async def test_what_is_no_model_any_more_leaves_the_loaded_one(world, monkeypatch):
    monkeypatch.setattr(multi_model, "FRESH", 0.0)
    world.upload(b"old")
    old = await world.ask()
    world.put(b"no archive")
    assert await world.ask() == old
    world.blobs.delete("bucket", "models/a.tar.gz")
    assert await world.ask() == old


async def test_what_never_was_a_model_is_refused_and_forgotten(world):
    world.put(b"no archive", "torn.tar.gz")
    for name, words in (("absent.tar.gz", "no such object"), ("torn.tar.gz", "not a readable tar archive")):
        with pytest.raises(ApiError, match=words) as refused:
            await world.ask(name)
        assert refused.value.code == "ValidationError"
    world.upload(b"good", "torn.tar.gz")
    assert (await world.ask("torn.tar.gz") / "weights").read_bytes() == b"good"
