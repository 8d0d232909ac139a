"""One request through the user's functions where there are some, through the framework's defaults where not.

The names and rules are those of AWS's sagemaker-inference toolkit: model_fn, input_fn, predict_fn, output_fn or transform_fn,
each with or without a trailing `context`; JSON and CSV bodies reach input_fn as text.
"""

import importlib.util
import inspect
import os
import sys
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, cast

from studiolo.workloads.serving import formats, kserve, models
from studiolo.workloads.serving.errors import Refused
from studiolo.workloads.serving.formats import CSV, JSON, LINES
from studiolo.workloads.serving.served import Dense

Answer = tuple[int, str, "bytes | Iterator[bytes]"]
"""(status, content type, body)."""


def _user_module(root: Path, model: Path) -> ModuleType | None:
    program = os.environ.get("SAGEMAKER_PROGRAM", "inference.py")
    for folder in (root / "code", model / "code", model):
        path = folder / program
        if path.is_file():
            sys.path.insert(0, str(folder))
            os.chdir(folder)
            spec = importlib.util.spec_from_file_location(path.stem, path)
            assert spec is not None and spec.loader is not None
            module = importlib.util.module_from_spec(spec)
            # Pickles of classes that the script defines look for it by its name.
            sys.modules[path.stem] = module
            spec.loader.exec_module(module)
            return module
    if "SAGEMAKER_PROGRAM" in os.environ:
        raise models.NoModel(
            f"The program {program} (SAGEMAKER_PROGRAM) is not in the model's code or the source archive."
        )
    return None


def _adapted(function: Callable[..., Any] | None, count: int, context: Any) -> Callable[..., Any] | None:
    """With `context` added where the function takes one more argument than it must."""
    if function is None:
        return None
    try:
        takes = len(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        return function
    return (lambda *args: function(*args, context)) if takes > count else function


def failure(error: Exception) -> Answer:
    """The answer to a request that ended so; what is the model's fault is in the log."""
    if isinstance(error, Refused):
        return error.status, "text/plain; charset=utf-8", error.message.encode()
    traceback.print_exception(error)
    return 500, "text/plain; charset=utf-8", f"{type(error).__name__}: {error}".encode()


class Handler:
    def __init__(self, root: Path, folder: Path | None = None) -> None:
        """folder: the model's files, where they are not root/model."""
        folder = folder or root / "model"
        framework = os.environ.get("STUDIOLO_FRAMEWORK", "")
        self._framework = framework or "python"
        module = _user_module(root, folder)
        functions: dict[str, Callable[..., Any] | None] = {
            name: _adapted(getattr(module, name, None), count, None)
            for name, count in (
                ("model_fn", 1),
                ("input_fn", 2),
                ("predict_fn", 2),
                ("output_fn", 2),
                ("transform_fn", 4),
            )
        }
        self._input, self._predict = functions["input_fn"], functions["predict_fn"]
        self._output, self._transform = functions["output_fn"], functions["transform_fn"]
        self._served: models.Served | None = None
        self._about: Answer | None = None
        self._name = os.environ.get("STUDIOLO_MODEL_NAME", folder.name)
        if functions["model_fn"] is not None:
            self._model: Any = functions["model_fn"](str(folder))
            if framework == "xgboost" and hasattr(self._model, "inplace_predict"):
                self._served = models.Boosted(self._model)
            elif hasattr(self._model, "predict"):
                self._served = models.Served(self._model.predict, self._model)
            elif callable(self._model):
                self._served = Dense(self._call_module, self._model)
        elif self._transform is not None or (self._predict is not None and module is not None):
            try:
                self._served = models.load(folder, framework)
                self._model = self._served.model
            except models.NoModel:
                self._model = None
        else:
            self._served = models.load(folder, framework)
            self._model = self._served.model

    def _call_module(self, data: Any) -> Any:
        if "torch" in sys.modules:
            torch = sys.modules["torch"]
            with torch.inference_mode():
                return self._model(torch.as_tensor(data))
        return self._model(data)

    def __call__(self, body: bytes, content_type: str, accept: str) -> Answer:
        try:
            return self._answer(body, content_type, accept)
        except Exception as error:
            return failure(error)

    def _text(self, body: bytes, content_type: str) -> Any:
        kind = formats.media(content_type)
        return body.decode("utf-8") if kind in (JSON, CSV, LINES) or kind.startswith("text/") else body

    def _answer(self, body: bytes, content_type: str, accept: str) -> Answer:
        if self._transform is not None:
            accept = self._default_accept(accept)
            result = self._transform(self._model, self._text(body, content_type), content_type or JSON, accept or JSON)
            return self._finished(result, accept)
        return self.write(self.score(self.read(body, content_type)), accept)

    @property
    def staged(self) -> bool:
        """Whether a request goes through read, score and write one after the other (batching.py), not through a
        transform_fn as a whole."""
        return self._transform is None

    def _default_accept(self, accept: str) -> str:
        plain = self._input is None and self._output is None and not isinstance(self._served, models.Boosted)
        if accept in ("", "*/*") and plain:
            return os.environ.get("SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT", JSON)
        return accept

    def about(self) -> Answer:
        """What the open inference protocol tells of a model, as far as the framework knows it."""
        if self._about is None:
            self._about = self._described()
        return self._about

    def _described(self) -> Answer:
        served = self._served if self.staged and self._input is None and self._predict is None else None
        inputs, outputs = (served.inputs(), served.outputs()) if served is not None else ([], [])
        document = {"platform": self._framework, "inputs": inputs, "outputs": outputs if self._output is None else []}
        return 200, JSON, formats.dumps(document)

    @property
    def takes_rows(self) -> bool:
        """Whether CSV is rows of numbers to it and nothing else, so that it can be given to `rows` already read."""
        return self.staged and self._input is None

    def rows(self, array: Any, accept: str) -> Answer:
        """As __call__ for a body of CSV that holds these rows."""
        try:
            return self.write(self.score(self._served.rows(array) if self._served is not None else array), accept)
        except Exception as error:
            return failure(error)

    def read(self, body: bytes, content_type: str) -> Any:
        if self._input is not None:
            return self._input(self._text(body, content_type), content_type or JSON)
        tensors = formats.media(content_type) in ("", JSON, kserve.BINARY)
        asked = kserve.request(body, content_type) if tensors else None
        if asked is not None:
            asked.data = self._served.tensors(asked.tensors) if self._served else kserve.joined(asked.tensors)
            return asked
        if self._served is not None:
            return self._served.read(body, content_type)
        return formats.read_array(body, content_type)

    def score(self, data: Any) -> Any:
        if isinstance(data, kserve.Asked):
            return kserve.Answered(data, self.score(data.data))
        if self._predict is not None:
            return self._predict(data, self._model)
        if self._served is not None:
            return self._served.predict(data)
        raise Refused(500, "The model can't predict by itself: bring a predict_fn.")

    def write(self, prediction: Any, accept: str) -> Answer:
        if isinstance(prediction, kserve.Answered):
            if self._output is None:
                body, kind = prediction.body(self._name)
                return 200, kind, body
            prediction = prediction.prediction
        accept = self._default_accept(accept)
        if self._output is not None:
            wanted = (
                accept if accept not in ("", "*/*") else os.environ.get("SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT", JSON)
            )
            return self._finished(self._output(prediction, wanted), wanted)
        if self._served is not None:
            out, kind = self._served.write(prediction, accept)
            return 200, kind, out
        kind = formats.choose(accept, formats.offered())
        return 200, kind, formats.write(prediction, kind)

    def _finished(self, result: Any, accept: str) -> Answer:
        """What a user's function gave: a body, or a body and its type; text, bytes, pieces, or something to write."""
        kind = accept if accept not in ("", "*/*") else JSON
        if isinstance(result, tuple) and len(result) == 2 and isinstance(result[1], str):
            return self._finished(cast(Any, result)[0], str(cast(Any, result)[1]))
        if isinstance(result, str):
            return 200, kind, result.encode()
        if isinstance(result, bytes | bytearray):
            return 200, kind, bytes(result)
        if inspect.isgenerator(result):
            return 200, kind, (_bytes(piece) for piece in cast(Any, result))
        response = getattr(cast(Any, result), "response", None)
        if response is not None:
            return 200, getattr(cast(Any, result), "mimetype", kind), _bytes(response)
        return 200, kind, formats.write(result, formats.choose(kind, formats.offered()))


def _bytes(value: Any) -> bytes:
    return value.encode() if isinstance(value, str) else bytes(value)
