"""The open inference protocol's requests (KServe v2, Triton) into arrays and back: a pure translation.

The handler asks `request` of a JSON body, or of JSON with binary tensors behind it; an answer then takes the same form,
whatever the model's framework. `check` says what is wrong with a request before a model is asked. numpy is imported when
needed.
"""

import math
import struct
from dataclasses import dataclass
from typing import Any

from studiolo.workloads.serving import formats
from studiolo.workloads.serving.errors import Refused

BINARY = "application/vnd.sagemaker-triton.binary+json"
"""SageMaker's name for JSON followed by binary tensors; the parameter below tells where the JSON ends."""
SIZE = "json-header-size"
TYPES = {
    "BOOL": "bool", "UINT8": "uint8", "UINT16": "uint16", "UINT32": "uint32", "UINT64": "uint64", "INT8": "int8",
    "INT16": "int16", "INT32": "int32", "INT64": "int64", "FP16": "float16", "FP32": "float32", "FP64": "float64",
    "BYTES": "object",
}  # fmt: skip
_NAMES = {name: datatype for datatype, name in TYPES.items()}
_TAKES = {"B": "b", "U": "iu", "I": "iu", "F": "iufO"}
"""numpy's kinds of numbers that a datatype may be written as, by its first letter; null is a missing number."""


@dataclass(slots=True)
class Asked:
    """A request in this form; `data` is what the model takes."""

    document: dict[str, Any]
    tensors: dict[str, Any]
    data: Any = None


@dataclass(frozen=True, slots=True)
class Answered:
    asked: Asked
    prediction: Any

    def body(self, model: str) -> tuple[bytes, str]:
        """The answer and its content type: with binary tensors where the asker wants such."""
        asked = self.asked.document
        document, arrays = outputs(asked, self.prediction, model)
        wanted = {one["name"]: _parameter(one, "binary_data") for one in asked.get("outputs") or []}
        tail = bytearray()
        for one, array in zip(document["outputs"], arrays, strict=True):
            binary = wanted.get(one["name"])
            if _parameter(asked, "binary_data_output") if binary is None else binary:
                data = _packed(array)
                one["parameters"] = {"binary_data_size": len(data)}
                tail += data
            else:
                one["data"] = array.ravel().tolist()
        head = formats.dumps(document)
        return (head + tail, typed(len(head))) if tail else (head, formats.JSON)


def typed(size: int) -> str:
    """The content type of a body that begins with so many bytes of JSON."""
    return f"{BINARY};{SIZE}={size}"


def head_size(content_type: str) -> int | None:
    """Of such a content type; None for others. Raises Refused."""
    if formats.media(content_type) != BINARY:
        return None
    for word in content_type.split(";")[1:]:
        name, _, value = word.strip().partition("=")
        if name == SIZE and value.strip().isdecimal():
            return int(value)
    raise Refused(400, f"The content type {BINARY} needs the parameter {SIZE}: the bytes of JSON before the tensors.")


def request(body: bytes, content_type: str = "") -> Asked | None:
    """None where the body is something else: then it is for others to say what is wrong with it."""
    size = head_size(content_type)
    if size is not None:
        document = check(body[:size], len(body) - size)
        return Asked(document, read(document, body[size:]))
    # Rows are far more common: the word tells them apart without parsing a large body twice.
    if b'"datatype"' not in body:
        return None
    try:
        document = formats.loads(body)
    except ValueError:
        return None
    return Asked(document, read(document)) if is_request(document) else None


def is_request(document: Any) -> bool:
    """Whether its `inputs` are tensors with a name, a shape and a datatype, and not plain rows."""
    inputs = document.get("inputs") if isinstance(document, dict) else None
    if not isinstance(inputs, list) or not inputs:
        return False
    return all(isinstance(one, dict) and {"name", "datatype"} <= one.keys() for one in inputs)


def check(head: bytes, tail: int = 0) -> dict[str, Any]:
    """The document of a request whose JSON is followed by `tail` bytes; what can be said without looking at numbers is.
    Raises Refused."""
    try:
        document = formats.loads(head)
    except ValueError as error:
        raise Refused(400, f"The request is no JSON: {error}") from None
    inputs = document.get("inputs") if isinstance(document, dict) else None
    if not isinstance(inputs, list) or not inputs:
        raise Refused(400, "The request needs inputs: a list of tensors with name, shape, datatype and data.")
    names, binary = set[str](), 0
    for place, one in enumerate(inputs):
        if not isinstance(one, dict) or not isinstance(one.get("name"), str) or not one["name"]:
            raise Refused(400, f"The input at place {place} needs a name.")
        if one["name"] in names:
            raise Refused(400, f"The input {one['name']} is given twice.")
        names.add(one["name"])
        binary += _check(one["name"], one)
    if binary != tail:
        raise Refused(400, f"The inputs name {binary} bytes of binary tensors, {tail} follow the JSON.")
    outputs = document.get("outputs", [])
    if not isinstance(outputs, list) or not all(
        isinstance(one, dict) and isinstance(one.get("name"), str) for one in outputs
    ):
        raise Refused(400, "outputs must be a list of objects with a name.")
    for one in (document, *outputs):
        if not isinstance(one.get("parameters", {}), dict):
            raise Refused(400, "parameters must be an object.")
        for name in ("classification", "shared_memory_region", "sequence_id"):
            if one.get("parameters", {}).get(name):
                raise Refused(400, f"The parameter {name} is not supported.")
    return document


def _check(name: str, one: dict[str, Any]) -> int:
    """The bytes of its data that follow the JSON. Raises Refused."""
    kind = one.get("datatype")
    if not isinstance(kind, str) or kind not in TYPES:
        raise Refused(400, f"The input {name} has the datatype {kind!r}; known are {', '.join(TYPES)}.")
    shape = one.get("shape")
    if not isinstance(shape, list) or not all(type(size) is int and size >= 0 for size in shape):
        raise Refused(400, f"The input {name} needs a shape: a list of sizes.")
    parameters = one.get("parameters", {})
    if not isinstance(parameters, dict):
        raise Refused(400, f"The parameters of the input {name} must be an object.")
    if parameters.get("shared_memory_region"):
        raise Refused(400, f"The input {name} is in shared memory, which is not supported.")
    size = parameters.get("binary_data_size")
    if size is None:
        if not isinstance(one.get("data"), list):
            raise Refused(400, f"The input {name} has no data: a list of values, or binary_data_size among parameters.")
        return 0
    if type(size) is not int or size < 0:
        raise Refused(400, f"binary_data_size of the input {name} must be a number of bytes.")
    if "data" in one:
        raise Refused(400, f"The input {name} has data and binary_data_size: give one of them.")
    return size


def read(document: dict[str, Any], tail: bytes = b"") -> dict[str, Any]:
    """The request's tensors by their names, in its order; binary ones are taken from `tail`."""
    found: dict[str, Any] = {}
    at = 0
    for one in document["inputs"]:
        name = str(one["name"])
        if name in found:
            raise Refused(400, f"The input {name} is given twice.")
        size = _check(name, one)
        if "data" in one:
            found[name] = _tensor(name, one)
        elif at + size > len(tail):
            raise Refused(400, f"The input {name} names {size} binary bytes, which do not follow the JSON.")
        else:
            found[name] = _unpacked(name, one, tail[at : at + size])
            at += size
    return found


def _tensor(name: str, one: dict[str, Any]) -> Any:
    import numpy as np

    datatype, shape = one["datatype"], one["shape"]
    try:
        given = np.asarray(one["data"], dtype="object" if datatype == "BYTES" else None)
        if given.size and datatype != "BYTES" and given.dtype.kind not in _TAKES[datatype[0]]:
            raise ValueError(f"the data holds other values ({given.dtype.name})")
        if datatype == "BYTES" and not all(isinstance(text, str) for text in given.ravel()):
            raise ValueError("the data holds other values than texts")
        if datatype[0] in "UI" and given.size:
            limits = np.iinfo(TYPES[datatype])
            if given.min() < limits.min or given.max() > limits.max:
                raise ValueError(f"its values must lie between {limits.min} and {limits.max}")
        return given.astype(TYPES[datatype], copy=False).reshape(shape)
    except (ValueError, TypeError, OverflowError) as error:
        raise Refused(400, f"The input {name} is no {datatype} tensor of the shape {shape}: {error}") from error


def _unpacked(name: str, one: dict[str, Any], data: bytes) -> Any:
    """Little-endian numbers; texts have their length (four bytes) before them."""
    import numpy as np

    datatype, shape = one["datatype"], one["shape"]
    count = math.prod(shape)
    if datatype != "BYTES":
        kind = np.dtype(TYPES[datatype]).newbyteorder("<")
        if len(data) != count * kind.itemsize:
            raise Refused(
                400,
                f"The input {name} has {len(data)} binary bytes; a {datatype} tensor of the shape {shape} has "
                f"{count * kind.itemsize}.",
            )
        return np.frombuffer(data, kind).astype(TYPES[datatype], copy=False).reshape(shape)
    texts: list[str] = []
    at = 0
    try:
        while at < len(data):
            (size,) = struct.unpack_from("<I", data, at)
            if at + 4 + size > len(data):
                raise ValueError("a text is longer than the rest")
            texts.append(data[at + 4 : at + 4 + size].decode())
            at += 4 + size
        return np.asarray(texts, dtype="object").reshape(shape)
    except (ValueError, struct.error) as error:
        raise Refused(400, f"The input {name} is no BYTES tensor of the shape {shape}: {error}") from error


def _packed(array: Any) -> bytes:
    if array.dtype.kind not in "OSU":
        return array.astype(array.dtype.newbyteorder("<"), copy=False).tobytes()
    texts = [str(one).encode() for one in array.ravel()]
    return b"".join(struct.pack("<I", len(one)) + one for one in texts)


def joined(tensors: dict[str, Any]) -> Any:
    """One table of all tensors, for models that take one: a column a vector, the columns of matrices side by side."""
    import numpy as np

    arrays = list(tensors.values())
    if len(arrays) == 1:
        one = arrays[0]
        return one.reshape(1, -1) if one.ndim == 1 else one
    columns = [one.reshape(-1, 1) if one.ndim == 1 else one for one in arrays]
    if any(one.ndim != 2 for one in columns) or len({one.shape[0] for one in columns}) != 1:
        raise Refused(400, "Several inputs must be columns or matrices with the same number of rows.")
    return np.hstack(columns)


def _parameter(one: dict[str, Any], name: str) -> Any:
    held = one.get("parameters")
    return held.get(name) if isinstance(held, dict) else None


def outputs(document: dict[str, Any], prediction: Any, model: str) -> tuple[dict[str, Any], list[Any]]:
    """The answer's document without its data, and an array for each output. A mapping or a tuple of predictions gives an
    output each."""
    if isinstance(prediction, dict):
        held = {str(name): value for name, value in prediction.items()}
    elif isinstance(prediction, tuple):
        held = {f"output-{place}": value for place, value in enumerate(prediction)}
    else:
        held = {"predict": prediction}
    wanted = [str(one["name"]) for one in document.get("outputs") or [] if isinstance(one, dict) and "name" in one]
    unknown = [name for name in wanted if name not in held]
    if unknown and len(held) == 1 and len(wanted) == 1:
        # A model with one output has no name for it: the asker's is as good.
        held = {wanted[0]: next(iter(held.values()))}
    elif unknown:
        raise Refused(400, f"The model has no output {', '.join(unknown)}; it has {', '.join(held)}.")
    found: dict[str, Any] = {"model_name": model}
    if isinstance(document.get("id"), str):
        found["id"] = document["id"]
    arrays = [_array(held[name]) for name in wanted or held]
    heads = [
        {"name": name, "shape": list(array.shape), "datatype": _NAMES.get(array.dtype.name, "BYTES")}
        for name, array in zip(wanted or held, arrays, strict=True)
    ]
    return found | {"outputs": heads}, arrays


def _array(value: Any) -> Any:
    import numpy as np

    value = value.detach().cpu().numpy() if hasattr(value, "detach") else value
    array = np.asarray(value)
    return array if array.dtype.name in _NAMES and array.dtype.kind != "O" else array.astype(str)
