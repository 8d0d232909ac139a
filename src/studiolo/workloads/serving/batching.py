"""Several requests as one prediction: read each, put the rows together, predict once, give each its own rows.

Opt-in by STUDIOLO_BATCH_MAX_SIZE (rows): a model must treat each row by itself for this to be right. Whatever can't be put
together, or fails together, is done one by one: no request fails because of another. Called by server.py with what waits
on its connections at one moment.
"""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from studiolo.workloads.serving.handler import Answer, Handler, failure


@dataclass(frozen=True, slots=True)
class Settings:
    size: int = 0
    """Rows predicted at once; 0: one request at a time."""
    delay: float = 0.0
    """Seconds that a request may wait for others."""


def settings() -> Settings:
    return Settings(int(_number("STUDIOLO_BATCH_MAX_SIZE")), _number("STUDIOLO_BATCH_MAX_DELAY_MS") / 1000)


def _number(name: str) -> float:
    try:
        return max(0.0, float(os.environ.get(name) or 0))
    except ValueError:
        print(f"{name}={os.environ[name]} is no number: taken as 0", flush=True)
        return 0.0


def together(handler: Handler, bodies: Sequence[bytes], content_type: str, accept: str, limit: int) -> list[Answer]:
    """One answer a body, in order."""
    if len(bodies) == 1 or not handler.staged:
        return [handler(body, content_type, accept) for body in bodies]
    answers: dict[int, Answer] = {}
    read: list[tuple[int, Any]] = []
    for place, body in enumerate(bodies):
        try:
            read.append((place, handler.read(body, content_type)))
        except Exception as error:
            answers[place] = failure(error)
    for part in _parts(read, limit):
        for (place, _), answer in zip(part, _scored(handler, [data for _, data in part], accept), strict=True):
            answers[place] = answer
    return [answers[place] for place in range(len(bodies))]


def _parts(read: Sequence[tuple[int, Any]], limit: int) -> Iterator[list[tuple[int, Any]]]:
    """Neighbours that go together, of at most `limit` rows where one alone has not more."""
    part: list[tuple[int, Any]] = []
    rows, kind = 0, None
    for place, data in read:
        count, this = _rows(data), _kind(data)
        if part and (this is None or this != kind or rows + count > limit):
            yield part
            part, rows = [], 0
        part.append((place, data))
        rows, kind = rows + count, this
    if part:
        yield part


def _kind(data: Any) -> object:
    """Equal for what can be put one below the other; None for what can't be put together at all."""
    name = type(data).__name__
    if name == "DataFrame":
        return name, tuple(data.columns), tuple(map(str, data.dtypes))
    if name == "list":
        # Rows, not one row.
        return name if data and all(isinstance(row, list) for row in data) else None
    shape = getattr(data, "shape", None)
    if name in ("ndarray", "Tensor", "csr_matrix", "csr_array") and shape is not None and len(shape) > 1:
        return name, tuple(shape[1:]), str(data.dtype)
    return None


def _rows(data: Any) -> int:
    shape = getattr(data, "shape", None)
    return int(shape[0]) if shape else len(data) if isinstance(data, list) else 1


def _joined(every: Sequence[Any]) -> Any:
    name = type(every[0]).__name__
    if name == "DataFrame":
        import pandas

        return pandas.concat(every, ignore_index=True)
    if name == "list":
        return [row for one in every for row in one]
    if name == "Tensor":
        import torch

        return torch.cat(tuple(every))
    if name == "ndarray":
        import numpy

        return numpy.concatenate(every)
    from scipy.sparse import vstack

    return vstack(every, format="csr")


def _split(prediction: Any, counts: Sequence[int]) -> list[Any]:
    """Raises ValueError where it is not one row out for each row in."""
    shape = getattr(prediction, "shape", None)
    length = shape[0] if shape else len(prediction) if isinstance(prediction, list) else -1
    if length != sum(counts):
        raise ValueError
    rows: Any = getattr(prediction, "iloc", prediction)
    pieces: list[Any] = []
    at = 0
    for count in counts:
        pieces.append(rows[at : at + count])
        at += count
    return pieces


def _scored(handler: Handler, every: Sequence[Any], accept: str) -> list[Answer]:
    if len(every) > 1:
        try:
            pieces = _split(handler.score(_joined(every)), [_rows(one) for one in every])
        except Exception:
            # By itself each says what is wrong with it, or nothing is.
            pass
        else:
            return [_written(handler, piece, accept) for piece in pieces]
    return [_alone(handler, one, accept) for one in every]


def _written(handler: Handler, prediction: Any, accept: str) -> Answer:
    try:
        return handler.write(prediction, accept)
    except Exception as error:
        return failure(error)


def _alone(handler: Handler, data: Any, accept: str) -> Answer:
    try:
        return handler.write(handler.score(data), accept)
    except Exception as error:
        return failure(error)
