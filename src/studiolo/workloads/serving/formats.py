"""Bodies into arrays and predictions into bodies, in the media types SageMaker's clients send and ask for.

numpy is imported when first needed; orjson is used where the environment has it.
"""

import csv
import io
import json
from typing import Any
from zipfile import BadZipFile

from studiolo.workloads import recordio
from studiolo.workloads.serving import bulk
from studiolo.workloads.serving.errors import Refused

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
TENSOR = "tensor/pt"
"""The SDKs' tensors of PyTorch: NPY by another name."""
OCTETS = ("application/octet-stream", "file-path/raw-bytes", "binary/octet-stream")
"""What the SDKs' IdentitySerializer and DataSerializer send: the bytes say by themselves what they are."""
LIBSVM = ("text/libsvm", "text/x-libsvm")
PARQUET = ("application/x-parquet", "application/vnd.apache.parquet", "application/parquet")
RECORDIO = "application/x-recordio-protobuf"
LINE_NAMES = (LINES, "application/jsonl", "application/x-jsonlines", "application/x-ndjson")
NPY_NAMES = (NPY, TENSOR)


def media(text: str) -> str:
    return text.partition(";")[0].strip().lower()


def kind_of(body: bytes, content_type: str) -> str:
    """The media type that is meant: what says nothing of the form is known by its first bytes."""
    kind = media(content_type)
    if kind in OCTETS:
        for mark, found in ((b"\x93NUMPY", NPY), (b"PK\x03\x04", NPZ), (b"PAR1", PARQUET[0])):
            if body.startswith(mark):
                return found
    elif kind == "text/plain":
        return JSON if body.lstrip()[:1] in (b"{", b"[") else CSV
    return kind


def _cells(one: Any) -> Any:
    """A row of an instance: plain, {"features": […]}, AWS's {"data": {"features": {"values": […]}}}, or by names."""
    if not isinstance(one, dict):
        return one
    held = one.get("data", one)
    held = held.get("features", held) if isinstance(held, dict) else held
    held = held.get("values", held) if isinstance(held, dict) else held
    return list(held.values()) if isinstance(held, dict) else held


def rows_of(document: Any) -> Any:
    """The rows in a JSON document, however it is wrapped: plain lists, {"instances"}, {"inputs"}, MLflow's dataframes."""
    if not isinstance(document, dict):
        return [_cells(one) for one in document] if isinstance(document, list) else document
    for name in ("instances", "inputs", "data", "rows", "features"):
        if name in document:
            held = document[name]
            if isinstance(held, dict):
                return _cells(held)
            return [_cells(one) for one in held] if isinstance(held, list) else held
    if "dataframe_split" in document:
        return document["dataframe_split"]["data"]
    if "dataframe_records" in document:
        return [list(one.values()) for one in document["dataframe_records"]]
    raise Refused(400, "The JSON object must hold instances, inputs, dataframe_split or dataframe_records.")


def read_array(body: bytes, content_type: str, dtype: str = "float32") -> Any:
    """A numpy array of a body, a sparse matrix where that is what was sent; a single row becomes an array of one row."""
    import numpy as np

    kind = kind_of(body, content_type)
    try:
        if kind in (JSON, ""):
            array = np.asarray(rows_of(loads(body)), dtype=dtype)
        elif kind == CSV:
            array = _read_csv(body, dtype)
        elif kind in LINE_NAMES:
            array = np.asarray([_line(loads(line)) for line in body.splitlines() if line.strip()], dtype=dtype)
            array = array.reshape(array.shape[0], -1) if array.ndim == 3 and array.shape[1] == 1 else array
        elif kind in NPY_NAMES:
            array = np.load(io.BytesIO(body), allow_pickle=False)
        elif kind == NPZ:
            array = _read_npz(body)
        elif kind in LIBSVM:
            array = read_libsvm(body)
        elif kind in PARQUET:
            array = read_parquet(body).to_numpy(dtype=dtype)
        elif kind == RECORDIO:
            array, _ = recordio.read(body)
        else:
            known = ", ".join((JSON, CSV, LINES, NPY, NPZ, LIBSVM[0], PARQUET[0], RECORDIO))
            raise Refused(415, f"The content type {content_type} is not supported: use one of {known}.")
    except Refused:
        raise
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, OSError, EOFError, BadZipFile) as error:
        raise Refused(400, f"The body can't be read as {kind or JSON} of numbers: {error}") from error
    if array.ndim == 0:
        raise Refused(400, "The body is one value; a row of features is needed.")
    return array.reshape(1, -1) if array.ndim == 1 else array


def _line(document: Any) -> Any:
    """One line's row: {"features": […]} and the like, or wrapped as a whole document is."""
    wrapped = isinstance(document, dict) and ("instances" in document or "inputs" in document)
    return rows_of(document) if wrapped else _cells(document)


def _read_csv(body: bytes, dtype: str) -> Any:
    import numpy as np

    if (quick := bulk.read_csv(body, dtype)) is not None:
        return quick
    lines = [line for line in body.decode("utf-8-sig").splitlines() if line.strip()]
    if not lines:
        raise Refused(400, "The body holds no rows.")
    if len(lines) == 1 or dtype == "object":
        return np.array(list(csv.reader(lines)), dtype=dtype)
    return np.loadtxt(lines, delimiter=",", dtype=dtype, ndmin=2, quotechar='"')


def _read_npz(body: bytes) -> Any:
    """A sparse matrix as scipy saves it, or the first array of numpy's archive."""
    import numpy as np

    held = np.load(io.BytesIO(body), allow_pickle=False)
    if {"format", "shape", "data"} <= set(held.files):
        from scipy.sparse import load_npz

        return load_npz(io.BytesIO(body)).tocsr()
    if not held.files:
        raise Refused(400, "The NPZ archive holds no array.")
    return held[held.files[0]]


def read_parquet(body: bytes) -> Any:
    import pandas as pd

    try:
        return pd.read_parquet(io.BytesIO(body))
    except ImportError:
        raise Refused(
            415, "This environment can't read Parquet: add pyarrow to the model's requirements.txt."
        ) from None


def read_frame(body: bytes, content_type: str) -> Any:
    """A pandas table where the body names its columns, else None."""
    import pandas as pd

    kind = kind_of(body, content_type)
    try:
        if kind in PARQUET:
            return read_parquet(body)
        if kind in LINE_NAMES:
            rows = [loads(line) for line in body.splitlines() if line.strip()]
            return pd.DataFrame(rows) if _records(rows) else None
        if kind not in (JSON, ""):
            return None
        document = loads(body)
        if isinstance(document, dict):
            if "dataframe_split" in document:
                split = document["dataframe_split"]
                return pd.DataFrame(split["data"], columns=split["columns"]) if "columns" in split else None
            document = document.get("dataframe_records", document.get("instances"))
        return pd.DataFrame(document) if _records(document) else None
    except Refused:
        raise
    except (ValueError, TypeError, KeyError, AttributeError, OSError) as error:
        raise Refused(400, f"The body can't be read as a table with named columns: {error}") from error


def _records(rows: Any) -> bool:
    if not isinstance(rows, list) or not rows:
        return False
    return all(isinstance(one, dict) and not {"features", "data"} & one.keys() for one in rows)


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
    if len(starts) == 1:
        raise Refused(400, "The body holds no rows.")
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


def offered(also: str = "") -> tuple[str, ...]:
    """What any prediction can be written as; the first is given where the asker does not mind."""
    every = (JSON, CSV, LINES, NPY, TENSOR, PARQUET[0], "application/x-ndjson", "text/plain", OCTETS[0], RECORDIO)
    return (also, *(one for one in every if one != also)) if also else every


def write(prediction: Any, kind: str) -> bytes:
    if kind == CSV and (quick := bulk.write_csv(prediction)) is not None:
        return quick
    if hasattr(prediction, "detach"):
        prediction = prediction.detach().cpu().numpy()
    elif hasattr(prediction, "to_numpy"):
        prediction = prediction.to_numpy()
    if kind in (NPY, TENSOR, OCTETS[0]):
        return _npy(prediction)
    if kind in PARQUET:
        return _parquet(prediction)
    if kind == RECORDIO:
        return _recordio(prediction)
    plain = prediction.tolist() if hasattr(prediction, "tolist") else prediction
    if kind == JSON:
        return dumps(plain)
    rows = plain if isinstance(plain, list) else [plain]
    if kind in LINE_NAMES:
        return b"\n".join(dumps(row) for row in rows) + b"\n"
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerows(row if isinstance(row, list | tuple) else [row] for row in rows)
    return buffer.getvalue().removesuffix("\n").encode()


def _npy(prediction: Any) -> bytes:
    import numpy as np

    array = np.asarray(prediction)
    # Texts have no form in NPY but as fixed-width strings.
    array = array.astype(str) if array.dtype == object else array
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)
    return buffer.getvalue()


def _recordio(prediction: Any) -> bytes:
    try:
        return recordio.write(prediction)
    except (ValueError, TypeError):
        raise Refused(406, f"The predictions are no numbers, which {RECORDIO} needs: accept {JSON}.") from None


def _parquet(prediction: Any) -> bytes:
    import numpy as np
    import pandas as pd

    table = pd.DataFrame(np.asarray(prediction))
    table.columns = [f"prediction_{place}" if table.shape[1] > 1 else "prediction" for place in range(table.shape[1])]
    buffer = io.BytesIO()
    try:
        table.to_parquet(buffer, index=False)
    except ImportError:
        raise Refused(406, "This environment can't write Parquet: add pyarrow to the requirements.txt.") from None
    return buffer.getvalue()
