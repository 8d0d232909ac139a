"""Bodies into arrays and predictions into bodies, in the media types SageMaker's clients send and ask for.

numpy is imported when first needed; orjson is used where the environment has it.
"""

import io
import json
from typing import Any

try:
    import orjson

    def loads(data: bytes) -> Any:
        return orjson.loads(data)

    def dumps(value: Any) -> bytes:
        return orjson.dumps(value, option=orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS)
except ImportError:

    def loads(data: bytes) -> Any:
        return json.loads(data)

    def dumps(value: Any) -> bytes:
        return json.dumps(value, default=lambda one: one.tolist() if hasattr(one, "tolist") else str(one)).encode()


JSON, CSV, LINES, NPY, NPZ = (
    "application/json",
    "text/csv",
    "application/jsonlines",
    "application/x-npy",
    "application/x-npz",
)
LIBSVM = ("text/libsvm", "text/x-libsvm")


class Refused(Exception):
    """An answer that is not 200, with its status and text."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


def media(text: str) -> str:
    return text.partition(";")[0].strip().lower()


def rows_of(document: Any) -> Any:
    """The rows in a JSON document, however it is wrapped: plain lists, {"instances"}, {"inputs"}, MLflow's dataframes."""
    if not isinstance(document, dict):
        return document
    for name in ("instances", "inputs", "data", "rows"):
        if name in document:
            held = document[name]
            if name == "instances" and held and isinstance(held[0], dict):
                return [one.get("features", list(one.values())) for one in held]
            return held
    if "dataframe_split" in document:
        return document["dataframe_split"]["data"]
    if "dataframe_records" in document:
        return [list(one.values()) for one in document["dataframe_records"]]
    raise Refused(400, "The JSON object must hold instances, inputs, dataframe_split or dataframe_records.")


def read_array(body: bytes, content_type: str, dtype: str = "float32") -> Any:
    """A numpy array of a body; a single row becomes an array of one row."""
    import numpy as np

    kind = media(content_type)
    try:
        if kind in (JSON, ""):
            array = np.asarray(rows_of(loads(body)), dtype=dtype)
        elif kind == CSV:
            array = _read_csv(body, dtype)
        elif kind in (LINES, "application/jsonl", "application/x-jsonlines"):
            array = np.asarray([rows_of(loads(line)) for line in body.splitlines() if line.strip()], dtype=dtype)
            array = array.reshape(array.shape[0], -1) if array.ndim == 3 and array.shape[1] == 1 else array
        elif kind == NPY:
            array = np.load(io.BytesIO(body), allow_pickle=False)
        elif kind == NPZ:
            held = np.load(io.BytesIO(body), allow_pickle=False)
            array = held[held.files[0]]
        else:
            raise Refused(
                415, f"The content type {content_type} is not supported: use {JSON}, {CSV}, {LINES} or {NPY}."
            )
    except Refused:
        raise
    except (ValueError, TypeError, KeyError, IndexError, OSError, EOFError) as error:
        raise Refused(400, f"The body can't be read as {kind or JSON} of numbers: {error}") from error
    return array.reshape(1, -1) if array.ndim == 1 else array


def _read_csv(body: bytes, dtype: str) -> Any:
    import numpy as np

    lines = [line for line in body.decode("utf-8").splitlines() if line.strip()]
    if len(lines) == 1:
        return np.array([lines[0].split(",")], dtype=dtype)
    return np.loadtxt(lines, delimiter=",", dtype=dtype, ndmin=2)


def read_libsvm(body: bytes) -> Any:
    import numpy as np
    from scipy.sparse import csr_matrix

    values, columns, starts = [], [], [0]
    try:
        for line in body.decode().splitlines():
            words = line.split()
            for word in words[1:] if words and ":" not in words[0] else words:
                index, _, value = word.partition(":")
                columns.append(int(index))
                values.append(float(value))
            if words:
                starts.append(len(values))
    except ValueError as error:
        raise Refused(400, f"The body is no libsvm: {error}") from error
    return csr_matrix((np.array(values, np.float32), columns, starts))


def choose(accept: str, offered: tuple[str, ...]) -> str:
    """The first of the accepted types, by weight, that is offered."""
    wanted: list[tuple[float, int, str]] = []
    for place, item in enumerate((accept or "*/*").split(",")):
        name, _, options = item.strip().partition(";")
        weight = 1.0
        for option in options.split(";"):
            if option.strip().startswith("q="):
                try:
                    weight = float(option.strip()[2:])
                except ValueError:
                    weight = 0.0
        wanted.append((-weight, place, name.strip().lower()))
    for weight, _, name in sorted(wanted):
        if weight == 0:
            continue
        if name in ("*/*", ""):
            return offered[0]
        for one in offered:
            if name == one or (name.endswith("/*") and one.startswith(name[:-1])):
                return one
    raise Refused(406, f"None of the accepted types ({accept}) can be given: {', '.join(offered)}.")


def write(prediction: Any, kind: str) -> bytes:
    if kind == NPY:
        import numpy as np

        buffer = io.BytesIO()
        np.save(buffer, np.asarray(prediction), allow_pickle=False)
        return buffer.getvalue()
    if hasattr(prediction, "detach"):
        prediction = prediction.detach().cpu().numpy()
    plain = prediction.tolist() if hasattr(prediction, "tolist") else prediction
    if kind == JSON:
        return dumps(plain)
    rows = plain if isinstance(plain, list) else [plain]
    if kind == LINES:
        return b"\n".join(dumps(row) for row in rows) + b"\n"
    return "\n".join(",".join(map(str, row)) if isinstance(row, list | tuple) else str(row) for row in rows).encode()
