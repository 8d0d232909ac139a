"""Bodies as the SDKs' serializers make them, and answers as their deserializers read them."""

import io
import json

import numpy as np
import pytest
from scipy import sparse

from studiolo.workloads import recordio
from studiolo.workloads.serving import formats
from studiolo.workloads.serving.errors import Refused

ROWS = np.array([[1.5, 2.0], [0.0, 4.0]], dtype="float32")


def npy(array) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


def npz(matrix) -> bytes:
    buffer = io.BytesIO()
    sparse.save_npz(buffer, matrix)
    return buffer.getvalue()


BODIES = {
    "CSVSerializer": ("text/csv", b"1.5,2.0\n0,4"),
    "CSVSerializer, charset": ("text/csv; charset=utf-8", b"1.5,2.0\r\n0,4\r\n"),
    "JSONSerializer": ("application/json", b"[[1.5, 2], [0, 4]]"),
    "instances": ("application/json", b'{"instances": [[1.5, 2], [0, 4]]}'),
    "instances by feature": ("application/json", b'{"instances": [{"features": [1.5, 2]}, {"features": [0, 4]}]}'),
    "instances, AWS": (
        "application/json",
        b'{"instances": [{"data": {"features": {"values": [1.5, 2]}}}, {"data": {"features": {"values": [0, 4]}}}]}',
    ),
    "dataframe_split": (
        "application/json",
        b'{"dataframe_split": {"columns": ["a", "b"], "data": [[1.5, 2], [0, 4]]}}',
    ),
    "dataframe_records": ("application/json", b'{"dataframe_records": [{"a": 1.5, "b": 2}, {"a": 0, "b": 4}]}'),
    "JSONLinesSerializer": ("application/jsonlines", b"[1.5, 2]\n[0, 4]\n"),
    "JSONLines by feature": ("application/jsonlines", b'{"features": [1.5, 2]}\n{"features": [0, 4]}'),
    "NumpySerializer": ("application/x-npy", npy(ROWS)),
    "TorchTensorSerializer": ("tensor/pt", npy(ROWS)),
    "IdentitySerializer": ("application/octet-stream", npy(ROWS)),
    "DataSerializer": ("file-path/raw-bytes", npy(ROWS)),
    "StringSerializer": ("text/plain", b"1.5,2\n0,4"),
    "StringSerializer, JSON": ("text/plain", b" [[1.5, 2], [0, 4]]"),
    "LibSVMSerializer": ("text/libsvm", b"1 0:1.5 1:2\n0 1:4"),
    "libsvm without labels": ("text/x-libsvm", b"0:1.5 1:2\n1:4\n"),
    **{
        f"SparseMatrixSerializer, {kind}": ("application/x-npz", npz(sparse.csr_matrix(ROWS).asformat(kind)))
        for kind in ("csr", "csc", "coo", "bsr", "dia")
    },
    "RecordSerializer": (
        "application/x-recordio-protobuf",
        bytes.fromhex(
            "0a23d7ce180000000a160a0676616c756573120c120a0a080000c03f00000040"
            "0a23d7ce180000000a160a0676616c756573120c120a0a080000000000008040"
        ),
    ),
    "sparse as bytes": ("application/octet-stream", npz(sparse.csr_matrix(ROWS))),
}


@pytest.mark.parametrize("name", BODIES)
def test_what_the_serializers_send_is_read(name):
    kind, body = BODIES[name]
    array = formats.read_array(body, kind)
    array = array.toarray() if sparse.issparse(array) else array
    assert np.array_equal(array, ROWS)


@pytest.mark.parametrize("body", [b"1.5,2", b"1.5,2\n"])
def test_one_row_is_a_table_of_one_row(body):
    assert formats.read_array(body, "text/csv").shape == (1, 2)
    assert formats.read_array(b"[1.5, 2]", "application/json").shape == (1, 2)


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", b"{"),
        ("application/json", b"3"),
        ("application/json", b"null"),
        ("application/json", b'{"instances": 3}'),
        ("application/json", b'{"dataframe_split": []}'),
        ("application/json", b'[["a", "b"]]'),
        ("application/json", b"[[1, 2], [3]]"),
        ("application/json", b'{"rowses": []}'),
        ("text/csv", b""),
        ("text/csv", b"a,b"),
        ("text/csv", b"1,2\n3"),
        ("text/csv", b"\xff\xfe\x00"),
        ("application/jsonlines", b"[1]\n{"),
        ("application/x-npy", b"nothing"),
        ("application/x-npy", npy(np.array([{}], dtype=object))),
        ("application/x-npz", b"PK\x03\x04 and no more"),
        ("text/libsvm", b"1 a:b"),
        ("text/libsvm", b""),
        ("application/x-parquet", b"PAR1"),
        ("application/x-recordio-protobuf", b"1.5,2\n0,4\n"),
    ],
)
def test_what_is_no_table_of_numbers_is_refused_with_400(kind, body):
    with pytest.raises(Refused) as refused:
        formats.read_array(body, kind)
    assert refused.value.status == 400 and refused.value.message


@pytest.mark.parametrize("kind", ["image/png", "application/octet-stream"])
def test_other_types_are_refused_with_415(kind):
    with pytest.raises(Refused) as refused:
        formats.read_array(b"\x89PNG", kind)
    assert refused.value.status == 415 and "text/csv" in refused.value.message


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", b'{"dataframe_split": {"columns": ["a", "b"], "data": [[1, "x"]]}}'),
        ("application/json", b'{"dataframe_records": [{"a": 1, "b": "x"}]}'),
        ("application/json", b'[{"a": 1, "b": "x"}]'),
        ("application/json", b'{"instances": [{"a": 1, "b": "x"}]}'),
        ("application/jsonlines", b'{"a": 1, "b": "x"}\n'),
    ],
)
def test_named_columns_make_a_table(kind, body):
    assert formats.read_frame(body, kind).to_dict("records") == [{"a": 1, "b": "x"}]


def test_parquet_there_and_back():
    pytest.importorskip("pyarrow")
    body = formats.write(ROWS, formats.PARQUET[0])
    assert np.array_equal(formats.read_array(body, "application/x-parquet"), ROWS)
    assert np.array_equal(formats.read_array(body, "application/octet-stream"), ROWS)
    assert list(formats.read_frame(body, "application/x-parquet").columns) == ["prediction_0", "prediction_1"]


def test_answers_are_what_the_deserializers_read():
    vector, texts = ROWS[:, 0], np.array(["a", 'b"c'])
    assert len(list(recordio.records(formats.write(vector, formats.RECORDIO)))) == 2
    with pytest.raises(Refused, match="no numbers"):
        formats.write(texts, formats.RECORDIO)
    assert json.loads(formats.write(ROWS, "application/json")) == ROWS.tolist()
    assert formats.write(vector, "text/csv") == b"1.5\n0.0"
    assert formats.write(ROWS, "text/csv") == b"1.5,2.0\n0.0,4.0"
    assert formats.write(texts, "text/csv") == b'a\n"b""c"'
    assert [json.loads(line) for line in formats.write(ROWS, "application/jsonlines").splitlines()] == ROWS.tolist()
    for kind in ("application/x-npy", "tensor/pt", "application/octet-stream"):
        assert np.array_equal(np.load(io.BytesIO(formats.write(ROWS, kind))), ROWS)
    assert np.load(io.BytesIO(formats.write(np.array(["a"], dtype=object), "application/x-npy"))).tolist() == ["a"]


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("", "application/json"),
        ("*/*", "application/json"),
        ("text/csv, application/json", "text/csv"),
        ("text/csv;q=0.5, application/json", "application/json"),
        ("text/*", "text/csv"),
        ("tensor/pt", "tensor/pt"),
        ("image/png, application/x-npy;q=0.1", "application/x-npy"),
    ],
)
def test_the_accepted_type_is_chosen(accept, kind):
    assert formats.choose(accept, formats.offered()) == kind


def test_what_nobody_can_write_is_refused_with_406():
    with pytest.raises(Refused) as refused:
        formats.choose("image/png, text/csv;q=0", formats.offered())
    assert refused.value.status == 406
