"""A loaded model as the handler uses it: read a body, predict, write the prediction. Frameworks differ in subclasses.

Loaders (trees.py, neural.py, mlflow_folder.py, models.py) make them; nothing here imports a framework.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from studiolo.workloads.serving import described, formats
from studiolo.workloads.serving.described import Column, Described

Predict = Callable[[Any], Any]


class Served:
    """`predict` takes what `read` gives."""

    offers: tuple[str, ...] = formats.offered()

    def __init__(self, predict: Predict, model: Any) -> None:
        self._predict = predict
        self.model = model

    def read(self, body: bytes, content_type: str) -> Any:
        return formats.read_array(body, content_type)

    def tensors(self, named: dict[str, Any]) -> Any:
        """What `predict` takes, of the tensors of an inference request (kserve.py)."""
        from studiolo.workloads.serving import kserve

        return kserve.joined(named)

    def inputs(self) -> Described:
        """The tensors it takes, as far as it knows them itself."""
        width = described.width(self.model)
        return described.table(width) if width else []

    def outputs(self) -> Described:
        return described.outputs(self, {})

    def rows(self, array: Any) -> Any:
        """What `predict` takes, of rows of numbers that batch transform has read itself."""
        return array

    def predict(self, data: Any) -> Any:
        return self._predict(data)

    def write(self, prediction: Any, accept: str) -> tuple[bytes, str]:
        kind = formats.choose(accept, self.offers)
        return formats.write(prediction, kind), kind


class Dense(Served):
    """For what knows no sparse matrices."""

    def read(self, body: bytes, content_type: str) -> Any:
        data = super().read(body, content_type)
        return data.toarray() if hasattr(data, "toarray") else data


class Tabular(Served):
    """A model that may know its columns by name: it gets a table then."""

    def __init__(self, predict: Predict, model: Any, names: list[str] | None, texts: bool = False) -> None:
        """texts: columns may hold text."""
        super().__init__(predict, model)
        self._names: Any = names
        self._texts = texts

    def read(self, body: bytes, content_type: str) -> Any:
        if self._names is None:
            return formats.read_array(body, content_type)
        table = formats.read_frame(body, content_type)
        if table is None:
            return self._table(self._array(body, content_type))
        missing = [name for name in self._names if name not in table.columns]
        if missing:
            raise formats.Refused(400, f"The body lacks the column {missing[0]}; the model has {self._listed()}.")
        return table[self._names]

    def _array(self, body: bytes, content_type: str) -> Any:
        try:
            return formats.read_array(body, content_type)
        except formats.Refused:
            if not self._texts:
                raise
            return formats.read_array(body, content_type, "object")

    def tensors(self, named: dict[str, Any]) -> Any:
        if self._names is not None and set(self._names) <= named.keys():
            import pandas as pd

            return pd.DataFrame({name: named[name].ravel() for name in self._names})
        return self._table(super().tensors(named))

    def columns(self) -> list[Column]:
        """Those it knows by name."""
        return described.columns(self.model, self._names) if self._names is not None else []

    def inputs(self) -> Described:
        return described.named(self.columns()) if self._names is not None else super().inputs()

    def outputs(self) -> Described:
        return described.outputs(self, {one.name: one.sample for one in self.columns()})

    def rows(self, array: Any) -> Any:
        return self._table(array)

    def _listed(self) -> str:
        names = self._names or []
        return ", ".join(names[:20]) + ("…" if len(names) > 20 else "")

    def _table(self, array: Any) -> Any:
        if self._names is None or hasattr(array, "tocsr"):
            return array
        import pandas as pd

        if array.shape[1] != len(self._names):
            raise formats.Refused(
                400, f"A row has {array.shape[1]} features, the model has {len(self._names)}: {self._listed()}."
            )
        table = pd.DataFrame(array, columns=self._names)
        return table.apply(_numbers) if array.dtype == object else table


def _numbers(column: Any) -> Any:
    """A column of texts that are numbers, as numbers."""
    import pandas as pd

    try:
        return pd.to_numeric(column)
    except (ValueError, TypeError):
        return column


def candidates(folder: Path, *patterns: str) -> list[Path]:
    """Files of the folder, in order of the patterns; of its one subfolder where it holds nothing else."""
    found = [path for pattern in patterns for path in sorted(folder.glob(pattern)) if path.is_file()]
    found = list(dict.fromkeys(path for path in found if not path.name.startswith(".")))
    if not found:
        entries = [path for path in folder.iterdir() if not path.name.startswith(".") and path.name != "code"]
        if len(entries) == 1 and entries[0].is_dir():
            return candidates(entries[0], *patterns)
    return found


def load_pickle(path: Path) -> Any:
    """Also of what joblib wrote, compressed or not."""
    import joblib

    return joblib.load(path)
