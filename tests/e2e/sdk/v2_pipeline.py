"""An ordinary script of the SDK's second generation: preprocess, train, evaluate, register if good enough; run again with
changed parameters, and only what changed runs again."""

import json
import os
from pathlib import Path

import boto3
import sagemaker
from sagemaker.inputs import TrainingInput
from sagemaker.model import Model
from sagemaker.model_metrics import MetricsSource, ModelMetrics
from sagemaker.processing import ProcessingInput, ProcessingOutput
from sagemaker.sklearn import SKLearn
from sagemaker.sklearn.processing import SKLearnProcessor
from sagemaker.workflow.condition_step import ConditionStep
from sagemaker.workflow.conditions import ConditionLessThanOrEqualTo
from sagemaker.workflow.fail_step import FailStep
from sagemaker.workflow.functions import Join, JsonGet
from sagemaker.workflow.model_step import ModelStep
from sagemaker.workflow.parameters import ParameterFloat, ParameterInteger
from sagemaker.workflow.pipeline import Pipeline
from sagemaker.workflow.pipeline_context import PipelineSession
from sagemaker.workflow.properties import PropertyFile
from sagemaker.workflow.steps import CacheConfig, ProcessingStep, TrainingStep

name, role = "v2-acceptance", os.environ["SAGEMAKER_ROLE"]
session = PipelineSession()
bucket = session.default_bucket()
Path("rows.csv").write_text("x,y\n" + "".join(f"{n},{3 * n + 1}\n" for n in range(200)))
data = sagemaker.Session().upload_data("rows.csv", key_prefix=f"{name}/data")
Path("prepare.py").write_text(
    "import pandas as pd\n"
    "table = pd.read_csv('/opt/ml/processing/input/rows.csv')\n"
    "table[:150].to_csv('/opt/ml/processing/train/rows.csv', index=False)\n"
    "table[150:].to_csv('/opt/ml/processing/test/rows.csv', index=False)\n"
)
Path("train.py").write_text(
    "import argparse, joblib, os, pandas as pd\n"
    "from sklearn.linear_model import Ridge\n"
    "given = argparse.ArgumentParser()\n"
    "given.add_argument('--alpha', type=float)\n"
    "alpha = given.parse_args().alpha\n"
    "table = pd.read_csv(os.environ['SM_CHANNEL_TRAIN'] + '/rows.csv')\n"
    "joblib.dump(Ridge(alpha).fit(table[['x']], table['y']), os.environ['SM_MODEL_DIR'] + '/model.joblib')\n"
)
Path("evaluate.py").write_text(
    "import joblib, json, pandas as pd, tarfile\n"
    "tarfile.open('/opt/ml/processing/model/model.tar.gz').extractall('.')\n"
    "table = pd.read_csv('/opt/ml/processing/test/rows.csv')\n"
    "error = ((joblib.load('model.joblib').predict(table[['x']]) - table['y']) ** 2).mean()\n"
    "json.dump({'regression_metrics': {'mse': {'value': float(error)}}}, open('/opt/ml/processing/evaluation/evaluation.json', 'w'))\n"
)
alpha = ParameterFloat("Alpha", default_value=0.001)
limit = ParameterFloat("Limit", default_value=1.0)
count = ParameterInteger("Instances", default_value=1)
cache = CacheConfig(enable_caching=True, expire_after="P30D")
size = {"framework_version": "1.2-1", "role": role, "instance_type": "ml.m5.large", "sagemaker_session": session}

prepare = ProcessingStep(
    "Prepare",
    step_args=SKLearnProcessor(instance_count=count, **size).run(
        code="prepare.py",
        inputs=[ProcessingInput(source=data, destination="/opt/ml/processing/input")],
        outputs=[
            ProcessingOutput(
                output_name=part, source=f"/opt/ml/processing/{part}", destination=f"s3://{bucket}/{name}/{part}"
            )
            for part in ("train", "test")
        ],
    ),
    cache_config=cache,
)
outputs = prepare.properties.ProcessingOutputConfig.Outputs
estimator = SKLearn(
    entry_point="train.py", instance_count=1, hyperparameters={"alpha": alpha}, py_version="py3", **size
)
train = TrainingStep(
    "Train", step_args=estimator.fit({"train": TrainingInput(outputs["train"].S3Output.S3Uri)}), cache_config=cache
)
artifact = train.properties.ModelArtifacts.S3ModelArtifacts
report = PropertyFile("Report", output_name="evaluation", path="evaluation.json")
evaluate = ProcessingStep(
    "Evaluate",
    step_args=SKLearnProcessor(instance_count=1, **size).run(
        code="evaluate.py",
        inputs=[
            ProcessingInput(source=artifact, destination="/opt/ml/processing/model"),
            ProcessingInput(source=outputs["test"].S3Output.S3Uri, destination="/opt/ml/processing/test"),
        ],
        outputs=[ProcessingOutput(output_name="evaluation", source="/opt/ml/processing/evaluation")],
    ),
    property_files=[report],
    cache_config=cache,
)
where = evaluate.properties.ProcessingOutputConfig.Outputs["evaluation"].S3Output.S3Uri
metrics = ModelMetrics(
    model_statistics=MetricsSource(
        s3_uri=Join(on="/", values=[where, "evaluation.json"]), content_type="application/json"
    )
)
model = Model(image_uri=estimator.training_image_uri(), model_data=artifact, role=role, sagemaker_session=session)
register = ModelStep(
    "Register",
    step_args=model.register(
        content_types=["text/csv"],
        response_types=["text/csv"],
        inference_instances=["ml.m5.large"],
        transform_instances=["ml.m5.large"],
        model_package_group_name=name,
        model_metrics=metrics,
        approval_status="Approved",
    ),
)
create = ModelStep("Create", step_args=model.create(instance_type="ml.m5.large"))
mse = JsonGet(step_name=evaluate.name, property_file=report, json_path="regression_metrics.mse.value")
choose = ConditionStep(
    "GoodEnough",
    conditions=[ConditionLessThanOrEqualTo(left=mse, right=limit)],
    if_steps=[register, create],
    else_steps=[FailStep("Bad", error_message=Join(on=" ", values=["the error is above", limit]))],
)
pipeline = Pipeline(
    name, parameters=[alpha, limit, count], steps=[prepare, train, evaluate, choose], sagemaker_session=session
)
pipeline.upsert(role_arn=role)
pipeline.upsert(role_arn=role)
client = boto3.client("sagemaker")


def run(**parameters):
    execution = pipeline.start(parameters=parameters)
    try:
        execution.wait(delay=1, max_attempts=180)
    except Exception as error:
        print(error)
    steps = {one["StepName"]: one for one in execution.list_steps()}
    return execution.describe(), steps


first, steps = run()
assert first["PipelineExecutionStatus"] == "Succeeded", (first, steps)
assert {"Prepare", "Train", "Evaluate", "GoodEnough"} < set(steps), steps
assert "Bad" not in steps
arn = next(
    one["Metadata"]["RegisterModel"]["Arn"] for one in steps.values() if "RegisterModel" in one.get("Metadata", {})
)
package = client.describe_model_package(ModelPackageName=arn)
assert package["ModelApprovalStatus"] == "Approved" and package["ModelPackageVersion"] == 1, package
place = package["ModelMetrics"]["ModelQuality"]["Statistics"]["S3Uri"].removeprefix("s3://").split("/", 1)
body = boto3.client("s3").get_object(Bucket=place[0], Key=place[1])["Body"].read()
assert json.loads(body)["regression_metrics"]["mse"]["value"] < 1

# The same again: everything that takes time is found; a stricter limit: nothing runs, and it fails by its own word.
again, steps = run(Limit=1e-30)
assert again["PipelineExecutionStatus"] == "Failed", again
assert "the error is above 1e-30" in again["FailureReason"], again
assert all("CacheHitResult" in steps[one] for one in ("Prepare", "Train", "Evaluate")), steps

# Another alpha: what is before it is found, what comes after runs.
changed, steps = run(Alpha=5.0, Limit=1e9)
assert changed["PipelineExecutionStatus"] == "Succeeded", changed
assert [one for one in ("Prepare", "Train", "Evaluate") if "CacheHitResult" in steps[one]] == ["Prepare"], steps
assert len(client.list_model_packages(ModelPackageGroupName=name)["ModelPackageSummaryList"]) == 2
print("OK")
