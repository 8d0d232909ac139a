"""Ray Serve, as its documentation shows a deployment, with two replicas."""

import os

import numpy as np
import xgboost as xgb
from ray import serve


@serve.deployment(num_replicas=2, ray_actor_options={"num_cpus": 0.5})
class Scorer:
    def __init__(self):
        self.booster = xgb.Booster({"nthread": 1})
        self.booster.load_model(os.environ["MODEL"])

    async def __call__(self, request):
        rows = np.array(await request.json(), dtype=np.float32)
        return self.booster.inplace_predict(rows).tolist()


app = Scorer.bind()
