"""Where the locks and the folders of an environment lie: computed of what it is made from, so that nothing needs to be noted.

<root>/locks/<name>-<hash>.txt   what was chosen, beside .in and .own.txt (a job's requirements) it was chosen for
<root>/<name>-<hash>/            the environment; complete once it bears the mark `complete`
"""

import hashlib
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from studiolo.run.local.environments.catalog import Image

FORMAT = "1"
OWN = ".own.txt"


def _key(*parts: str) -> str:
    return hashlib.sha256("\0".join((FORMAT, sys.version.split()[0], *parts)).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Made:
    """All that was ever made of one image."""

    locks: frozenset[Path]
    """Below locks/; a team's own lock is not among them."""
    prefixes: frozenset[Path]


class Places:
    def __init__(self, root: Path) -> None:
        self._root = root

    def lock_file(self, image: Image, requirements: str | None) -> Path:
        own = requirements.strip() if requirements else ""
        if image.lock is not None and not own:
            return image.lock
        key = _key(*image.requirements, *(f"-{one}" for one in image.without), "|", own)
        return self._root / "locks" / f"{image.name}-{key}.txt"

    def prefix(self, image: Image, lock: str) -> Path:
        npm: Mapping[str, str] = image.npm
        return self._root / f"{image.name}-{_key(lock, *npm.values())}"

    def builder(self, prefix: Path) -> Path:
        """Held by who builds it, or takes it away."""
        return self._root / f"{prefix.name}.lock"

    def made(self, image: Image) -> Made:
        base = self.lock_file(image, None)
        locks = {base} if base.exists() else set[Path]()
        for own in (self._root / "locks").glob(f"{image.name}-*{OWN}"):
            lock = own.with_name(own.name.removesuffix(OWN) + ".txt")
            try:
                if self.lock_file(image, own.read_text()) == lock:
                    locks.add(lock)
            except (OSError, UnicodeDecodeError):
                continue
        prefixes = {self.prefix(image, one.read_text()) for one in locks if one.exists()}
        return Made(frozenset(locks - {image.lock}), frozenset(prefixes))
