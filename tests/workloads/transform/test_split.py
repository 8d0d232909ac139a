"""Files into records: however they are cut, each record is read once and in order."""

import io
import random
import struct

import pytest

from studiolo.workloads.transform import split


def text(chance):
    ends = [b"\n", b"\r\n", b"\n\n"]
    body = b"".join(b"x" * chance.randint(0, 9) + chance.choice(ends) for _ in range(chance.randint(0, 40)))
    return body + b"last" * chance.randint(0, 1)


def test_ranges_of_lines_give_each_line_once_and_in_order():
    chance = random.Random(1)
    for _ in range(300):
        body = text(chance)
        expected = [line for line in body.replace(b"\r\n", b"\n").split(b"\n") if line]
        found = []
        for start, end in split.ranges(len(body), chance.randint(1, 50)):
            for offset, data in split.blocks(io.BytesIO(body), start, end, chance.randint(1, 30)):
                assert body[offset : offset + len(data)] == data
                found += split.lines_of(data)
        assert found == expected
        assert [line for line in split.plain(body).split(b"\n") if line] == expected


def test_batches_hold_what_fits_and_all_of_it():
    chance = random.Random(2)
    for _ in range(300):
        sizes = [chance.randint(1, 9) for _ in range(chance.randint(0, 30))]
        limit, single = chance.choice([0, 9, 20, 1000]), chance.random() < 0.3
        found = list(split.batches(sizes, limit, single))
        assert [at for first, last in found for at in range(first, last)] == list(range(len(sizes)))
        for first, last in found:
            assert last - first == 1 or (
                not single and (not limit or sum(sizes[first:last]) + last - first - 1 <= limit)
            )


def recordio(payload, flag=0):
    return struct.pack("<II", split.RECORDIO_MAGIC, flag << 29 | len(payload)) + payload + b"\0" * (-len(payload) % 4)


def test_recordio_records_come_with_their_frames():
    body = recordio(b"one") + recordio(b"two parts", 1) + recordio(b"end", 3) + recordio(b"")
    found = list(split.recordio(io.BytesIO(body)))
    assert b"".join(record for _, record in found) == body
    assert [offset for offset, _ in found] == [0, 12, 44]


def test_tfrecords_come_with_their_frames():
    body = b"".join(struct.pack("<QI", len(one), 0) + one + b"sums" for one in (b"one", b"", b"three"))
    found = list(split.tfrecord(io.BytesIO(body)))
    assert b"".join(record for _, record in found) == body
    assert len(found) == 3


@pytest.mark.parametrize("read", [split.recordio, split.tfrecord])
def test_a_file_that_is_none_is_said_where(read):
    with pytest.raises(split.BadRecord) as bad:
        list(read(io.BytesIO(b"1,2,3\n4,5,6\n")))
    assert bad.value.offset == 0
