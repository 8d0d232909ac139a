"""All that a query finds, for those who need every record and not a page of them: controllers, look-ups, cleaning up."""

from collections.abc import Iterator
from dataclasses import replace

from studiolo.base.record import Record
from studiolo.store.protocol import Query, Store

PAGE = 500


def scan(store: Store, query: Query) -> Iterator[Record]:
    """In the query's order, read a page at a time; its limit and token are the scan's own. Records may be written or deleted
    meanwhile: see Page.token."""
    query = replace(query, limit=PAGE)
    while True:
        page = store.query(query)
        yield from page.records
        if page.token is None:
            return
        query = replace(query, token=page.token)
