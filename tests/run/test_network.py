"""A group that is cut off: its hosts meet by name, and nothing else is there; where there are no namespaces, jobs are told."""

import socket
import threading

import pytest
from test_local_runner import Group, Mount, launch, lines, make, python, wait

SERVER = "import socket; s = socket.create_server(('algo-1', 7777)); c, _ = s.accept(); print(c.recv(10).decode())"
CLIENT = """
import socket, time
for _ in range(200):
    try:
        c = socket.create_connection(('algo-1', 7777)); c.sendall(b'hello'); break
    except OSError: time.sleep(0.02)
"""


@pytest.fixture
def runner(tmp_path):
    it = make(tmp_path)
    yield it
    for handle in it.handles():
        it.remove(handle)
    it.close()


def test_hosts_that_are_cut_off_reach_one_another_and_nothing_else(runner, tmp_path):
    if launch.isolation(tmp_path / "var" / "lib"):
        pytest.skip("this machine permits no namespaces")
    outside = socket.create_server(("127.0.0.1", 0))
    outside.settimeout(15)
    port = outside.getsockname()[1]
    came = threading.Event()

    def listen() -> None:
        try:
            outside.accept()
            came.set()
        except OSError:
            pass

    threading.Thread(target=listen, daemon=True).start()
    code = f"""
import socket
print([name for _, name in socket.if_nameindex()])
for place in (('127.0.0.1', {port}), ('192.0.2.1', 80)):
    try: socket.create_connection(place, 1); print('reached', place)
    except OSError: pass
"""
    members = [python(SERVER), python(CLIENT + code, "algo-2"), python(code, "algo-3")]
    runner.start(Group("T/1/cut", members, network="none"))
    state = wait(runner, "T/1/cut", seconds=30)
    assert lines(state) == ["hello"]
    for member in (1, 2):
        assert lines(state, member) == ["['lo']"]
    outside.close()
    assert not came.is_set()


def test_without_namespaces_jobs_are_told_where_their_files_lie(runner, monkeypatch):
    monkeypatch.setattr(launch, "isolation", lambda lib: "not permitted here")
    ml = runner.folder("T/1/plain") / "ml"
    (ml / "model").mkdir(parents=True)
    code = "import os; open(os.environ['STUDIOLO_ML_ROOT'] + '/model/x', 'w').write('1'); print(os.environ['STUDIOLO_ML_ROOT'])"
    runner.start(Group("T/1/plain", [python(code, mounts=[Mount(ml, "/opt/ml")])]))
    assert lines(wait(runner, "T/1/plain")) == [str(ml)]
    assert (ml / "model" / "x").read_text() == "1"


def test_output_that_is_no_text_and_a_million_lines_are_kept_whole(runner):
    code = r"import sys; w = sys.stdout.buffer; w.write(b'\xff\xfe broken\n'); [w.write(b'line %d\n' % i) for i in range(1000000)]"
    runner.start(Group("T/1/loud", [python(code)]))
    state = wait(runner, "T/1/loud", seconds=60)
    assert state.members[0].exit_code == 0
    data = state.members[0].log.read_bytes().splitlines()
    assert len(data) == 1_000_001
    assert data[0].endswith(b"\xff\xfe broken") and data[-1].endswith(b"\tline 999999")
