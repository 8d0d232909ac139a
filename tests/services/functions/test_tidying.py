"""What nobody needs of functions goes; what is needed, or came lately, stays."""

import os
import time

from killing import ACCOUNT, Counter, World

from studiolo.base.record import Key
from studiolo.services.functions import names, tidying
from studiolo.services.functions.invoking import begin
from studiolo.services.housekeeping import remove_deliveries
from studiolo.store.protocol import Query


def test_replaced_code_and_old_answers_go(tmp_path):
    world = World(tmp_path)
    platform, now = world.platform(Counter(None)), time.time()
    for digest in ("used", "running", "unused", "fresh"):
        folder = platform.config.functions / ACCOUNT / digest
        folder.mkdir(parents=True)
        os.utime(folder, (now - 100, now - 100) if digest != "fresh" else None)

    def function(name, digest):
        spec = {"Handler": "h", "Timeout": 3, "MemorySize": 128, "Runtime": "python3.12", "_code": {"Folder": digest}}
        return world.store.create(Key(ACCOUNT, names.FUNCTION, name), spec, {}, now=1.0)

    used, gone = function("used", "used"), function("gone", "running")
    begin(platform, gone, "{}", "waits", "ann", "Event")
    world.store.delete(gone)
    ended = begin(platform, used, "{}", "ended", "ann", "Step")
    world.store.write(ended, now=now - 50, status={"State": names.ENDED, "Attempt": 1})
    tidying.tidy(platform, now - 10)
    left = sorted(one.name for one in (platform.config.functions / ACCOUNT).iterdir())
    assert left == ["fresh", "running", "used"]
    assert [one.key.name for one in world.store.query(Query(names.INVOCATION, None)).records] == ["gone@waits"]


def test_what_was_delivered_goes(tmp_path):
    world = World(tmp_path)
    for name, status in (("done", {"Attempts": 0, "Done": True}), ("open", {"Attempts": 0})):
        world.store.create(Key(ACCOUNT, "EventDelivery", name), {}, status, now=1.0)
    remove_deliveries(world.platform(Counter(None)), 2.0)
    assert [one.key.name for one in world.store.query(Query("EventDelivery", None)).records] == ["open"]
