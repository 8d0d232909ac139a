"""The server is killed before and after each deed of the controller: what is built is what was locked first."""

import asyncio
from dataclasses import replace

from killing import ACCOUNT, Counter, Mortal, World, step

from studiolo.base.record import Key
from studiolo.run.protocol import EnvironmentError_, Lock
from studiolo.services.request import Call, Caller
from studiolo.services.sagemaker.kinds.image_version.controller import ImageVersionController
from studiolo.services.sagemaker.service import SageMakerService

KEY = Key(ACCOUNT, "ImageVersion", "churn/1")


class Environments:
    """On a machine on which each choice of versions comes out otherwise."""

    def __init__(self, bad=""):
        self.locks, self.kept, self.built, self.bad = 0, {}, [], bad

    def resolve(self, image):
        return "sklearn"

    def owner(self, image):
        return None

    def lock(self, requirements, image=None, progress=None):
        if self.bad:
            raise EnvironmentError_(self.bad)
        self.locks += 1
        return Lock(f"numpy=={self.locks}", "sklearn", ("numpy",))

    def keep(self, uri, lock):
        self.kept.setdefault(uri, lock.text)

    def ensure(self, uri, requirements=None, progress=None):
        self.built.append(self.kept[uri])

    def drop(self, uri):
        self.kept.pop(uri, None)


def run(tmp_path, kill_at, bad=""):
    world, environments = World(tmp_path), Environments(bad)
    counter = Counter(kill_at)
    service = SageMakerService(world.platform(Counter(None)))
    for operation, more in (
        ("CreateImage", {"RoleArn": f"arn:aws:iam::{ACCOUNT}:role/r"}),
        ("CreateImageVersion", {"BaseImage": "sklearn", "ClientToken": "t"}),
    ):
        call = Call(Caller("ann", ACCOUNT, "admin"), "sagemaker", operation, {"ImageName": "churn", **more}, "id")
        asyncio.run(service.handler(operation)(call))

    def controller(platform):
        mortal = Mortal(environments, ("lock", "keep", "ensure", "drop"), counter)
        return ImageVersionController(replace(platform, environments=mortal))

    for _ in range(12):
        step(world, controller, KEY, counter)
    return world, environments, counter


def test_killed_at_any_moment_it_builds_what_it_locked(tmp_path_factory):
    total = run(tmp_path_factory.mktemp("count"), None)[2].seen
    assert total > 4
    for at in range(total):
        world, environments, _ = run(tmp_path_factory.mktemp(f"kill{at}"), at)
        record = world.store.get(KEY)
        assert record.status["ImageVersionStatus"] == "CREATED", (at, record.status)
        uri = record.status["ContainerImage"]
        assert uri == f"{ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com/churn:1"
        assert set(environments.built) == {record.status["_lock"]} == {environments.kept[uri]}, at


def test_what_can_not_be_chosen_ends_with_the_reason(tmp_path):
    world, _, _ = run(tmp_path, None, bad="no such package")
    status = world.store.get(KEY).status
    assert (status["ImageVersionStatus"], status["FailureReason"]) == ("CREATE_FAILED", "no such package")
    assert status["_log"][-1]["Text"] == "no such package"
