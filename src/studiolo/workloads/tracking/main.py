"""MLflow's own server on a Unix socket, with its database in a folder that stays and the files of runs in S3.

Run by the runner as `python main.py`. The socket is the door: only the studio's proxy reaches it, and lets nobody in whom the
project does not know. So MLflow's own checks of host names are off: the studio has made them.
"""

import os
import sys

ML = os.environ.get("STUDIOLO_ML_ROOT", "/opt/ml")
DATA = "/opt/mlflow"
ENVIRONMENT = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
    "MLFLOW_SERVER_DISABLE_SECURITY_MIDDLEWARE": "true",
    # Evaluations that MLflow would run by itself, in processes of their own that wait from the start.
    "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
}


def command(python: str, data: str, artifacts: str) -> list[str]:
    database = f"sqlite:///{data}/mlflow.db"
    return [
        python, "-m", "mlflow", "server", "--backend-store-uri", database, "--default-artifact-root", artifacts,
        "--no-serve-artifacts", "--workers", "1", "--uvicorn-opts", "--uds app.sock --log-level warning",
    ]  # fmt: skip


def main() -> None:
    data = DATA if os.path.isdir(DATA) else os.environ["STUDIOLO_MLFLOW_DATA"]
    # A socket's path may hold a hundred letters, so it is named from where it lies.
    os.chdir(f"{ML}/run")
    os.environ.update(ENVIRONMENT)
    line = command(sys.executable, data, os.environ["STUDIOLO_MLFLOW_ARTIFACTS"])
    os.execv(line[0], line)


if __name__ == "__main__":
    main()
