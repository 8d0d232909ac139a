import sqlite3
import subprocess
import sys
import threading
import time

import pytest
from store_contract import INDEXERS, StoreContract, key

from studiolo.store.migrations import STEPS
from studiolo.store.protocol import Query, StoreError
from studiolo.store.sqlite import SqliteStore


class TestSqliteStore(StoreContract):
    @pytest.fixture
    def store(self, tmp_path):
        store = SqliteStore(tmp_path / "records.db", INDEXERS)
        yield store
        store.close()

    def test_it_is_there_after_reopening(self, tmp_path):
        store = SqliteStore(tmp_path / "r.db", INDEXERS)
        made = store.create(key("x"), {"a": "ü"}, {}, now=1, tags={"k": "v"})
        sequence = store.sequence()
        store.close()
        again = SqliteStore(tmp_path / "r.db", INDEXERS)
        assert again.get(key("x")) == made
        assert again.sequence() == sequence
        assert (tmp_path / "r.db").stat().st_mode & 0o077 == 0

    def test_a_newer_file_is_left_alone(self, tmp_path):
        with sqlite3.connect(tmp_path / "r.db") as connection:
            connection.execute("PRAGMA user_version = 99")
        with pytest.raises(StoreError, match="newer version"):
            SqliteStore(tmp_path / "r.db")

    def test_killed_while_writing_it_keeps_what_it_acknowledged(self, tmp_path):
        script = """
import sys
from pathlib import Path
from studiolo.base.record import Key
from studiolo.store.sqlite import SqliteStore
store = SqliteStore(Path(sys.argv[1]))
n = 0
while True:
    store.create(Key("1", "T", f"n{n}"), {"n": n}, {}, now=1.0)
    print(n, flush=True)
    n += 1
"""
        writer = subprocess.Popen([sys.executable, "-c", script, tmp_path / "r.db"], stdout=subprocess.PIPE)
        time.sleep(1)
        writer.kill()
        acknowledged = writer.stdout.read().splitlines()
        assert acknowledged
        store = SqliteStore(tmp_path / "r.db")
        assert store.count(Query("T", None)) >= len(acknowledged)
        assert store.get(key(f"n{int(acknowledged[-1])}", "1", "T")).spec == {"n": int(acknowledged[-1])}

    def test_threads_that_ended_leave_no_connection(self, store):
        store.create(key("x"), {}, {}, now=1)
        opened = []

        def read():
            store.get(key("x"))
            opened.append(len(store._readers))

        for _ in range(20):
            thread = threading.Thread(target=read)
            thread.start()
            thread.join()
        assert max(opened) <= 2 and len(store._readers) <= 1

    def test_tags_of_an_older_file_are_found(self, tmp_path):
        with sqlite3.connect(tmp_path / "r.db") as old:
            old.executescript(f"{STEPS[0]} PRAGMA user_version = 1;")
            old.execute(
                "INSERT INTO records VALUES (1, '1', 'T', 'x', 'x', ?, ?, ?, 1, 1.0, 1.0, '', 0)",
                (b"{}", b"{}", b'{"team":"red"}'),
            )
        old.close()
        store = SqliteStore(tmp_path / "r.db")
        assert [one.key.name for one in store.query(Query("T", None, tags={"team": "red"})).records] == ["x"]
        store.close()
