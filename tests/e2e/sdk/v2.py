"""An ordinary script for sagemaker SDK v2: train, deploy, predict with scikit-learn and XGBoost, nothing else."""

import pathlib
import sys
import tempfile

import numpy as np
import sagemaker
from sagemaker.deserializers import CSVDeserializer, JSONDeserializer
from sagemaker.inputs import TrainingInput
from sagemaker.serializers import CSVSerializer, JSONSerializer
from sagemaker.sklearn import SKLearn
from sagemaker.xgboost import XGBoost

which = sys.argv[1]
session = sagemaker.Session()
role = sagemaker.get_execution_role(session)
bucket = session.default_bucket()
assert session.account_id() in bucket
here = pathlib.Path(tempfile.mkdtemp())
rng = np.random.default_rng(0)
features = rng.normal(size=(200, 3))
target = (features @ [1.0, -2.0, 0.5] > 0).astype(int)
np.savetxt(here / "train.csv", np.column_stack([target, features]), delimiter=",", fmt="%.5f")
data = session.upload_data(str(here / "train.csv"), bucket=bucket, key_prefix=f"sdk2-{which}/data")

if which == "sklearn":
    (here / "train.py").write_text(
        """
import argparse, json, os
import joblib, numpy as np
from sklearn.ensemble import RandomForestClassifier
def model_fn(model_dir):
    return joblib.load(os.path.join(model_dir, "model.joblib"))

if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--n-estimators", type=int)
    parser.add_argument("--model-dir", default=os.environ["SM_MODEL_DIR"])
    parser.add_argument("--train", default=os.environ["SM_CHANNEL_TRAIN"])
    args = parser.parse_args()
    data = np.loadtxt(os.path.join(args.train, "train.csv"), delimiter=",")
    model = RandomForestClassifier(args.n_estimators, random_state=0).fit(data[:, 1:], data[:, 0])
    print("accuracy=%.3f" % model.score(data[:, 1:], data[:, 0]))
    joblib.dump(model, os.path.join(args.model_dir, "model.joblib"))
"""
    )
    estimator = SKLearn(
        entry_point="train.py", source_dir=str(here), role=role, instance_type="ml.m5.large", instance_count=1,
        framework_version="1.2-1", hyperparameters={"n-estimators": 20}, sagemaker_session=session,
        metric_definitions=[{"Name": "accuracy", "Regex": "accuracy=([0-9.]+)"}],
    )  # fmt: skip
    estimator.fit({"train": data})
    assert session.describe_training_job(estimator.latest_training_job.name)["FinalMetricDataList"][0]["Value"] > 0.9
    predictor = estimator.deploy(
        initial_instance_count=1,
        instance_type="ml.t2.medium",
        serializer=JSONSerializer(),
        deserializer=JSONDeserializer(),
    )
    answer = np.array(predictor.predict(features[:50].tolist()))
    assert (answer == target[:50]).mean() > 0.9, answer
elif which == "xgboost-script":
    (here / "train.py").write_text(
        """
import argparse, os
import numpy as np, xgboost as xgb
parser = argparse.ArgumentParser()
parser.add_argument("--max_depth", type=int)
args, _ = parser.parse_known_args()
data = np.loadtxt(os.path.join(os.environ["SM_CHANNEL_TRAIN"], "train.csv"), delimiter=",")
matrix = xgb.DMatrix(data[:, 1:], data[:, 0])
booster = xgb.train({"max_depth": args.max_depth, "objective": "binary:logistic"}, matrix, 20, [(matrix, "train")])
booster.save_model(os.path.join(os.environ["SM_MODEL_DIR"], "xgboost-model"))
"""
    )
    (here / "inference.py").write_text(
        """
import os
import numpy as np, xgboost as xgb

def model_fn(model_dir):
    booster = xgb.Booster()
    booster.load_model(os.path.join(model_dir, "xgboost-model"))
    return booster

def input_fn(body, content_type):
    return xgb.DMatrix(np.loadtxt(body.splitlines(), delimiter=",", ndmin=2))

def predict_fn(data, model):
    return model.predict(data)

def output_fn(prediction, accept):
    return ",".join("%.6f" % value for value in prediction), "text/csv"
"""
    )
    estimator = XGBoost(
        entry_point="train.py", source_dir=str(here), role=role, instance_type="ml.m5.large", instance_count=1,
        framework_version="1.7-1", hyperparameters={"max_depth": 3}, sagemaker_session=session,
    )  # fmt: skip
    estimator.fit({"train": data})
    model = estimator.create_model(entry_point="inference.py", source_dir=str(here))
    predictor = model.deploy(1, "ml.m5.large", serializer=CSVSerializer(), deserializer=CSVDeserializer())
    answer = np.array(predictor.predict(features[:50])).astype(float).ravel()
    assert ((answer > 0.5) == target[:50]).mean() > 0.9, answer
else:
    image = sagemaker.image_uris.retrieve("xgboost", session.boto_region_name, version="1.7-1")
    estimator = sagemaker.estimator.Estimator(
        image, role, 1, "ml.m5.large", output_path=f"s3://{bucket}/sdk2-xgboost/", sagemaker_session=session,
        hyperparameters={"objective": "binary:logistic", "num_round": 20, "max_depth": 3, "eval_metric": "logloss"},
    )  # fmt: skip
    estimator.fit(
        {"train": TrainingInput(data, content_type="text/csv"), "validation": TrainingInput(data, content_type="csv")}
    )
    predictor = estimator.deploy(1, "ml.m5.large", serializer=CSVSerializer(), deserializer=CSVDeserializer())
    answer = np.array(predictor.predict(features[:50])).astype(float).ravel()
    assert ((answer > 0.5) == target[:50]).mean() > 0.9, answer
predictor.delete_model()
predictor.delete_endpoint()
print("OK", which)
