"""How tracking servers are named, where their database lies and at which address they answer."""

from pathlib import Path
from typing import Any

from studiolo.base.arn import sagemaker_arn
from studiolo.base.record import Key, Record
from studiolo.services.platform import Platform

KIND = "MlflowTrackingServer"
OWN = "default"
"""Of the server a project has by itself: notebooks and jobs record there with nothing set up."""
IMAGE = "studiolo-mlflow:3"
SIZES = {"Small": "ml.t3.medium", "Medium": "ml.m5.large", "Large": "ml.m5.xlarge"}
"""What a TrackingServerSize is as an instance type."""
OFF = "Stopped"
"""The word of a server that nobody wakes by asking."""


def key_of(project: str, name: str) -> Key:
    return Key(project, KIND, name)


def arn_of(record: Record) -> str:
    return sagemaker_arn(record.key.project, "mlflow-tracking-server", record.key.name)


def word_of(record: Record) -> str:
    """What its status says, unless the request is newer than that."""
    if record.deleting:
        return "Deleting"
    spec, status = record.spec, record.status
    if status.get("_life") == spec["_life"]:
        return str(status["TrackingServerStatus"])
    return {"Created": "Creating", "Started": "Starting", "Updated": "Updating", OFF: "Stopping"}[spec["_wanted"]]


def path_of(project: str, name: str) -> str:
    """Where it stands under the studio's address."""
    return f"/mlflow/{project}/{name.lower()}"


def handle_of(record: Record) -> str:
    return f"{record.key.handle()}/{record.spec['_life']}"


def socket_of(platform: Platform, record: Record) -> Path:
    return platform.runner.folder(handle_of(record)) / "ml" / "run" / "app.sock"


def data_of(platform: Platform, record: Record) -> Path:
    """Its database, for as long as the server is there."""
    return platform.config.home / "mlflow" / record.key.project / str(record.spec["_folder"])


def shown(platform: Platform, record: Record) -> dict[str, Any]:
    known = {name: value for name, value in record.spec.items() if not name.startswith("_")}
    return {
        **known,
        "TrackingServerName": record.key.name,
        "TrackingServerArn": arn_of(record),
        "TrackingServerStatus": word_of(record),
        "IsActive": "Active" if active(record) else "Inactive",
        "TrackingServerUrl": f"{platform.config.address}{path_of(record.key.project, record.key.name)}",
        "MlflowVersion": record.status.get("MlflowVersion"),
        "CreationTime": record.created,
        "LastModifiedTime": record.modified,
    }


def active(record: Record) -> bool:
    """Whether it answers: a server that sleeps is woken by the request."""
    return not record.deleting and record.spec["_wanted"] != OFF and not word_of(record).endswith("Failed")
