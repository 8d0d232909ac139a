"""Many models in one instance: loaded on first use, the longest unused dropped when memory runs short.

The contract of AWS's multi-model containers: GET /models lists, DELETE /models/<id> unloads, POST /models/<id>/invoke
predicts (and loads); a model's files lie in /opt/ml/models/<id>. Each model belongs to one worker (`owner`), so
nothing is held twice; what is loaded is marked by a file a model, for the listing.
"""

import contextlib
import gc
import json
import os
import shutil
import sys
import traceback
import zlib
from collections import OrderedDict
from collections.abc import Generator
from pathlib import Path
from types import ModuleType
from typing import Any

from studiolo.workloads.serving import memory
from studiolo.workloads.serving.handler import Answer, Handler

FRACTION = 0.8
"""Of the instance's memory, what models and the workers that hold them may take."""
JSON = "application/json"


def owner(id: bytes, workers: int) -> int:
    """The worker that holds a model."""
    return zlib.crc32(id) % workers


def model_of(path: bytes) -> bytes:
    """The id in /models/<id>…; empty where there is none."""
    words = path.split(b"/")
    return words[2] if len(words) > 2 and words[1] == b"models" else b""


class _Model:
    """A handler and the modules of its own code, which are there while it works and hidden while others do."""

    def __init__(self, root: Path, folder: Path) -> None:
        self.size = 0
        self.fresh = True
        """Memory it takes at its first prediction is counted as its own, too."""
        self._modules: dict[str, ModuleType] = {}
        self._path: list[str] = []
        self._home = ""
        self._within = (str(folder) + os.sep, str(root / "code") + os.sep)
        with self._at_home():
            self.handler = Handler(root, folder)

    @contextlib.contextmanager
    def _at_home(self) -> Generator[None]:
        path, here = list(sys.path), os.getcwd()
        covered = {name: sys.modules.pop(name) for name in self._modules if name in sys.modules}
        before = set(sys.modules)
        sys.modules.update(self._modules)
        sys.path[:0] = self._path
        if self._home:
            os.chdir(self._home)
        try:
            yield
        finally:
            for name in set(sys.modules) - before:
                file = getattr(sys.modules[name], "__file__", None) or ""
                if file.startswith(self._within):
                    self._modules[name] = sys.modules.pop(name)
            sys.modules.update(covered)
            self._path = [one for one in sys.path if one not in path]
            self._home = os.getcwd() if self._path else ""
            sys.path[:] = path
            os.chdir(here)

    @contextlib.contextmanager
    def working(self) -> Generator[Handler]:
        if not self._modules:
            yield self.handler
            return
        with self._at_home():
            yield self.handler


def _json(status: int, document: Any) -> Answer:
    return status, JSON, json.dumps(document).encode()


def _refused(status: int, message: str) -> Answer:
    return status, "text/plain; charset=utf-8", message.encode()


class Models:
    def __init__(self, root: Path, slot: int, workers: int, budget: int) -> None:
        """budget: bytes that this worker's models may add to it."""
        self._root, self._folder = root, root / "models"
        self._marks = root / "run" / "loaded"
        self._mine = self._marks / str(slot)
        shutil.rmtree(self._mine, ignore_errors=True)
        self._mine.mkdir(parents=True)
        self._budget = budget
        self._workers = workers
        self._base = memory.own()
        self._held: OrderedDict[str, _Model] = OrderedDict()
        self._known: dict[str, int] = {}
        """How large models were when they were last here, in bytes."""

    def route(self, method: bytes, path: bytes) -> Answer:
        """Everything but invocations."""
        id = model_of(path).decode("latin-1")
        if not id:
            return self._list() if method == b"GET" else _refused(404, "Models are loaded when they are first asked.")
        if method == b"DELETE":
            if id not in self._held:
                return _refused(404, f"The model {id} is not loaded.")
            self._drop(id)
            return _json(200, {})
        if method == b"GET":
            return _json(200, self._about(id)) if self._marked(id) else _refused(404, f"The model {id} is not loaded.")
        return _refused(404, "There is nothing at this path.")

    def get(self, id: bytes, name: str) -> "_Model | Answer":
        """The model, loaded where it was not; the answer that says why not."""
        key = id.decode("latin-1")
        found = self._held.get(key)
        if found is not None:
            self._held.move_to_end(key)
            return found
        if key in ("", ".", "..") or not (self._folder / key).is_dir():
            return _refused(404, f"The model {name or key} is not on this instance.")
        return self._load(key, self._folder / key, name or key)

    def settle(self, model: _Model, before: int) -> None:
        """After a model's first prediction: what it took is its own; others make room."""
        model.fresh = False
        model.size += max(0, memory.own() - before)
        self._make_room()

    def _expected(self, key: str, folder: Path) -> int:
        """Bytes that a model will take: what it took before, else what the others take, and its files at least."""
        if key in self._known:
            return self._known[key]
        files = sum(one.stat().st_size for one in folder.rglob("*") if one.is_file())
        return max(files, sum(one.size for one in self._held.values()) // max(1, len(self._held)))

    def _load(self, key: str, folder: Path, name: str) -> "_Model | Answer":
        try:
            self._make_room(self._expected(key, folder))
            before = memory.own()
            model = _Model(self._root, folder)
        except MemoryError:
            return _refused(507, f"There is not memory enough for the model {name}.")
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt | GeneratorExit):
                raise
            traceback.print_exc()
            sys.stderr.flush()
            return _refused(500, f"Failed to load the model {name}: {type(error).__name__}: {error}")
        model.size = max(0, memory.own() - before)
        self._held[key] = model
        (self._mine / key).touch()
        self._make_room()
        return model

    def _make_room(self, expected: int = 0) -> None:
        """Drops what was not used for longest until the rest and what is expected (bytes) fit. What the allocator
        keeps to itself is no model's fault: at least the models that by themselves fit into half of the room stay."""
        dropped, room = False, self._budget - expected
        while len(self._held) > 1 and memory.own() - self._base > room:
            if sum(one.size for one in self._held.values()) < room / 2:
                break
            for _ in range(max(1, len(self._held) // 20)):
                if len(self._held) > 1:
                    self._drop(next(iter(self._held)))
            dropped = True
            memory.give_back()
        if dropped:
            gc.collect()

    def _drop(self, key: str) -> None:
        self._known[key] = self._held.pop(key).size
        (self._mine / key).unlink(missing_ok=True)

    def _marked(self, key: str) -> bool:
        return "/" not in key and any((one / key).exists() for one in self._marks.iterdir())

    def _about(self, key: str) -> dict[str, str]:
        return {"modelName": key, "modelUrl": str(self._folder / key)}

    def _list(self) -> Answer:
        names = sorted(name for one in self._marks.iterdir() for name in os.listdir(one))
        return _json(200, {"models": [self._about(name) for name in names]})
