"""The teams' own images: each version is a lock that never changes, under an address in a registry that bears the project's id.

They lie below the environments' folder as own/<account>/<repository>/<tag>/, so that a server that is started again, or whose
catalogue has changed meanwhile, serves exactly what was built. What is dropped moves to dropped/ in one step, and lies there until
sweeping.py has taken away what was built of it.
"""

import contextlib
import json
import os
import re
import uuid
from pathlib import Path

from studiolo.run.local.environments.catalog import Image
from studiolo.run.local.environments.exclusive import exclusive
from studiolo.run.protocol import Lock

_ADDRESS = re.compile(r"(\d{12})\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com/([A-Za-z0-9][A-Za-z0-9.-]*):([A-Za-z0-9.-]+)$")
BASE = ("boto3", "httptools", "joblib", "numpy", "orjson", "pandas", "pip", "requests", "scipy", "setuptools")
"""What training and serving lean on, whatever the team's own file says; their versions are its to choose."""
FRAMEWORKS = {
    "catboost": "catboost", "lightgbm": "lightgbm", "xgboost": "xgboost", "xgboost-cpu": "xgboost", "torch": "pytorch",
    "onnxruntime": "onnx", "scikit-learn": "sklearn",
}  # fmt: skip
"""By package; the first that is there says which defaults training and serving use."""
WARM = {
    "numpy": "numpy", "pandas": "pandas", "joblib": "joblib", "scikit-learn": "sklearn.ensemble", "xgboost": "xgboost",
    "xgboost-cpu": "xgboost", "lightgbm": "lightgbm", "catboost": "catboost", "torch": "torch",
    "onnxruntime": "onnxruntime",
}  # fmt: skip
"""Modules that a fork server imports once, by package."""


def packages(lock: str) -> dict[str, str]:
    """Name -> version."""
    found = (re.match(r"([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;\\]+)", line) for line in lock.splitlines())
    return {one[1].lower().replace("_", "-"): one[2] for one in found if one}


def described(lock: str) -> Lock:
    there = packages(lock)
    framework = next((word for package, word in FRAMEWORKS.items() if package in there), "python")
    warm = dict.fromkeys(module for package, module in WARM.items() if package in there)
    return Lock(lock, framework, tuple(warm))


class OwnImages:
    def __init__(self, root: Path) -> None:
        """root: the environments' folder."""
        self._root = root / "own"
        self._dropped = root / "dropped"
        self._lock = root / "own.lock"

    def changing(self) -> contextlib.AbstractContextManager[bool]:
        """Who holds it knows that no address is kept or dropped meanwhile."""
        return exclusive(self._lock)

    def _folder(self, uri: str) -> Path | None:
        match = _ADDRESS.match(uri)
        return self._root.joinpath(*match.groups()) if match else None

    def _kept(self, uri: str) -> Path | None:
        folder = self._folder(uri)
        return folder if folder is not None and (folder / "image.json").exists() else None

    def entries(self, uri: str | None = None) -> list[Path]:
        """What was dropped and is not swept yet, the oldest first; of one address, or of all."""
        match = _ADDRESS.match(uri) if uri else None
        if uri is not None and match is None:
            return []
        found = self._dropped.glob(f"{_entry(*match.groups())}~*" if match else "*~*~*~*")
        return sorted(found, key=lambda one: (since(one), one.name))

    def _place(self, uri: str) -> Path | None:
        """What was dropped is found until it is swept: what runs from it may have to be started again."""
        return self._kept(uri) or next(reversed(self.entries(uri)), None)

    def owner(self, uri: str) -> str | None:
        match = _ADDRESS.match(uri)
        return match[1] if match and self._place(uri) is not None else None

    def gone(self, uri: str) -> bool:
        return self._kept(uri) is None and bool(self.entries(uri))

    def keep(self, uri: str, lock: Lock) -> None:
        folder = self._folder(uri)
        if folder is None:
            raise ValueError(uri)
        with self.changing():
            folder.mkdir(parents=True, exist_ok=True)
            if (folder / "image.json").exists():
                return
            (folder / "lock.txt").write_text(lock.text)
            new = folder / f"image.{os.getpid()}.new"
            new.write_text(json.dumps({"framework": lock.framework, "warm": list(lock.warm)}))
            new.replace(folder / "image.json")

    def drop(self, uri: str) -> None:
        match, folder = _ADDRESS.match(uri), self._folder(uri)
        if match is None or folder is None:
            return
        with self.changing(), contextlib.suppress(FileNotFoundError):
            self._dropped.mkdir(exist_ok=True)
            # The time of the folder is that of its dropping.
            os.utime(folder)
            folder.rename(self._dropped / f"{_entry(*match.groups())}~{uuid.uuid4().hex[:8]}")
            with contextlib.suppress(OSError):
                folder.parent.rmdir()

    def find(self, uri: str) -> Image | None:
        place = self._place(uri)
        return read(place, uri) if place is not None else None

    def like(self, name: str) -> list[Image]:
        """Those that are kept and bear that name, of any project: what was made of them may lie in the same folders."""
        found: list[Image] = []
        for place in self._root.glob("*/*/*"):
            account, repository, tag = place.parts[-3:]
            if f"{repository}-{tag}" == name:
                found += [one for one in [read(place, address(account, repository, tag))] if one is not None]
        return found


def _entry(account: str, repository: str, tag: str) -> str:
    return f"{account}~{repository}~{tag}"


def address(account: str, repository: str, tag: str) -> str:
    return f"{account}.dkr.ecr.us-east-1.amazonaws.com/{repository}:{tag}"


def address_of(entry: Path) -> str:
    """Of what was dropped."""
    account, repository, tag, _ = entry.name.split("~")
    return address(account, repository, tag)


def since(entry: Path) -> float:
    """When it was dropped."""
    try:
        return entry.stat().st_mtime
    except FileNotFoundError:
        # Swept just now.
        return 0.0


def read(place: Path, uri: str) -> Image | None:
    match, lock = _ADDRESS.match(uri), place / "lock.txt"
    try:
        known = json.loads((place / "image.json").read_text())
        text = lock.read_text()
    except FileNotFoundError:
        return None
    if match is None:
        return None
    account, name, tag = match.groups()
    return Image(
        f"{name}-{tag}", known["framework"], tag, [name], tag, uri, [account, *text.splitlines()], known["warm"], lock=lock
    )  # fmt: skip
