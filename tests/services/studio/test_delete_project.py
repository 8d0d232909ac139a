"""A project goes only when nothing in it would start or be called any more; what is left behind of that goes with it."""

import asyncio

import pytest
from killing import Counter, World

from studiolo.base.errors import ConflictError
from studiolo.base.record import Key
from studiolo.services.request import Call, Caller
from studiolo.services.sagemaker.tracking.servers import own
from studiolo.services.studio import people
from studiolo.services.studio.identity import Accounts
from studiolo.store.protocol import Query


def test_what_starts_by_itself_keeps_a_project(tmp_path):
    world = World(tmp_path)
    platform = world.platform(Counter(None))
    accounts = Accounts(world.store, platform.clock)
    account = people.make_project(platform, accounts, "p", "", "ann")
    of = people.People(platform, accounts)
    call = Call(
        Caller("ann", account, "admin", studio_admin=True), "studio", "DeleteProject", {"Account": account}, "id"
    )
    for kind in ("Function", "Schedule", "EventRule"):
        held = world.store.create(Key(account, kind, "x"), {"State": "ENABLED", "Target": {"Arn": "a"}}, {}, now=1.0)
        with pytest.raises(ConflictError):
            asyncio.run(of.delete_project(call))
        world.store.delete(held)
    # A tracking server that never ran is nothing; one that did holds the team's runs.
    server = own(platform, account)
    ran = world.store.write(server, now=1.0, status={**server.status, "MlflowVersion": "3.17.2"})
    with pytest.raises(ConflictError, match="tracking servers"):
        asyncio.run(of.delete_project(call))
    world.store.write(ran, now=1.0, status=server.status)
    for kind in people.LEFT:
        world.store.create(Key(account, kind, "x"), {"EventBridge": True}, {"State": "Ended"}, now=1.0)
    asyncio.run(of.delete_project(call))
    assert [kind for kind in (*people.LEFT, server.key.kind) if world.store.count(Query(kind, account))] == []
