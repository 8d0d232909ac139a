"""Search and GetSearchSuggestions: what the store's index can answer it answers (narrow.py), the rest is judged here
record by record (expressions.py), as few as it takes to fill the page.
"""

import asyncio
import base64
import binascii
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import orjson

from studiolo.base.errors import Unsupported, ValidationError
from studiolo.base.record import Record
from studiolo.services.platform import Platform
from studiolo.services.request import Call
from studiolo.services.sagemaker.documents import cut, everything, tag_list
from studiolo.services.sagemaker.expressions import check, properties, satisfies, values_at
from studiolo.services.sagemaker.kind import Kind
from studiolo.services.sagemaker.narrow import indexed, narrow
from studiolo.store.protocol import BadToken, Missing, Query
from studiolo.wire.model import element, members, operation

BATCH = 500
COUNTED = 10_000
"""How many records are looked at beyond the page, only to count the hits; then "at least so many" must do."""
MAX_SUGGESTIONS = 20
PAGE = 10
_KINDS = {"ExperimentTrial": "Trial", "ExperimentTrialComponent": "TrialComponent"}
"""Resources that are not called as their kind."""


@dataclass(frozen=True, slots=True)
class _Request:
    kind: Kind
    expression: Mapping[str, Any]
    by: str
    query: Query
    exact: bool
    """The query alone finds the hits."""
    digest: str
    after: str | int | None
    """Where the page before ended: a token of the store, or a number of hits where the index can't sort by `by`."""
    before: int
    """Hits on the pages before."""


@dataclass(frozen=True, slots=True)
class _Found:
    records: Sequence[Record]
    after: str | int | None
    total: int
    all_counted: bool = True


def _flat(kind: Kind, platform: Platform, record: Record) -> dict[str, Any]:
    """All that can be searched: tags and metrics also by their own names (`Tags.team`, `Metrics.loss`)."""
    document = everything(kind, platform, record)
    document["Tags"] = [*tag_list(record), dict(record.tags)] if record.tags else []
    if final := document.get("FinalMetricDataList"):
        document["Metrics"] = {one["MetricName"]: one["Value"] for one in final}
    if kind.name == "Model":
        document["Model"] = dict(document)
    return document


def _rank(document: Mapping[str, Any], path: Sequence[str]) -> tuple[int, Any]:
    """What has no such property comes before all that has; numbers before text."""
    value = next(values_at(document, path), None)
    if isinstance(value, int | float):
        return 1, float(value)
    return (2, value.casefold()) if isinstance(value, str) else (0, 0)


class Search:
    def __init__(self, platform: Platform, kinds: Mapping[str, Kind]) -> None:
        self._platform = platform
        self._kinds = kinds

    # What is asked.

    def _kind(self, call: Call) -> Kind:
        name = str(call.params["Resource"])
        kind = self._kinds.get(_KINDS.get(name, name))
        # Images can be asked for, but the answer of the operation has no member that could hold one.
        if kind is None or kind.name not in _answerable():
            raise Unsupported(f"{call.operation} for the resource {name} is not supported by this version of studiolo.")
        return kind

    def _read(self, call: Call) -> _Request:
        kind, params = self._kind(call), call.params
        if params.get("CrossAccountFilterOption") == "CrossAccount":
            raise Unsupported("CrossAccountFilterOption CrossAccount is not supported by this version of studiolo.")
        if params.get("VisibilityConditions"):
            raise Unsupported("VisibilityConditions are not supported by this version of studiolo.")
        expression = params.get("SearchExpression", {})
        check(expression)
        by = str(params.get("SortBy", "LastModifiedTime"))
        known = _roots(kind)
        for name in (*properties(expression), by):
            if name.partition(".")[0] not in known:
                raise ValidationError(f"Unknown property name: {name}. It is no property of the resource {kind.name}.")
        where, exact = narrow(kind, expression)
        query = Query(
            kind.name,
            call.caller.project,
            where=where,
            sort=indexed(kind, by) or "created",
            descending=params.get("SortOrder", "Descending") == "Descending",
            limit=int(params.get("MaxResults", PAGE)),
        )
        asked = (kind.name, call.caller.project, expression, by, query.descending)
        digest = hashlib.sha256(orjson.dumps(asked, option=orjson.OPT_SORT_KEYS)).hexdigest()[:16]
        after, before = _read_token(params.get("NextToken"), digest, textual=indexed(kind, by) is not None)
        return _Request(kind, expression, by, query, exact, digest, after, before)

    # What is found.

    async def search(self, call: Call) -> Mapping[str, Any]:
        return await asyncio.to_thread(self._search, self._read(call))

    def _search(self, asked: _Request) -> Mapping[str, Any]:
        try:
            if indexed(asked.kind, asked.by) is None:
                found = self._ranked(asked)
            elif asked.exact:
                found = self._paged(asked)
            else:
                found = self._walked(asked)
        except BadToken as error:
            raise _bad_token() from error
        token = None
        if found.after is not None:
            hits = asked.before + len(found.records)
            token = base64.urlsafe_b64encode(orjson.dumps([asked.digest, found.after, hits])).decode()
        relation = "EqualTo" if found.all_counted else "GreaterThanOrEqualTo"
        return {
            "Results": [{asked.kind.name: self._result(asked.kind, record)} for record in found.records],
            "NextToken": token,
            "TotalHits": {"Value": found.total, "Relation": relation},
        }

    def _paged(self, asked: _Request) -> _Found:
        """The index knows it all."""
        page = self._platform.store.query(replace(asked.query, token=_text(asked.after)))
        return _Found(page.records, page.token, self._platform.store.count(asked.query))

    def _walked(self, asked: _Request) -> _Found:
        """In the index's order until the page is full; then on, as far as it is cheap, to count."""
        store, size = self._platform.store, asked.query.limit
        hits: list[Record] = []
        count = beyond = 0
        after: str | None = None
        query = replace(asked.query, limit=BATCH, token=_text(asked.after))
        while True:
            page = store.query(query)
            for number, record in enumerate(page.records, 1):
                if count > size:
                    beyond += 1
                if not satisfies(_flat(asked.kind, self._platform, record), asked.expression):
                    continue
                count += 1
                if count <= size:
                    hits.append(record)
                if count == size:
                    after = page.resume(number)
            if page.token is None or beyond >= COUNTED:
                more = after if count > size else None
                return _Found(hits, more, asked.before + count, page.token is None)
            query = replace(query, token=page.token)

    def _ranked(self, asked: _Request) -> _Found:
        """By a property the index does not hold: all hits are looked at, and only their ranks kept."""
        store, path = self._platform.store, asked.by.split(".")
        query = replace(asked.query, limit=BATCH)
        ranks: list[tuple[tuple[int, Any], int, Record]] = []
        while True:
            page = store.query(query)
            for record in page.records:
                document = _flat(asked.kind, self._platform, record)
                if asked.exact or satisfies(document, asked.expression):
                    bare = replace(record, spec={}, status={}, tags={})
                    ranks.append((_rank(document, path), len(ranks), bare))
            if page.token is None:
                break
            query = replace(query, token=page.token)
        ranks.sort(key=lambda one: one[0], reverse=asked.query.descending)
        start = asked.after if isinstance(asked.after, int) else 0
        end = start + asked.query.limit
        records: list[Record] = []
        for _, _, record in ranks[start:end]:
            try:
                records.append(store.get(record.key))
            except Missing:
                continue
        return _Found(records, end if end < len(ranks) else None, len(ranks))

    def _result(self, kind: Kind, record: Record) -> dict[str, Any]:
        document = {**everything(kind, self._platform, record), "Tags": tag_list(record)}
        shape = _shape(kind)
        if kind.name == "Model":
            return {"Model": cut(members(shape)["Model"], document)}
        return cut(shape, document)

    # What could be asked.

    async def suggest(self, call: Call) -> Mapping[str, Any]:
        kind = self._kind(call)
        hint = call.params.get("SuggestionQuery", {}).get("PropertyNameQuery", {}).get("PropertyNameHint", "")
        query = Query(kind.name, call.caller.project, sort="created", descending=True, limit=BATCH)
        names: set[str] = set()
        for record in self._platform.store.query(query).records:
            names |= set(_paths(_flat(kind, self._platform, record)))
        known = _roots(kind)
        names = {name for name in names if name.partition(".")[0] in known}
        hits = sorted(name for name in names if hint.lower() in name.lower())[:MAX_SUGGESTIONS]
        return {"PropertyNameSuggestions": [{"PropertyName": name} for name in hits]}


def _answerable() -> Mapping[str, Any]:
    """Kind -> the shape that holds one in an answer."""
    model = operation("sagemaker", "Search")
    assert model is not None and model.output_shape is not None
    return members(element(members(model.output_shape)["Results"]))


def _shape(kind: Kind) -> Any:
    return _answerable()[kind.name]


def _roots(kind: Kind) -> set[str]:
    """First names of the properties a resource has."""
    shape = _shape(kind)
    inner = members(members(shape)["Model"]) if kind.name == "Model" else {}
    return {*members(shape), *inner, "Tags", "Metrics", "CreationTime", "LastModifiedTime"}


def _paths(document: Any, prefix: str = "") -> Iterator[str]:
    if isinstance(document, dict):
        for key, value in document.items():
            yield from _paths(value, f"{prefix}.{key}" if prefix else str(key))
    elif isinstance(document, list):
        for item in document:
            yield from _paths(item, prefix)
    else:
        yield prefix


def _text(token: str | int | None) -> str | None:
    return token if isinstance(token, str) else None


def _bad_token() -> ValidationError:
    return ValidationError("Invalid pagination token: it was not issued for this search.")


def _read_token(token: str | None, digest: str, textual: bool) -> tuple[str | int | None, int]:
    if token is None:
        return None, 0
    try:
        issued_for, after, before = orjson.loads(base64.urlsafe_b64decode(token))
    except (ValueError, TypeError, binascii.Error) as error:
        raise _bad_token() from error
    fits = isinstance(after, str) if textual else type(after) is int and 0 <= after < 2**53
    if issued_for != digest or not fits or type(before) is not int or not 0 <= before < 2**53:
        raise _bad_token()
    return after, before
