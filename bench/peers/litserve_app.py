"""LitServe, as its documentation shows an API, with two workers."""

import sys

import litserve as ls
import numpy as np
import xgboost as xgb


class Api(ls.LitAPI):
    def setup(self, device):
        self.booster = xgb.Booster({"nthread": 1})
        self.booster.load_model(sys.argv[1])

    def decode_request(self, request):
        return (
            np.array(request, dtype=np.float32)
            if isinstance(request, list)
            else np.array(request["rows"], dtype=np.float32)
        )

    def predict(self, rows):
        return self.booster.inplace_predict(rows)

    def encode_response(self, scores):
        return {"scores": scores.tolist()}


if __name__ == "__main__":
    ls.LitServer(Api(), accelerator="cpu", workers_per_device=2).run(port=int(sys.argv[2]), generate_client_file=False)
