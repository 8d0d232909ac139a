import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from studiolo.run.local import launch
from studiolo.run.local.runner import LocalRunner
from studiolo.run.protocol import Group, Member, Mount, Resources

MIB = 2**20
SMALL = Resources(0.5, 512 * MIB)


def make(folder: Path, cores: float = 2.0) -> LocalRunner:
    return LocalRunner(folder / "runs", folder / "var", hide=[folder], total=Resources(cores, 4096 * MIB))


@pytest.fixture
def runner(tmp_path):
    it = make(tmp_path)
    yield it
    for handle in it.handles():
        it.remove(handle)
    it.close()


def python(code: str, name: str = "algo-1", resources: Resources = SMALL, **more) -> Member:
    return Member(name, [sys.executable, "-c", code], resources, **more)


def wait(runner: LocalRunner, handle: str, phase: str = "exited", seconds: float = 15):
    deadline = time.monotonic() + seconds
    while (state := runner.poll(handle)).phase != phase:
        assert time.monotonic() < deadline, state
        time.sleep(0.01)
    return state


def lines(state, member: int = 0) -> list[str]:
    return [line.partition("\t")[2] for line in state.members[member].log.read_text().splitlines()]


def test_output_and_exit_code(runner):
    runner.start(Group("T/1/a", [python("import sys; print('out'); print('err', file=sys.stderr); sys.exit(3)")]))
    state = wait(runner, "T/1/a")
    assert (state.members[0].exit_code, state.members[0].reason) == (3, "")
    assert sorted(lines(state)) == ["err", "out"]
    stamp = int(state.members[0].log.read_text().split("\t")[0])
    assert abs(stamp / 1000 - time.time()) < 20


def test_starting_twice_runs_once(runner):
    group = Group("T/1/once", [python("print('ran')")])
    for _ in range(3):
        runner.start(group)
    assert lines(wait(runner, "T/1/once")) == ["ran"]


def test_each_job_has_its_own_opt_ml_and_sees_nothing_of_the_home(runner, tmp_path):
    if launch.isolation(tmp_path / "var" / "lib"):
        pytest.skip("this machine permits no namespaces")
    (tmp_path / "secret").write_text("key")
    existed = Path("/opt/ml").exists()
    code = f"""
import os, socket
open('/opt/ml/model/x', 'w').write('1')
print(os.path.exists({str(tmp_path / "secret")!r}), socket.gethostname(), sorted(os.listdir('/opt/ml')), os.getpid() < 20)
print(sorted(os.listdir('/tmp')))
"""
    ml = runner.folder("T/1/own") / "ml"
    (ml / "model").mkdir(parents=True)
    runner.start(Group("T/1/own", [python(code, mounts=[Mount(ml, "/opt/ml")])]))
    state = wait(runner, "T/1/own")
    assert lines(state)[0] == "False algo-1 ['model'] True", lines(state)
    assert (ml / "model" / "x").read_text() == "1"
    assert Path("/opt/ml").exists() == existed


def test_members_meet_by_name(runner):
    server = "import socket; s = socket.create_server(('algo-1', 7777)); c, _ = s.accept(); print(c.recv(10).decode())"
    client = """
import socket, time
for _ in range(200):
    try:
        c = socket.create_connection(('algo-1', 7777)); c.sendall(b'hello'); break
    except OSError: time.sleep(0.02)
"""
    runner.start(Group("T/1/two", [python(server), python(client, "algo-2")]))
    state = wait(runner, "T/1/two")
    assert lines(state) == ["hello"]
    assert [member.exit_code for member in state.members] == [0, 0]


def test_stop_is_sigterm_first(runner):
    code = "import signal, sys, time\nsignal.signal(signal.SIGTERM, lambda *_: sys.exit(7))\nprint('up', flush=True)\ntime.sleep(60)"
    runner.start(Group("T/1/stop", [python(code)]))
    until_logged(runner, "T/1/stop", "up")
    runner.stop("T/1/stop")
    member = wait(runner, "T/1/stop", seconds=5).members[0]
    assert (member.exit_code, member.reason) == (7, "stopped")


def until_logged(runner, handle, text):
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        state = runner.poll(handle)
        if state.members and state.members[0].log.exists() and text in state.members[0].log.read_text():
            return
        time.sleep(0.01)
    raise AssertionError(f"{text!r} was never logged")


def test_what_ignores_sigterm_and_forks_away_is_killed_whole(runner, tmp_path):
    code = """
import os, signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        time.sleep(1000)
print('up', flush=True)
time.sleep(1000)
"""
    mark = f"mark{os.getpid()}"
    member = Member("algo-1", [sys.executable, "-c", code, mark], SMALL)
    runner.start(Group("T/1/stubborn", [member], max_seconds=0.7, grace=0.3))
    state = wait(runner, "T/1/stubborn", seconds=8)
    assert (state.members[0].exit_code, state.members[0].reason) == (137, "timeout")
    time.sleep(0.2)
    if not launch.isolation(tmp_path / "var" / "lib"):
        left = subprocess.run(["pgrep", "-f", mark], capture_output=True, text=True, check=False).stdout
        assert left == ""


def test_groups_queue_until_they_fit(tmp_path):
    runner = make(tmp_path, cores=1.0)
    try:
        long = python("import time; time.sleep(0.7)", resources=Resources(1.0, MIB * 256))
        runner.start(Group("T/1/first", [long]))
        runner.start(Group("T/1/second", [long]))
        state = runner.poll("T/1/second")
        assert state.phase == "waiting" and "first" in state.reason
        assert runner.machine().waiting == ["T/1/second"]
        first, second = wait(runner, "T/1/first"), wait(runner, "T/1/second")
        assert second.members[0].started >= first.members[0].ended - 0.05
    finally:
        for handle in runner.handles():
            runner.remove(handle)
        runner.close()


def test_a_waiting_group_that_is_stopped_never_runs(tmp_path):
    runner = make(tmp_path, cores=1.0)
    try:
        runner.start(Group("T/1/long", [python("import time; time.sleep(30)", resources=Resources(1.0, MIB))]))
        runner.start(Group("T/1/next", [python("print('ran')", resources=Resources(1.0, MIB))]))
        runner.stop("T/1/next")
        state = runner.poll("T/1/next")
        assert (state.phase, state.members[0].reason) == ("exited", "stopped")
        assert not state.members[0].log.exists()
    finally:
        for handle in runner.handles():
            runner.remove(handle)
        runner.close()


def test_a_new_runner_finds_what_the_old_one_started(tmp_path):
    first = make(tmp_path)
    first.start(Group("T/1/lives", [python("import time; print('a', flush=True); time.sleep(1.2); print('b')")]))
    until_logged(first, "T/1/lives", "a")
    first.close()
    second = make(tmp_path)
    heard = []
    second.watch(heard.append)
    try:
        assert second.poll("T/1/lives").phase == "running"
        state = wait(second, "T/1/lives")
        assert lines(state) == ["a", "b"] and state.members[0].exit_code == 0
        time.sleep(0.1)
        assert "T/1/lives" in heard
    finally:
        second.remove("T/1/lives")
        second.close()
    assert not list((tmp_path / "runs").iterdir())


def test_a_job_killed_with_its_shim_is_said_to_be_lost(runner):
    runner.start(Group("T/1/lost", [python("import time; print('up', flush=True); time.sleep(60)")]))
    until_logged(runner, "T/1/lost", "up")
    os.kill(runner.poll("T/1/lost").members[0].pid, 9)
    member = wait(runner, "T/1/lost").members[0]
    assert member.reason == "lost"


def test_changes_are_heard_at_once(runner):
    heard = []
    runner.watch(lambda handle: heard.append(time.time()))
    runner.start(Group("T/1/quick", [python("print(1)")]))
    state = wait(runner, "T/1/quick")
    time.sleep(0.1)
    assert min(abs(when - state.members[0].ended) for when in heard) < 0.1


def test_a_program_that_is_not_there(runner):
    runner.start(Group("T/1/none", [Member("algo-1", ["no-such-program"], SMALL)]))
    state = wait(runner, "T/1/none")
    assert state.members[0].exit_code == 127
    assert "no-such-program" in lines(state)[0]


def test_carriage_returns_bytes_and_long_lines(runner):
    code = "import sys; o = sys.stdout.buffer; o.write(b'10%\\r20%\\r\\n\\xff\\xfe\\n' + b'x' * 600000 + b'\\nlast'); o.flush()"
    runner.start(Group("T/1/odd", [python(code)]))
    log = wait(runner, "T/1/odd").members[0].log.read_bytes()
    texts = [line.partition(b"\t")[2] for line in log.splitlines()]
    assert texts[:3] == [b"10%", b"20%", b"\xff\xfe"]
    assert sum(len(text) for text in texts[3:-1]) == 600000 and texts[-1] == b"last"


def test_a_network_of_its_own(runner, tmp_path):
    if launch.isolation(tmp_path / "var" / "lib"):
        pytest.skip("this machine permits no namespaces")
    code = (
        "import socket; s = socket.create_server(('127.0.0.1', 0)); print(sorted(n for _, n in socket.if_nameindex()))"
    )
    runner.start(Group("T/1/alone", [python(code)], network="none"))
    assert lines(wait(runner, "T/1/alone")) == ["['lo']"]


def test_a_warm_start_runs_the_file_as_main(runner, tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        "import os, sys, json\nprint(__name__, sys.argv[1:], os.environ['COLOUR'], 'json' in sys.modules)\n"
    )
    script = Path(sys.prefix) / "studiolo-warm-test.py"
    script.write_text("import os, sys\nprint(__name__, sys.argv[1:], os.environ['COLOUR'], 'decimal' in sys.modules)\n")
    prefix = Path(sys.prefix)
    member = Member("algo-1", ["python", str(script), "x"], SMALL, {"COLOUR": "red"})
    try:
        outputs = []
        for turn in range(2):
            group = Group(f"T/1/warm{turn}", [member], environment=prefix, warm=["decimal"])
            runner.start(group)
            outputs.append(lines(wait(runner, group.handle)))
            time.sleep(1.0)
        assert outputs[1] == ["__main__ ['x'] red True"], outputs
    finally:
        script.unlink()


def test_what_is_kept_warm_starts_warm_the_first_time(runner):
    script = Path(sys.prefix) / "studiolo-kept-test.py"
    script.write_text("import sys\nprint('fractions' in sys.modules)\n")
    prefix = Path(sys.prefix)
    sockets = runner._lib.parent
    try:
        deadline = time.monotonic() + 20
        while not list(sockets.glob("z????????")):
            runner.warm(prefix, ["fractions"])
            assert time.monotonic() < deadline
            time.sleep(0.05)
        runner.warm(prefix, ["fractions"])
        runner.warm(None, [])
        group = Group("T/1/kept", [Member("algo-1", ["python", str(script)], SMALL)], prefix, ["fractions"])
        runner.start(group)
        assert lines(wait(runner, group.handle)) == ["True"]
    finally:
        script.unlink()


def test_a_job_as_large_as_the_machine_runs_beside_a_serving_instance(tmp_path):
    runner = make(tmp_path, cores=2.0)
    try:
        serving = python("import time; time.sleep(60)", resources=Resources(2.0, 1024 * MIB))
        runner.start(Group("Endpoint/1/e/1-A-0", [serving], share=0.1))
        runner.start(Group("T/1/huge", [python("print('ran')", resources=Resources(96.0, 2**40))]))
        state = wait(runner, "T/1/huge")
        assert lines(state) == ["ran"]
        assert "smaller than what was asked for" in state.clamped
    finally:
        for handle in runner.handles():
            runner.remove(handle)
        runner.close()


def test_what_is_given_back_is_gone_at_once_and_swept_away_later(tmp_path):
    runner = make(tmp_path)
    runner.start(Group("T/1/back", [python("print('ran')")]))
    wait(runner, "T/1/back")
    folder = runner.folder("T/1/back")
    told = []
    runner.watch(told.append)
    runner.remove("T/1/back")
    runner.remove("T/1/back")
    assert told == ["T/1/back"]
    assert not folder.exists() and not runner.has_folder("T/1/back")
    pile = tmp_path / "runs-given-back"
    runner.close()
    assert not list(pile.iterdir())
    # What a killed server leaves there, the next one sweeps.
    (pile / "left" / "work").mkdir(parents=True)
    (pile / "left" / "work").chmod(0)
    make(tmp_path).close()
    assert not list(pile.iterdir())
