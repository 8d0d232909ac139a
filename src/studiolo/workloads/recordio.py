"""RecordIO-protobuf: rows of features, labels and scores as Amazon's algorithms and the SDKs' RecordSerializer write them.

Two wire formats, one in the other: MXNet's RecordIO (a mark, a length, the record, padding to four bytes) and the protobuf message
aialgs.data.Record. They are read here, since the environments in which models run hold no protobuf, and the one message has seven
fields. Used by serving/formats.py and training/tables.py. Source: docs.aws.amazon.com/sagemaker/latest/dg/cdf-training.html

    Record  features=1, label=2: maps of text to Value       Value  float32_tensor=2, float64_tensor=3, int32_tensor=7
    *Tensor values=1, keys=2 (of a sparse row), shape=3
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

MAGIC = 0xCED7230A
WIDEST = (1 << 31) - 1
_LENGTH = (1 << 29) - 1
_TENSORS = {2: "<f4", 3: "<f8", 7: ""}
"""What a Value may hold, and its type where the bytes are it; int32 are varints."""
_VARINT, _EIGHT, _BYTES, _FOUR = 0, 1, 2, 5


@dataclass(frozen=True, slots=True)
class Tensor:
    values: Any
    keys: Any
    """The columns of a sparse row, None of a dense one."""
    width: int


def records(body: bytes) -> Iterator[memoryview]:
    """Raises ValueError."""
    data, at = memoryview(body), 0
    while at < len(data):
        if len(data) - at < 8:
            raise ValueError("it ends within the head of a record")
        mark, length = struct.unpack_from("<II", data, at)
        if mark != MAGIC:
            raise ValueError(f"there is no record at byte {at}")
        if length & ~_LENGTH:
            raise ValueError("records in several parts are not supported")
        at += 8
        if at + length > len(data):
            raise ValueError(f"the record at byte {at} ends before its {length} bytes")
        yield data[at : at + length]
        at += length + -length % 4


def _varint(data: memoryview, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        if at >= len(data) or shift > 63:
            raise ValueError("a number in a record is cut off")
        value |= (data[at] & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if not data[at - 1] & 0x80:
            return value & (1 << 64) - 1, at


def _fields(data: memoryview) -> Iterator[tuple[int, Any]]:
    """(number, an int or bytes) of each field of a message."""
    at = 0
    while at < len(data):
        tag, at = _varint(data, at)
        number, type = tag >> 3, tag & 7
        if type == _VARINT:
            value, at = _varint(data, at)
            yield number, value
            continue
        if type == _BYTES:
            length, at = _varint(data, at)
        elif type in (_FOUR, _EIGHT):
            length = 4 if type == _FOUR else 8
        else:
            raise ValueError(f"a record holds a field of the unknown type {type}")
        if at + length > len(data):
            raise ValueError("a field of a record is cut off")
        yield number, data[at : at + length]
        at += length


def _numbers(value: Any) -> list[int]:
    """Packed varints, or one."""
    if isinstance(value, int):
        return [value]
    found, at = list[int](), 0
    while at < len(value):
        one, at = _varint(value, at)
        found.append(one)
    return found


def _tensor(data: memoryview, dtype: str) -> Tensor:
    import numpy as np

    parts: list[Any] = []
    keys, shape = list[int](), list[int]()
    for number, value in _fields(data):
        if number == 1 and dtype:
            if isinstance(value, int):
                raise ValueError("the values of a tensor are no floats")
            parts.append(np.frombuffer(value, dtype))
        elif number == 1:
            # Negative ones come as 64 bits.
            parts.append(np.array(_numbers(value), np.uint64).astype(np.int64))
        elif number == 2:
            keys += _numbers(value)
        elif number == 3:
            shape += _numbers(value)
    with np.errstate(over="ignore"):
        values = np.concatenate(parts).astype(np.float32) if parts else np.zeros(0, np.float32)
    # A row of zeros has no keys.
    if not keys and (len(values) or not shape):
        return Tensor(values, None, len(values))
    width = max([shape[-1] if shape else 0, *(key + 1 for key in keys)])
    if len(keys) != len(values) or width > WIDEST:
        raise ValueError(f"a sparse row of {width} features has {len(keys)} keys and {len(values)} values")
    return Tensor(values, np.array(keys, np.int64), width)


def _within(value: Any) -> memoryview:
    """Of a field that is a text or a message."""
    if isinstance(value, int):
        raise ValueError("a record is no message of features and labels")
    return value


def _named(entry: Any) -> tuple[str, Tensor]:
    """Of a map's entry."""
    name, tensor = "", None
    for number, value in _fields(_within(entry)):
        if number == 1:
            name = bytes(_within(value)).decode()
        elif number == 2:
            for kind, held in _fields(_within(value)):
                if kind not in _TENSORS:
                    raise ValueError("a record holds bytes in place of numbers")
                tensor = _tensor(_within(held), _TENSORS[kind])
    if tensor is None:
        raise ValueError(f"a record holds nothing under {name!r}")
    return name, tensor


def _record(data: memoryview) -> tuple[Tensor, Tensor | None]:
    """(features, label)."""
    maps: dict[int, dict[str, Tensor]] = {1: {}, 2: {}}
    for number, value in _fields(data):
        if number in maps:
            name, tensor = _named(value)
            maps[number][name] = tensor
    features, labels = maps[1], maps[2]
    if len(features) != 1 and "values" not in features:
        raise ValueError(f"a record needs features under the name values, not {', '.join(sorted(features)) or 'none'}")
    row = features.get("values") or next(iter(features.values()))
    return row, labels.get("values") or next(iter(labels.values()), None)


def read(body: bytes) -> tuple[Any, Any]:
    """(rows of features as float32, sparse where one of them is; labels, or None where a record has none). Raises ValueError."""
    import numpy as np

    found = [_record(one) for one in records(body)]
    if not found:
        raise ValueError("it holds no records")
    rows = [row for row, _ in found]
    first = [label.values[0] for _, label in found if label is not None and len(label.values)]
    labels = np.array(first, np.float32) if len(first) == len(found) else None
    if any(row.keys is not None for row in rows):
        return _sparse(rows), labels
    if len({row.width for row in rows}) > 1:
        raise ValueError("the records have different numbers of features")
    return np.stack([row.values for row in rows]), labels


def _sparse(rows: list[Tensor]) -> Any:
    import numpy as np
    from scipy.sparse import csr_matrix

    columns = [np.arange(row.width) if row.keys is None else row.keys for row in rows]
    starts = np.cumsum([0, *(len(row.values) for row in rows)])
    shape = (len(rows), max(row.width for row in rows))
    return csr_matrix((np.concatenate([row.values for row in rows]), np.concatenate(columns), starts), shape)


def _field(number: int, data: bytes) -> bytes:
    head, length = bytearray([number << 3 | _BYTES]), len(data)
    while length > 0x7F:
        head.append(length & 0x7F | 0x80)
        length >>= 7
    head.append(length)
    return bytes(head) + data


def write(scores: Any) -> bytes:
    """A record for each row, under the label `score`, as AWS's XGBoost answers. Raises ValueError."""
    import numpy as np

    rows = np.asarray(scores, "<f4")
    rows = rows.reshape(len(rows) if rows.ndim else 1, -1)
    found = list[bytes]()
    for row in rows:
        value = _field(2, _field(1, row.tobytes()))
        data = _field(2, _field(1, b"score") + _field(2, value))
        found += [struct.pack("<II", MAGIC, len(data)), data, b"\0" * (-len(data) % 4)]
    return b"".join(found)
