"""XGBoost's in-place prediction by its C function itself: for one row, Python's part of it costs as much as the trees.

Used by trees.py where a model, asked both ways, gives the same; otherwise inplace_predict is called as ever.
"""

import ctypes
import json
import math
from collections.abc import Callable
from typing import Any


def direct(booster: Any) -> Callable[[Any], Any] | None:
    """The same as `booster.inplace_predict(data, validate_features=False)`; None where it can't be had."""
    try:
        import numpy as np

        found = _Direct(booster)
        # Values on both sides of most splits, and a missing one.
        rows = np.linspace(-2, 2, 3 * booster.num_features(), dtype=np.float32).reshape(3, -1)
        rows[1, 0] = math.nan
        for sample in (rows[:1], rows):
            expected = booster.inplace_predict(sample, validate_features=False)
            got = found(sample)
            if got.dtype != expected.dtype or not np.array_equal(got, expected, equal_nan=True):
                return None
    except Exception:
        # Another version of the library, a model without features, a booster that is none of its own.
        return None
    return found


class _Direct:
    def __init__(self, booster: Any) -> None:
        import numpy as np
        import xgboost

        core: Any = xgboost.core
        self._booster, self._np = booster, np
        self._call: Any = core._LIB.XGBoosterPredictFromDense
        self._check: Any = core._check_call
        asked = {"type": 0, "training": False, "iteration_begin": 0, "iteration_end": 0, "missing": math.nan,
                 "strict_shape": False, "cache_id": 0}  # fmt: skip
        self._how = json.dumps(asked).encode()

    def __call__(self, data: Any) -> Any:
        np = self._np
        plain = type(data) is np.ndarray and data.dtype == np.float32 and data.ndim == 2 and data.flags.c_contiguous
        if not plain or not data.size:
            return self._booster.inplace_predict(data, validate_features=False)
        where = b'{"data":[%d,true],"shape":[%d,%d],"strides":null,"typestr":"<f4","version":3}' % (
            data.ctypes.data, *data.shape,
        )  # fmt: skip
        shape, axes = ctypes.POINTER(ctypes.c_uint64)(), ctypes.c_uint64()
        values = ctypes.POINTER(ctypes.c_float)()
        self._check(
            self._call(
                self._booster.handle, where, self._how, None,
                ctypes.byref(shape), ctypes.byref(axes), ctypes.byref(values),
            )
        )  # fmt: skip
        found = np.empty(shape[: axes.value], dtype=np.float32)
        # The library's own memory is its own again with the next prediction.
        ctypes.memmove(found.ctypes.data, values, found.nbytes)
        return found
