"""What a package's build sees, and that it ends with the studio."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from studiolo.run.local import launch
from studiolo.run.local.environments import cell

SHELL = "/bin/sh"


@pytest.fixture
def home(tmp_path):
    folder = tmp_path / "home"
    (folder / "environments" / "mine").mkdir(parents=True)
    (folder / "environments" / "other").mkdir()
    (folder / "records.db").write_text("secret")
    (folder / "environments" / "lock.txt").write_text("numpy")
    return folder


def test_a_build_sees_of_the_home_what_it_is_shown(home, monkeypatch):
    monkeypatch.setenv("STUDIOLO_OIDC_CLIENT_SECRET", "secret")
    lock, mine = home / "environments" / "lock.txt", home / "environments" / "mine"
    script = (
        f"ls -A {home}; ls -A {home}/environments; cat {lock}; echo built > {mine}/x; echo bad > {lock}; env; ls /proc"
    )
    said = cell.Cells().run([SHELL, "-c", f"({script}) 2>&1"], 20, [home / "environments", home], [lock], [mine])
    if launch.isolation(launch.PACKAGE.parent):
        pytest.skip("this machine has no namespaces")
    assert "secret" not in said
    assert "records.db" not in said
    assert "other" not in said
    assert "numpy" in said
    assert "Read-only" in said
    assert (mine / "x").read_text() == "built\n"
    assert lock.read_text() == "numpy"
    assert str(os.getpid()) not in said.split(), "nor the studio's processes"


def test_how_it_ended_is_told():
    with pytest.raises(subprocess.CalledProcessError) as ended:
        cell.Cells().run([SHELL, "-c", "echo why >&2; exit 3"], 20)
    assert (ended.value.returncode, ended.value.stderr) == (3, "why\n")
    with pytest.raises(subprocess.TimeoutExpired):
        cell.Cells().run(["/bin/sleep", "30"], 0.3)


def test_a_studio_that_stops_waits_for_nobody():
    cells, raised = cell.Cells(), []

    def run():
        try:
            cells.run(["/bin/sleep", "30"], 60)
        except cell.Closed:
            raised.append(True)

    thread = threading.Thread(target=run)
    thread.start()
    time.sleep(0.3)
    began = time.monotonic()
    cells.close()
    thread.join(10)
    assert raised == [True]
    assert time.monotonic() - began < 5
    with pytest.raises(cell.Closed):
        cells.run(["/bin/true"], 5)


@pytest.mark.parametrize("isolated", [False, True])
def test_a_killed_studio_takes_its_builds_along(tmp_path, isolated):
    mark = tmp_path / "alive"
    code = (
        "import json, sys; from pathlib import Path; from studiolo.run.local.environments.cell import Cells;"
        "line, hide, write = json.loads(sys.argv[1]); Cells().run(line, 60, [Path(one) for one in hide], [], [Path(write)])"
    )
    (hidden := tmp_path / "hidden").mkdir()
    line = [SHELL, "-c", f"while true; do date +%s%N > {mark}; sleep 0.05; done"]
    asked = json.dumps([line, [str(hidden)] if isolated else [], str(tmp_path)])
    process = subprocess.Popen([sys.executable, "-c", code, asked])
    deadline = time.monotonic() + 20
    while not mark.exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    time.sleep(0.3)
    last = mark.read_text()
    time.sleep(0.3)
    assert mark.read_text() == last
    assert Path(mark).exists()
