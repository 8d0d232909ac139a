"""An ordinary script for sagemaker SDK v3: XGBoost's built-in algorithm by ModelTrainer, deployed by ModelBuilder."""

import pathlib
import tempfile

import numpy as np
from sagemaker.core import image_uris
from sagemaker.core.helper.session_helper import Session, get_execution_role
from sagemaker.core.training.configs import Compute, InputData
from sagemaker.serve import ModelBuilder
from sagemaker.train import ModelTrainer

session = Session()
role = get_execution_role(session)
here = pathlib.Path(tempfile.mkdtemp())
rng = np.random.default_rng(0)
features = rng.normal(size=(200, 3))
target = (features @ [1.0, -2.0, 0.5] > 0).astype(int)
np.savetxt(here / "train.csv", np.column_stack([target, features]), delimiter=",", fmt="%.5f")
data = session.upload_data(str(here / "train.csv"), bucket=session.default_bucket(), key_prefix="sdk3-builder/data")
image = image_uris.retrieve("xgboost", "us-east-1", version="1.7-1")

trainer = ModelTrainer(
    training_image=image,
    role=role,
    compute=Compute(instance_type="ml.m5.large", instance_count=1),
    hyperparameters={"objective": "binary:logistic", "num_round": 20, "max_depth": 3},
    base_job_name="sdk3-xgb",
    sagemaker_session=session,
)
trainer.train(input_data_config=[InputData(channel_name="train", data_source=data, content_type="text/csv")], wait=True)

builder = ModelBuilder(
    model=trainer, image_uri=image, role_arn=role, sagemaker_session=session, instance_type="ml.m5.large"
)
builder.build()
endpoint = builder.deploy(endpoint_name=trainer._latest_training_job.training_job_name, initial_instance_count=1)
body = "\n".join(",".join(f"{value:.5f}" for value in row) for row in features[:50])
answer = endpoint.invoke(body=body, content_type="text/csv", accept="text/csv")
scores = np.array(answer.body.read().decode().replace("\n", ",").strip(",").split(",")).astype(float)
assert ((scores > 0.5) == target[:50]).mean() > 0.9, scores
endpoint.delete()
print("OK v3 builder")
