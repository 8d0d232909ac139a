"""One container of a model as a process group that serves on a Unix socket (workloads/serving).

Its folder: `ml/run/w.sock` answers, `ml/run/ready` exists as soon as it does.
"""

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import studiolo
from studiolo.base.arn import REGION
from studiolo.base.errors import ApiError
from studiolo.run.protocol import Environment, EnvironmentError_, Group, Member, Mount, Resources
from studiolo.services.platform import Platform
from studiolo.services.request import Caller
from studiolo.services.sagemaker.hosting.containers import PlanError
from studiolo.services.sagemaker.hosting.files import bring_source, model_files, requirements

WORKLOAD = str(Path(studiolo.__file__).resolve().parent / "workloads" / "serving" / "main.py")
SHARE = 0.1
"""Of its cores, what an instance holds for itself: it mostly waits, and jobs must be able to run beside it."""
DRAIN = 10.0


@dataclass(frozen=True, slots=True)
class Serving:
    """
    container: one of a model plan's Containers (see containers.py).
    user:      whose key the code inside gets.
    share:     of its cores, what it holds for itself alone.
    extra:     environment variables on top of the container's own.
    """

    handle: str
    project: str
    user: str
    container: Mapping[str, Any]
    resources: Resources
    isolated: bool = False
    share: float = SHARE
    extra: Mapping[str, str] | None = None


def run_folder(platform: Platform, handle: str) -> Path:
    """Where its socket lies."""
    return platform.runner.folder(handle) / "ml" / "run"


def group(platform: Platform, one: Serving) -> Group:
    """Everything in place for it; blocks. Raises PlanError. Doing it again gives the same."""
    ml = platform.runner.folder(one.handle) / "ml"
    shutil.rmtree(ml, ignore_errors=True)
    for name in ("run", "model", "models", "output"):
        (ml / name).mkdir(parents=True, exist_ok=True)
    several = bool(one.container.get("MultiModel"))
    files = None if several else model_files(platform, one.project, one.container)
    try:
        bring_source(platform, one.project, one.container, ml)
        environment = platform.environments.ensure(one.container["Image"], requirements(files, ml))
    except EnvironmentError_ as error:
        raise PlanError(f"ClientError: {error}") from error
    except ApiError as error:
        raise PlanError(f"ClientError: {error.message}") from error
    mounts = [Mount(ml, "/opt/ml")]
    if files is not None:
        mounts.append(Mount(files, "/opt/ml/model", readonly=True))
    member = Member(
        "instance",
        ["python", WORKLOAD, "serve"],
        one.resources,
        environment_of(platform, one, environment),
        "/opt/ml",
        mounts,
    )
    network = "none" if one.isolated else "host"
    return Group(one.handle, [member], environment.prefix, environment.warm, network, None, DRAIN, one.share)


def environment_of(platform: Platform, one: Serving, environment: Environment) -> dict[str, str]:
    """The variables of a container's processes: the platform's, its own, and `extra` on top."""
    cores = min(one.resources.cores, float(len(os.sched_getaffinity(0))))
    env = {
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "SAGEMAKER_BIND_TO_PORT": "8080",
        "STUDIOLO_FRAMEWORK": environment.framework,
        "STUDIOLO_CORES": str(int(max(1, cores))),
        "STUDIOLO_MEMORY": str(one.resources.memory),
        "OMP_NUM_THREADS": "1",
        "SM_MODEL_DIR": "/opt/ml/model",
        **({"SAGEMAKER_MULTI_MODEL": "true"} if one.container.get("MultiModel") else {}),
        **one.container["Environment"],
        **(one.extra or {}),
    }
    if one.isolated or platform.identity is None:
        return env
    caller = Caller(one.user, one.project, "contributor")
    granted = platform.identity.temporary_key(caller, 86400.0 * 365, contributor=True)
    return {
        "AWS_ENDPOINT_URL": platform.config.url,
        "AWS_ACCESS_KEY_ID": granted.access_key,
        "AWS_SECRET_ACCESS_KEY": granted.secret,
        "AWS_SESSION_TOKEN": granted.token,
        "BOTOCORE_EXPERIMENTAL__PLUGINS": "studiolo=studiolo.workloads.aws_plugin",
        **env,
    }
