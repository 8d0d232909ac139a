"""A real `studiolo up` in a process of its own, and what a user's shell knows of it after `eval "$(studiolo env)"`."""

import os
import shlex
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config as BotoConfig

STUDIOLO = Path(sys.executable).with_name("studiolo")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Studio:
    """One studio on a home of its own; it can be stopped, killed and started again on the same port."""

    home: Path
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None
    variables: Mapping[str, str] = field(default_factory=dict)
    known: dict[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def output(self) -> Path:
        return self.home.with_suffix(".log")

    def start(self) -> float:
        """Seconds until /healthz answered."""
        began = time.monotonic()
        with self.output.open("ab") as log:
            self.process = subprocess.Popen(
                [STUDIOLO, "up", "--home", self.home, "--port", str(self.port), "--no-browser"],
                stdout=log,
                stderr=subprocess.STDOUT,
                env={
                    **os.environ,
                    "STUDIOLO_STOP_GRACE_SECONDS": "3",
                    # The processors are the tests'.
                    "STUDIOLO_BYTECODE_SECONDS": "0",
                    "STUDIOLO_SWEEP_SECONDS": "1",
                    **self.variables,
                },
            )
        while time.monotonic() - began < 30:
            if self.process.poll() is not None:
                break
            try:
                with urllib.request.urlopen(f"{self.url}/healthz", timeout=1) as answer:
                    if answer.status == 200:
                        return time.monotonic() - began
            except (OSError, urllib.error.URLError):
                time.sleep(0.02)
        raise AssertionError(f"the studio did not start:\n{self.output.read_text()}")

    def kill(self) -> None:
        assert self.process
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)

    def stop(self) -> int:
        assert self.process
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(20)

    def env(self) -> dict[str, str]:
        """What a clean shell holds after evaluating `studiolo env`; asked once, since it is the same each time."""
        if self.known:
            return dict(self.known)
        lines = subprocess.run(
            [STUDIOLO, "env", "--home", self.home], check=True, capture_output=True, text=True
        ).stdout
        script = f"set -eu\nunset AWS_PROFILE\n{lines}\nenv -0"
        base = {"PATH": os.environ["PATH"], "HOME": str(self.home.parent / "user-home")}
        Path(base["HOME"]).mkdir(exist_ok=True)
        out = subprocess.run(["sh", "-c", script], check=True, capture_output=True, env=base).stdout
        self.known = dict(item.split("=", 1) for item in out.decode().split("\0") if "=" in item)
        return dict(self.known)

    def sign_in_link(self) -> str:
        """The newest one-time link that `up` printed."""
        words = shlex.split(self.output.read_text().replace("'", " "))
        return [word for word in words if "/signin?token=" in word][-1]

    def client(self, service: str, **config: Any) -> Any:
        env = self.env()
        return boto3.Session(
            aws_access_key_id=env["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=env["AWS_SECRET_ACCESS_KEY"],
            region_name=env["AWS_DEFAULT_REGION"],
        ).client(
            service,
            endpoint_url=env["AWS_ENDPOINT_URL"],
            config=BotoConfig(retries={"total_max_attempts": 1}, max_pool_connections=64, **config),
        )

    @property
    def role(self) -> str:
        return self.env()["SAGEMAKER_ROLE"]

    @property
    def account(self) -> str:
        return self.role.split(":")[4]

    @property
    def bucket(self) -> str:
        return f"sagemaker-us-east-1-{self.account}"


def end(studio: Studio) -> None:
    """Stops the studio and whatever still runs below its home, so that a failing test leaves nothing behind."""
    if studio.process and studio.process.poll() is None:
        try:
            sagemaker = studio.client("sagemaker")
            for endpoint in sagemaker.list_endpoints(MaxResults=100)["Endpoints"]:
                sagemaker.delete_endpoint(EndpointName=endpoint["EndpointName"])
            for job in sagemaker.list_training_jobs(StatusEquals="InProgress")["TrainingJobSummaries"]:
                sagemaker.stop_training_job(TrainingJobName=job["TrainingJobName"])
            for job in sagemaker.list_transform_jobs(StatusEquals="InProgress")["TransformJobSummaries"]:
                sagemaker.stop_transform_job(TransformJobName=job["TransformJobName"])
            for app in sagemaker.list_apps(MaxResults=100)["Apps"]:
                if app["Status"] in ("Pending", "InService"):
                    named = {name: app[name] for name in ("DomainId", "SpaceName", "AppType", "AppName")}
                    sagemaker.delete_app(**named)
            time.sleep(1)
        finally:
            studio.stop()
    subprocess.run(["pkill", "-KILL", "-f", str(studio.home)], check=False)


@pytest.fixture(scope="session")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    """One studio for all tests that do not stop it."""
    it = Studio(tmp_path_factory.mktemp("studio") / "home")
    it.start()
    yield it
    end(it)


@pytest.fixture
def own_studio(tmp_path: Path) -> Iterator[Studio]:
    """A studio that the test may kill."""
    it = Studio(tmp_path / "home")
    it.start()
    yield it
    end(it)
