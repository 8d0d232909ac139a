"""Pages of what is few: a card's versions and exports. The token is how many entries came before."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from studiolo.base.errors import ValidationError
from studiolo.base.record import Record
from studiolo.services.platform import Platform
from studiolo.store.protocol import Query
from studiolo.store.scan import scan

PAGE = 10


def all_of(platform: Platform, kind: str, project: str, card: str) -> list[Record]:
    return list(scan(platform.store, Query(kind, project, labels={"Card": card.lower()})))


def within(params: Mapping[str, Any], created: float) -> bool:
    """By CreationTimeAfter and CreationTimeBefore."""
    after, before = params.get("CreationTimeAfter"), params.get("CreationTimeBefore")
    return (after is None or created > after) and (before is None or created < before)


def paged(
    items: Sequence[Any], params: Mapping[str, Any], by: Callable[[Any], Any], descending: bool
) -> tuple[Sequence[Any], str | None]:
    text = params.get("NextToken", "0")
    if not text.isdigit():
        raise ValidationError(f'Invalid pagination token because "{text}" was not issued for this list.')
    start, limit = int(text), params.get("MaxResults", PAGE)
    ordered = sorted(items, key=by, reverse=descending)
    end = start + limit
    return ordered[start:end], str(end) if end < len(ordered) else None
