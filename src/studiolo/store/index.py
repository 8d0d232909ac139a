"""What both stores make of names, tags, tokens and conditions, so that they can't differ in it."""

import base64
import binascii
import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import orjson

from studiolo.base.record import Record
from studiolo.store.protocol import (
    BadToken,
    Change,
    Condition,
    Either,
    Every,
    Index,
    Indexer,
    Is,
    Not,
    Page,
    Query,
    Tagged,
    Watcher,
)

log = logging.getLogger(__name__)
TAG = "tag:"


def fold(name: str) -> str:
    return name.casefold()


def index_of(indexers: Mapping[str, Indexer], record: Record) -> Index:
    indexer = indexers.get(record.key.kind)
    return indexer(record) if indexer else Index()


def labels_of(index: Index, tags: Mapping[str, str]) -> dict[str, str]:
    """Labels and tags under one roof."""
    return {**index.labels, **{f"{TAG}{tag}": value for tag, value in tags.items()}}


def page_of(query: Query, records: Sequence[Record], positions: Sequence[tuple[Any, int]], more: bool) -> Page:
    """positions: (sort value, id) of each record."""

    def resume(number: int) -> str:
        position = (query.kind, query.sort, query.descending, *positions[number - 1])
        return base64.urlsafe_b64encode(orjson.dumps(position)).decode()

    return Page(records, resume(len(records)) if more and records else None, resume)


def no_page(query: Query) -> Page:
    return Page([], query.token, lambda number: query.token or "")


def read_token(token: str, query: Query) -> tuple[Any, int]:
    """The (sort value, id) a page ended with, if the token was made for this kind and order."""
    try:
        kind, sort, descending, value, id = orjson.loads(base64.urlsafe_b64decode(token))
    except (ValueError, TypeError, binascii.Error) as error:
        raise BadToken(token) from error
    if (kind, sort, descending) != (query.kind, query.sort, query.descending):
        raise BadToken(token)
    textual = query.sort in ("name", "state")
    if not isinstance(id, int) or not 0 <= id < 2**63 or not isinstance(value, str if textual else int | float):
        raise BadToken(token)
    return value, id


def tell(watchers: Sequence[Watcher], change: Change) -> None:
    """The write is done: a watcher that fails is no reason to fail its writer, nor to leave out the next one."""
    for watcher in watchers:
        try:
            watcher(change)
        except Exception:
            log.exception("a watcher failed on change %d of %s", change.sequence, change.key.handle())


_COMPARED: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": lambda left, right: left == right,
    "<": lambda left, right: left < right,
    "<=": lambda left, right: left <= right,
    ">": lambda left, right: left > right,
    ">=": lambda left, right: left >= right,
    "contains": lambda left, right: fold(right) in fold(left),
}


def holds(condition: Condition, record: Record, index: Index) -> bool:
    """Of one record in memory."""
    match condition:
        case Is(of, how, value):
            held = {
                "name": record.key.name,
                "state": index.state,
                "created": record.created,
                "modified": record.modified,
            }
            return _COMPARED[how](held[of], value)
        case Tagged(tag, value):
            return tag in record.tags if value is None else record.tags.get(tag) == value
        case Not(one):
            return not holds(one, record, index)
        case Every(of):
            return all(holds(one, record, index) for one in of)
        case Either(of):
            return any(holds(one, record, index) for one in of)


def to_sql(condition: Condition) -> tuple[str, list[Any]]:
    """The same as an SQL expression over `records`, answered from its covering indexes."""
    match condition:
        case Is("name", "contains", value):
            return "instr(folded, ?) > 0", [fold(str(value))]
        case Is("name", "=", value):
            return "(folded = ? AND name = ?)", [fold(str(value)), value]
        case Is(of, how, value):
            return f"{of} {how} ?", [value]
        case Tagged(tag, None):
            return "id IN (SELECT id FROM labels WHERE label = ?)", [TAG + tag]
        case Tagged(tag, value):
            return "id IN (SELECT id FROM labels WHERE label = ? AND value = ?)", [TAG + tag, value]
        case Not(one):
            sql, values = to_sql(one)
            return f"NOT {sql}", values
        case Every(of) | Either(of):
            parts = [to_sql(one) for one in of]
            word, none = (" AND ", "1") if isinstance(condition, Every) else (" OR ", "0")
            return f"({word.join(sql for sql, _ in parts) or none})", [value for _, some in parts for value in some]
