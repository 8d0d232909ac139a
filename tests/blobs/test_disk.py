import errno
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from blobs_contract import BlobsContract, get, put, put_part

from studiolo.blobs.disk import DiskBlobs
from studiolo.blobs.protocol import Attributes, OutOfSpace


def files(root):
    return [path for part in ("data", "tmp") for path in (root / part).rglob("*") if path.is_file()]


class TestDiskBlobs(BlobsContract):
    @pytest.fixture
    def blobs(self, tmp_path):
        blobs = DiskBlobs(tmp_path / "blobs")
        yield blobs
        blobs.close()

    def test_no_file_is_left_behind(self, blobs, tmp_path):
        root = tmp_path / "blobs"
        put(blobs, "k", b"1")
        put(blobs, "k", b"2")
        assert len(files(root)) == 1
        blobs.copy(("b", "k"), ("b", "copy"), now=1)
        assert len(files(root)) == 1
        upload = blobs.create_upload("b", "u", Attributes(), now=1)
        put_part(blobs, upload, 1, b"p")
        put_part(blobs, upload, 1, b"q")
        assert len(files(root)) == 2
        blobs.abort_upload("b", upload.id)
        blobs.delete("b", "k")
        assert len(files(root)) == 1
        blobs.delete("b", "copy")
        upload = blobs.create_upload("b", "u", Attributes(), now=1)
        put_part(blobs, upload, 1, b"p")
        blobs.delete_bucket("b")
        assert files(root) == []

    def test_files_of_many_parts_go_with_their_last_reader(self, blobs, tmp_path):
        upload = blobs.create_upload("b", "many", Attributes(), now=1)
        made = [(number, put_part(blobs, upload, number, b"x").etag) for number in range(1, 21)]
        blobs.complete_upload("b", upload.id, made, now=1)
        streams = [blobs.open_read("b", "many")[1] for _ in range(2)]
        blobs.delete("b", "many")
        streams[0].close()
        assert streams[1].read() == b"x" * 20
        streams[1].close()
        assert files(tmp_path / "blobs") == []

    def test_a_full_disk_leaves_nothing(self, blobs, tmp_path, monkeypatch):
        sink = blobs.open_write("b", "k", Attributes(), now=1)
        sink.write(b"fits")

        class Full:
            def write(self, data):
                raise OSError(errno.ENOSPC, "No space left on device")

            def close(self):
                pass

        monkeypatch.setattr(sink, "_file", Full())
        with pytest.raises(OutOfSpace):
            sink.write(b"too much")
        assert files(tmp_path / "blobs") == []
        assert not blobs.list("b").objects

    def test_it_is_private_and_there_after_reopening(self, blobs, tmp_path):
        put(blobs, "k", b"kept", attributes=Attributes(tags={"a": "b"}))
        blobs.close()
        again = DiskBlobs(tmp_path / "blobs")
        assert get(again, "k") == b"kept"
        assert again.head("b", "k").tags == {"a": "b"}
        assert (tmp_path / "blobs").stat().st_mode & 0o077 == 0
        again.close()

    def test_a_start_sweeps_what_a_crash_left(self, blobs, tmp_path):
        put(blobs, "k", b"kept")
        # Killed while writing, and killed between the link and the transaction.
        blobs.open_write("b", "half", Attributes(), now=1).write(b"half")
        sink = blobs.open_write("b", "linked", Attributes(), now=1)
        sink.write(b"linked")
        blobs._files.link(sink)
        assert len(files(tmp_path / "blobs")) == 4
        blobs.close()
        again = DiskBlobs(tmp_path / "blobs")
        assert len(files(tmp_path / "blobs")) == 1
        assert get(again, "k") == b"kept"
        again.close()

    def test_killed_at_any_moment_it_keeps_what_it_acknowledged(self, tmp_path):
        script = """
import sys
from pathlib import Path
from studiolo.blobs.disk import DiskBlobs
from studiolo.blobs.protocol import Attributes
blobs = DiskBlobs(Path(sys.argv[1]))
number = int(sys.argv[2])
while True:
    number += 1
    sink = blobs.open_write("b", f"k{number % 7}", Attributes(), now=number)
    sink.write(str(number).encode() * 1000)
    sink.commit()
    print(number, flush=True)
    upload = blobs.create_upload("b", "parts", Attributes(), now=number)
    sink = blobs.open_part("b", upload.id, 1, now=number)
    sink.write(b"part")
    part = sink.commit_part()
    blobs.complete_upload("b", upload.id, [(1, part.etag)], now=number)
"""
        root = tmp_path / "crash"
        first = DiskBlobs(root)
        first.create_bucket("b", "111122223333", 1)
        first.close()
        last = 0
        for round_ in range(4):
            process = subprocess.Popen([sys.executable, "-c", script, root, str(last)], stdout=subprocess.PIPE)
            assert process.stdout
            process.stdout.readline()
            time.sleep(0.02 + 0.013 * round_)
            process.kill()
            told = [line for line in process.stdout.read().split(b"\n") if line]
            process.wait()
            blobs = DiskBlobs(root)
            newest = max(blobs.iterate("b", "k"), key=lambda one: one.modified)
            if told:
                assert newest.modified >= int(told[-1])
            last = int(newest.modified)
            for one in blobs.iterate("b"):
                expected = b"part" if one.key == "parts" else str(int(one.modified)).encode() * 1000
                assert get(blobs, one.key) == expected
            uploads = blobs.uploads("b")
            parts = sum(len(blobs.parts("b", upload.id)) for upload in uploads)
            assert len(files(root)) == len(list(blobs.iterate("b"))) + parts
            blobs.close()

    def test_folders_are_skipped_not_read(self, blobs):
        with blobs._index.write() as writer:
            writer.executemany(
                "INSERT INTO objects VALUES ('b', ?, 0, 'e', 0, '[]', ?)",
                (
                    (f"{folder:02}/{number:05}", b'{"type":"","metadata":{},"headers":{},"tags":{},"checksums":{}}')
                    for folder in range(20)
                    for number in range(2000)
                ),
            )
        began = time.perf_counter()
        page = blobs.list("b", delimiter="/")
        assert time.perf_counter() - began < 0.1
        assert page.prefixes == [f"{folder:02}/" for folder in range(20)]
        assert page.objects == []
        assert page.next_after is None


class TestDurableDiskBlobs(BlobsContract):
    @pytest.fixture
    def blobs(self, tmp_path):
        blobs = DiskBlobs(tmp_path / "blobs", durable=True)
        yield blobs
        blobs.close()

    def test_bytes_and_names_are_forced_before_the_entry(self, blobs, tmp_path, monkeypatch):
        forced = []
        real = os.fsync

        def fsync(descriptor):
            forced.append(Path(f"/proc/self/fd/{descriptor}").readlink())
            assert not blobs.list("b").objects
            real(descriptor)

        monkeypatch.setattr(os, "fsync", fsync)
        put(blobs, "k", b"kept")
        (file,) = files(tmp_path / "blobs")
        assert forced == [file, file.parent, file.parent.parent]
        assert blobs._index.one("PRAGMA synchronous")[0] == 2
