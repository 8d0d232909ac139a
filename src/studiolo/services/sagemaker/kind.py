"""What a kind of SageMaker resource declares: only what botocore's model cannot say.

The verbs (verbs.py) do create, describe, list, update, stop, delete and tags for every kind from the service model and
this declaration. A record's spec is the Create request as AWS named it; its status holds Describe's other members under
AWS's names. Members that begin with "_" are ours and are never shown.

Who writes what: verbs write spec (a stop is `_stop` = epoch seconds in the spec), the kind's controller writes status.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from studiolo.base.record import Document, Record
from studiolo.control.protocol import Controller
from studiolo.services.platform import Platform
from studiolo.services.request import Call


def _as_sent(platform: Platform, call: Call, spec: dict[str, Any]) -> dict[str, Any]:
    return spec


def _nothing(platform: Platform, record: Record) -> Mapping[str, Any]:
    return {}


def _no_labels(record: Record) -> Mapping[str, str]:
    return {}


@dataclass(frozen=True, slots=True)
class Kind:
    """
    name:      AWS's: "TrainingJob". Operations are found by it (CreateTrainingJob, ListTrainingJobs …), and the record's
               key holds the member TrainingJobName.
    arn:       type in the ARN: "training-job".
    state:     the member that holds the status word, "TrainingJobStatus"; None for kinds without one.
    word:      that word, where it is not simply what the status holds; lists, searches and Describe go by it. A record
               that is being deleted is "Deleting" without more ado.
    prepare:   checks across members (raises ApiError) and fills in AWS's defaults; returns the spec to store.
    born:      the first status, from the spec and the time.
    describe:  members of Describe that are neither in spec nor status (may override them).
    summary:   likewise for one entry of List.
    labels:    extra equality filters for the store's index (see store.Index.labels).
    filters:   List input member -> label, for filters other than the standard ones (NameContains, StatusEquals,
               CreationTime…, LastModifiedTime…), which need no word here. What is neither is refused by its name.
    sort, order: of List where the request names none; AWS's differ from kind to kind.
    missing:   code and sentence for an unknown name; {arn} and {name} are filled in.
    taken:     likewise for a name in use.
    update:    new spec from the stored record and an Update request; None where the kind has no Update.
    stop:      raises where it can't be stopped now; None where the kind has no Stop.
    delete:    "now" removes the record; "controller" marks it and the controller removes it after cleaning up;
               None where the kind has no Delete. `may_delete` raises where it may not go now.
    controller: makes the controller; None for kinds that only are.
    operations: what no verb covers, by operation name.
    """

    name: str
    arn: str
    state: str | None = None
    word: Callable[[Record], str] | None = None
    prepare: Callable[[Platform, Call, dict[str, Any]], dict[str, Any]] = _as_sent
    born: Callable[[Document, float], Mapping[str, Any]] = lambda spec, now: {}
    describe: Callable[[Platform, Record], Mapping[str, Any]] = _nothing
    summary: Callable[[Platform, Record], Mapping[str, Any]] = _nothing
    labels: Callable[[Record], Mapping[str, str]] = _no_labels
    filters: Mapping[str, str] = field(default_factory=dict[str, str])
    sort: Literal["CreationTime", "Name", "Status", "LastModifiedTime"] = "CreationTime"
    order: Literal["Ascending", "Descending"] = "Descending"
    missing: tuple[str, str] = ("ValidationException", "Requested resource not found.")
    taken: tuple[str, str] = ("ResourceInUse", "A resource with the name {name} already exists ({arn}).")
    update: Callable[[Platform, Call, Record], Mapping[str, Any]] | None = None
    stop: Callable[[Record], None] | None = None
    delete: Literal["now", "controller"] | None = "now"
    may_delete: Callable[[Platform, Record], None] = lambda platform, record: None
    controller: Callable[[Platform], Controller] | None = None
    operations: Mapping[str, Callable[[Platform, Call], Awaitable[Mapping[str, Any] | None]]] = field(
        default_factory=dict[str, Any]
    )
