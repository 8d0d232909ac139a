"""Every record is read once, however many pages there are, and while they are deleted."""

from studiolo.base.record import Key
from studiolo.store.memory import MemoryStore
from studiolo.store.protocol import Query
from studiolo.store.scan import PAGE, scan

PROJECT = "1" * 12


def filled(count):
    store = MemoryStore()
    for number in range(count):
        store.create(Key(PROJECT, "Thing", f"t{number:04}"), {}, {}, now=float(number))
    return store


def test_all_pages_in_order_whatever_limit_the_query_has():
    store = filled(PAGE * 2 + 1)
    names = [one.key.name for one in scan(store, Query("Thing", PROJECT, sort="name", descending=True, limit=3))]
    assert names == sorted(names, reverse=True) and len(names) == PAGE * 2 + 1
    assert list(scan(store, Query("Nothing", PROJECT))) == []


def test_what_is_read_may_be_deleted():
    store = filled(PAGE + 10)
    for one in scan(store, Query("Thing", None)):
        store.delete(one)
    assert store.count(Query("Thing", None)) == 0
