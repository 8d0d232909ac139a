"""The server is killed before and after each deed of an invocation's controller: the function is called once, and its answer
and what it printed are there once."""

import json

import pytest
from killing import ACCOUNT, Counter, World, step

from studiolo.base.record import Key
from studiolo.series.events import Events
from studiolo.services.functions import names, outcome
from studiolo.services.functions.controller import InvocationController
from studiolo.services.functions.invoking import begin
from studiolo.store.protocol import Missing


def run(tmp_path, kill_at, how="Step", left=None, reason=""):
    world = World(tmp_path)
    whole = world.platform(Counter(None))
    (whole.config.functions / ACCOUNT / "hash").mkdir(parents=True)
    spec = {
        "Handler": "main.handler",
        "Timeout": 3,
        "MemorySize": 128,
        "Runtime": "python3.12",
        "_code": {"Folder": "hash"},
    }
    function = world.store.create(Key(ACCOUNT, names.FUNCTION, "f"), spec, {}, now=1.0)
    key = begin(whole, function, '{"a": 1}', "one", "ann", how).key
    assert begin(whole, function, "{}", "one", "ann", how).key == key
    counter, handle, finished = Counter(kill_at), f"{key.handle()}/1", False
    for _ in range(25):
        step(world, InvocationController, key, counter)
        if world.runner.poll(handle).phase == "running" and not finished:
            ml = world.runner.folder(handle) / "ml"
            assert json.loads((ml / "input" / "event.json").read_text()) == {"a": 1}
            world.runner.write_log(handle, "function", "one", "two")
            if left is not None:
                (ml / "output" / "result.json").write_text(json.dumps(left))
            world.runner.finish(handle, 0 if left else 1, reason)
            finished = True
    return world, key, counter


def printed(world):
    events = Events(world.home / "log-events.db")
    group = events.group(ACCOUNT, "/aws/lambda/f")
    (stream,) = events.streams(group)
    return [line.text for line in events.forward(stream.id, 0, 100)]


def test_killed_at_any_moment_it_is_called_once(tmp_path_factory):
    left = {"Response": "3"}
    total = run(tmp_path_factory.mktemp("count"), None, left=left)[2].seen
    assert total > 4
    for at in range(total):
        world, key, _ = run(tmp_path_factory.mktemp(f"kill{at}"), at, left=left)
        record = world.store.get(key)
        assert (record.status["State"], record.status["Response"]) == (names.ENDED, "3")
        assert world.runner.started == [f"{key.handle()}/1"]
        assert printed(world) == ["one", "two"]
        assert not world.runner.has_folder(f"{key.handle()}/1")


def test_what_nobody_waits_for_is_tried_again_when_it_failed_and_forgotten_when_it_ended(tmp_path):
    world, key, _ = run(tmp_path / "bad", None, how="Event")
    status = world.store.get(key).status
    assert (status["State"], status["Attempt"]) == (names.WAITING, 2)
    world, key, _ = run(tmp_path / "good", None, how="Event", left={"Response": "1"})
    with pytest.raises(Missing):
        world.store.get(key)


@pytest.mark.parametrize(
    ("reason", "kind"),
    [("timeout", "Sandbox.Timedout"), ("out_of_memory", "Runtime.OutOfMemory"), ("", "Runtime.ExitError")],
)
def test_a_process_that_left_nothing_is_told_by_how_it_ended(tmp_path, reason, kind):
    world, key, _ = run(tmp_path, None, reason=reason)
    status = world.store.get(key).status
    assert (status["FunctionError"], json.loads(status["Response"])["errorType"]) == ("Unhandled", kind)


def test_three_tries_in_all():
    bad = {"FunctionError": "Unhandled"}
    assert [outcome.tries_again("Event", one, bad) for one in (1, 2, 3)] == [60.0, 120.0, None]
    assert outcome.tries_again("Step", 1, bad) is None
    assert outcome.tries_again("Event", 1, {}) is None
