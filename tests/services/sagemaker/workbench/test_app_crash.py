"""The server is killed before and after each deed of the app's controller: the app starts once, stops once, and its status
says what is so."""

import asyncio

import pytest
from killing import ACCOUNT, Counter, Killed, World

from studiolo.base.record import Key
from studiolo.services.sagemaker.workbench import controller, names
from studiolo.services.sagemaker.workbench.asking import Activity
from studiolo.services.sagemaker.workbench.controller import AppController

DOMAIN = names.own_domain(ACCOUNT)
KEY = names.app_key(ACCOUNT, DOMAIN, "lab", "JupyterLab", "default")
SPEC = {
    "DomainId": DOMAIN, "SpaceName": "lab", "AppType": "JupyterLab", "AppName": "default", "_user": "ann",
    "_generation": "g", "_created": 1.0, "ResourceSpec": {"InstanceType": "ml.t3.medium"},
}  # fmt: skip
SPACE = {
    "DomainId": DOMAIN, "SpaceName": "lab", "SpaceSettings": {}, "_folder": "lab-1", "_user": "ann",
    "SpaceSharingSettings": {"SharingType": "Private"}, "OwnershipSettings": {"OwnerUserProfileName": "ann"},
}  # fmt: skip
HANDLE = f"{KEY.handle()}/g"


def run(tmp_path, monkeypatch, kill_at, ends):
    world = World(tmp_path)
    world.store.create(Key(ACCOUNT, "Space", f"{DOMAIN}/lab"), SPACE, {"Status": "InService"}, now=1.0)
    world.store.create(KEY, SPEC, {"Status": "Pending", "_generation": "g"}, now=1.0)
    counter = Counter(kill_at)

    async def answers(*_):
        return Activity(1.0, False) if world.runner.poll(HANDLE).phase == "running" else None

    monkeypatch.setattr(controller, "activity", answers)
    ended = False
    for _ in range(40):
        try:
            asyncio.run(AppController(world.platform(counter)).reconcile(KEY))
        except Killed:
            pass
        record = world.store.get(KEY)
        if record.status["Status"] == "InService" and not ended:
            assert (world.runner.folder(HANDLE) / "ml" / "metadata" / "resource-metadata.json").exists()
            world.runner.write_log(HANDLE, "lab", "line")
            if ends == "stop":
                world.store.write(record, now=2.0, spec={**record.spec, "_stop": 2.0})
            else:
                world.runner.finish(HANDLE, 1, ends)
            ended = True
    return world, counter


@pytest.mark.parametrize(
    ("ends", "word", "reason"),
    [("stop", "Deleted", None), ("", "Failed", "exit code 1"), ("out_of_memory", "Failed", "memory")],
)
def test_killed_at_any_moment_it_runs_once_and_tells_the_truth(tmp_path_factory, monkeypatch, ends, word, reason):
    total = run(tmp_path_factory.mktemp("count"), monkeypatch, None, ends)[1].seen
    assert total > 8
    for at in range(total):
        world, _ = run(tmp_path_factory.mktemp(f"kill{at}"), monkeypatch, at, ends)
        status = world.store.get(KEY).status
        assert status["Status"] == word, (at, status)
        assert (reason or "") in status.get("FailureReason", ""), (at, status)
        assert world.runner.started == [HANDLE], at
        assert not world.runner.has_folder(HANDLE), at
