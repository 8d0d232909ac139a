"""Search: filters over dotted paths into what Describe would show, with nested filters and sub-expressions.

Candidates come from the store's index (project and kind, newest first); the rest is matched here, a page at a time.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from studiolo.base.errors import ValidationError
from studiolo.base.record import Record
from studiolo.services.platform import Platform
from studiolo.services.request import Call
from studiolo.services.sagemaker.documents import arn_of, cut, everything, tag_list
from studiolo.services.sagemaker.kind import Kind
from studiolo.store.protocol import Query
from studiolo.wire.model import members, operation
from studiolo.wire.values import BadValue, read_time

BATCH = 500
MAX_SUGGESTIONS = 20


def values_at(document: Any, path: Sequence[str]) -> Iterator[Any]:
    """Every value a dotted path leads to; lists are entered, a map's keys may hold dots of their own."""
    if isinstance(document, list):
        for item in document:
            yield from values_at(item, path)
    elif not path:
        yield document
    elif isinstance(document, dict):
        for length in range(1, len(path) + 1):
            key = ".".join(path[:length])
            if key in document:
                yield from values_at(document[key], path[length:])


def _compare(value: Any, text: str) -> int | None:
    """-1, 0 or 1 of a stored value against a filter's text; None where they can't be compared."""
    if isinstance(value, bool):
        left: Any = str(value).lower()
        right: Any = text.lower()
    elif isinstance(value, int | float):
        try:
            right = float(text)
        except ValueError:
            try:
                right = read_time(text)
            except BadValue:
                return None
        left = float(value)
    elif isinstance(value, str):
        try:
            left, right = float(value), float(text)
        except ValueError:
            left, right = value, text
    else:
        return None
    return (left > right) - (left < right)


_ORDERED: Mapping[str, Callable[[int], bool]] = {
    "Equals": lambda sign: sign == 0,
    "GreaterThan": lambda sign: sign > 0,
    "GreaterThanOrEqualTo": lambda sign: sign >= 0,
    "LessThan": lambda sign: sign < 0,
    "LessThanOrEqualTo": lambda sign: sign <= 0,
}


def matches(document: Any, one: Mapping[str, Any]) -> bool:
    operator, text = one.get("Operator", "Equals"), one.get("Value", "")
    found = list(values_at(document, str(one["Name"]).split(".")))
    if operator == "Exists":
        return bool(found)
    if operator == "NotExists":
        return not found
    if "Value" not in one:
        raise ValidationError(f"The filter on {one['Name']} needs a Value for the operator {operator}.")
    if operator == "NotEquals":
        return all(_compare(value, text) != 0 for value in found)
    if operator == "Contains":
        return any(text.lower() in str(value).lower() for value in found)
    if operator == "In":
        wanted = [item.strip() for item in text.split(",")]
        return any(_compare(value, item) == 0 for value in found for item in wanted)
    fits = _ORDERED[operator]
    return any(sign is not None and fits(sign) for sign in (_compare(value, text) for value in found))


def _nested(document: Any, one: Mapping[str, Any]) -> bool:
    """All filters must hold of one and the same element of the nested list."""
    path = str(one["NestedPropertyName"])
    prefix = f"{path}."
    inner = [{**each, "Name": str(each["Name"]).removeprefix(prefix)} for each in one["Filters"]]
    return any(all(matches(element, each) for each in inner) for element in values_at(document, path.split(".")))


def satisfies(document: Any, expression: Mapping[str, Any]) -> bool:
    results = (
        *(matches(document, one) for one in expression.get("Filters", ())),
        *(_nested(document, one) for one in expression.get("NestedFilters", ())),
        *(satisfies(document, one) for one in expression.get("SubExpressions", ())),
    )
    if not results:
        return True
    return any(results) if expression.get("Operator") == "Or" else all(results)


class Search:
    def __init__(self, platform: Platform, kinds: Mapping[str, Kind]) -> None:
        self._platform = platform
        self._kinds = kinds

    def _kind(self, call: Call) -> Kind | None:
        """None for a resource AWS has and this version does not: nothing of it can be found."""
        return self._kinds.get(str(call.params["Resource"]))

    def _documents(self, kind: Kind, call: Call) -> Iterator[tuple[Record, dict[str, Any]]]:
        query = Query(kind.name, call.caller.project, sort="created", descending=True, limit=BATCH)
        while True:
            page = self._platform.store.query(query)
            for record in page.records:
                document = everything(kind, self._platform, record)
                document |= {"Tags": tag_list(record)}
                yield record, document
            if page.token is None:
                return
            query = Query(
                kind.name, call.caller.project, sort="created", descending=True, limit=BATCH, token=page.token
            )

    async def search(self, call: Call) -> Mapping[str, Any]:
        kind = self._kind(call)
        if kind is None:
            return {"Results": [], "TotalHits": {"Value": 0, "Relation": "EqualTo"}}
        return await asyncio.to_thread(self._search, kind, call)

    def _search(self, kind: Kind, call: Call) -> Mapping[str, Any]:
        """In a thread: it looks at every record of the kind, which takes a while where there are many."""
        expression = call.params.get("SearchExpression", {})
        found = [(record, doc) for record, doc in self._documents(kind, call) if satisfies(self._flat(doc), expression)]
        by = str(call.params.get("SortBy", "LastModifiedTime"))
        found.sort(key=lambda item: self._sort_key(item[1], by), reverse=call.params.get("SortOrder") != "Ascending")
        start = _position(call.params.get("NextToken"))
        size = int(call.params.get("MaxResults", 10))
        page = found[start : start + size]
        more = start + size < len(found)
        return {
            "Results": [{kind.name: self._result(kind, record, document)} for record, document in page],
            "NextToken": f"offset:{start + size}" if more else None,
            "TotalHits": {"Value": len(found), "Relation": "EqualTo"},
        }

    def _flat(self, document: Mapping[str, Any]) -> dict[str, Any]:
        """Tags and metrics also by their own names: `Tags.team`, `Metrics.loss`."""
        tags: list[Any] = [*document["Tags"], {tag["Key"]: tag["Value"] for tag in document["Tags"]}]
        metrics = {one["MetricName"]: one["Value"] for one in document.get("FinalMetricDataList") or ()}
        return {**document, "Tags": tags, "Metrics": metrics}

    def _sort_key(self, document: Mapping[str, Any], by: str) -> tuple[bool, str, Any]:
        value = next(values_at(self._flat(document), by.split(".")), None)
        return (value is not None, type(value).__name__, value if isinstance(value, str | int | float) else 0)

    def _result(self, kind: Kind, record: Record, document: Mapping[str, Any]) -> dict[str, Any]:
        model = operation("sagemaker", "Search")
        assert model is not None and model.output_shape is not None
        results = members(model.output_shape)["Results"]
        shape = members(results.member)[kind.name]  # type: ignore[attr-defined]
        if "Model" in members(shape) and kind.name == "Model":
            inner = cut(members(shape)["Model"], document)
            return {"Model": inner}
        return cut(shape, {**document, f"{kind.name}Arn": arn_of(kind, record)})

    async def suggest(self, call: Call) -> Mapping[str, Any]:
        kind = self._kind(call)
        query = call.params.get("SuggestionQuery", {}).get("PropertyNameQuery", {}).get("PropertyNameHint", "")
        names: set[str] = set()
        if kind is not None:
            for number, (_, document) in enumerate(self._documents(kind, call)):
                names |= set(_paths(self._flat(document)))
                if number >= BATCH:
                    break
        hits = sorted(name for name in names if query.lower() in name.lower())[:MAX_SUGGESTIONS]
        return {"PropertyNameSuggestions": [{"PropertyName": name} for name in hits]}


def _paths(document: Any, prefix: str = "") -> Iterator[str]:
    if isinstance(document, dict):
        for key, value in document.items():
            yield from _paths(value, f"{prefix}.{key}" if prefix else str(key))
    elif isinstance(document, list):
        for item in document:
            yield from _paths(item, prefix)
    else:
        yield prefix


def _position(token: str | None) -> int:
    if token is None:
        return 0
    text = token.removeprefix("offset:")
    if text == token or not text.isdecimal():
        raise ValidationError(f'Invalid pagination token because "{token[:100]}" was not issued for this search.')
    return int(text)
