"""An ordinary script for sagemaker SDK v2: one scikit-learn model deployed in every way the SDK knows."""

import functools
import json
import pathlib
import tarfile
import tempfile
import time
import uuid

import boto3
import sagemaker
from sagemaker.async_inference import AsyncInferenceConfig, WaiterConfig
from sagemaker.deserializers import JSONDeserializer
from sagemaker.model_monitor import DataCaptureConfig
from sagemaker.multidatamodel import MultiDataModel
from sagemaker.pipeline import PipelineModel
from sagemaker.predictor import Predictor
from sagemaker.predictor_async import AsyncPredictor
from sagemaker.serializers import JSONSerializer
from sagemaker.serverless import ServerlessInferenceConfig
from sagemaker.sklearn import SKLearnModel

session = sagemaker.Session()
# The SDK looks every 30 seconds; an endpoint is in service in one.
session.wait_for_endpoint = functools.partial(session.wait_for_endpoint, poll=1)
role = sagemaker.get_execution_role(session)
here = pathlib.Path(tempfile.mkdtemp())
prefix = f"deploy-{uuid.uuid4().hex[:8]}"
wires = {"serializer": JSONSerializer(), "deserializer": JSONDeserializer()}


def packed(name: str, factor: float) -> str:
    """s3://…/<name>.tar.gz of a model that multiplies."""
    (here / "weights.json").write_text(json.dumps(factor))
    with tarfile.open(here / f"{name}.tar.gz", "w:gz") as tar:
        tar.add(here / "weights.json", "weights.json")
    return session.upload_data(str(here / f"{name}.tar.gz"), key_prefix=f"{prefix}/models")


(here / "inference.py").write_text(
    """
import json, os
def model_fn(folder):
    return json.load(open(os.path.join(folder, "weights.json")))
def input_fn(body, content_type):
    return json.loads(body)
def predict_fn(rows, factor):
    return [[value * factor for value in row] for row in rows]
def output_fn(rows, accept):
    return json.dumps(rows), "application/json"
"""
)


def model(factor: float) -> SKLearnModel:
    return SKLearnModel(
        packed(f"times-{factor:g}", factor), role, entry_point=str(here / "inference.py"), framework_version="1.2-1",
        sagemaker_session=session,
    )  # fmt: skip


rows, twice = [[1.0, 2.0]], [[2.0, 4.0]]

# Real-time, with captured data.
capture = DataCaptureConfig(True, 100, f"s3://{session.default_bucket()}/{prefix}/captured")
live = model(2).deploy(1, "ml.t2.medium", data_capture_config=capture, **wires)
assert live.predict(rows) == twice
deadline = time.monotonic() + 30
while not (found := session.list_s3_files(session.default_bucket(), f"{prefix}/captured")):
    assert time.monotonic() < deadline
    time.sleep(0.2)
line = json.loads(session.read_s3_file(session.default_bucket(), found[0]).splitlines()[0])
assert json.loads(line["captureData"]["endpointInput"]["data"]) == rows
live.update_endpoint(initial_instance_count=2, instance_type="ml.t2.medium")
assert live.predict(rows) == twice
live.delete_endpoint()

# Serverless.
small = model(3).deploy(serverless_inference_config=ServerlessInferenceConfig(1024, 4), **wires)
assert small.predict(rows) == [[3.0, 6.0]]
small.delete_endpoint()

# Asynchronous.
later = model(4).deploy(1, "ml.t2.medium", async_inference_config=AsyncInferenceConfig(), **wires)
assert isinstance(later, AsyncPredictor)
patience = WaiterConfig(20, 1)
assert later.predict(rows, waiter_config=patience) == [[4.0, 8.0]]
answer = later.predict_async(rows)
assert answer.get_result(patience) == [[4.0, 8.0]]
later.delete_endpoint()

# Many models behind one endpoint.
for name, factor in (("five", 5.0), ("six", 6.0)):
    packed(name, factor)
many = MultiDataModel(
    f"many-{prefix}", f"s3://{session.default_bucket()}/{prefix}/models/", model=model(1), sagemaker_session=session
)
assert {"five.tar.gz", "six.tar.gz"} <= set(many.list_models())
served = many.deploy(1, "ml.t2.medium", **wires)
assert served.predict(rows, target_model="five.tar.gz") == [[5.0, 10.0]]
assert served.predict(rows, target_model="six.tar.gz") == [[6.0, 12.0]]
served.delete_endpoint()

# One model after the other, scaled by a policy.
chain = PipelineModel([model(2), model(3)], role, sagemaker_session=session, predictor_cls=Predictor)
both = chain.deploy(1, "ml.t2.medium", **wires)
assert both.predict(rows) == [[6.0, 12.0]]
scaling = boto3.client("application-autoscaling")
target = {
    "ServiceNamespace": "sagemaker",
    "ResourceId": f"endpoint/{both.endpoint_name}/variant/AllTraffic",
    "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
}
scaling.register_scalable_target(**target, MinCapacity=1, MaxCapacity=2)
scaling.put_scaling_policy(
    PolicyName="track", PolicyType="TargetTrackingScaling", **target,
    TargetTrackingScalingPolicyConfiguration={
        "TargetValue": 100.0,
        "PredefinedMetricSpecification": {"PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"},
    },
)  # fmt: skip
assert scaling.describe_scaling_policies(ServiceNamespace="sagemaker", ResourceId=target["ResourceId"])[
    "ScalingPolicies"
]
scaling.deregister_scalable_target(**target)
both.delete_endpoint()
print("OK")
