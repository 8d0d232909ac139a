"""Deletes the folders of groups that were given back, a little later and many at once. A group's end is on the way to the
start of the next one, and taking a dozen folders apart is most of the work of an end; `rm` does it outside this process.

Called by the runner. What a killed server left is swept by the next one.
"""

import contextlib
import os
import shutil
import subprocess
import threading
import uuid
from pathlib import Path

PAUSE = 0.5
"""Seconds in which folders come together."""


class Broom:
    def __init__(self, pile: Path) -> None:
        """pile: a folder beside the groups', on the same disk."""
        pile.mkdir(mode=0o700, exist_ok=True)
        self._pile = pile
        self._wake = threading.Event()
        self._closed = threading.Event()
        if any(pile.iterdir()):
            self._wake.set()
        self._thread = threading.Thread(target=self._run, name="broom", daemon=True)
        self._thread.start()

    def take(self, folder: Path) -> bool:
        """Gone from its place when this returns; a crash half-way leaves nothing that could be taken for a group.
        Whether there was anything."""
        try:
            folder.rename(self._pile / uuid.uuid4().hex)
        except FileNotFoundError:
            return False
        self._wake.set()
        return True

    def _run(self) -> None:
        while True:
            self._wake.wait()
            self._wake.clear()
            closing = self._closed.wait(PAUSE)
            self._sweep()
            if closing:
                return

    def _sweep(self) -> None:
        places = [str(place) for place in self._pile.iterdir()]
        if not places:
            return
        with contextlib.suppress(OSError, subprocess.SubprocessError):
            words = ["rm", "-rf", "--", *places]
            subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, check=False)
        for place in places:
            # What `rm` may not enter, or where there is none.
            if os.path.lexists(place):
                shutil.rmtree(place, onerror=_force)

    def close(self) -> None:
        """After a last sweep."""
        self._closed.set()
        self._wake.set()
        self._thread.join(5)


def _force(function: object, path: str, error: object) -> None:
    """Overlay's work folder has no permissions at all; everything here is ours to remove."""
    with contextlib.suppress(OSError):
        Path(path).parent.chmod(0o700)
        Path(path).chmod(0o700)
        if callable(function):
            function(path)
