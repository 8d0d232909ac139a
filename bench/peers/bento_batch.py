"""BentoML with its adaptive batching on (at most 64 requests), two workers."""

import os

import bentoml
import joblib
import numpy as np
import xgboost as xgb


@bentoml.service(workers=2, traffic={"timeout": 60})
class Scorer:
    def __init__(self):
        path = os.environ["MODEL"]
        if path.endswith(".joblib"):
            model = joblib.load(path)
            model.n_jobs = 1
            self.predict = model.predict
        else:
            booster = xgb.Booster({"nthread": 1})
            booster.load_model(path)
            self.predict = booster.inplace_predict

    @bentoml.api(batchable=True, max_batch_size=64, max_latency_ms=10000)
    def score(self, rows: np.ndarray) -> np.ndarray:
        return self.predict(rows.astype(np.float32))
