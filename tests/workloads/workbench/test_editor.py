"""When the Code Editor was last used, as far as its terminals tell."""

import fcntl
import os
import pty
import subprocess
import termios
import time

from studiolo.workloads.workbench.editor import command, settle, terminals


def test_a_terminal_that_prints_or_computes_is_used():
    theirs, ours = pty.openpty()
    began = time.time()
    _, before = terminals()
    busy = "echo said; i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done; sleep 30"
    child = subprocess.Popen(
        ["sh", "-c", busy], stdin=ours, stdout=ours, stderr=ours, start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
    )  # fmt: skip
    try:
        os.read(theirs, 100)
        until = time.monotonic() + 20
        last, computed = terminals()
        while time.monotonic() < until and computed - before < 0.05:
            time.sleep(0.05)
            last, computed = terminals()
        # A terminal's times are kept to eight seconds.
        assert last > began - 9 and computed - before >= 0.05
    finally:
        child.kill()
        child.wait()
        os.close(theirs)
        os.close(ours)


def test_what_has_no_terminal_does_not_count(tmp_path):
    one = tmp_path / "1"
    (one / "fd").mkdir(parents=True)
    (one / "stat").write_text("1 (a (b) c) S 0 1 1 0 -1 0 0 0 0 0 500 500 0 0 20 0 1 0 0 0 0")
    (one / "fd" / "0").symlink_to("/dev/null")
    assert terminals(str(tmp_path)) == (0.0, 0.0)


def test_it_listens_on_the_socket_alone_and_keeps_a_persons_settings(tmp_path, monkeypatch):
    words = command("/editor", "/opt/ml/run/app.sock", "/spaces/1/lab/", "/home/x")
    assert words[words.index("--server-base-path") + 1] == "/spaces/1/lab" and "--port" not in words
    monkeypatch.setenv("SAGEMAKER_SPACE_NAME", "lab")
    settle(str(tmp_path), "ann")
    (path,) = tmp_path.rglob("settings.json")
    assert "lab${separator}ann" in path.read_text()
    path.write_text("{}")
    settle(str(tmp_path), "ann")
    assert path.read_text() == "{}"
