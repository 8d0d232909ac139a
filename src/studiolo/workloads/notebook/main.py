"""What `amazon_sagemaker_scheduler` is in AWS's images: runs a notebook from top to bottom by papermill, inside the job.

Told by variables (SM_INPUT_NOTEBOOK_NAME, SM_OUTPUT_NOTEBOOK_NAME, SM_EXECUTION_INPUT_PATH, SM_KERNEL_NAME, SM_INIT_SCRIPT); the
hyperparameters are the notebook's parameters. The notebook with its outputs is left in /opt/ml/output/data, also when a cell
fails.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

MAX_FAILURE = 1024
ROOT = Path(os.environ.get("STUDIOLO_ML_ROOT", "/opt/ml"))
WORK = "code"


def fail(message: str) -> int:
    (ROOT / "output").mkdir(parents=True, exist_ok=True)
    (ROOT / "output" / "failure").write_text(message[:MAX_FAILURE], errors="replace")
    print(message, file=sys.stderr, flush=True)
    return 1


def decoded(value: Any) -> Any:
    """A number, a list or true where it reads as one; else text."""
    try:
        return json.loads(value)
    except (TypeError, ValueError):
        return value


def parameters() -> dict[str, Any]:
    path = ROOT / "input" / "config" / "hyperparameters.json"
    given = json.loads(path.read_text()) if path.exists() else {}
    return {name: decoded(value) for name, value in given.items()}


def source(script: Path) -> None:
    """Runs it in a shell, and takes over what it exports. Raises CalledProcessError."""
    with tempfile.NamedTemporaryFile() as kept:
        command = f'set -e; set -a; . "{script}"; set +a; env -0 > "{kept.name}"'
        subprocess.run(["/bin/bash", "-c", command], check=True, cwd=script.parent)
        words = Path(kept.name).read_bytes().decode(errors="replace").split("\0")
    os.environ.update(dict(one.split("=", 1) for one in words if "=" in one))


def kernel_of(wanted: str) -> dict[str, str]:
    """The kernel asked for where the environment has it, else the environment's own Python. With its language: papermill looks
    for it in the notebook, where one that was never run need not have it."""
    from jupyter_client.kernelspec import KernelSpecManager  # pyright: ignore

    specs: Any = KernelSpecManager()
    name = wanted if wanted in specs.find_kernel_specs() else "python3"
    if name != wanted:
        print(f"The environment has no kernel {wanted}: its own Python runs the notebook.", flush=True)
    return {"kernel_name": name, "language": specs.get_kernel_spec(name).language}


def last_words(error: Exception) -> str:
    """Of papermill's, which quotes the whole traceback: which cell, and what it raised."""
    name, value = getattr(error, "ename", None), getattr(error, "evalue", None)
    if name is None:
        return f"{type(error).__name__}: {error}"
    return f"NotebookError: cell {getattr(error, 'exec_count', '?')} raised {name}: {value}"


def main() -> int:
    place = Path(os.environ.get("SM_EXECUTION_INPUT_PATH", str(ROOT / "input" / "data")))
    name = os.environ.get("SM_INPUT_NOTEBOOK_NAME", "")
    notebook, work = place / name, ROOT / WORK
    if not name or not notebook.is_file():
        return fail(f"ClientError: there is no notebook {name or '(SM_INPUT_NOTEBOOK_NAME names none)'} in {place}.")
    shutil.copytree(place, work, dirs_exist_ok=True)
    os.chdir(work)
    script = os.environ.get("SM_INIT_SCRIPT")
    if script:
        try:
            source(work / script)
        except subprocess.CalledProcessError as error:
            return fail(f"ClientError: the initialization script {script} ended with exit code {error.returncode}.")
    try:
        import papermill  # pyright: ignore
    except ImportError:
        return fail(
            "ClientError: the environment has no papermill, by which notebooks are run: add papermill and ipykernel."
        )
    results = ROOT / "output" / "data"
    results.mkdir(parents=True, exist_ok=True)
    target = results / os.environ.get("SM_OUTPUT_NOTEBOOK_NAME", name)
    try:
        papermill.execute_notebook(  # pyright: ignore
            str(work / name), str(target), parameters=parameters(), cwd=str(work), progress_bar=False, log_output=True,
            **kernel_of(os.environ.get("SM_KERNEL_NAME", "python3")),
        )  # fmt: skip
    except Exception as error:
        return fail(last_words(error))
    return 0


if __name__ == "__main__":
    import logging

    # What cells print is the job's log.
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stdout)
    sys.exit(main())
