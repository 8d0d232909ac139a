"""What the studio remembers: records, and the keys that name them.

Everything a user creates (a training job, an endpoint, a project) is one record. The verbs write its `spec`, the kind's
controller writes its `status`, and every write names the version it was read at, so neither can undo the other.
Used by every layer; imports nothing of ours.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Document = Mapping[str, Any]
"""A JSON-like tree with AWS's CamelCase member names, timestamps as epoch seconds (float)."""


@dataclass(frozen=True, slots=True, order=True)
class Key:
    """Names one record.

    project: 12-digit account id, or "" for what belongs to the whole studio (users, projects).
    kind:    AWS's name of the kind in CamelCase, e.g. "TrainingJob".
    name:    unique within (project, kind) regardless of case; keeps the case it was created with.
    """

    project: str
    kind: str
    name: str

    def handle(self) -> str:
        """The idempotency handle of what runs for this record: "TrainingJob/123456789012/my-job"."""
        return f"{self.kind}/{self.project}/{self.name}"

    @staticmethod
    def of_handle(handle: str) -> "Key":
        """Reads a handle back; what follows the name ("…/algo-1", "…/AllTraffic/0") is ignored."""
        kind, project, name = handle.split("/")[:3]
        return Key(project, kind, name)


@dataclass(frozen=True, slots=True)
class Record:
    key: Key
    spec: Document
    status: Document
    version: int
    """Rises by at least one with every write; never reused for this key while it exists."""
    created: float
    modified: float
    """Epoch seconds."""
    tags: Mapping[str, str] = field(default_factory=dict[str, str])
    deleting: bool = False
    """Set by Delete for kinds whose controller must clean up first; the controller then removes the record."""
