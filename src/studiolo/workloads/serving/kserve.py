"""The open inference protocol's JSON (KServe v2, Triton) into arrays and back: a pure translation.

The handler asks `request` of a JSON body; an answer then takes the same form, whatever the model's framework.
numpy is imported when needed.
"""

from dataclasses import dataclass
from typing import Any

from studiolo.workloads.serving import formats
from studiolo.workloads.serving.errors import Refused

TYPES = {
    "BOOL": "bool", "UINT8": "uint8", "UINT16": "uint16", "UINT32": "uint32", "UINT64": "uint64", "INT8": "int8",
    "INT16": "int16", "INT32": "int32", "INT64": "int64", "FP16": "float16", "FP32": "float32", "FP64": "float64",
    "BYTES": "object",
}  # fmt: skip
_NAMES = {name: datatype for datatype, name in TYPES.items()}


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

    def document(self, model: str) -> dict[str, Any]:
        return answer(self.asked.document, self.prediction, model)


def request(body: bytes) -> Asked | None:
    """None where the body is something else: then it is for others to say what is wrong with it."""
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


def read(document: dict[str, Any]) -> dict[str, Any]:
    """The request's tensors by their names, in its order."""
    found: dict[str, Any] = {}
    for one in document["inputs"]:
        name = str(one["name"])
        if name in found:
            raise Refused(400, f"The input {name} is given twice.")
        found[name] = _tensor(name, one)
    return found


def _tensor(name: str, one: dict[str, Any]) -> Any:
    import numpy as np

    kind = TYPES.get(str(one["datatype"]))
    if kind is None:
        raise Refused(400, f"The input {name} has the datatype {one['datatype']!r}; known are {', '.join(TYPES)}.")
    if "data" not in one:
        raise Refused(400, f"The input {name} has no data; binary tensors after the JSON are not supported.")
    shape = one.get("shape")
    if not isinstance(shape, list) or not all(type(size) is int and size >= 0 for size in shape):
        raise Refused(400, f"The input {name} needs a shape: a list of sizes.")
    try:
        return np.asarray(one["data"], dtype=kind).reshape(shape)
    except (ValueError, TypeError, OverflowError) as error:
        raise Refused(400, f"The input {name} is no {one['datatype']} tensor of the shape {shape}: {error}") from error


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


def answer(document: dict[str, Any], prediction: Any, model: str) -> dict[str, Any]:
    """The answer's document. A mapping or a tuple of predictions gives an output each."""
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
    return found | {"outputs": [_output(name, held[name]) for name in wanted or held]}


def _output(name: str, value: Any) -> dict[str, Any]:
    import numpy as np

    value = value.detach().cpu().numpy() if hasattr(value, "detach") else value
    array = np.asarray(value)
    datatype = _NAMES.get(array.dtype.name)
    if datatype is None or datatype == "BYTES":
        datatype, array = "BYTES", array.astype(str)
    return {"name": name, "shape": list(array.shape), "datatype": datatype, "data": array.ravel().tolist()}
