import threading

import pytest

from studiolo.series.events import MAX_POSITION, Events, Gone, Taken

PROJECT = "123456789012"


@pytest.fixture
def events(tmp_path):
    it = Events(tmp_path / "events.db")
    yield it
    it.close()


def stream(events, group="g", name="s"):
    events.create_group(PROJECT, group, 1, {})
    events.create_stream(events.group(PROJECT, group), name, 2)
    return events.stream(events.group(PROJECT, group), name)


def texts(lines):
    return [line.text for line in lines]


def test_events_are_read_by_time_however_they_came(events):
    one = stream(events)
    events.put(one, [(10, "b"), (30, "d")], 100)
    events.put(one, [(5, "a"), (10, "c")], 101)
    lines = events.forward(one.id, 0, 10)
    assert texts(lines) == ["a", "b", "c", "d"]
    assert [line.ingested for line in lines] == [101, 100, 101, 100]
    assert texts(events.forward(one.id, lines[1].next, 1)) == ["c"]
    assert texts(events.backward(one.id, MAX_POSITION, 2)) == ["c", "d"]
    assert texts(events.backward(one.id, lines[2].offset, 9)) == ["a", "b"]
    assert texts(line for _, line in events.came(one.id, 2, 9)) == ["a", "c"]


def test_what_has_expired_goes(events):
    one = stream(events)
    events.put(one, [(10, "old"), (20, "new")], 100)
    assert texts(events.forward(one.id, 0, 9, since=15)) == ["new"]
    events.put(one, [(21, "newer")], 101, expired=15)
    assert texts(events.forward(one.id, 0, 9)) == ["new", "newer"]


def test_a_group_takes_its_streams_with_it(events):
    one = stream(events)
    events.put(one, [(10, "x")], 100)
    group = events.group(PROJECT, "g")
    assert events.bytes(group) == 27
    with pytest.raises(Taken):
        events.create_group(PROJECT, "g", 1, {})
    with pytest.raises(Taken):
        events.create_stream(group, "s", 1)
    events.delete_group(PROJECT, "g")
    with pytest.raises(Gone):
        events.put(one, [(11, "y")], 101)
    with pytest.raises(Gone):
        events.create_stream(group, "t", 1)
    assert events.forward(one.id, 0, 9) == []


def test_what_was_written_is_there_after_the_file_is_opened_again(tmp_path, events):
    one = stream(events)
    events.put(one, [(10, "x")], 100)
    again = Events(tmp_path / "events.db")
    assert texts(again.forward(one.id, 0, 9)) == ["x"]
    again.close()


def test_many_write_at_once(events):
    one = stream(events)
    writers = [
        threading.Thread(target=lambda who=who: [events.put(one, [(n, f"{who}-{n}")], n) for n in range(50)])
        for who in range(8)
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert len(events.forward(one.id, 0, 1000)) == 400
