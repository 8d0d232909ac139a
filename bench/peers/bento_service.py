"""BentoML, as its documentation shows a service, with two workers."""

import os

import bentoml
import numpy as np
import xgboost as xgb


@bentoml.service(workers=2)
class Scorer:
    def __init__(self):
        self.booster = xgb.Booster({"nthread": 1})
        self.booster.load_model(os.environ["MODEL"])

    @bentoml.api
    def score(self, rows: list[list[float]]) -> list[float]:
        return self.booster.inplace_predict(np.array(rows, dtype=np.float32)).tolist()
