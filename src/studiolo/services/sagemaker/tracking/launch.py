"""A tracking server as a process group: its database, its keys, its socket. Its own code is workloads/tracking.

`ml/run/app.sock` in its folder is where it answers. The database is mounted beside it, since it outlives every process.
"""

import contextlib
from pathlib import Path

import studiolo
from studiolo.base.arn import REGION
from studiolo.base.instances import instance
from studiolo.base.record import Record
from studiolo.run.protocol import Environment, Group, Member, Mount, Resources
from studiolo.services.platform import Platform
from studiolo.services.request import Caller
from studiolo.services.sagemaker.tracking import names

MAIN = str(Path(studiolo.__file__).resolve().parent / "workloads" / "tracking" / "main.py")
DATA = "/opt/mlflow"
SHARE = 0.0
"""Of its cores and memory, what is held for it: a job that has the whole machine waits for it, so it never waits for jobs."""
GRACE = 5.0
KEY_SECONDS = 365 * 86400.0
"""The key is taken back when the server sleeps, and holds no longer than the membership."""


def grant(platform: Platform, record: Record) -> tuple[str, dict[str, str]]:
    """(id of a key, the variables that hold it), for the files of runs that MLflow shows. Everybody in the project may ask the
    server for what it may read, so it never has the rights of an admin."""
    if platform.identity is None:
        return "", {}
    caller = Caller(record.spec["_by"], record.key.project, "contributor")
    granted = platform.identity.temporary_key(caller, KEY_SECONDS, contributor=True)
    return granted.access_key, {
        "AWS_ACCESS_KEY_ID": granted.access_key,
        "AWS_SECRET_ACCESS_KEY": granted.secret,
        "AWS_SESSION_TOKEN": granted.token,
    }


def prepare(platform: Platform, record: Record) -> None:
    """Everything in place for it; doing it again gives the same."""
    run = names.socket_of(platform, record).parent
    run.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileNotFoundError):
        (run / "app.sock").unlink()
    names.data_of(platform, record).mkdir(mode=0o700, parents=True, exist_ok=True)


def group(platform: Platform, record: Record, environment: Environment, keys: dict[str, str]) -> Group:
    size = instance(names.SIZES[record.spec["TrackingServerSize"]])
    assert size is not None
    handle, data = names.handle_of(record), names.data_of(platform, record)
    variables = {
        "AWS_ENDPOINT_URL": platform.config.url,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "STUDIOLO_MLFLOW_DATA": str(data.resolve()),
        "STUDIOLO_MLFLOW_ARTIFACTS": record.spec["ArtifactStoreUri"].rstrip("/"),
        **keys,
    }
    member = Member(
        "mlflow",
        ["python", MAIN],
        Resources(size.cores, size.memory),
        variables,
        "/tmp",
        [Mount(platform.runner.folder(handle) / "ml", "/opt/ml"), Mount(data, DATA)],
    )
    return Group(handle, [member], environment.prefix, (), "host", None, GRACE, SHARE)
