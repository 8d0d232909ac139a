"""A training job that runs a notebook, as AWS's notebook jobs and NotebookJobStep of the SDK ask for one: by an entry point that
AWS's images have. Here it is a workload of ours, and papermill is added to whatever environment the image stands for."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import studiolo

ENTRYPOINT = "amazon_sagemaker_scheduler"
REQUIREMENTS = "papermill>=2.6\nipykernel>=6.29\n"
COMMAND = ["python", str(Path(studiolo.__file__).resolve().parent / "workloads" / "notebook" / "main.py")]


def runs_notebook(spec: Mapping[str, Any]) -> bool:
    return list(spec.get("AlgorithmSpecification", {}).get("ContainerEntrypoint", ())) == [ENTRYPOINT]
