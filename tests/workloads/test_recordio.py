"""RecordIO-protobuf as the SDK's second generation writes it (the bytes are its own), and what is no such thing."""

import struct

import numpy as np
import pytest

from studiolo.workloads import recordio

ROWS = [[1.5, 2.0], [0.0, 4.0]]
DENSE32 = bytes.fromhex(
    "0a23d7ce180000000a160a0676616c756573120c120a0a080000c03f00000040"
    "0a23d7ce180000000a160a0676616c756573120c120a0a080000000000008040"
)
DENSE64 = bytes.fromhex(
    "0a23d7ce200000000a1e0a0676616c75657312141a120a10000000000000f83f0000000000000040"
    "0a23d7ce200000000a1e0a0676616c75657312141a120a1000000000000000000000000000001040"
)
WHOLE = bytes.fromhex(
    "0a23d7ce330000000a190a0676616c756573120f3a0d0a0b01feffffffffffffffff0112160a0676616c756573120c1a0a0a08000000000000f03f00"
    "0a23d7ce2a0000000a100a0676616c75657312063a040a02000412160a0676616c756573120c1a0a0a0800000000000000000000"
)
"""[[1, -2], [0, 4]] with the labels 1 and 0."""


SPARSE = bytes.fromhex(
    "0a23d7ce330000000a1d0a0676616c756573121312110a080000c03f00000040120200011a010212120a0676616c756573120812060a040000803f00"
    "0a23d7ce250000000a0f0a0676616c756573120512031a010212120a0676616c756573120812060a0400000000000000"
    "0a23d7ce2e0000000a180a0676616c756573120e120c0a04000080401201011a010212120a0676616c756573120812060a040000803f0000"
)


@pytest.mark.parametrize("body", [DENSE32, DENSE64], ids=["float32", "float64"])
def test_dense_rows(body):
    rows, labels = recordio.read(body)
    assert rows.tolist() == ROWS and rows.dtype == np.float32 and labels is None


def test_whole_numbers_and_labels():
    rows, labels = recordio.read(WHOLE)
    assert rows.tolist() == [[1, -2], [0, 4]] and labels.tolist() == [1, 0]


def test_sparse_rows_one_of_them_of_zeros():
    rows, labels = recordio.read(SPARSE)
    assert rows.toarray().tolist() == [[1.5, 2.0], [0, 0], [0.0, 4.0]] and labels.tolist() == [1, 0, 1]


def test_scores_are_read_again():
    body = recordio.write(np.array([0.25, -3.0]))
    heads = [struct.unpack_from("<II", one.obj, 0) for one in recordio.records(body)]
    assert len(heads) == 2 and len(body) % 4 == 0
    (first, second) = (dict(recordio._fields(one)) for one in recordio.records(body))
    (name, tensor) = recordio._named(first[2])
    assert name == "score" and tensor.values.tolist() == [0.25]
    assert recordio._named(second[2])[1].values.tolist() == [-3.0]
    several = next(recordio.records(recordio.write([[0.1] * 40])))
    assert len(recordio._named(dict(recordio._fields(several))[2])[1].values) == 40


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "no records"),
        (b"1.5,2\n", "within the head"),
        (b"1.5,2,3,4,5\n", "no record at byte 0"),
        (DENSE32[:40], "ends before"),
        (DENSE32[:4] + struct.pack("<I", 24 | 1 << 29) + DENSE32[8:], "several parts"),
        (struct.pack("<II", recordio.MAGIC, 4) + b"\x0a\x50\0\0", "cut off"),
        (struct.pack("<II", recordio.MAGIC, 4) + b"\xff\xff\xff\xff", "cut off"),
        (struct.pack("<II", recordio.MAGIC, 2) + b"\x08\x01\0\0", "no message of features"),
        (struct.pack("<II", recordio.MAGIC, 2) + b"\x1a\x00\0\0", "under the name values"),
        (DENSE32[:32] + recordio.write([1.0]), "under the name values"),
        (DENSE32[:32] + struct.pack("<II", recordio.MAGIC, 20) + b"\x0a\x12\x0a\x06values\x12\x08\x12\x06\x0a\x04\0\0\x80\x3f", "different numbers"),
        (struct.pack("<II", recordio.MAGIC, 18) + b"\x0a\x10\x0a\x06values\x12\x06\x12\x04\x0a\x02\0\0\0\0", "buffer size"),
    ],
)  # fmt: skip
def test_what_is_none_is_said_so(body, says):
    with pytest.raises(ValueError, match=says):
        recordio.read(body)


def test_any_byte_may_be_wrong():
    """Nothing but a ValueError comes of it, which is told to who sent the body."""
    for sound in (DENSE32, WHOLE, SPARSE):
        for at in range(len(sound)):
            for value in (0, 0x7F, 0xFF):
                broken = sound[:at] + bytes([value]) + sound[at + 1 :]
                try:
                    recordio.read(broken)
                except ValueError:
                    pass
