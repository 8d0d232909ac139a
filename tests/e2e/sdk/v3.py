"""An ordinary script for sagemaker SDK v3: ModelTrainer, ModelBuilder, core resources. Nothing of studiolo."""

import json
import pathlib
import tempfile

import numpy as np
from sagemaker.core import image_uris
from sagemaker.core.helper.session_helper import Session
from sagemaker.core.resources import Endpoint, EndpointConfig, Model, TrainingJob
from sagemaker.core.shapes import ContainerDefinition, ProductionVariant
from sagemaker.core.training.configs import Compute, InputData, SourceCode, StoppingCondition
from sagemaker.train import ModelTrainer

session = Session()
bucket = session.default_bucket()
here = pathlib.Path(tempfile.mkdtemp())
source = here / "src"
source.mkdir()
rng = np.random.default_rng(0)
features = rng.normal(size=(200, 3))
target = (features @ [1.0, -2.0, 0.5] > 0).astype(int)
(here / "data").mkdir()
np.savetxt(here / "data" / "train.csv", np.column_stack([target, features]), delimiter=",", fmt="%.5f")
(source / "train.py").write_text(
    """
import json, os
import joblib, numpy as np
from sklearn.linear_model import LogisticRegression
hp = json.loads(os.environ["SM_HPS"])
data = np.loadtxt(os.path.join(os.environ["SM_CHANNEL_TRAIN"], "train.csv"), delimiter=",")
model = LogisticRegression(C=float(hp["C"])).fit(data[:, 1:], data[:, 0])
print("accuracy=%.3f" % model.score(data[:, 1:], data[:, 0]))
joblib.dump(model, os.path.join(os.environ["SM_MODEL_DIR"], "model.joblib"))
"""
)
image = image_uris.retrieve("sklearn", "us-east-1", version="1.2-1", py_version="py3", instance_type="ml.m5.large")
trainer = ModelTrainer(
    training_image=image,
    source_code=SourceCode(source_dir=str(source), entry_script="train.py"),
    compute=Compute(instance_type="ml.m5.large", instance_count=1),
    hyperparameters={"C": 0.5},
    stopping_condition=StoppingCondition(max_runtime_in_seconds=600),
    base_job_name="sdk3",
)
trainer.train(input_data_config=[InputData(channel_name="train", data_source=str(here / "data"))], wait=True, logs=True)
job = TrainingJob.get(trainer._latest_training_job.training_job_name)
assert job.training_job_status == "Completed", job.failure_reason

name = job.training_job_name
Model.create(
    model_name=name,
    primary_container=ContainerDefinition(image=image, model_data_url=job.model_artifacts.s3_model_artifacts),
    execution_role_arn=job.role_arn,
)
EndpointConfig.create(
    endpoint_config_name=name,
    production_variants=[
        ProductionVariant(
            variant_name="AllTraffic", model_name=name, initial_instance_count=1, instance_type="ml.m5.large"
        )
    ],
)
endpoint = Endpoint.create(endpoint_name=name, endpoint_config_name=name)
endpoint.wait_for_status("InService", poll=1)
answer = endpoint.invoke(
    body=json.dumps(features[:50].tolist()), content_type="application/json", accept="application/json"
)
predicted = np.array(json.loads(answer.body.read()))
assert (predicted == target[:50]).mean() > 0.9, predicted
endpoint.delete()
endpoint.wait_for_delete(poll=1) if hasattr(endpoint, "wait_for_delete") else None
assert any(item.training_job_name == name for item in TrainingJob.get_all())
print("OK v3")
