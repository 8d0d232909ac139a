import pytest

from studiolo.series.protocol import Bin, Point
from studiolo.series.sqlite import STEPS, SqliteSeries


@pytest.fixture
def series(tmp_path):
    it = SqliteSeries(tmp_path / "series.db")
    yield it
    it.close()


def test_weighted_points_are_binned_and_spread(series):
    series.append(
        [Point("r/1/a", "m", 10, 2.0, "x", 3), Point("r/1/a", "m", 11, 8.0, "y"), Point("r/1/a", "m", 70, 1.0, "y")]
    )
    both = {"start": 0, "end": 100, "period": 60}
    assert series.bins("r/1/a", "m", **both) == [Bin(0, 4, 14, 2, 8), Bin(60, 1, 1, 1, 1)]
    assert series.bins("r/1/a", "m", host_prefix="x", **both) == [Bin(0, 3, 6, 2, 2)]
    assert series.spread("r/1/a", "m", **both) == {0: [(2.0, 3), (8.0, 1)], 60: [(1.0, 1)]}
    assert [(one.resource, one.host, one.last_time) for one in series.known("r/1/")] == [
        ("r/1/a", "x", 10),
        ("r/1/a", "y", 70),
    ]
    assert series.known("r/2/") == []


def test_a_file_of_the_first_version_is_brought_up(tmp_path):
    import sqlite3

    old = sqlite3.connect(tmp_path / "old.db")
    old.executescript(f"{STEPS[0]}; PRAGMA user_version = 1; INSERT INTO series VALUES (1, 'r', 'm', '');"
                      "INSERT INTO points VALUES (1, 5, 7);")  # fmt: skip
    old.close()
    series = SqliteSeries(tmp_path / "old.db")
    assert series.bins("r", "m", start=0, end=60, period=60) == [Bin(0, 1, 7, 7, 7)]
    series.close()
