"""The worker on its socket: what it answers, in what order, and to whom."""

import contextlib
import json
import os
import signal
import threading
import time
from pathlib import Path

import pytest

ECHO = """
import json
def model_fn(folder):
    return None
def input_fn(body, kind):
    return json.loads(body)
def predict_fn(rows, model):
    return rows
def output_fn(rows, accept):
    return json.dumps(rows), "application/json"
"""
STREAM = """
def model_fn(folder): return None
def transform_fn(model, body, kind, accept):
    def pieces():
        for n in range(int(body)):
            yield b"piece %d;" % n
        if body == "3":
            raise ValueError("half-way")
    return pieces()
"""
SLOW = """
import time
def model_fn(folder): return None
def transform_fn(model, body, kind, accept):
    time.sleep(float(body))
    return body
"""
GREEDY = """
import ctypes
libc = ctypes.PyDLL(None)
def model_fn(folder): return None
def transform_fn(model, body, kind, accept):
    libc.usleep(int(float(body) * 1000000))
    return body
"""
BATCH = """
import json, os
def model_fn(folder): return []
def input_fn(body, kind):
    return json.loads(body)
def predict_fn(rows, calls):
    if any(row[0] == "slow" for row in rows):
        import time; time.sleep(0.5)
    if any(row[0] == "bad" for row in rows):
        raise ValueError("a bad row")
    calls.append(len(rows))
    return [[row[0], len(calls), len(rows)] for row in rows]
def output_fn(rows, accept):
    return json.dumps(rows)
"""


def test_requests_on_one_connection_are_answered_in_order(instance):
    instance.code(ECHO)
    link = instance.start().link()
    for turn in range(5):
        link.send(json.dumps([[turn]]).encode(), content_type="application/json")
    assert [link.answer() for _ in range(5)] == [(200, b"[[%d]]" % turn) for turn in range(5)]


def test_what_is_no_request_gets_400_and_ends_only_its_connection(instance):
    instance.code(ECHO)
    other = instance.start().link()
    for bad in (b"nonsense\r\n\r\n", b"POST / HTTP/1.1\r\ncontent-length: x\r\n\r\n", b"GET\r\n\r\n"):
        link = instance.link()
        link.socket.sendall(bad)
        assert link.answer()[0] == 400
        assert link.socket.recv(1) == b""
    link = instance.link()
    link.socket.sendall(b"POST /invocations HTTP/1.1\r\ncontent-length: 999999999999\r\n\r\n")
    assert link.answer()[0] == 413
    assert other.ask(b"[[1]]") == (200, b"[[1]]")
    assert other.ask(b"{not json")[0] == 500
    assert other.ask(path="/nothing", method="GET")[0] == 404
    assert other.ask(path="/ping", method="GET") == (200, b"")


def test_a_slow_sender_holds_up_nobody(instance):
    instance.code(ECHO)
    slow = instance.start().link()
    slow.socket.sendall(b"POST /invocations HTTP/1.1\r\ncontent-length: 5\r\n\r\n[[")
    assert instance.ask(b"[[1]]") == (200, b"[[1]]")
    slow.socket.sendall(b"7]]")
    assert slow.answer() == (200, b"[[7]]")


def test_a_large_body_comes_whole(instance):
    instance.code(ECHO)
    rows = [[n] for n in range(400_000)]
    assert instance.start().json(rows) == (200, rows)


def test_a_client_that_goes_away_does_no_harm(instance):
    instance.code(SLOW)
    link = instance.start().link()
    link.send(b"0.2")
    link.socket.close()
    assert instance.ask(b"0") == (200, b"0")
    assert len(instance.workers()) == 1 and "ended" not in instance.log


def test_streams(instance):
    instance.code(STREAM)
    link = instance.start().link()
    assert link.ask(b"2") == (200, b"piece 0;piece 1;")
    link.send(b"3")
    try:
        link.answer()
        raise AssertionError("a broken stream must not look whole")
    except ConnectionError:
        pass
    assert instance.ask(b"1") == (200, b"piece 0;")


def ask_together(instance, bodies):
    """All of them while the worker is busy with another."""
    first = instance.link()
    first.send(b'[["slow"]]')
    links = [instance.link() for _ in bodies]
    for link, body in zip(links, bodies, strict=True):
        link.send(body)
    answers = [link.answer() for link in links]
    assert first.answer()[0] == 200
    return answers


def test_what_waits_is_predicted_at_once(instance):
    instance.code(BATCH)
    instance.start(STUDIOLO_BATCH_MAX_SIZE="8")
    answers = ask_together(instance, [json.dumps([[n], [n]]).encode() for n in range(4)])
    assert [status for status, _ in answers] == [200] * 4
    rows = [json.loads(body) for _, body in answers]
    assert [[row[0] for row in each] for each in rows] == [[n, n] for n in range(4)]
    assert all(row[2] <= 8 for each in rows for row in each)
    assert max(row[2] for each in rows for row in each) > 2


def test_one_bad_request_fails_alone(instance):
    instance.code(BATCH)
    instance.start(STUDIOLO_BATCH_MAX_SIZE="100")
    answers = ask_together(instance, [b'[["a"]]', b"no json", b'[["bad"]]', b'[["b"]]'])
    assert [status for status, _ in answers] == [200, 500, 500, 200]
    assert b"a bad row" in answers[2][1]
    assert [json.loads(answers[at][1])[0][0] for at in (0, 3)] == ["a", "b"]


def test_a_delay_collects(instance):
    instance.code(BATCH)
    instance.start(STUDIOLO_BATCH_MAX_SIZE="3", STUDIOLO_BATCH_MAX_DELAY_MS="5000")
    links = [instance.link() for _ in range(3)]
    # Connections that are known count: with all of them heard nobody waits longer.
    for link in links:
        link.ask(path="/ping", method="GET")
    got = []
    threads = [threading.Thread(target=lambda one=one: got.append(json.loads(one.ask(b"[[1]]")[1]))) for one in links]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [each[0][2] for each in got] == [3, 3, 3]


def test_without_batches_each_is_predicted_alone(instance):
    instance.code(BATCH)
    instance.start()
    answers = ask_together(instance, [b"[[1]]", b"[[2]]", b"[[3]]"])
    assert [json.loads(body)[0][2] for _, body in answers] == [1, 1, 1]


def test_a_transform_fn_is_never_batched(instance):
    instance.code(SLOW)
    instance.start(STUDIOLO_BATCH_MAX_SIZE="100")
    links = [instance.link() for _ in range(4)]
    for at, link in enumerate(links):
        link.send(b"0.0%d" % at)
    assert [link.answer() for link in links] == [(200, b"0.0%d" % at) for at in range(4)]


@pytest.mark.parametrize("code", [SLOW, GREEDY], ids=["that waits", "that holds the interpreter"])
def test_no_request_waits_behind_a_long_one_while_another_worker_rests(instance, code):
    instance.code(code)
    instance.start(workers=2)
    links = [instance.link() for _ in range(12)]
    assert all(link.ask(b"0") == (200, b"0") for link in links)
    for turn in range(3):
        # All come at once, so that each worker may have read none but its first.
        for place in range(12):
            at = (place + turn * 5) % 12
            links[at].send(b"1.5" if place == 0 else b"0.001")
        began = time.monotonic()
        for place in range(1, 12):
            assert links[(place + turn * 5) % 12].answer() == (200, b"0.001")
        assert time.monotonic() - began < 1.2
        assert links[turn * 5 % 12].answer() == (200, b"1.5")


def test_two_long_ones_let_the_others_go_when_the_first_ends(instance):
    instance.code(SLOW)
    instance.start(workers=2)
    links = [instance.link() for _ in range(6)]
    assert all(link.ask(b"0") == (200, b"0") for link in links)
    links[0].send(b"3")
    time.sleep(0.1)
    instance.link().send(b"0.5")
    time.sleep(0.1)
    began = time.monotonic()
    for link in links[1:]:
        link.send(b"0.001")
    assert all(link.answer() == (200, b"0.001") for link in links[1:])
    assert time.monotonic() - began < 2
    assert links[0].answer() == (200, b"3")


def test_what_came_in_pieces_stays_with_the_worker_that_began_to_read_it(instance):
    instance.code(GREEDY)
    instance.start(workers=2)
    links = [instance.link() for _ in range(8)]
    assert all(link.ask(b"0") == (200, b"0") for link in links)
    head, *rest = b"POST /invocations HTTP/1.1\r\ncontent-length: 5\r\n\r\n", b"0.0", b"01"
    for link in links[1:]:
        link.socket.sendall(head)
    time.sleep(0.1)
    links[0].send(b"1")
    time.sleep(0.15)
    for piece in rest:
        for link in links[1:]:
            link.socket.sendall(piece)
        time.sleep(0.1)
    assert [link.answer() for link in links] == [(200, b"1")] + [(200, b"0.001")] * 7


def test_a_connection_that_went_to_another_worker_ends_with_it_alone(instance):
    instance.code(GREEDY)
    instance.start(workers=2)
    links = [instance.link() for _ in range(6)]
    assert all(link.ask(b"0") == (200, b"0") for link in links)
    for _ in range(3):
        links[0].send(b"0.4")
        time.sleep(0.1)
        assert all(link.ask(b"0") == (200, b"0") for link in links[1:])
        assert links[0].answer() == (200, b"0.4")
    # A client that goes leaves nothing open: neither its worker nor the supervisor holds a copy.
    before = descriptors(instance)
    for link in links:
        link.socket.close()
    instance.until(lambda: descriptors(instance) <= before - 2 * len(links))
    # And a worker that is killed lets its clients know at once.
    links = [instance.link() for _ in range(4)]
    assert all(link.ask(b"0") == (200, b"0") for link in links)
    for pid in instance.workers():
        os.kill(pid, signal.SIGKILL)
    for link in links:
        with pytest.raises(ConnectionError):
            link.answer()
    assert instance.ask(b"0") == (200, b"0")


def descriptors(instance):
    """Open sockets of the supervisor and its workers together."""
    found = 0
    for pid in (instance.process.pid, *instance.workers()):
        for one in Path(f"/proc/{pid}/fd").iterdir():
            with contextlib.suppress(OSError):
                found += "socket:" in str(one.readlink())
    return found
