"""What belongs to one person alone, in all projects: it goes with the person, so that somebody of the same name who comes later
neither reads it nor is told elsewhere by it. Called by people.py."""

from collections.abc import Iterator

from studiolo.base.record import Key, Record
from studiolo.services.platform import Platform
from studiolo.services.sns.publishing import everything
from studiolo.services.studio.together import notices, views, webhooks
from studiolo.store.protocol import Missing, Query, Stale
from studiolo.store.scan import scan


def _labelled(platform: Platform, kind: str, state: str | None, user: str) -> Iterator[Record]:
    return scan(platform.store, Query(kind, None, state=state, labels={"User": user.casefold()}))


def of(platform: Platform, user: str) -> Iterator[Record]:
    yield from _labelled(platform, notices.KIND, None, user)
    yield from _labelled(platform, views.KIND, views.OWN, user)
    for one in everything(platform, webhooks.KIND, None):
        if one.spec["Scope"] == "Person" and one.spec["Owner"].casefold() == user.casefold():
            yield one
    for one in everything(platform, notices.PREFERENCES, None):
        if one.key.name.casefold() == user.casefold():
            yield one


def forget(platform: Platform, user: str) -> None:
    for one in list(of(platform, user)):
        _drop(platform, one.key)


def _drop(platform: Platform, key: Key) -> None:
    while True:
        try:
            platform.store.delete(platform.store.get(key))
            return
        except Stale:
            continue
        except Missing:
            return
