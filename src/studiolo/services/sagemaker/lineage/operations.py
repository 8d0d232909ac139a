"""AddAssociation, DeleteAssociation, ListAssociations and QueryLineage."""

import asyncio
import base64
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import orjson

from studiolo.base.errors import NotFound, Unsupported, ValidationError
from studiolo.base.record import Key, Record
from studiolo.services.platform import Platform
from studiolo.services.request import Call, Handler
from studiolo.services.sagemaker import listing
from studiolo.services.sagemaker.lineage import graph
from studiolo.services.sagemaker.lineage.graph import Edge
from studiolo.store.protocol import AlreadyExists, Missing, Query, Stale

MAX_DEPTH = 10
MAX_VERTICES = 2000
PAGE = 1000
"""Vertices of an answer that nobody limits: SDK v2 asks once and follows no token."""
SORTS: Mapping[str, Literal["name", "created"]] = {"SourceArn": "name", "CreationTime": "created"}


class Lineage:
    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    def operations(self) -> Mapping[str, Handler]:
        return {
            "AddAssociation": self.add,
            "DeleteAssociation": self.delete,
            "ListAssociations": self.list,
            "QueryLineage": self.query,
        }

    def _entity(self, project: str, arn: str) -> Record:
        found = graph.find(self._platform.store, project, arn)
        if found is None:
            raise NotFound(f"The entity {arn} does not exist: an association joins artifacts, actions, contexts and "
                           "trial components of this project.")  # fmt: skip
        return found

    async def add(self, call: Call) -> Mapping[str, Any]:
        params, project = call.params, call.caller.project
        source, destination = (self._entity(project, params[one]) for one in ("SourceArn", "DestinationArn"))
        edge = Edge(graph.arn_of(source.key), graph.arn_of(destination.key), params.get("AssociationType", ""))
        if edge.source == edge.destination:
            raise ValidationError("An entity can't be associated with itself.")
        spec = graph.edge_spec(edge, source, destination, call.caller.user)
        try:
            self._platform.store.create(
                Key(project, graph.ASSOCIATION, edge.name), spec, {}, now=self._platform.clock()
            )
        except AlreadyExists as there:
            held = graph.edge_of(there.existing).type
            if held != edge.type:
                raise ValidationError(
                    f"The association from {edge.source} to {edge.destination} exists already; its type is "
                    f"{held or 'not set'}. Delete it first."
                ) from None
        return {"SourceArn": edge.source, "DestinationArn": edge.destination}

    async def delete(self, call: Call) -> Mapping[str, Any]:
        edge = Edge(call.params["SourceArn"], call.params["DestinationArn"])
        key = Key(call.caller.project, graph.ASSOCIATION, edge.name)
        while True:
            try:
                self._platform.store.delete(self._platform.store.get(key))
            except Stale:
                continue
            except Missing:
                raise NotFound(f"There is no association from {edge.source} to {edge.destination}.") from None
            return {"SourceArn": edge.source, "DestinationArn": edge.destination}

    async def list(self, call: Call) -> Mapping[str, Any]:
        params = call.params
        by = params.get("SortBy", "CreationTime")
        if by not in SORTS:
            raise Unsupported(f"SortBy {by} of ListAssociations is not supported by this version of studiolo.")
        labels = {name: params[name] for name in ("SourceArn", "DestinationArn", "AssociationType") if name in params}
        for side in ("Source", "Destination"):
            type = params.get(f"{side}Type")
            if type is not None:
                # Either what it is ("Endpoint") or the kind of entity ("Context"): the SDK asks for both.
                labels[f"{side}Lineage" if type in graph.ARNS else f"{side}Type"] = type
        query = Query(
            graph.ASSOCIATION,
            call.caller.project,
            labels=labels,
            created_after=params.get("CreatedAfter"),
            created_before=params.get("CreatedBefore"),
            sort=SORTS[by],
            descending=params.get("SortOrder", "Descending") == "Descending",
            limit=params.get("MaxResults", listing.DEFAULT_PAGE),
            token=params.get("NextToken"),
        )
        page = listing.page(self._platform, query)
        return {"AssociationSummaries": [_summary(one) for one in page.records], "NextToken": page.token}

    async def query(self, call: Call) -> Mapping[str, Any]:
        return await asyncio.to_thread(self._query, call)

    def _query(self, call: Call) -> Mapping[str, Any]:
        params, project, store = call.params, call.caller.project, self._platform.store
        depth, direction = params.get("MaxDepth", MAX_DEPTH), params.get("Direction", "Both")
        if not 1 <= depth <= MAX_DEPTH:
            raise ValidationError(f"MaxDepth must be from 1 to {MAX_DEPTH}.")
        starts = [graph.arn_of(self._entity(project, one).key) for one in params.get("StartArns", ())]
        if not starts:
            raise ValidationError("StartArns must name the entity to start from.")
        found: dict[str, None] = {}
        ways: dict[str, Edge] = {}
        for word, ascending in (("Ascendants", True), ("Descendants", False)):
            if direction in (word, "Both"):
                reached, edges = graph.walk(store, project, starts, ascending, depth, MAX_VERTICES)
                found |= dict.fromkeys(reached)
                ways |= {one.name: one for one in edges}
        records = {arn: record for arn in found if (record := graph.find(store, project, arn)) is not None}
        filters, with_edges = params.get("Filters", {}), params.get("IncludeEdges", True)
        fits = _filter(filters)
        shown = {arn for arn, record in records.items() if fits(record)}
        if with_edges and filters:
            shown |= _between(list(ways.values()), starts, shown)
        return _paged(
            call, [records[arn] for arn in records if arn in shown], list(ways.values()) if with_edges else []
        )


def _summary(record: Record) -> dict[str, Any]:
    known = {name: value for name, value in record.spec.items() if not name.startswith("_")}
    user = record.spec.get("_user")
    return {**known, "CreationTime": record.created, **({"CreatedBy": {"UserProfileName": user}} if user else {})}


@dataclass(frozen=True, slots=True)
class _Bounds:
    after: float
    before: float

    def hold(self, when: float) -> bool:
        return self.after < when < self.before


def _filter(filters: Mapping[str, Any]) -> Callable[[Record], bool]:
    created = _Bounds(filters.get("CreatedAfter", float("-inf")), filters.get("CreatedBefore", float("inf")))
    modified = _Bounds(filters.get("ModifiedAfter", float("-inf")), filters.get("ModifiedBefore", float("inf")))
    types, lineages = filters.get("Types"), filters.get("LineageTypes")
    properties = filters.get("Properties", {})

    def fits(record: Record) -> bool:
        held = record.spec.get("Properties", {})
        return (
            (not types or graph.type_of(record) in types)
            and (not lineages or record.key.kind in lineages)
            and created.hold(record.created)
            and modified.hold(record.modified)
            and all(held.get(name) == value for name, value in properties.items())
        )

    return fits


def _between(ways: Sequence[Edge], starts: Sequence[str], wanted: set[str]) -> set[str]:
    """What lies on a way from a start to what is wanted: with edges asked for, an answer without it would have gaps."""
    kept = set(starts)
    for near, far in (("destination", "source"), ("source", "destination")):
        onward: dict[str, set[str]] = {}
        back: dict[str, set[str]] = {}
        for one in ways:
            onward.setdefault(getattr(one, near), set()).add(getattr(one, far))
            back.setdefault(getattr(one, far), set()).add(getattr(one, near))
        reached = _closure(onward, starts)
        kept |= reached & _closure(back, wanted & reached)
    return kept


def _closure(onward: Mapping[str, set[str]], starts: Sequence[str] | set[str]) -> set[str]:
    found, frontier = set(starts), list(starts)
    while frontier:
        for other in onward.get(frontier.pop(), ()):
            if other not in found:
                found.add(other)
                frontier.append(other)
    return found


def _paged(call: Call, vertices: Sequence[Record], edges: Sequence[Edge]) -> Mapping[str, Any]:
    """A page of vertices, with the edges that end in it and lead to it or to a page before."""
    asked = {name: value for name, value in call.params.items() if name not in ("NextToken", "MaxResults")}
    mark = hashlib.sha256(orjson.dumps(asked, option=orjson.OPT_SORT_KEYS)).hexdigest()[:16]
    start = _offset(call.params.get("NextToken"), mark)
    end = start + int(call.params.get("MaxResults") or PAGE)
    place = {graph.arn_of(one.key): number for number, one in enumerate(vertices)}
    shown = [
        one
        for one in edges
        if one.source in place
        and one.destination in place
        and start <= max(place[one.source], place[one.destination]) < end
    ]
    token = base64.urlsafe_b64encode(orjson.dumps([mark, end])).decode() if end < len(vertices) else None
    return {
        "Vertices": [
            {"Arn": graph.arn_of(one.key), "Type": graph.type_of(one), "LineageType": one.key.kind}
            for one in vertices[start:end]
        ],
        "Edges": [
            {
                "SourceArn": one.source,
                "DestinationArn": one.destination,
                **({"AssociationType": one.type} if one.type else {}),
            }
            for one in shown
        ],
        "NextToken": token,
    }


def _offset(token: str | None, mark: str) -> int:
    if token is None:
        return 0
    try:
        issued_for, offset = orjson.loads(base64.urlsafe_b64decode(token))
    except (ValueError, TypeError):
        issued_for, offset = "", 0
    if issued_for != mark or type(offset) is not int or offset < 0:
        raise ValidationError(f'Invalid pagination token because "{token}" was not issued for this query.')
    return offset
