"""A real `serve` process on a folder of the test's own, asked by raw HTTP on its socket."""

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

import studiolo

MAIN = Path(studiolo.__file__).parent / "workloads" / "serving" / "main.py"


class Link:
    """One connection to the instance."""

    def __init__(self, folder: Path) -> None:
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(20)
        fd = os.open(folder, os.O_PATH)
        try:
            self.socket.connect(f"/proc/self/fd/{fd}/w.sock")
        finally:
            os.close(fd)
        self.rest = b""

    def send(self, body: bytes = b"", path: str = "/invocations", method: str = "POST", **headers: str) -> None:
        lines = [f"{method} {path} HTTP/1.1", f"content-length: {len(body)}"]
        headers.setdefault("content_type", "text/plain")
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        self.socket.sendall("\r\n".join((*lines, "", "")).encode() + body)

    def answer(self) -> tuple[int, bytes]:
        """Raises ConnectionError where there is none."""
        while b"\r\n\r\n" not in self.rest:
            self._more()
        head, _, self.rest = self.rest.partition(b"\r\n\r\n")
        status = int(head.split()[1])
        if b"chunked" in head:
            return status, self._chunks()
        length = int(re.search(rb"content-length: (\d+)", head)[1])
        while len(self.rest) < length:
            self._more()
        body, self.rest = self.rest[:length], self.rest[length:]
        return status, body

    def _more(self) -> None:
        data = self.socket.recv(1 << 16)
        if not data:
            raise ConnectionError
        self.rest += data

    def _chunks(self) -> bytes:
        body = b""
        while True:
            while b"\r\n" not in self.rest:
                self._more()
            size, _, self.rest = self.rest.partition(b"\r\n")
            while len(self.rest) < int(size, 16) + 2:
                self._more()
            if not int(size, 16):
                return body
            body += self.rest[: int(size, 16)]
            self.rest = self.rest[int(size, 16) + 2 :]

    def ask(self, body: bytes = b"", path: str = "/invocations", method: str = "POST", **headers: str) -> Any:
        self.send(body, path, method, **headers)
        return self.answer()


class Instance:
    def __init__(self, root: Path) -> None:
        self.root = root
        for name in ("model", "models", "code", "run"):
            (root / name).mkdir(parents=True, exist_ok=True)
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def run(self) -> Path:
        return self.root / "run"

    @property
    def log(self) -> str:
        return (self.root / "log").read_text()

    def code(self, script: str, place: str = "model") -> None:
        (self.root / place).mkdir(parents=True, exist_ok=True)
        (self.root / place / "inference.py").write_text(script)

    def models(self, scripts: Mapping[str, str]) -> None:
        """Of a multi-model instance: id -> its inference.py."""
        for name, script in scripts.items():
            self.code(script, f"models/{name}")

    def start(self, workers: int = 1, wait: bool = True, **env: str) -> "Instance":
        variables = {**os.environ, "STUDIOLO_ML_ROOT": str(self.root), "SAGEMAKER_MODEL_SERVER_WORKERS": str(workers)}
        with (self.root / "log").open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, MAIN, "serve"], env={**variables, **env}, stdout=log, stderr=log, cwd=self.root
            )
        if wait:
            self.until(lambda: (self.run / "ready").exists() or self.process.poll() is not None)
            assert (self.run / "ready").exists(), self.log
        return self

    def until(self, condition: Any, seconds: float = 20) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, self.log
            time.sleep(0.01)

    def link(self) -> Link:
        return Link(self.run)

    def ask(self, body: bytes = b"", path: str = "/invocations", method: str = "POST", **headers: str) -> Any:
        return self.link().ask(body, path, method, **headers)

    def json(self, document: Any, **more: Any) -> Any:
        status, body = self.ask(json.dumps(document).encode(), **more)
        return status, json.loads(body)

    def workers(self) -> list[int]:
        assert self.process
        pid = self.process.pid
        return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]

    def stop(self) -> int:
        assert self.process
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(20)

    def kill(self) -> None:
        if self.process and self.process.poll() is None:
            for pid in (*self.workers(), self.process.pid):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            self.process.wait(10)


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[Instance]:
    it = Instance(tmp_path)
    yield it
    it.kill()
