"""What a model takes and gives, in the words of the open inference protocol, as far as the model itself knows it.

Called by served.py and its subclasses for `GET /v2/models/<name>`. Inputs are read from the fitted model: its columns'
names, and which of them hold text by the encoders they go through. Outputs are not guessed from a model's class: a few
made-up rows are predicted, and what comes back is described.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from studiolo.workloads.serving import kserve

Described = list[dict[str, Any]]
"""Tensors: name, datatype, shape (-1: any size)."""


@dataclass(frozen=True, slots=True)
class Column:
    name: str
    datatype: str = "FP64"
    sample: Any = 0
    """A value that the model can take."""


def width(model: Any) -> int | None:
    """How many features it was fitted on; each library has its own word for it."""
    for word in ("n_features_in_", "num_feature", "num_features"):
        held = getattr(model, word, None)
        held = held() if callable(held) else held
        if isinstance(held, int) and held > 0:
            return held
    names = getattr(model, "feature_names_", None)
    return len(names) if names else None


def columns(model: Any, names: list[str]) -> list[Column]:
    """Of a fitted scikit-learn estimator or a CatBoost model with named columns."""
    texts = dict(_texts(model, names))
    return [Column(name, "BYTES", texts[name]) if name in texts else Column(name) for name in names]


def _texts(step: Any, names: list[str]) -> Iterator[tuple[str, str]]:
    """(column, a text that it may hold) of those that go into this step as text."""
    if hasattr(step, "get_cat_feature_indices"):
        for place in (*step.get_cat_feature_indices(), *step.get_text_feature_indices()):
            yield names[place], "a"
    elif hasattr(step, "steps"):
        for _, inner in step.steps:
            found = list(_texts(inner, names))
            if found or not _passes_on(inner):
                yield from found
                return
    elif hasattr(step, "transformers_"):
        for _, inner, chosen in step.transformers_:
            yield from _texts(inner, _chosen(chosen, names))
    elif hasattr(step, "categories_"):
        for name, known in zip(names, step.categories_, strict=False):
            if (text := next((one for one in known if isinstance(one, str)), None)) is not None:
                yield name, str(text)
    elif hasattr(step, "vocabulary_"):
        yield from ((name, next(iter(step.vocabulary_), "a")) for name in names[:1])
    elif hasattr(step, "statistics_"):
        for name, held in zip(names, step.statistics_, strict=False):
            if isinstance(held, str):
                yield name, held


def _passes_on(step: Any) -> bool:
    """Whether the columns behind it are those before it: what fills holes tells nothing about a column of numbers."""
    return step == "passthrough" or hasattr(step, "statistics_")


def _chosen(chosen: Any, names: list[str]) -> list[str]:
    """The names of a transformer's columns: one, several by name or place, a slice, a mask."""
    if isinstance(chosen, str):
        return [chosen]
    if isinstance(chosen, slice):
        ends = [names.index(one) if isinstance(one, str) else one for one in (chosen.start, chosen.stop)]
        # A slice of names has its last one within it.
        return names[ends[0] : ends[1] + 1 if isinstance(chosen.stop, str) else ends[1]]
    held = list(chosen) if hasattr(chosen, "__iter__") else [chosen]
    if held and all(type(one).__name__ in ("bool", "bool_") for one in held):
        return [name for name, takes in zip(names, held, strict=False) if takes]
    return [one if isinstance(one, str) else names[one] for one in held]


def named(held: Sequence[Column]) -> Described:
    return [{"name": one.name, "datatype": one.datatype, "shape": [-1, 1]} for one in held]


def table(size: int, datatype: str = "FP32") -> Described:
    return [{"name": "input", "datatype": datatype, "shape": [-1, size]}]


def outputs(served: Any, samples: dict[str, Any]) -> Described:
    """By predicting two rows and then three: what differs is the number of rows. [] where that can't be done.

    served: has inputs, tensors and predict; samples: what to fill an input with, 0 where it is not named."""
    try:
        few, more = (_predicted(served, samples, count) for count in (2, 3))
    except Exception:
        # Made-up rows are nobody's request: a model that does not take them tells nothing.
        return []
    return [
        {
            **one,
            "shape": [-1 if size != other else size for size, other in zip(one["shape"], two["shape"], strict=True)],
        }
        for one, two in zip(few, more, strict=True)
    ]


def _predicted(served: Any, samples: dict[str, Any], rows: int) -> Described:
    import numpy as np

    tensors: dict[str, Any] = {}
    for one in served.inputs():
        shape = [rows, *one["shape"][1:]]
        if not one["shape"] or one["shape"][0] != -1 or min(shape) < 0:
            raise ValueError("how large a tensor may be is not known")
        tensors[one["name"]] = np.full(shape, samples.get(one["name"], 0), dtype=kserve.TYPES[one["datatype"]])
    if not tensors:
        raise ValueError("what it takes is not known")
    document, _ = kserve.outputs({}, served.predict(served.tensors(tensors)), "")
    return [{name: one[name] for name in ("name", "datatype", "shape")} for one in document["outputs"]]
