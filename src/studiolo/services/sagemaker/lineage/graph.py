"""Entities and associations as they lie in the store. An association's name is made of its two ends, an artifact's of its
source, so the same is never there twice.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from studiolo.base.arn import parse_arn, sagemaker_arn
from studiolo.base.record import Key, Record
from studiolo.store.protocol import Index, Missing, Query, Store
from studiolo.store.scan import scan

ARTIFACT, ACTION, CONTEXT, COMPONENT = "Artifact", "Action", "Context", "TrialComponent"
ASSOCIATION = "Association"
ARNS = {ARTIFACT: "artifact", ACTION: "action", CONTEXT: "context", COMPONENT: "experiment-trial-component"}
KINDS = {arn: kind for kind, arn in ARNS.items()}
_TYPES = {ARTIFACT: "ArtifactType", ACTION: "ActionType", CONTEXT: "ContextType"}


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def artifact_id(source: Mapping[str, Any]) -> str:
    """There is one artifact of a source: its address and what identifies its content."""
    types = sorted([one["SourceIdType"], one["Value"]] for one in source.get("SourceTypes", ()))
    return digest(source["SourceUri"] if not types else f"{source['SourceUri']} {orjson.dumps(types).decode()}")


def arn_of(key: Key) -> str:
    return sagemaker_arn(key.project, ARNS[key.kind], key.name)


def key_of(project: str, text: str) -> Key | None:
    """Of an entity of this project; None where the ARN names something else."""
    arn = parse_arn(text)
    if arn is None or (arn.service, arn.account) != ("sagemaker", project) or arn.type not in KINDS:
        return None
    return Key(project, KINDS[arn.type], arn.name)


def type_of(record: Record) -> str:
    """ "DataSet", "TrainingJob", "Endpoint": a trial component's is that of the job it tells of."""
    if record.key.kind == COMPONENT:
        return str(record.spec.get("Source", {}).get("SourceType", "")).removeprefix("SageMaker")
    return str(record.spec.get(_TYPES[record.key.kind], ""))


def find(store: Store, project: str, text: str) -> Record | None:
    key = key_of(project, text)
    try:
        return store.get(key) if key is not None else None
    except Missing:
        return None


@dataclass(frozen=True, slots=True)
class Edge:
    source: str
    destination: str
    type: str = ""

    @property
    def name(self) -> str:
        return f"{self.source}>{self.destination}"


def edge_of(record: Record) -> Edge:
    spec = record.spec
    return Edge(spec["SourceArn"], spec["DestinationArn"], spec.get("AssociationType", ""))


def edge_spec(edge: Edge, source: Record, destination: Record, user: str) -> dict[str, Any]:
    spec = {"SourceArn": edge.source, "DestinationArn": edge.destination, "_user": user}
    for side, record in (("Source", source), ("Destination", destination)):
        spec[f"{side}Type"], spec[f"_{side}Lineage"] = type_of(record), record.key.kind
        spec[f"{side}Name"] = record.spec.get("ArtifactName", "") if record.key.kind == ARTIFACT else record.key.name
    if edge.type:
        spec["AssociationType"] = edge.type
    return {name: value for name, value in spec.items() if value}


def index_association(record: Record) -> Index:
    spec = record.spec
    names = ("SourceArn", "DestinationArn", "SourceType", "DestinationType", "AssociationType")
    labels = {name: str(spec[name]) for name in names if spec.get(name)}
    return Index(
        "", {**labels, "SourceLineage": spec["_SourceLineage"], "DestinationLineage": spec["_DestinationLineage"]}
    )


def edges(store: Store, project: str, labels: Mapping[str, str]) -> Iterator[Edge]:
    return (edge_of(one) for one in scan(store, Query(ASSOCIATION, project, labels=labels)))


def walk(
    store: Store, project: str, starts: Sequence[str], ascending: bool, depth: int, limit: int
) -> tuple[list[str], list[Edge]]:
    """What can be reached from `starts` against or along the associations, nearest first, and the ways there."""
    near, far = ("DestinationArn", "SourceArn") if ascending else ("SourceArn", "DestinationArn")
    found = dict.fromkeys(starts)
    ways: list[Edge] = []
    frontier = list(starts)
    for _ in range(depth):
        following: list[str] = []
        for arn in frontier:
            for edge in edges(store, project, {near: arn}):
                ways.append(edge)
                other = edge.source if far == "SourceArn" else edge.destination
                if other not in found and len(found) < limit:
                    found[other] = None
                    following.append(other)
        frontier = following
        if not frontier:
            break
    return list(found), [one for one in ways if one.source in found and one.destination in found]
