"""Saved views: whose they are, who sees them, who may change them; and ten people at once."""

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from studiolo.base.errors import AccessDenied, LimitExceeded, NotFound
from studiolo.services.request import Call, Caller, Role
from studiolo.services.studio.together import tables, views
from studiolo.services.studio.together.views import SavedViews
from studiolo.store.memory import MemoryStore
from studiolo.store.protocol import Query
from studiolo.store.sqlite import SqliteStore

MINE, OTHERS = "111111111111", "222222222222"
ROLES: dict[str, Role] = {"ann": "contributor", "bob": "viewer", "boss": "admin"}


@pytest.fixture(params=["memory", "sqlite"])
def operations(request: Any, tmp_path: Path) -> Any:
    store = (
        MemoryStore(tables.INDEXERS) if request.param == "memory" else SqliteStore(tmp_path / "s.db", tables.INDEXERS)
    )
    ticks = iter(range(1, 100_000))
    return SavedViews(SimpleNamespace(store=store, clock=lambda: next(ticks)))  # pyright: ignore


def ask(operation: Any, user: str, project: str = MINE, **params: Any) -> Any:
    caller = Caller(user, project, ROLES.get(user, "contributor"))
    return asyncio.run(operation(Call(caller, "studio", "", {"ListName": "TrainingJob", **params}, "id")))


def seen(operations: Any, user: str, **more: Any) -> list[tuple[str, str]]:
    return [(one["User"], one["ViewName"]) for one in ask(operations.list, user, **more)["SavedViews"]]


def test_a_view_is_its_makers_until_it_is_shared(operations: Any) -> None:
    ask(operations.put, "ann", ViewName="failed", StatusEquals="Failed", SortBy="Name", SortOrder="Ascending")
    assert (seen(operations, "Ann"), seen(operations, "bob"), seen(operations, "boss")) == ([("ann", "failed")], [], [])
    (view,) = ask(operations.list, "ann")["SavedViews"]
    assert (view["StatusEquals"], view["SortBy"], view["SortOrder"], view["Shared"]) == (
        "Failed",
        "Name",
        "Ascending",
        False,
    )
    ask(operations.put, "ann", ViewName="failed", NameContains="a", Shared=True)
    assert seen(operations, "ann") == seen(operations, "bob") == [("ann", "failed")]
    assert seen(operations, "bob", project=OTHERS) == seen(operations, "bob", ListName="Endpoint") == []
    (view,) = ask(operations.list, "bob")["SavedViews"]
    assert view["NameContains"] == "a" and "StatusEquals" not in view


def test_only_its_maker_and_an_admin_change_or_delete_a_shared_view(operations: Any) -> None:
    ask(operations.put, "ann", ViewName="ours", Shared=True)
    ask(operations.put, "ann", ViewName="mine")
    for change in (operations.put, operations.delete):
        with pytest.raises(AccessDenied, match="Only ann"):
            ask(change, "bob", ViewName="ours", User="ann")
        # What is nobody else's is not even there for them, admin or not.
        for user in ("bob", "boss"):
            with pytest.raises(NotFound):
                ask(change, user, ViewName="mine", User="ann")
    ask(operations.put, "boss", ViewName="ours", User="ANN", Shared=True, NameContains="x")
    (view,) = ask(operations.list, "bob")["SavedViews"]
    assert (view["User"], view["NameContains"]) == ("ann", "x")
    ask(operations.delete, "boss", ViewName="ours", User="ann")
    assert seen(operations, "ann") == [("ann", "mine")]
    with pytest.raises(NotFound):
        ask(operations.delete, "ann", ViewName="ours")


def test_two_people_may_choose_one_name_and_no_name_stands_for_another(operations: Any) -> None:
    for user in ("ann", "bob"):
        ask(operations.put, user, ViewName="ours", Shared=True, NameContains=user)
    assert seen(operations, "bob") == [("bob", "ours"), ("ann", "ours")]
    ask(operations.put, "ann", ViewName="a/b:c é ☃")
    ask(operations.delete, "ann", ViewName="a/b:c é ☃")
    assert seen(operations, "ann") == [("ann", "ours"), ("bob", "ours")]


def test_there_is_an_end_to_how_many(operations: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(views, "MOST", 3)
    for number in range(3):
        ask(operations.put, "ann", ViewName=f"v{number}")
    with pytest.raises(LimitExceeded):
        ask(operations.put, "ann", ViewName="one more")
    ask(operations.put, "ann", ViewName="v0", NameContains="replaced")
    ask(operations.put, "bob", ViewName="another's")
    assert len(seen(operations, "ann")) == 3


def test_ten_at_once_leave_one_view_of_a_name(operations: Any) -> None:
    async def all_at_once() -> None:
        caller = Caller("ann", MINE, "contributor")
        calls = [
            Call(caller, "studio", "", {"ListName": "Model", "ViewName": "v", "NameContains": str(one)}, "id")
            for one in range(10)
        ]
        await asyncio.gather(*(asyncio.to_thread(asyncio.run, operations.put(one)) for one in calls))

    asyncio.run(all_at_once())
    (record,) = operations._platform.store.query(Query(views.KIND, MINE)).records
    assert record.version == 10
