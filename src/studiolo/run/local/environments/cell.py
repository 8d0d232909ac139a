"""Where uv runs: it ends with the studio, knows nothing of the studio's variables, and what a package runs while it is built or asked
for its dependencies sees neither the studio's home nor its processes, as a job doesn't.

Used by local.py; inside.py is the process between. Where the machine has no namespaces (studiolo doctor tells) a build sees what a
job sees there.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

from studiolo.run.local import launch

_CODE = "import sys; sys.path.insert(0, sys.argv[1]); from studiolo.run.local.environments.inside import main; main(sys.argv[2])"
_PASSED = ("PATH", "HOME", "LANG", "USER", "TMPDIR", "NETRC", "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE")
_PREFIXES = ("LC_", "UV_", "XDG_CACHE_", "XDG_DATA_", "CUDA_")
_PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
Line = list[str]


def variables(environ: Mapping[str, str]) -> dict[str, str]:
    """What uv and a build may know: how this machine reaches packages, and no secret of the studio's."""
    return {
        name: value
        for name, value in environ.items()
        if name in _PASSED or name.startswith(_PREFIXES) or name.lower() in _PROXIES
    }


class Closed(Exception):
    """The studio is being stopped; the next one does it anew."""


class Cells:
    """All that run now, so that a studio that stops does not wait for them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: set[subprocess.Popen[str]] = set()
        self._closed = False

    def close(self) -> None:
        with self._lock:
            self._closed = True
            for process in self._running:
                process.kill()

    def run(
        self,
        line: Line,
        seconds: float,
        hide: Sequence[Path] = (),
        show: Sequence[Path] = (),
        write: Sequence[Path] = (),
    ) -> str:
        """What it printed. hide: folders it must not see, show: what of them it reads, write: what of them it changes; with no
        `hide` it sees everything. Raises Closed, and what subprocess.run raises."""
        package = launch.PACKAGE.parent
        isolate = bool(hide) and not launch.isolation(package)
        scratch = tempfile.mkdtemp(prefix="studiolo-build-") if isolate else ""
        spec = {
            "parent": os.getpid(),
            "argv": line,
            "env": variables(os.environ),
            "isolate": isolate,
            "scratch": scratch,
            "hide": [str(one.resolve()) for one in hide],
            "show": [
                str(Path(one).resolve()) for one in (*launch.interpreter_homes(None), Path(line[0]).parent, *show)
            ],
            "write": [str(one.resolve()) for one in write],
        }
        words = [sys.executable, "-I", "-S", "-c", _CODE, str(package), json.dumps(spec)]
        try:
            return self._ended(words, seconds)
        finally:
            if scratch:
                shutil.rmtree(scratch, ignore_errors=True)

    def _ended(self, words: Line, seconds: float) -> str:
        with self._lock:
            if self._closed:
                raise Closed
            process = subprocess.Popen(
                words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace"
            )  # fmt: skip
            self._running.add(process)
        try:
            out, err = process.communicate(timeout=seconds)
        except BaseException:
            process.kill()
            process.communicate()
            raise
        finally:
            with self._lock:
                self._running.discard(process)
        if self._closed:
            raise Closed
        if process.returncode:
            raise subprocess.CalledProcessError(process.returncode, words, out, err)
        return out
