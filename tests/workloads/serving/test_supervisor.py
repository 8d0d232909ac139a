"""The supervisor: workers that crash, hang and leak are replaced; SIGTERM loses nothing that was sent."""

import os
import signal
import threading
import time

import pytest

SCRIPT = """
import os, time
hoard = []
def model_fn(folder): return None
def transform_fn(model, body, kind, accept):
    if body == "crash": os._exit(3)
    if body == "hang":
        open("hanging", "w").close()
        time.sleep(600)
    if body.startswith("sleep"): time.sleep(float(body[5:]))
    if body == "leak": hoard.append(bytearray(os.urandom(1 << 20) * 200))
    return str(os.getpid())
"""


def ask(instance, body):
    try:
        return instance.ask(body)
    except ConnectionError:
        return None


def test_a_crashed_worker_is_replaced(instance):
    instance.code(SCRIPT)
    instance.start()
    before = instance.workers()
    assert ask(instance, b"crash") is None
    assert instance.ask(b"x")[0] == 200
    assert instance.workers() != before
    assert "A worker ended with status 3; starting another" in instance.log


def test_one_that_crashes_again_and_again_waits_while_others_serve(instance):
    instance.code(SCRIPT)
    instance.start(workers=2)
    for _ in range(3):
        assert ask(instance, b"crash") is None
    assert instance.ask(b"x")[0] == 200
    instance.until(lambda: len(instance.workers()) == 2)
    assert " s\n" in instance.log


def test_a_hung_request_is_ended_and_says_where_it_hung(instance):
    instance.code(SCRIPT)
    instance.start(SAGEMAKER_MODEL_SERVER_TIMEOUT="1")
    began = time.monotonic()
    assert ask(instance, b"hang") is None
    assert time.monotonic() - began < 10
    assert instance.ask(b"x")[0] == 200
    assert "longer than 1 seconds" in instance.log and "in transform_fn" in instance.log


def test_a_request_unread_when_its_worker_dies_is_reset_not_ended(instance):
    """By which the router knows that it may be sent again."""
    instance.code(SCRIPT)
    instance.start(SAGEMAKER_MODEL_SERVER_TIMEOUT="1")
    kept = instance.link()
    assert kept.ask(b"x")[0] == 200
    hanging = instance.link()
    hanging.send(b"hang")
    instance.until((instance.root / "model" / "hanging").exists)
    kept.send(b"x")
    with pytest.raises(ConnectionResetError):
        kept.answer()
    with pytest.raises(ConnectionError) as ended:
        hanging.answer()
    assert not isinstance(ended.value, ConnectionResetError)


def test_a_leaking_worker_is_replaced_before_memory_runs_out(instance):
    instance.code(SCRIPT)
    instance.start(STUDIOLO_MEMORY=str(500 * 2**20))
    before = instance.workers()
    for _ in range(3):
        ask(instance, b"leak")
    instance.until(lambda: instance.workers() != before)
    assert instance.ask(b"x")[0] == 200
    instance.until(lambda: "of the instance's 500 MiB" in instance.log)


def test_sigterm_answers_all_that_was_sent(instance):
    instance.code(SCRIPT)
    instance.start(workers=2)
    links = [instance.link() for _ in range(40)]
    kept = instance.link()
    assert kept.ask(b"x")[0] == 200
    for link in links:
        link.send(b"sleep0.02")
    got = []
    threads = [threading.Thread(target=lambda one=one: got.append(one.answer()[0])) for one in links]
    for thread in threads:
        thread.start()
    assert instance.stop() == 0
    for thread in threads:
        thread.join()
    assert got == [200] * 40
    assert not (instance.run / "w.sock").exists()


def test_killed_from_outside_is_replaced(instance):
    instance.code(SCRIPT)
    instance.start(workers=2)
    os.kill(instance.workers()[0], signal.SIGKILL)
    instance.until(lambda: "by signal SIGKILL" in instance.log)
    instance.until(lambda: len(instance.workers()) == 2)
    assert instance.ask(b"x")[0] == 200


def test_a_model_that_can_not_be_loaded_ends_the_instance(instance):
    instance.code("raise ValueError('no such thing')")
    instance.start(wait=False)
    assert instance.process.wait(20) == 1
    assert "no such thing" in instance.log and not (instance.run / "ready").exists()


def test_a_model_loaded_in_its_worker_that_fails_ends_the_instance(instance):
    instance.code("raise ValueError('no such thing')")
    instance.start(wait=False, STUDIOLO_FRAMEWORK="pytorch")
    assert instance.process.wait(20) == 1
    assert "no such thing" in instance.log
