"""MLflow model folders (a file MLmodel), by the native flavour they name, without MLflow; else through its pyfunc.

`packages` reads what a folder needs, for environments that are made for it: only the few lines of YAML that MLflow
itself writes, since job environments have no YAML parser.
"""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from studiolo.workloads.serving import described, formats, kserve
from studiolo.workloads.serving.described import Column, Described
from studiolo.workloads.serving.errors import NoModel
from studiolo.workloads.serving.served import Predict, Served, Tabular

Loader = Callable[[Path], Served]


def flavours(folder: Path) -> dict[str, dict[str, str]]:
    """Each flavour of MLmodel and its plain settings."""
    found: dict[str, dict[str, str]] = {}
    inside, current = False, ""
    for line in (folder / "MLmodel").read_text(errors="replace").splitlines():
        if not line.startswith(" "):
            inside = line.startswith("flavors:")
        elif inside and (match := re.fullmatch(r"  ([\w-]+):\s*", line)):
            current = match[1]
            found[current] = {}
        elif inside and current and (match := re.fullmatch(r"    ([\w-]+):\s*(\S.*)", line)):
            found[current][match[1]] = match[2].strip("'\"")
    return found


def load(folder: Path, native: dict[str, Loader]) -> Served:
    """native: loaders by flavour, each of a folder."""
    held = flavours(folder)
    for name, settings in held.items():
        if name in native:
            return native[name](_place(folder, settings))
    if "python_function" not in held:
        raise NoModel(f"MLmodel names no flavour that can be served: {', '.join(held) or 'it is empty'}.")
    try:
        from mlflow import pyfunc
    except ImportError:
        raise NoModel(
            "The MLflow model is of no flavour that is loaded without MLflow "
            f"({', '.join(native)}), and this environment has no mlflow: name it in the folder's requirements.txt."
        ) from None
    model: Any = pyfunc.load_model(str(folder))
    schema = model.metadata.get_input_schema()
    names = schema.input_names() if schema is not None and schema.has_input_names() else None
    return Pyfunc(lambda data: model.predict(data), model, names, schema)


def _place(folder: Path, settings: dict[str, str]) -> Path:
    """The folder the flavour's files lie in: they are named one by one, or as a folder."""
    named = settings.get("data") or settings.get("pickled_model") or settings.get("model_data") or ""
    path = folder / named
    return path if path.is_dir() else path.parent


class Pyfunc(Tabular):
    """MLflow checks the body against the model's schema; what does not fit is the asker's error."""

    def __init__(self, predict: Predict, model: Any, names: list[str] | None, schema: Any) -> None:
        super().__init__(predict, model, names)
        self._schema = schema

    def columns(self) -> list[Column]:
        if self._schema is None or not self._schema.has_input_names() or self._schema.is_tensor_spec():
            return []
        return [_column(one) for one in self._schema.inputs]

    def inputs(self) -> Described:
        if self._schema is None:
            return []
        if self._schema.is_tensor_spec():
            return [_tensor(one) for one in self._schema.inputs]
        return described.named(self.columns()) or described.table(len(self._schema.inputs))

    def predict(self, data: Any) -> Any:
        try:
            return super().predict(data)
        except Exception as error:
            if type(error).__module__.startswith("mlflow"):
                raise formats.Refused(400, f"The model can't take this input: {error}") from error
            raise


_TYPES = {"boolean": "BOOL", "integer": "INT32", "long": "INT64", "float": "FP32", "double": "FP64"}
"""MLflow's types of columns; all others are texts to the protocol."""


def _column(spec: Any) -> Column:
    datatype = _TYPES.get(getattr(spec.type, "name", ""), "BYTES")
    return Column(str(spec.name), datatype, "a" if datatype == "BYTES" else 0)


def _tensor(spec: Any) -> dict[str, Any]:
    datatype = next((name for name, kind in kserve.TYPES.items() if kind == spec.type.name), "BYTES")
    return {"name": spec.name or "input", "datatype": datatype, "shape": list(spec.shape)}


def packages(folder: Path) -> str | None:
    """The requirements of a folder that no loader of ours can do without: its requirements.txt, else conda.yaml's."""
    if (folder / "requirements.txt").is_file():
        return (folder / "requirements.txt").read_text(errors="replace")
    if not (folder / "conda.yaml").is_file():
        return None
    lines: list[str] = []
    deep = -1
    for line in (folder / "conda.yaml").read_text(errors="replace").splitlines():
        text = line.strip()
        indent = len(line) - len(line.lstrip())
        if text == "- pip:":
            deep = indent
        elif deep >= 0 and text.startswith("- ") and indent >= deep:
            lines.append(text[2:].strip("'\""))
        elif deep >= 0 and text:
            deep = -1
    return "\n".join(lines) or None
