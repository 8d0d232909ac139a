"""Chains of no-op steps under other pipeline tools, each step noting the time of its first line in a file. Called by
bench/pipelines.py; each tool as its documentation sets it up on one machine, its telemetry off."""

import contextlib
import os
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

HERE = Path(__file__).parent
Environment = Callable[[str], Path]
"""A peer's name to the bin folder of its environment."""


def _quiet(folder: Path) -> dict[str, str]:
    """A user of its own, who sends nothing to anybody."""
    return {"PATH": os.environ["PATH"], "HOME": str(folder), "USER": "bench", "LANG": "C.UTF-8", "DO_NOT_TRACK": "1"}


def _run(words: list[str | Path], env: dict[str, str], folder: Path) -> None:
    done = subprocess.run(words, env=env, cwd=folder, capture_output=True, text=True, timeout=600, check=False)
    if done.returncode:
        raise RuntimeError(f"{words}: {done.stdout[-2000:]} {done.stderr[-2000:]}")


def metaflow(environment: Environment, folder: Path, times: Path, steps: int) -> None:
    python, flow = environment("metaflow") / "python", folder / "flow.py"
    env = _quiet(folder) | {"METAFLOW_DEFAULT_METADATA": "local", "METAFLOW_DEFAULT_DATASTORE": "local"}
    env |= {"USERNAME": "bench"}
    _run([python, HERE / "chain_metaflow.py", str(steps), times, flow], env, folder)
    _run([python, flow, "--quiet", "run"], env, folder)


def _dagster(start: str) -> Callable[[Environment, Path, Path, int], None]:
    def run(environment: Environment, folder: Path, times: Path, steps: int) -> None:
        (folder / "dagster.yaml").write_text("telemetry:\n  enabled: false\n")
        env = _quiet(folder) | {"DAGSTER_HOME": str(folder), "CHAIN_STEPS": str(steps), "CHAIN_TIMES": str(times)}
        env |= {"CHAIN_START": start, "DAGSTER_DISABLE_TELEMETRY": "yes"}
        words = [environment("dagster") / "dagster", "job", "execute", "-f", HERE / "chain_dagster.py", "-j", "chain"]
        _run(words, env, folder)

    return run


@contextlib.contextmanager
def _prefect_server(program: Path, env: dict[str, str], port: int) -> Iterator[None]:
    words = [program, "server", "start", "--host", "127.0.0.1", "--port", str(port)]
    with subprocess.Popen(words, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            for _ in range(240):
                with contextlib.suppress(OSError, urllib.error.URLError):
                    urllib.request.urlopen(f"http://127.0.0.1:{port}/api/health", timeout=1).close()
                    break
                time.sleep(0.25)
            yield
        finally:
            server.terminate()


def _prefect(how: str) -> Callable[[Environment, Path, Path, int], None]:
    def run(environment: Environment, folder: Path, times: Path, steps: int) -> None:
        bin, port = environment("prefect"), 4233
        env = _quiet(folder) | {"PREFECT_HOME": str(folder / "prefect"), "PREFECT_SERVER_ANALYTICS_ENABLED": "false"}
        env |= {"PREFECT_LOGGING_LEVEL": "ERROR"}
        with _prefect_server(bin / "prefect", env, port):
            env |= {"PREFECT_API_URL": f"http://127.0.0.1:{port}/api"}
            _run([bin / "python", HERE / "chain_prefect.py", str(steps), times, how], env, folder)

    return run


def zenml(environment: Environment, folder: Path, times: Path, steps: int) -> None:
    env = _quiet(folder) | {"ZENML_CONFIG_PATH": str(folder / "zenml"), "ZENML_ANALYTICS_OPT_IN": "false"}
    _run([environment("zenml") / "python", HERE / "chain_zenml.py", str(steps), times], env, folder)


TOOLS = {
    "Metaflow 2.19": (metaflow, True),
    "Dagster 1.13, multiprocess executor, forkserver": (_dagster("forkserver"), True),
    "Dagster 1.13, multiprocess executor, spawn (its default)": (_dagster("spawn"), True),
    "Prefect 3.9, a flow run a step, each in a process of its own": (_prefect("process"), True),
    "Prefect 3.9, tasks in one shared pool of processes": (_prefect("pool"), False),
    "ZenML 0.98, local orchestrator": (zenml, False),
}
"""What it is called -> (how it is run, whether each step is a process of its own)."""
