"""An app as a process group: its folders, its environment, the person's keys. Its own code is workloads/workbench.

Its folder: `ml/run/app.sock` is where it answers, seen inside as /opt/ml/run; `ml/metadata` is what AWS's SDKs read.
"""

import contextlib
import json
import os
import socket
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import studiolo
from studiolo.base.arn import REGION
from studiolo.base.instances import instance
from studiolo.base.record import Record
from studiolo.run.protocol import Environment, Group, Member, Mount, Resources
from studiolo.services.platform import Platform
from studiolo.services.request import Caller
from studiolo.services.s3uri import default_bucket
from studiolo.services.sagemaker.tracking import inside
from studiolo.services.sagemaker.workbench import access, kernels, lifecycle, names, settings
from studiolo.services.sagemaker.workbench.spaces import path_of
from studiolo.services.sts.service import role_arn

MAIN = str(Path(studiolo.__file__).resolve().parent / "workloads" / "workbench" / "main.py")
ACTIVITY = Path(MAIN).parent / "activity"
ACTIVITY_NAME = "studiolo-activity"
HOME = "/home/sagemaker-user"
SHARE = 0.1
"""Of its memory, what an app holds for itself: about what JupyterLab and a kernel need before any data."""
CORES_SHARE = 0.02
"""Of its cores: it mostly waits for a person, and twenty people may well share two cores."""
GRACE = 10.0
KEY_SECONDS = 365 * 86400.0
"""The key is taken back when the app ends, and holds no longer than the membership."""


def handle_of(record: Record) -> str:
    return f"{record.key.handle()}/{record.spec['_generation']}"


def socket_of(platform: Platform, record: Record) -> Path:
    return platform.runner.folder(handle_of(record)) / "ml" / "run" / "app.sock"


def reach(path: Path) -> socket.socket:
    """A connection to a Unix socket whatever the length of its path. Raises OSError."""
    folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    it = socket.socket(socket.AF_UNIX)
    try:
        it.setblocking(False)
        it.connect(f"/proc/self/fd/{folder}/{path.name}")
    except OSError:
        it.close()
        raise
    finally:
        os.close(folder)
    return it


def grant(platform: Platform, record: Record, space: Record) -> tuple[str, dict[str, str]]:
    """(id of a key, the variables that hold it). In a shared space everybody may use what its app may, so it never has the
    rights of an admin."""
    if platform.identity is None:
        return "", {}
    caller = Caller(record.spec["_user"], record.key.project, "contributor")
    granted = platform.identity.temporary_key(caller, KEY_SECONDS, contributor=access.shared(space))
    return granted.access_key, {
        "AWS_ACCESS_KEY_ID": granted.access_key,
        "AWS_SECRET_ACCESS_KEY": granted.secret,
        "AWS_SESSION_TOKEN": granted.token,
        **inside.variables(platform, caller.project, caller.user, (granted.access_key, granted.secret)),
    }


def prepare(platform: Platform, record: Record, space: Record, own: Sequence[kernels.Made] = ()) -> None:
    """Everything in place for it; doing it again gives the same."""
    ml = platform.runner.folder(handle_of(record)) / "ml"
    for name in ("run", "metadata"):
        (ml / name).mkdir(parents=True, exist_ok=True)
    for name in ("app.sock", "failure", "activity"):
        with contextlib.suppress(FileNotFoundError):
            (ml / "run" / name).unlink()
    spec, project = record.spec, record.key.project
    about = {
        "AppType": spec["AppType"],
        "DomainId": spec["DomainId"],
        "UserProfileName": space.spec["OwnershipSettings"]["OwnerUserProfileName"],
        "SpaceName": spec["SpaceName"],
        "ExecutionRoleArn": role_arn(project),
        "ResourceArn": names.app_arn(record),
        "ResourceName": spec["AppName"],
    }
    (ml / "metadata" / "resource-metadata.json").write_text(json.dumps(about, indent=1))
    (ml / "metadata" / "sagemaker.yaml").write_text(
        "SchemaVersion: '1.0'\nSageMaker:\n  PythonSDK:\n    Modules:\n      TelemetryOptOut: true\n      Session:\n"
        f"        DefaultS3Bucket: {default_bucket(project)}\n"
    )
    script = spec["ResourceSpec"].get("LifecycleConfigArn")
    if script:
        (ml / "metadata" / "on-start").write_bytes(lifecycle.script(settings.script_of(platform, project, script)))
    kernels.put(ml, own)
    home = names.home_of(platform, space)
    home.mkdir(mode=0o700, parents=True, exist_ok=True)


def group(
    platform: Platform,
    record: Record,
    space: Record,
    environment: Environment,
    keys: dict[str, str],
    own: Sequence[kernels.Made] = (),
    tools: Sequence[Environment] = (),
) -> Group:
    spec = record.spec
    size = instance(spec["ResourceSpec"]["InstanceType"])
    assert size is not None
    home = names.home_of(platform, space)
    member = Member(
        spec["SpaceName"].lower(),
        ["python", MAIN, spec["AppType"], path_of(space)],
        Resources(size.cores, size.memory, size.gpus),
        {
            **_variables(platform, record, space),
            **_editor(record, tools),
            **keys,
            "STUDIOLO_SPACE_HOME": str(home.resolve()),
        },
        HOME,
        [
            Mount(platform.runner.folder(handle_of(record)) / "ml", "/opt/ml"),
            Mount(home, HOME),
            *kernels.mounts(own),
            *[mount for one in tools for mount in _mounts(one)],
        ],
    )
    # What waits in a fork server is JupyterLab.
    warm = () if tools else environment.warm
    return Group(handle_of(record), [member], environment.prefix, warm, "host", None, GRACE, SHARE, CORES_SHARE)


def _mounts(tool: Environment) -> list[Mount]:
    """The editor as it is, with the extension that tells of its use in the place kept for it."""
    prefix = tool.prefix.resolve()
    return [
        Mount(prefix, str(prefix), readonly=True),
        Mount(ACTIVITY, f"{prefix}/editor/extensions/{ACTIVITY_NAME}", readonly=True),
    ]


def _editor(record: Record, tools: Sequence[Environment]) -> dict[str, str]:
    if not tools:
        return {}
    return {"STUDIOLO_EDITOR": str(tools[0].prefix.resolve() / "editor"), "STUDIOLO_USER": record.spec["_user"]}


def _variables(platform: Platform, record: Record, space: Record) -> dict[str, Any]:
    metadata = "/opt/ml/metadata"
    return {
        "HOME": HOME,
        "SHELL": "/bin/bash",
        "TERM": "xterm-256color",
        "USER": "sagemaker-user",
        "LOGNAME": "sagemaker-user",
        "AWS_ENDPOINT_URL": platform.config.url,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_DISABLE_HOST_PREFIX_INJECTION": "true",
        "BOTOCORE_EXPERIMENTAL__PLUGINS": "studiolo=studiolo.workloads.aws_plugin",
        "SAGEMAKER_ROLE": role_arn(record.key.project),
        "SAGEMAKER_USER_CONFIG_OVERRIDE": f"{metadata}/sagemaker.yaml",
        "SAGEMAKER_SPACE_NAME": space.spec["SpaceName"],
        "SAGEMAKER_APP_TYPE": record.spec["AppType"],
        # Whose rights it has.
        "STUDIOLO_USER": record.spec["_user"],
    }
