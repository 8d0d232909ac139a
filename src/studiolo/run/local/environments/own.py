"""The teams' own images: each version is a lock that never changes, under an address in a registry that bears the project's id.

They lie below the environments' folder as own/<account>/<repository>/<tag>/, so that a server that is started again, or whose
catalogue has changed meanwhile, serves exactly what was built.
"""

import json
import os
import re
from pathlib import Path

from studiolo.run.local.environments.catalog import Image
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
        self._root = root

    def _folder(self, uri: str) -> Path | None:
        match = _ADDRESS.match(uri)
        return self._root.joinpath(*match.groups()) if match else None

    def owner(self, uri: str) -> str | None:
        folder = self._folder(uri)
        return folder.parts[-3] if folder is not None and (folder / "image.json").exists() else None

    def keep(self, uri: str, lock: Lock) -> None:
        folder = self._folder(uri)
        if folder is None:
            raise ValueError(uri)
        folder.mkdir(parents=True, exist_ok=True)
        if (folder / "image.json").exists():
            return
        (folder / "lock.txt").write_text(lock.text)
        new = folder / f"image.{os.getpid()}.new"
        new.write_text(json.dumps({"framework": lock.framework, "warm": list(lock.warm)}))
        new.replace(folder / "image.json")

    def drop(self, uri: str) -> None:
        folder = self._folder(uri)
        for name in ("image.json", "lock.txt"):
            if folder is not None:
                (folder / name).unlink(missing_ok=True)

    def find(self, uri: str) -> Image | None:
        folder = self._folder(uri)
        if folder is None:
            return None
        try:
            known = json.loads((folder / "image.json").read_text())
        except FileNotFoundError:
            return None
        lock = folder / "lock.txt"
        account, name, tag = folder.parts[-3:]
        return Image(
            f"{name}-{tag}", known["framework"], tag, [name], tag, uri, [account, *lock.read_text().splitlines()], known["warm"],
            lock=lock,
        )  # fmt: skip
