"""Log groups that users make and write: CreateLogGroup, PutLogEvents, retention, tags. Confined to the caller's project.

The groups of jobs and endpoints are the studio's: they are listed among the others, and refused to be written.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from studiolo.base.arn import Arn
from studiolo.base.errors import ApiError
from studiolo.series.events import OVERHEAD, EventsFull, Gone, LogGroup, Taken
from studiolo.services.logs.patterns import invalid
from studiolo.services.logs.sources import DAY, Sources, not_found
from studiolo.services.platform import Platform
from studiolo.services.request import Call

RETENTIONS = (
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653
)  # fmt: skip
MAX_BATCH, MAX_EVENT = 1_048_576, 1_048_576
OLDEST, NEWEST, SPAN = 14 * DAY, 2 * 3_600_000, DAY
MAX_TAGS = 50
MAX_PAGE = 50
Act = Callable[[Call], Mapping[str, Any] | None]


def _error(code: str, message: str) -> ApiError:
    return ApiError(message, code=code, status=400)


class Groups:
    def __init__(self, platform: Platform, sources: Sources) -> None:
        self._platform = platform
        self._sources = sources

    def operations(self) -> Mapping[str, Act]:
        """Those that write."""
        acts = {
            "CreateLogGroup": self._create,
            "DeleteLogGroup": self._delete,
            "CreateLogStream": self._create_stream,
            "DeleteLogStream": self._delete_stream,
            "PutLogEvents": self._put,
            "PutRetentionPolicy": self._retain,
            "DeleteRetentionPolicy": self._retain,
            "PutLogGroupDeletionProtection": self._protect,
            "TagResource": self._tag,
            "UntagResource": self._untag,
        }
        return {name: self._guarded(act) for name, act in acts.items()}

    def _guarded(self, act: Act) -> Act:
        def guarded(call: Call) -> Mapping[str, Any] | None:
            try:
                return act(call)
            except EventsFull as error:
                message = "The studio's disk is full: free some space and try again."
                raise ApiError(message, code="ServiceUnavailableException", status=503) from error

        return guarded

    def _now(self) -> int:
        return int(self._platform.clock() * 1000)

    # Looking.

    def describe(self, call: Call) -> Mapping[str, Any]:
        params, project = call.params, call.caller.project
        prefix, part = params.get("logGroupNamePrefix"), params.get("logGroupNamePattern")
        named = params.get("logGroupIdentifiers")
        if prefix is not None and part is not None:
            raise invalid("logGroupNamePrefix and logGroupNamePattern are mutually exclusive.")
        if named is not None and (prefix is not None or part is not None or "logGroupClass" in params):
            raise invalid("With logGroupIdentifiers no other filter can be given.")
        if params.get("includeLinkedAccounts") or set(params.get("accountIdentifiers", ())) - {project}:
            raise invalid("Log groups of linked accounts are not supported by this version of studiolo.")
        wanted = {self._sources.name_of(one, project) for one in named or ()}
        kinds = _classes(params.get("logGroupClass"))
        groups: list[LogGroup | str] = [*self._sources.studio_groups(project), *self._sources.user_groups(project)]
        found = [
            one
            for one in sorted(groups, key=_name)
            if _name(one).startswith(prefix or "")
            and (part or "") in _name(one)
            and (named is None or _name(one) in wanted)
            and (kinds is None or _class(one) in kinds)
        ]
        after, limit = params.get("nextToken"), int(params.get("limit", MAX_PAGE))
        page = [one for one in found if after is None or _name(one) > after]
        more = _name(page[limit - 1]) if len(page) > limit else None
        return {"logGroups": [self._shown(one, project) for one in page[:limit]], "nextToken": more}

    def _shown(self, one: LogGroup | str, project: str) -> dict[str, Any]:
        arn = str(Arn("logs", project, f"log-group:{_name(one)}"))
        shown = {
            "logGroupName": _name(one),
            "arn": f"{arn}:*",
            "logGroupArn": arn,
            "creationTime": 0,
            "metricFilterCount": 0,
            "storedBytes": 0,
            "logGroupClass": _class(one),
        }
        if isinstance(one, str):
            return shown
        return {
            **shown,
            "creationTime": one.created,
            "retentionInDays": one.about.get("retention"),
            "storedBytes": self._sources.events.bytes(one),
            "deletionProtectionEnabled": bool(one.about.get("protected")),
        }

    # Groups.

    def _writable(self, call: Call, name: str) -> LogGroup:
        """Raises where there is none, and where it is the studio's."""
        if self._sources.own(name):
            raise invalid(f"The log group {name} holds what jobs and endpoints print: the studio alone writes it.")
        return self._sources.user_group(call.caller.project, name)

    def _create(self, call: Call) -> None:
        params, project = call.params, call.caller.project
        name = str(params["logGroupName"])
        if name in self._sources.studio_groups(project):
            raise _error("ResourceAlreadyExistsException", "The specified log group already exists")
        if name.startswith("aws/") or self._sources.own(name):
            raise invalid(f"Log group names that begin like {name} are reserved.")
        if "kmsKeyId" in params:
            raise invalid("Log groups encrypted by a KMS key (kmsKeyId) are not supported by this version of studiolo.")
        about = {"class": params.get("logGroupClass", "STANDARD"), "tags": _checked({}, params.get("tags", {}))}
        if params.get("deletionProtectionEnabled"):
            about["protected"] = True
        try:
            self._sources.events.create_group(project, name, self._now(), about)
        except Taken:
            raise _error("ResourceAlreadyExistsException", "The specified log group already exists") from None

    def _delete(self, call: Call) -> None:
        group = self._writable(call, str(call.params["logGroupName"]))
        if group.about.get("protected"):
            raise _error("ValidationException", f"The log group {group.name} is protected against deletion.")
        try:
            self._sources.events.delete_group(call.caller.project, group.name)
        except Gone:
            raise not_found("log group") from None

    def _change(self, call: Call, name: str, **about: Any) -> None:
        group = self._writable(call, name)
        try:
            self._sources.events.change(call.caller.project, group.name, about)
        except Gone:
            raise not_found("log group") from None

    def _retain(self, call: Call) -> None:
        """PutRetentionPolicy, and DeleteRetentionPolicy, which names no days."""
        days = call.params.get("retentionInDays")
        if days is not None and days not in RETENTIONS:
            raise invalid(f"retentionInDays {days} is not one of {', '.join(map(str, RETENTIONS))}.")
        self._change(call, str(call.params["logGroupName"]), retention=days)

    def _protect(self, call: Call) -> None:
        name = self._sources.name_of(str(call.params["logGroupIdentifier"]), call.caller.project)
        self._change(call, name, protected=call.params["deletionProtectionEnabled"] or None)

    # Tags.

    def _tagged(self, call: Call) -> LogGroup:
        name = self._sources.name_of(str(call.params["resourceArn"]), call.caller.project)
        return self._writable(call, name)

    def tags(self, call: Call) -> Mapping[str, Any]:
        name = self._sources.name_of(str(call.params["resourceArn"]), call.caller.project)
        if self._sources.own(name):
            return {"tags": {}}
        return {"tags": self._sources.user_group(call.caller.project, name).about.get("tags", {})}

    def _tag(self, call: Call) -> None:
        group = self._tagged(call)
        self._change(call, group.name, tags=_checked(group.about.get("tags", {}), call.params["tags"]))

    def _untag(self, call: Call) -> None:
        group = self._tagged(call)
        gone = set(call.params["tagKeys"])
        left = {key: value for key, value in group.about.get("tags", {}).items() if key not in gone}
        self._change(call, group.name, tags=left)

    # Streams and events.

    def _create_stream(self, call: Call) -> None:
        group = self._writable(call, str(call.params["logGroupName"]))
        try:
            self._sources.events.create_stream(group, str(call.params["logStreamName"]), self._now())
        except Taken:
            raise _error("ResourceAlreadyExistsException", "The specified log stream already exists") from None
        except Gone:
            raise not_found("log group") from None

    def _delete_stream(self, call: Call) -> None:
        group = self._writable(call, str(call.params["logGroupName"]))
        if group.about.get("protected"):
            raise _error("ValidationException", f"The log group {group.name} is protected against deletion.")
        try:
            self._sources.events.delete_stream(group, str(call.params["logStreamName"]))
        except Gone:
            raise not_found("log stream") from None

    def _put(self, call: Call) -> Mapping[str, Any]:
        group = self._writable(call, str(call.params["logGroupName"]))
        try:
            stream = self._sources.events.stream(group, str(call.params["logStreamName"]))
        except Gone:
            raise not_found("log stream") from None
        events = [(int(one["timestamp"]), str(one["message"])) for one in call.params["logEvents"]]
        now, expired = self._now(), self._sources.expired(group)
        kept, rejected = _sifted(events, now, expired)
        _check_batch(events, kept)
        try:
            self._sources.events.put(stream, kept, now, expired or None)
        except Gone:
            raise not_found("log stream") from None
        # The token is of no use any more; clients that hand it back are understood.
        return {"nextSequenceToken": f"{stream.id}{now}", "rejectedLogEventsInfo": rejected or None}


def _name(one: LogGroup | str) -> str:
    return one if isinstance(one, str) else one.name


def _class(one: LogGroup | str) -> str:
    return "STANDARD" if isinstance(one, str) else str(one.about.get("class", "STANDARD"))


def _classes(asked: str | None) -> set[str] | None:
    cheap = {"INFREQUENT_ACCESS", "ESSENTIALS"}
    return None if asked is None else cheap if asked in cheap else {asked}


def _checked(old: Mapping[str, str], new: Mapping[str, str]) -> dict[str, str]:
    tags = {**old, **new}
    if any(key.lower().startswith("aws:") for key in new):
        raise invalid("Tag keys that begin with aws: are reserved.")
    if len(tags) > MAX_TAGS:
        raise _error("TooManyTagsException", f"A resource holds at most {MAX_TAGS} tags.")
    return tags


def _check_batch(events: Sequence[tuple[int, str]], kept: Sequence[tuple[int, str]]) -> None:
    """AWS's rules for one request; what is too old or too new is no matter for the span."""
    times = [time for time, _ in events]
    if times != sorted(times):
        raise invalid("Log events in a single PutLogEvents request must be in chronological order.")
    sizes = [len(message.encode()) + OVERHEAD for _, message in events]
    if max(sizes) > MAX_EVENT:
        raise invalid(f"Log event too large: {max(sizes)} bytes exceeds limit of {MAX_EVENT}")
    if sum(sizes) > MAX_BATCH:
        raise invalid(f"Upload too large: {sum(sizes)} bytes exceeds limit of {MAX_BATCH}")
    if kept and kept[-1][0] - kept[0][0] > SPAN:
        raise invalid("The batch of log events in a single PutLogEvents request cannot span more than 24 hours.")


def _sifted(
    events: Sequence[tuple[int, str]], now: int, expired: int
) -> tuple[Sequence[tuple[int, str]], dict[str, int]]:
    """What is taken, and what AWS tells of the rest. Events are in order of time where the request is right at all."""
    old = sum(1 for time, _ in events if time < now - OLDEST)
    gone = sum(1 for time, _ in events if time < expired)
    new = sum(1 for time, _ in events if time > now + NEWEST)
    rejected: dict[str, int] = {}
    if old:
        rejected["tooOldLogEventEndIndex"] = old
    if gone > old:
        rejected["expiredLogEventEndIndex"] = gone
    if new:
        rejected["tooNewLogEventStartIndex"] = len(events) - new
    return events[max(old, gone) : len(events) - new], rejected
