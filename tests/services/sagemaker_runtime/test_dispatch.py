"""A request that finds nothing awake is answered as soon as something is, whenever that came."""

import asyncio
from pathlib import Path
from types import SimpleNamespace

from studiolo.base.record import Key
from studiolo.services.demand import Demand
from studiolo.services.sagemaker_runtime import dispatch
from studiolo.store.memory import MemoryStore

KEY = Key("111111111111", "Endpoint", "sleeper")
VARIANT = {
    "VariantName": "AllTraffic", "Weight": 1.0, "Count": 1, "Shadow": False, "Mode": "Serial",
    "Serverless": {"MaxConcurrency": 8}, "Containers": [{"Name": "one", "MultiModel": False}],
}  # fmt: skip
LIVE = {"EndpointStatus": "InService", "_live": {"Generation": 1, "Variants": [VARIANT]}}


def dispatcher(store: MemoryStore, folder: Path) -> dispatch.Dispatcher:
    runner = SimpleNamespace(folder=lambda handle: folder)
    return dispatch.Dispatcher(SimpleNamespace(store=store, runner=runner, demand=Demand(60.0)), SimpleNamespace())


def test_what_woke_between_the_look_and_the_wait_is_seen(tmp_path, monkeypatch):
    monkeypatch.setattr(dispatch, "WAKE", 5.0)
    store = MemoryStore()
    record = store.create(KEY, {}, LIVE, now=1.0)

    async def ask() -> None:
        it = dispatcher(store, tmp_path)
        target = it.router.find(KEY.project, KEY.name)
        variant = target.live.pick(None)
        assert not variant.instances
        # It is ready before the request has begun to wait, and nothing changes after that.
        store.write(record, now=2.0, status={**LIVE, "_ready": [f"{KEY.handle()}/1-AllTraffic-0"]})
        await asyncio.wait_for(it._wake(target, variant), 1.0)
        assert len(it.router.find(KEY.project, KEY.name).live.pick(None).instances) == 1
        assert it._demand.waiting(KEY.handle()) == 0

    asyncio.run(ask())
