"""The Code Editor of a space: VS Code's server on the app's Unix socket, and the watch over whether anybody uses it.

VS Code tells nobody when it was last used. So there is a file whose time of change says it: an extension of our own touches it
while somebody writes, looks around or debugs (activity/extension.js), and this process while a terminal takes or prints text
or what runs in it computes. The studio looks at the file's time to stop what is idle.
"""

import contextlib
import json
import os
import signal
import subprocess
import threading
import time

LOOK = 10.0
"""Seconds between two looks at the terminals."""
COMPUTES = 0.05
"""Of a processor: more than what a prompt or a clock in a terminal takes."""
SETTINGS = {
    "chat.disableAIFeatures": True,
    "security.workspace.trust.enabled": False,
    "terminal.integrated.defaultProfile.linux": "bash",
    "workbench.startupEditor": "none",
}
"""To begin with; a person's own settings go before them. The AI features want a vendor's account."""


def data(home: str) -> str:
    """Where AWS keeps it, too."""
    return f"{home}/sagemaker-code-editor-server-data"


def command(place: str, socket: str, base: str, home: str) -> list[str]:
    return [
        f"{place}/node", f"{place}/out/server-main.js", "--socket-path", socket, "--server-base-path", base.rstrip("/"),
        # The socket is the door, and only the studio's proxy reaches it.
        "--without-connection-token", "--accept-server-license-terms", "--telemetry-level", "off", "--disable-telemetry",
        "--disable-workspace-trust", "--force-disable-user-env", "--server-data-dir", data(home), "--default-folder", home,
    ]  # fmt: skip


def settle(home: str, user: str) -> None:
    """First settings, where there are none."""
    path = f"{data(home)}/data/Machine/settings.json"
    if os.path.exists(path):
        return
    os.makedirs(os.path.dirname(path), exist_ok=True)
    title = f"${{dirty}}${{activeEditorShort}}${{separator}}{os.environ.get('SAGEMAKER_SPACE_NAME', '')}${{separator}}{user}"
    with open(path, "w") as file:
        json.dump({"window.title": title, **SETTINGS}, file, indent=1)


def terminals(proc: str = "/proc") -> tuple[float, float]:
    """(when a terminal last took or printed text, seconds of processor that what runs in terminals has had)."""
    last, computed, ticks = 0.0, 0.0, os.sysconf("SC_CLK_TCK")
    for pid in os.listdir(proc):
        if not pid.isdigit():
            continue
        with contextlib.suppress(OSError, ValueError, IndexError):
            with open(f"{proc}/{pid}/stat", "rb") as file:
                fields = file.read().rpartition(b")")[2].split()
            if fields[4] == b"0":
                continue
            computed += (int(fields[11]) + int(fields[12])) / ticks
            path = os.readlink(f"{proc}/{pid}/fd/0")
            if path.startswith("/dev/pts/"):
                found = os.stat(path)
                last = max(last, found.st_mtime, found.st_atime)
    return last, computed


def watch(activity: str) -> None:
    _, before = terminals()
    while True:
        time.sleep(LOOK)
        last, computed = terminals()
        if computed - before > COMPUTES * LOOK:
            last = time.time()
        before = computed
        with contextlib.suppress(OSError):
            if last > os.stat(activity).st_mtime:
                os.utime(activity, (last, last))


def run(ml: str, base: str, home: str) -> int:
    """Until VS Code ends; its exit code."""
    activity = f"{ml}/run/activity"
    with open(activity, "w"):
        pass
    place, user = os.environ["STUDIOLO_EDITOR"], os.environ.get("STUDIOLO_USER", "")
    settle(home, user)
    env = {**os.environ, "STUDIOLO_ACTIVITY": activity}
    server = subprocess.Popen(command(place, f"{ml}/run/app.sock", base, home), env=env, cwd=home)
    signal.signal(signal.SIGTERM, lambda number, frame: server.terminate())
    threading.Thread(target=watch, args=(activity,), daemon=True).start()
    code = server.wait()
    return 0 if code == -signal.SIGTERM else 128 - code if code < 0 else code
