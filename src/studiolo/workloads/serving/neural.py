"""Networks: PyTorch (TorchScript, torch.export) and ONNX. A state dict alone has no network: it needs an inference.py."""

import os
from pathlib import Path
from typing import Any

from studiolo.workloads.serving import formats
from studiolo.workloads.serving.described import Described
from studiolo.workloads.serving.errors import NoModel
from studiolo.workloads.serving.served import Dense, Predict, Served, candidates


def load_pytorch(folder: Path) -> Served:
    import torch

    torch.set_num_threads(max(1, int(os.environ.get("OMP_NUM_THREADS", "1"))))
    exported = candidates(folder, "model.pt2", "*.pt2")
    program: Any = torch.export.load(str(exported[0])) if exported else None
    module: Any = program.module() if exported else _scripted(folder)

    def predict(data: Any) -> Any:
        with torch.inference_mode():
            return module(torch.as_tensor(data))

    return Network(predict, module, _taken(program) if exported else [])


class Network(Dense):
    """TorchScript does not say what it takes; an exported program does."""

    def __init__(self, predict: Predict, module: Any, inputs: Described) -> None:
        super().__init__(predict, module)
        self._inputs = inputs

    def inputs(self) -> Described:
        return self._inputs


def _taken(program: Any) -> Described:
    """The one tensor of an exported program; nothing where it takes several, which no body could bring."""
    from studiolo.workloads.serving import kserve

    wanted = set(program.graph_signature.user_inputs)
    found = [one for one in program.graph.nodes if one.op == "placeholder" and one.name in wanted]
    held = found[0].meta.get("val") if len(found) == 1 else None
    word = str(getattr(held, "dtype", "")).removeprefix("torch.")
    datatype = next((name for name, kind in kserve.TYPES.items() if kind == word), None)
    if held is None or datatype is None:
        return []
    shape = [size if isinstance(size, int) else -1 for size in held.shape]
    return [{"name": found[0].name, "datatype": datatype, "shape": shape}]


def _scripted(folder: Path) -> Any:
    import torch

    found = candidates(folder, "model.pt", "model.pth", "*.pt", "*.pth", "*.torchscript")
    if not found:
        raise NoModel(
            "No model.pt (TorchScript) or *.pt2 lies in the model folder; bring an inference.py with model_fn."
        )
    try:
        return torch.jit.load(str(found[0]), map_location="cpu").eval()
    except RuntimeError as error:
        raise NoModel(
            f"{found[0].name} is no TorchScript (a state dict holds no network); bring an inference.py with model_fn."
        ) from error


class Onnx(Dense):
    """A graph with named inputs: one table for one input, by name for several."""

    def __init__(self, session: Any) -> None:
        super().__init__(self._run, session)
        self._inputs = {one.name: _dtype(one.type) for one in session.get_inputs()}
        self._outputs = [one.name for one in session.get_outputs()]

    def inputs(self) -> Described:
        return [_described(one) for one in self.model.get_inputs()]

    def outputs(self) -> Described:
        return [_described(one) for one in self.model.get_outputs()]

    def tensors(self, named: dict[str, Any]) -> Any:
        if set(named) == set(self._inputs):
            return named
        if len(self._inputs) == 1 and len(named) == 1:
            return {next(iter(self._inputs)): next(iter(named.values()))}
        raise formats.Refused(400, f"The model's inputs are {', '.join(self._inputs)}, not {', '.join(named)}.")

    def _run(self, data: Any) -> Any:
        named: dict[str, Any] = data if isinstance(data, dict) else self._split(data)
        feeds = {name: value.astype(self._inputs[name], copy=False) for name, value in named.items()}
        try:
            found = self.model.run(None, feeds)
        except Exception as error:
            # onnxruntime has its own exceptions for what does not fit the graph, by a class each.
            raise formats.Refused(400, f"The model can't take this input: {error}") from error
        if isinstance(data, dict):
            return dict(zip(self._outputs, found, strict=True))
        return found[0]

    def _split(self, table: Any) -> dict[str, Any]:
        if len(self._inputs) == 1:
            return {next(iter(self._inputs)): table}
        if table.ndim != 2 or table.shape[1] != len(self._inputs):
            raise formats.Refused(
                400, f"The model has the inputs {', '.join(self._inputs)}: a row needs a column for each."
            )
        return {name: table[:, place : place + 1] for place, name in enumerate(self._inputs)}


def _dtype(kind: str) -> str:
    """numpy's word for "tensor(float)"."""
    word = kind.removeprefix("tensor(").removesuffix(")")
    return {"float": "float32", "double": "float64", "string": "object"}.get(word, word)


def _described(one: Any) -> dict[str, Any]:
    from studiolo.workloads.serving import kserve

    datatype = next((name for name, kind in kserve.TYPES.items() if kind == _dtype(one.type)), "BYTES")
    shape = [size if isinstance(size, int) else -1 for size in one.shape]
    return {"name": one.name, "datatype": datatype, "shape": shape}


def load_onnx(folder: Path) -> Served:
    try:
        import onnxruntime
    except ImportError:
        raise NoModel(
            "The model is ONNX and this environment has no onnxruntime: use the image studiolo-onnx, or name onnxruntime "
            "in the model's code/requirements.txt."
        ) from None
    found = candidates(folder, "model.onnx", "*.onnx")
    if not found:
        raise NoModel("No *.onnx lies in the model folder.")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    try:
        return Onnx(onnxruntime.InferenceSession(str(found[0]), options, providers=["CPUExecutionProvider"]))
    except Exception as error:
        raise NoModel(f"{found[0].name} can't be loaded: {error}") from error
