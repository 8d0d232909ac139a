"""Reads a channel's files for the built-in algorithms: CSV (label first, no header), libsvm, Parquet, RecordIO-protobuf.

Runs in a job's environment, where numpy and pandas are; they are imported when needed.
"""

from pathlib import Path
from typing import Any

from studiolo.workloads import recordio


class ClientError(Exception):
    """Something in the request or the data is wrong; the message is fit for a FailureReason."""


def files(folder: Path) -> list[Path]:
    found = sorted(path for path in folder.rglob("*") if path.is_file() and not path.name.startswith((".", "_")))
    if not found:
        raise ClientError(f"The channel {folder.name} holds no files.")
    return found


def form(content_type: str, paths: list[Path]) -> str:
    word = content_type.partition(";")[0].strip().lower()
    named = {"text/csv": "csv", "csv": "csv", "text/libsvm": "libsvm", "text/x-libsvm": "libsvm", "libsvm": "libsvm",
             "application/x-parquet": "parquet", "parquet": "parquet",
             "application/x-recordio-protobuf": "recordio"}.get(word)  # fmt: skip
    if named:
        return named
    if word:
        raise ClientError(
            f"The content type {content_type} is not supported: use text/csv, text/libsvm, application/x-parquet or "
            "application/x-recordio-protobuf."
        )
    ending = paths[0].suffix.lower()
    # Without a content type AWS's XGBoost takes libsvm; a file that says csv or parquet by its name is believed.
    return {".csv": "csv", ".parquet": "parquet"}.get(ending, "libsvm")


def read_libsvm(paths: list[Path]) -> tuple[Any, Any, Any]:
    import numpy as np
    from scipy.sparse import csr_matrix

    labels, values, columns, rows = [], [], [], [0]
    for path in paths:
        with path.open() as file:
            for number, line in enumerate(file, 1):
                words = line.partition("#")[0].split()
                if not words:
                    continue
                try:
                    labels.append(float(words[0].partition(":")[0]))
                    for word in words[1:]:
                        index, _, value = word.partition(":")
                        if index != "qid":
                            columns.append(int(index))
                            values.append(float(value))
                except ValueError as error:
                    raise ClientError(f"{path.name}, line {number} is no libsvm line: {error}.") from error
                rows.append(len(values))
    matrix = csr_matrix((np.array(values, np.float32), columns, rows))
    return matrix, np.array(labels, np.float32), None


def read_recordio(paths: list[Path]) -> tuple[Any, Any, Any]:
    import numpy as np

    parts: list[tuple[Any, Any]] = []
    for path in paths:
        try:
            features, labels = recordio.read(path.read_bytes())
        except ValueError as error:
            raise ClientError(f"{path.name} is no RecordIO-protobuf: {error}.") from error
        if labels is None:
            raise ClientError(f"{path.name}: each record needs a label.")
        parts.append((features, labels))
    if len(parts) == 1:
        return *parts[0], None
    widths = {features.shape[1] for features, _ in parts}
    if len(widths) > 1:
        raise ClientError(f"The files of the channel have {min(widths)} to {max(widths)} features: give all the same.")
    if any(hasattr(features, "tocsr") for features, _ in parts):
        from scipy.sparse import csr_matrix, vstack

        joined = vstack([csr_matrix(features) for features, _ in parts]).tocsr()
    else:
        joined = np.concatenate([features for features, _ in parts])
    return joined, np.concatenate([labels for _, labels in parts]), None


def _separator(path: Path) -> str:
    """Of the first line. Guessing by pandas takes a digit for one where there is a single column."""
    with path.open("rb") as file:
        line = file.readline()
    return next((text for mark, text in ((b",", ","), (b"\t", "\t"), (b";", ";"), (b" ", r"\s+")) if mark in line), ",")


def read(folder: Path, content_type: str, csv_weights: bool = False) -> tuple[Any, Any, Any]:
    """(features, labels, weights or None)."""
    import pandas as pd

    paths = files(folder)
    kind = form(content_type, paths)
    if kind == "libsvm":
        return read_libsvm(paths)
    if kind == "recordio":
        return read_recordio(paths)
    try:
        if kind == "parquet":
            frames = [pd.read_parquet(path) for path in paths]
        else:
            frames = [pd.read_csv(path, header=None, sep=_separator(paths[0])) for path in paths]
        table = pd.concat(frames, ignore_index=True)
        data = table.to_numpy(dtype="float32")
    except (ValueError, UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError, ImportError) as error:
        raise ClientError(
            f"The channel {folder.name} can't be read as {kind} of numbers without a header: {error}."
        ) from error
    if data.shape[1] < 2:
        raise ClientError(
            f"The channel {folder.name} has {data.shape[1]} column; a label and at least one feature are needed."
        )
    if csv_weights:
        return data[:, 2:], data[:, 0], data[:, 1]
    return data[:, 1:], data[:, 0], None
