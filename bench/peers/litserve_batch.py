"""LitServe with its own batching on: at most 64 requests, 2 ms of patience, two workers."""

import sys

import joblib
import litserve as ls
import numpy as np
import xgboost as xgb


class Api(ls.LitAPI):
    def setup(self, device):
        if sys.argv[1].endswith(".joblib"):
            model = joblib.load(sys.argv[1])
            model.n_jobs = 1
            self.score = model.predict
        else:
            booster = xgb.Booster({"nthread": 1})
            booster.load_model(sys.argv[1])
            self.score = booster.inplace_predict

    def decode_request(self, request):
        return np.array(request["rows"], dtype=np.float32)

    def batch(self, inputs):
        self.counts = [len(one) for one in inputs]
        return np.concatenate(inputs)

    def predict(self, rows):
        return self.score(rows)

    def unbatch(self, scores):
        return np.split(scores, np.cumsum(self.counts)[:-1])

    def encode_response(self, scores):
        return {"scores": scores.tolist()}


if __name__ == "__main__":
    api = Api(max_batch_size=64, batch_timeout=0.002)
    ls.LitServer(api, accelerator="cpu", workers_per_device=2).run(port=int(sys.argv[2]), generate_client_file=False)
