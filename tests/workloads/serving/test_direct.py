"""XGBoost's C function answers as its Python does, and where it can't be had, Python's way is taken."""

import ctypes

import numpy as np
import pytest

from studiolo.workloads.serving.direct import _Direct, direct
from studiolo.workloads.serving.trees import Boosted

xgb = pytest.importorskip("xgboost")

OBJECTIVES = {
    "reg:squarederror": {},
    "reg:gamma": {},
    "count:poisson": {},
    "binary:logistic": {},
    "binary:hinge": {},
    "multi:softmax": {"num_class": 3},
    "multi:softprob": {"num_class": 3},
    "rank:pairwise": {},
}


def trained(objective="reg:squarederror", rounds=5, targets=1, **more):
    random = np.random.default_rng(7)
    data = random.normal(size=(200, 6)).astype(np.float32)
    data[random.random(data.shape) < 0.1] = np.nan
    kinds = OBJECTIVES.get(objective, {}).get("num_class", 2)
    label = random.integers(0, kinds, (200, targets) if targets > 1 else 200).astype(np.float32) + 0.5 * (
        objective == "reg:gamma"
    )
    matrix = xgb.DMatrix(data, label)
    if objective.startswith("rank:"):
        matrix.set_group([100, 100])
    params = {"objective": objective, "max_depth": 4, "seed": 1, **OBJECTIVES.get(objective, {}), **more}
    return xgb.train(params, matrix, rounds), data


def same(found, expected):
    assert found.dtype == expected.dtype and found.shape == expected.shape
    assert np.array_equal(found, expected, equal_nan=True)


def rows(data):
    missing = np.full((2, data.shape[1]), np.nan, dtype=np.float32)
    infinite = np.where(np.isnan(data[:3]), np.float32(1e30), -data[:3] * np.float32(1e30))
    yield from (data[:1], data[:2], data, missing, missing[:1], infinite, np.zeros((1, data.shape[1]), np.float32))


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_the_same_for_every_objective_and_number_of_rows(objective):
    booster, data = trained(objective)
    found = direct(booster)
    assert found is not None
    for each in rows(data):
        same(found(each), booster.inplace_predict(each, validate_features=False))


@pytest.mark.parametrize("more", [{"booster": "dart", "rate_drop": 0.5}, {"base_score": 0.9}, {"targets": 2}])
def test_the_same_for_other_boosters(more):
    booster, data = trained(**more)
    found = direct(booster) or (lambda each: booster.inplace_predict(each, validate_features=False))
    for each in rows(data):
        same(found(each), booster.inplace_predict(each, validate_features=False))


def test_a_training_stopped_early_gives_what_python_gives():
    booster, data = trained(rounds=8)
    booster.set_attr(best_iteration="3")
    same(direct(booster)(data), booster.inplace_predict(data, validate_features=False))


def test_base_margins_of_the_training_are_no_part_of_an_answer():
    booster, data = trained("binary:logistic")
    matrix = xgb.DMatrix(data, np.arange(200) % 2, base_margin=np.full(200, 3.0))
    booster = xgb.train({"objective": "binary:logistic"}, matrix, 4)
    same(direct(booster)(data), booster.inplace_predict(data, validate_features=False))


def test_an_answer_stays_when_the_next_is_given():
    booster, data = trained("multi:softprob")
    found = direct(booster)
    first = found(data[:4])
    kept = first.copy()
    found(data[100:])
    same(first, kept)


@pytest.mark.parametrize(
    "form",
    [
        lambda data: data.astype(np.float64),
        np.asfortranarray,
        lambda data: data[::2],
        lambda data: data[:0],
        lambda data: np.nan_to_num(data).astype(np.int32),
    ],
)
def test_data_in_other_forms_goes_pythons_way(form):
    booster, data = trained()
    found, each = direct(booster), form(data)
    assert found is not None

    def either(call):
        try:
            return call(each)
        except Exception as error:
            return type(error)

    expected = either(lambda one: booster.inplace_predict(one, validate_features=False))
    got = either(found)
    assert got is expected if isinstance(expected, type) else np.array_equal(got, expected, equal_nan=True)


def test_a_served_model_answers_alike_both_ways():
    booster, data = trained("multi:softprob")
    served = Boosted(booster)
    assert served._direct is not None
    same(served._score(data), booster.inplace_predict(data, validate_features=False))
    served._direct = None
    same(served._score(data), booster.inplace_predict(data, validate_features=False))


def test_without_the_function_python_answers(monkeypatch):
    booster, data = trained()

    class Lacking:
        """Another version of the library."""

    with monkeypatch.context() as patch:
        patch.setattr(xgb.core, "_LIB", Lacking())
        assert direct(booster) is None
    monkeypatch.setattr("studiolo.workloads.serving.trees.direct", lambda _: None)
    served = Boosted(booster)
    same(served._score(data), booster.inplace_predict(data, validate_features=False))


def fails(*_):
    return -1


def differs(*args):
    status = xgb.core._LIB.XGBoosterPredictFromDense(*args)
    ctypes.cast(args[-1], ctypes.POINTER(ctypes.POINTER(ctypes.c_float))).contents[0] += 1
    return status


@pytest.mark.parametrize("call", [fails, differs])
def test_a_function_that_fails_or_differs_is_not_used(monkeypatch, call):
    booster, data = trained()
    proper = _Direct.__init__

    def init(self, of):
        proper(self, of)
        self._call = call

    monkeypatch.setattr(_Direct, "__init__", init)
    assert direct(booster) is None
    same(Boosted(booster)._score(data), booster.inplace_predict(data, validate_features=False))


def test_what_is_no_booster_has_none():
    assert direct(object()) is None
    assert direct(xgb.Booster()) is None
