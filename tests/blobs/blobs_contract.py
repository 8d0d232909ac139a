"""What every object store must do. A subclass gives the fixture `blobs`."""

import base64
import hashlib
import threading
import zlib

import pytest

from studiolo.blobs.protocol import (
    Attributes,
    BucketExists,
    BucketNotEmpty,
    Condition,
    InvalidPart,
    NoSuchBucket,
    NoSuchKey,
    NoSuchUpload,
    PreconditionFailed,
)

AWKWARD = [
    "../../etc/passwd", "/", "//", "a", "a/b", "a//b", "A", "folder/", "nul", ".", "..", "ü/ñ/漢字", "🙂", "\U0010ffff",
    "a/\U0010ffffz", "%2F", "a b+c", "x" * 1024, "/abs", "line\nbreak", "e\u0301", "é",
]  # fmt: skip


def put(blobs, key, data=b"x", bucket="b", *, now=1.0, **more):
    sink = blobs.open_write(bucket, key, more.pop("attributes", Attributes()), now=now, **more)
    try:
        sink.write(data)
        return sink.commit()
    finally:
        sink.abort()


def get(blobs, key, bucket="b"):
    found, stream = blobs.open_read(bucket, key)
    with stream:
        data = stream.read()
    assert len(data) == found.size
    return data


def put_part(blobs, upload, number, data, **more):
    sink = blobs.open_part("b", upload.id, number, now=2, **more)
    sink.write(data)
    return sink.commit_part()


class BlobsContract:
    @pytest.fixture(autouse=True)
    def bucket(self, blobs):
        blobs.create_bucket("b", "111122223333", 1)

    # Buckets.

    def test_buckets_belong_to_one_owner(self, blobs):
        blobs.create_bucket("a-2", "444455556666", 2)
        assert [one.name for one in blobs.buckets()] == ["a-2", "b"]
        assert [one.name for one in blobs.buckets("444455556666")] == ["a-2"]
        with pytest.raises(BucketExists):
            blobs.create_bucket("b", "444455556666", 3)
        assert blobs.bucket("b").owner == "111122223333"

    def test_only_an_empty_bucket_is_deleted(self, blobs):
        put(blobs, "k")
        upload = blobs.create_upload("b", "u", Attributes(), now=1)
        with pytest.raises(BucketNotEmpty):
            blobs.delete_bucket("b")
        assert [one.id for one in blobs.uploads("b")] == [upload.id]
        blobs.delete("b", "k")
        blobs.delete_bucket("b")
        for gone in (lambda: blobs.bucket("b"), lambda: blobs.delete_bucket("b"), lambda: put(blobs, "k")):
            with pytest.raises(NoSuchBucket):
                gone()

    # Objects.

    def test_what_is_written_is_read(self, blobs):
        attributes = Attributes("text/plain", {"m": "ü"}, {"cache-control": "no-cache"}, {"t": "v"})
        made = put(blobs, "k", b"hello", attributes=attributes, checksums=["crc32", "sha256"], now=7.5)
        assert made == blobs.head("b", "k")
        assert (made.size, made.modified, made.etag) == (5, 7.5, hashlib.md5(b"hello").hexdigest())
        assert (made.content_type, made.metadata, made.headers, made.tags) == (
            "text/plain", {"m": "ü"}, {"cache-control": "no-cache"}, {"t": "v"},
        )  # fmt: skip
        assert made.checksums == {
            "crc32": base64.b64encode(zlib.crc32(b"hello").to_bytes(4, "big")).decode(),
            "sha256": base64.b64encode(hashlib.sha256(b"hello").digest()).decode(),
        }
        assert get(blobs, "k") == b"hello"
        assert get(blobs, "k") == b"hello"

    def test_large_writes_are_hashed_whole(self, blobs):
        data = bytes(range(256)) * 4096
        sink = blobs.open_write("b", "k", Attributes(), now=1, checksums=["crc32"])
        for _ in range(3):
            sink.write(data)
        sink.write(b"end")
        assert sink.digest("md5") == base64.b64encode(hashlib.md5(data * 3 + b"end").digest()).decode()
        assert sink.commit().etag == hashlib.md5(data * 3 + b"end").hexdigest()
        assert get(blobs, "k") == data * 3 + b"end"

    def test_nothing_is_seen_before_commit_or_after_abort(self, blobs):
        sink = blobs.open_write("b", "k", Attributes(), now=1)
        sink.write(b"half")
        with pytest.raises(NoSuchKey):
            blobs.head("b", "k")
        sink.abort()
        assert not blobs.list("b").objects

    def test_abort_after_commit_is_harmless(self, blobs):
        put(blobs, "k", b"kept")
        assert get(blobs, "k") == b"kept"

    def test_any_key_is_a_plain_name(self, blobs):
        for key in AWKWARD:
            put(blobs, key, key.encode())
        assert {one.key for one in blobs.iterate("b")} == set(AWKWARD)
        for key in AWKWARD:
            assert get(blobs, key) == key.encode()
            assert key in [one.key for one in blobs.list("b", prefix=key).objects]
            blobs.delete("b", key)
        assert not blobs.list("b").objects

    def test_reading_goes_on_after_replace_and_delete(self, blobs):
        put(blobs, "k", b"one" * 1000)
        _, first = blobs.open_read("b", "k")
        put(blobs, "k", b"two")
        _, second = blobs.open_read("b", "k")
        blobs.delete("b", "k")
        assert first.read(3) == b"one"
        assert first.seek(2997) == 2997
        assert first.read() == b"one"
        assert second.read() == b"two"
        first.close()
        second.close()
        blobs.delete("b", "k")

    def test_conditions(self, blobs):
        made = put(blobs, "k", b"1", condition=Condition(if_none_match="*"))
        with pytest.raises(PreconditionFailed):
            put(blobs, "k", b"2", condition=Condition(if_none_match="*"))
        with pytest.raises(PreconditionFailed):
            put(blobs, "k", b"2", condition=Condition(if_match="0" * 32))
        with pytest.raises(NoSuchKey):
            put(blobs, "other", b"2", condition=Condition(if_match=made.etag))
        assert get(blobs, "k") == b"1"
        assert put(blobs, "k", b"2", condition=Condition(if_match=made.etag)).size == 1
        assert get(blobs, "k") == b"2"

    def test_of_many_that_want_a_free_key_one_gets_it(self, blobs):
        results = []
        gate = threading.Barrier(8)

        def race(number):
            gate.wait()
            try:
                results.append(put(blobs, "lock", b"%d" % number, condition=Condition(if_none_match="*")).etag)
            except PreconditionFailed:
                results.append(None)

        threads = [threading.Thread(target=race, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len([one for one in results if one]) == 1
        assert blobs.head("b", "lock").etag in results

    def test_readers_see_one_version_or_another(self, blobs):
        versions = [bytes([letter]) * 5000 for letter in b"abcdef"]
        put(blobs, "k", versions[0])
        stop = threading.Event()
        bad = []

        def read():
            while not stop.is_set():
                if get(blobs, "k") not in versions:
                    bad.append(1)

        reader = threading.Thread(target=read)
        reader.start()
        for _ in range(10):
            for version in versions:
                put(blobs, "k", version)
        stop.set()
        reader.join()
        assert not bad

    def test_copies_are_independent(self, blobs):
        put(blobs, "k", b"data", attributes=Attributes(metadata={"a": "1"}))
        blobs.create_bucket("c", "111122223333", 1)
        kept = blobs.copy(("b", "k"), ("c", "kept"), now=5)
        changed = blobs.copy(("b", "k"), ("b", "changed"), now=5, attributes=Attributes("text/csv"))
        assert (kept.metadata, kept.modified, changed.metadata) == ({"a": "1"}, 5, {})
        itself = blobs.copy(("b", "changed"), ("b", "changed"), now=6, attributes=Attributes("text/html"))
        assert itself.content_type == "text/html"
        blobs.delete("b", "k")
        assert (get(blobs, "kept", "c"), get(blobs, "changed")) == (b"data", b"data")
        for source, target, error in (
            (("b", "k"), ("b", "x"), NoSuchKey),
            (("nowhere", "k"), ("b", "x"), NoSuchBucket),
            (("b", "changed"), ("nowhere", "x"), NoSuchBucket),
        ):
            with pytest.raises(error):
                blobs.copy(source, target, now=1)

    def test_tags(self, blobs):
        put(blobs, "k")
        blobs.set_tags("b", "k", {"a": "b"})
        assert blobs.head("b", "k").tags == {"a": "b"}
        with pytest.raises(NoSuchKey):
            blobs.set_tags("b", "none", {})

    # Listing.

    def test_keys_come_in_order_of_their_bytes(self, blobs):
        keys = ["a", "Z", "é", "z", "\uffff", "🙂", "a/", "a-", "a0"]
        for key in keys:
            put(blobs, key)
        assert [one.key for one in blobs.list("b").objects] == sorted(keys, key=str.encode)

    @pytest.mark.parametrize("limit", [1, 2, 3, 100])
    @pytest.mark.parametrize("delimiter", ["", "/", "//"])
    @pytest.mark.parametrize("prefix", ["", "a", "a/", "q/"])
    def test_pages_together_are_the_whole(self, blobs, limit, delimiter, prefix):
        keys = ["a", "a/", "a/b", "a/b/c", "a/b/d", "a/\U0010ffffx", "a//", "a//b", "ab", "b/1", "b/2", "c", "d/e"]
        for key in keys:
            put(blobs, key)
        matching = [key for key in sorted(keys, key=str.encode) if key.startswith(prefix)]
        objects, prefixes = [], []
        for key in matching:
            end = key.find(delimiter, len(prefix)) if delimiter else -1
            if end < 0:
                objects.append(key)
            elif key[: end + len(delimiter)] not in prefixes:
                prefixes.append(key[: end + len(delimiter)])
        after, got_objects, got_prefixes = "", [], []
        while after is not None:
            page = blobs.list("b", prefix=prefix, delimiter=delimiter, after=after, limit=limit)
            assert len(page.objects) + len(page.prefixes) <= limit
            got_objects += [one.key for one in page.objects]
            got_prefixes += page.prefixes
            after = page.next_after
        assert (got_objects, got_prefixes) == (objects, prefixes)

    def test_after(self, blobs):
        for key in ("a", "b", "c"):
            put(blobs, key)
        assert [one.key for one in blobs.list("b", after="a").objects] == ["b", "c"]
        assert [one.key for one in blobs.list("b", after="aa").objects] == ["b", "c"]
        assert not blobs.list("b", after="c").objects
        assert not blobs.list("b", after="z", prefix="a").objects
        with pytest.raises(NoSuchBucket):
            blobs.list("nowhere")

    # Multipart uploads.

    def test_an_upload_in_parts(self, blobs):
        upload = blobs.create_upload("b", "big", Attributes("text/x", {"m": "1"}), now=1)
        blocks = {1: b"a" * 300_000, 2: b"b" * 70_000, 7: b"c"}
        parts = {number: put_part(blobs, upload, number, data) for number, data in reversed(blocks.items())}
        put_part(blobs, upload, 9, b"not chosen")
        parts[2] = put_part(blobs, upload, 2, blocks[2])
        assert [one.number for one in blobs.parts("b", upload.id)] == [1, 2, 7, 9]
        with pytest.raises(NoSuchKey):
            blobs.head("b", "big")
        chosen = [(number, parts[number].etag) for number in blocks]
        with pytest.raises(InvalidPart):
            blobs.complete_upload("b", upload.id, [(1, "0" * 32)], now=3)
        done = blobs.complete_upload("b", upload.id, chosen, now=3)
        raw = b"".join(hashlib.md5(data).digest() for data in blocks.values())
        assert done.etag == f"{hashlib.md5(raw).hexdigest()}-3"
        assert (done.content_type, done.metadata, done.size) == ("text/x", {"m": "1"}, 370_001)
        assert get(blobs, "big") == b"".join(blocks.values())
        found, stream = blobs.open_read("b", "big")
        with stream:
            stream.seek(299_999)
            assert stream.read(3) == b"abb"
            stream.seek(-2, 2)
            assert stream.read(100) == b"bc"
            assert stream.read(1) == b""
        assert blobs.head("b", "big") == found
        for gone in (
            lambda: blobs.complete_upload("b", upload.id, chosen, now=3),
            lambda: blobs.parts("b", upload.id),
            lambda: put_part(blobs, upload, 1, b""),
            lambda: blobs.abort_upload("b", upload.id),
        ):
            with pytest.raises(NoSuchUpload):
                gone()

    def test_an_object_of_many_parts_stays_readable_after_delete(self, blobs):
        upload = blobs.create_upload("b", "many", Attributes(), now=1)
        made = [(number, put_part(blobs, upload, number, b"%04d" % number).etag) for number in range(1, 41)]
        blobs.complete_upload("b", upload.id, made, now=1)
        _, stream = blobs.open_read("b", "many")
        blobs.delete("b", "many")
        with stream:
            assert stream.read() == b"".join(b"%04d" % number for number in range(1, 41))
        with pytest.raises(NoSuchKey):
            blobs.open_read("b", "many")

    def test_a_late_part_of_an_aborted_upload_is_refused(self, blobs):
        upload = blobs.create_upload("b", "k", Attributes(), now=1)
        sink = blobs.open_part("b", upload.id, 1, now=1)
        sink.write(b"late")
        blobs.abort_upload("b", upload.id)
        with pytest.raises(NoSuchUpload):
            sink.commit_part()
        assert not blobs.uploads("b")

    # Whole files.

    def test_files_in_and_out(self, blobs, tmp_path):
        data = bytes(range(256)) * 80_000
        (tmp_path / "in").write_bytes(data)
        made = blobs.upload(tmp_path / "in", "b", "k", now=1, attributes=Attributes("application/gzip"))
        assert (made.etag, made.size, made.content_type) == (
            hashlib.md5(data).hexdigest(),
            len(data),
            "application/gzip",
        )
        (tmp_path / "in").write_bytes(b"changed later")
        assert blobs.download("b", "k", tmp_path / "deep" / "out") == made
        assert (tmp_path / "deep" / "out").read_bytes() == data
        (tmp_path / "deep" / "out").write_bytes(b"mine")
        assert get(blobs, "k") == data
        (tmp_path / "empty").touch()
        blobs.upload(tmp_path / "empty", "b", "empty", now=1)
        blobs.download("b", "empty", tmp_path / "empty-out")
        assert (tmp_path / "empty-out").read_bytes() == b""
