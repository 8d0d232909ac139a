"""Pipeline as a kind: Describe, Delete, tags and search by the common verbs; what is its own is in operations.py."""

from collections.abc import Mapping
from typing import Any

from studiolo.base.errors import ConflictError
from studiolo.base.record import Document, Record
from studiolo.services.platform import Platform
from studiolo.services.sagemaker.kind import Kind
from studiolo.services.sagemaker.pipelines import names
from studiolo.services.sagemaker.pipelines.versions import Versions
from studiolo.store.protocol import Index, Missing, Query

RUNNING = ("Executing", "Stopping")


def last_execution(platform: Platform, record: Record) -> Record | None:
    labels = {"Pipeline": record.key.name.lower()}
    query = Query(names.EXECUTION, record.key.project, labels=labels, sort="created", descending=True, limit=1)
    found = platform.store.query(query).records
    return found[0] if found else None


def _describe(platform: Platform, record: Record) -> Mapping[str, Any]:
    last = last_execution(platform, record)
    user = {"UserProfileName": record.spec.get("_user", "")}
    known = {
        "CreatedBy": user,
        "LastModifiedBy": {"UserProfileName": record.spec.get("_changed_by") or user["UserProfileName"]},
    }
    return {**known, "LastRunTime": last.created, "LastExecutionTime": last.created} if last else known


def _born(spec: Document, now: float) -> Mapping[str, Any]:
    return {"PipelineStatus": "Active"}


def _may_delete(platform: Platform, record: Record) -> None:
    """Its ended executions and its versions go with it."""
    labels, project = {"Pipeline": record.key.name.lower()}, record.key.project
    for state in RUNNING:
        if platform.store.count(Query(names.EXECUTION, project, state=state, labels=labels)):
            raise ConflictError(f"The pipeline {record.key.name} has an execution that is {state}: stop it first.")
    while True:
        found = platform.store.query(Query(names.EXECUTION, project, labels=labels, limit=500)).records
        for one in found:
            try:
                platform.store.delete(platform.store.get(one.key))
            except Missing:
                continue
        if not found:
            break
    Versions(platform).delete_all(record)


KIND = Kind(
    names.PIPELINE,
    arn="pipeline",
    state="PipelineStatus",
    born=_born,
    describe=_describe,
    may_delete=_may_delete,
    missing=("ResourceNotFound", "Pipeline '{arn}' does not exist."),
    taken=(
        "ValidationException",
        "Pipeline names must be unique within an AWS account and region. Pipeline with name ({name}) already exists.",
    ),
)


def index_execution(record: Record) -> Index:
    word = str(record.status["PipelineExecutionStatus"])
    stopping = "_stop" in record.spec and word == "Executing"
    pipeline = record.spec["PipelineName"].lower()
    labels = {"Pipeline": pipeline, "Version": f"{pipeline}/{record.spec.get('_version', 1)}"}
    return Index("Stopping" if stopping else word, labels)
