"""What every store keeps; test_sqlite.py and test_memory.py run it."""

import operator
import threading

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from studiolo.base.record import Key
from studiolo.store.protocol import (
    AlreadyExists,
    BadToken,
    Either,
    Every,
    Index,
    Is,
    Missing,
    Not,
    Query,
    Stale,
    Tagged,
)

INDEXERS = {
    "TrainingJob": lambda record: Index(
        record.status.get("TrainingJobStatus", ""), {"Group": record.spec["Group"]} if "Group" in record.spec else {}
    )
}


def key(name, project="123456789012", kind="TrainingJob"):
    return Key(project, kind, name)


NAMES = st.sampled_from(["a", "A1", "ab", "Ba", "b-2", "1e3", "x"])
STATES = st.sampled_from(["InProgress", "Failed", "Completed"])
TIMES = st.sampled_from([1.0, 2.0, 2.5, 3.0])
TAGS = st.dictionaries(st.sampled_from(["team", "stage"]), st.sampled_from(["red", "Red", "1"]), max_size=2)
RECORDS = st.fixed_dictionaries({"name": NAMES, "state": STATES, "created": TIMES, "modified": TIMES, "tags": TAGS})
COMPARED = {"=": operator.eq, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
LEAVES = (
    st.builds(Is, st.just("name"), st.sampled_from(list(COMPARED)), NAMES)
    | st.builds(Is, st.just("name"), st.just("contains"), st.sampled_from(["", "A", "b", "E3", "zz"]))
    | st.builds(Is, st.just("state"), st.sampled_from(list(COMPARED)), STATES)
    | st.builds(Is, st.sampled_from(["created", "modified"]), st.sampled_from(list(COMPARED)), TIMES)
    | st.builds(Tagged, st.sampled_from(["team", "stage", "none"]), st.sampled_from(["red", "1", None]))
)
CONDITIONS = st.recursive(
    LEAVES,
    lambda inner: (
        st.builds(Not, inner)
        | st.builds(Every, st.lists(inner, max_size=3).map(tuple))
        | st.builds(Either, st.lists(inner, max_size=3).map(tuple))
    ),
    max_leaves=8,
)


def true_of(condition, record):
    """What a condition means, said once more and apart from the stores."""
    if isinstance(condition, Is):
        held = {
            "name": record.key.name,
            "state": record.status["TrainingJobStatus"],
            "created": record.created,
            "modified": record.modified,
        }[condition.of]
        if condition.how == "contains":
            return condition.value.lower() in held.lower()
        return COMPARED[condition.how](held, condition.value)
    if isinstance(condition, Tagged):
        return condition.tag in record.tags and condition.value in (None, record.tags[condition.tag])
    if isinstance(condition, Not):
        return not true_of(condition.one, record)
    results = [true_of(one, record) for one in condition.of]
    return all(results) if isinstance(condition, Every) else any(results)


class StoreContract:
    def test_what_is_created_can_be_read_whatever_the_case(self, store):
        made = store.create(key("My-Job"), {"A": [1, {"b": None}]}, {"S": 1.5}, now=10, tags={"team": "red"})
        assert store.get(key("my-job")) == made
        assert (made.version, made.created, made.modified, made.key.name) == (1, 10, 10, "My-Job")

    def test_a_name_is_taken_once_in_a_project(self, store):
        first = store.create(key("x"), {}, {}, now=1)
        with pytest.raises(AlreadyExists) as taken:
            store.create(key("X"), {"other": 1}, {}, now=2)
        assert taken.value.existing == first
        store.create(key("x", project="999999999999"), {}, {}, now=3)
        store.create(key("x", kind="Model"), {}, {}, now=3)

    def test_a_write_needs_the_newest_version(self, store):
        first = store.create(key("x"), {"a": 1}, {}, now=1)
        second = store.write(first, now=2, status={"s": 1})
        assert (second.version, second.spec, second.status, second.modified) == (2, {"a": 1}, {"s": 1}, 2)
        with pytest.raises(Stale):
            store.write(first, now=3, status={"s": 2})
        with pytest.raises(Stale):
            store.delete(first)
        assert store.get(key("x")) == second

    def test_a_write_that_changes_nothing_is_none(self, store):
        first = store.create(key("x"), {"a": 1}, {}, now=1)
        before = store.sequence()
        assert store.write(first, now=9, spec={"a": 1}) == first
        assert store.sequence() == before

    def test_a_document_changed_in_place_is_written_as_well(self, store):
        store.create(key("x"), {}, {"n": {"deep": 1}}, now=1)
        seen = store.get(key("x"))
        status = {**seen.status, "n": {"deep": 2}}
        store.write(seen, now=2, status=status)
        again = store.get(key("x"))
        changed = {**again.status}
        changed["n"]["deep"] = 3
        store.write(again, now=3, status=changed)
        assert store.get(key("x")).status == {"n": {"deep": 3}}

    def test_a_kept_record_is_read_again_only_when_it_was_written(self, store):
        kept = store.create(key("x"), {}, {"n": 1}, now=1)
        assert store.again(kept) == kept
        newer = store.write(kept, now=2, status={"n": 2})
        assert store.again(kept) == newer == store.again(newer)
        store.delete(newer)
        with pytest.raises(Missing):
            store.again(newer)
        other = store.create(key("x"), {}, {"n": 3}, now=5)
        assert store.again(kept) == other
        with pytest.raises(Stale):
            store.write(newer, now=6, status={"n": 4})

    def test_what_is_deleted_is_gone_and_its_name_free(self, store):
        store.delete(store.create(key("x"), {}, {}, now=1))
        with pytest.raises(Missing):
            store.get(key("x"))
        assert store.create(key("x"), {}, {}, now=2).version == 1

    def test_pages_cover_everything_once(self, store):
        for number in range(23):
            store.create(key(f"job-{number:02}"), {}, {}, now=float(number % 7))
        for sort in ("name", "created", "modified", "state"):
            for descending in (False, True):
                seen, token = [], None
                while True:
                    page = store.query(
                        Query("TrainingJob", "123456789012", sort=sort, descending=descending, limit=5, token=token)
                    )
                    seen += [record.key.name for record in page.records]
                    token = page.token
                    if token is None:
                        break
                assert sorted(seen) == [f"job-{number:02}" for number in range(23)], (sort, descending)

    def test_a_page_can_be_resumed_after_any_record(self, store):
        for number in range(5):
            store.create(key(f"x{number}"), {}, {}, now=1)
        page = store.query(Query("TrainingJob", None, limit=4))
        for number in (1, 2, 3, 4):
            rest = store.query(Query("TrainingJob", None, token=page.resume(number))).records
            assert [one.key.name for one in rest] == [f"x{n}" for n in range(number, 5)]
        assert page.resume(4) == page.token

    def test_filters(self, store):
        for number in range(6):
            store.create(
                key(f"Alpha-{number}"),
                {"Group": f"g{number % 2}"},
                {"TrainingJobStatus": "Failed" if number < 2 else "Completed"},
                now=float(number),
                tags={"n": str(number)},
            )
        store.create(key("alpha-9", project="999999999999"), {}, {}, now=9)

        def names(**query):
            return [r.key.name for r in store.query(Query("TrainingJob", "123456789012", sort="name", **query)).records]

        assert names(state="Failed") == ["Alpha-0", "Alpha-1"]
        assert names(name_contains="pha-3") == ["Alpha-3"]
        assert names(labels={"Group": "g1"}) == ["Alpha-1", "Alpha-3", "Alpha-5"]
        assert names(created_after=1.0, created_before=4.0) == ["Alpha-2", "Alpha-3"]
        assert names(tags={"n": "4"}) == ["Alpha-4"]
        assert store.count(Query("TrainingJob", "123456789012", state="Completed")) == 4
        assert store.count(Query("TrainingJob", None)) == 7

    def test_the_index_follows_the_writes(self, store):
        made = store.create(key("x"), {"Group": "a"}, {"TrainingJobStatus": "InProgress"}, now=1)
        store.write(made, now=2, spec={"Group": "b"}, status={"TrainingJobStatus": "Completed"})
        assert store.count(Query("TrainingJob", None, state="InProgress")) == 0
        assert store.count(Query("TrainingJob", None, state="Completed", labels={"Group": "b"})) == 1
        assert store.count(Query("TrainingJob", None, labels={"Group": "a"})) == 0

    def test_a_token_of_another_list_is_refused(self, store):
        for number in range(3):
            store.create(key(f"x{number}"), {}, {}, now=1)
        token = store.query(Query("TrainingJob", None, limit=1)).token
        for bad in ("nonsense", "", token + "x" if token else ""):
            if bad:
                with pytest.raises(BadToken):
                    store.query(Query("TrainingJob", None, sort="name", token=bad))
        with pytest.raises(BadToken):
            store.query(Query("TrainingJob", None, sort="name", token=token))

    def test_changes_and_watchers_see_every_write_in_order(self, store):
        seen = []
        stop = store.watch(lambda change: seen.append((change.key.name, change.record and change.record.version)))
        start = store.sequence()
        first = store.create(key("a"), {}, {}, now=1)
        second = store.create(key("b"), {}, {}, now=1)
        store.write(first, now=2, status={"x": 1})
        store.delete(second)
        stop()
        store.create(key("c"), {}, {}, now=3)
        assert seen == [("a", 1), ("b", 1), ("a", 2), ("b", None)]
        replay = store.changes(start)
        assert [(change.key.name, change.record and change.record.version) for change in replay] == [
            ("a", 2),
            ("b", None),
            ("c", 1),
        ]
        assert store.changes(store.sequence() + 5) is None

    def test_threads_that_write_the_same_record_lose_nothing(self, store):
        store.create(key("n"), {"count": 0}, {}, now=1)

        def add():
            for _ in range(25):
                while True:
                    seen = store.get(key("n"))
                    try:
                        store.write(seen, now=2, spec={"count": seen.spec["count"] + 1})
                        break
                    except Stale:
                        continue

        threads = [threading.Thread(target=add) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert store.get(key("n")).spec["count"] == 100

    def test_a_forged_token_is_refused(self, store):
        import base64

        import orjson

        for value, id in (([], 1), (None, 1), ({}, 1), (1.0, 2**70), (1.0, "x"), ("text", 1)):
            forged = base64.urlsafe_b64encode(
                orjson.dumps(["TrainingJob", "created", False, value, str(id) if id == 2**70 else id])
            ).decode()
            with pytest.raises(BadToken):
                store.query(Query("TrainingJob", None, token=forged))

    def test_a_page_of_none_is_empty_and_goes_nowhere(self, store):
        for number in range(3):
            store.create(key(f"x{number}"), {}, {}, now=1)
        token = store.query(Query("TrainingJob", None, limit=1)).token
        for asked in (None, token):
            page = store.query(Query("TrainingJob", None, limit=0, token=asked))
            assert (list(page.records), page.token) == ([], asked)

    def test_a_watcher_that_fails_is_logged_and_hinders_nobody(self, store, caplog):
        def broken(change):
            raise RuntimeError("oops")

        seen = []
        stop = [store.watch(broken), store.watch(lambda change: seen.append(change.key.name))]
        made = store.create(key("a"), {}, {}, now=1)
        assert store.get(key("a")) == made and seen == ["a"]
        assert "a watcher failed" in caplog.text and "oops" in caplog.text
        for end in (*stop, *stop):
            end()
        store.create(key("b"), {}, {}, now=1)
        assert seen == ["a"]

    def test_tags_are_indexed_from_every_write(self, store):
        made = store.create(key("x"), {}, {}, now=1, tags={"team": "red", "Group": "not a label"})

        def count(**query):
            return store.count(Query("TrainingJob", None, **query))

        assert count(tags={"team": "red"}) == 1
        assert count(labels={"Group": "not a label"}) == 0
        made = store.write(made, now=2, tags={"team": "blue"})
        assert count(tags={"team": "red"}) == 0
        assert count(where=Tagged("team")) == count(where=Tagged("team", "blue")) == 1
        assert count(where=Tagged("Group")) == 0
        store.delete(made)
        assert count(where=Tagged("team")) == 0

    @given(data=st.data())
    @settings(
        max_examples=150,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.differing_executors],
    )
    def test_conditions_choose_what_they_say(self, store, data):
        for record in store.query(Query("TrainingJob", None, limit=100)).records:
            store.delete(record)
        made = data.draw(st.lists(RECORDS, min_size=1, max_size=6, unique_by=lambda one: one["name"].casefold()))
        records = [
            store.write(
                store.create(key(one["name"]), {}, {"TrainingJobStatus": one["state"]}, now=one["created"]),
                now=one["modified"],
                tags=one["tags"],
            )
            for one in made
        ]
        where = data.draw(CONDITIONS)
        wanted = {one.key.name for one in records if true_of(where, one)}
        for sort in ("name", "created", "modified", "state"):
            page = store.query(Query("TrainingJob", "123456789012", where=where, sort=sort))
            assert {one.key.name for one in page.records} == wanted
        assert store.count(Query("TrainingJob", None, where=where)) == len(wanted)
