"""An ordinary script of the SDK's third generation: preprocess, train, evaluate, and deploy an endpoint if good enough."""

import json
import os
import pathlib
import time

import boto3
from sagemaker.core import image_uris
from sagemaker.core.helper.session_helper import Session
from sagemaker.core.processing import ScriptProcessor
from sagemaker.core.shapes import ProcessingInput, ProcessingOutput, ProcessingS3Input, ProcessingS3Output
from sagemaker.core.training.configs import Compute, InputData, SourceCode
from sagemaker.core.workflow.conditions import ConditionLessThanOrEqualTo
from sagemaker.core.workflow.execution_variables import ExecutionVariables
from sagemaker.core.workflow.functions import Join, JsonGet
from sagemaker.core.workflow.parameters import ParameterFloat
from sagemaker.core.workflow.pipeline_context import PipelineSession
from sagemaker.core.workflow.properties import PropertyFile
from sagemaker.mlops.workflow.condition_step import ConditionStep
from sagemaker.mlops.workflow.endpoint_step import EndpointConfigStep, EndpointStep
from sagemaker.mlops.workflow.fail_step import FailStep
from sagemaker.mlops.workflow.model_step import ModelStep
from sagemaker.mlops.workflow.pipeline import Pipeline
from sagemaker.mlops.workflow.steps import CacheConfig, ProcessingStep, TrainingStep
from sagemaker.serve.model_builder import ModelBuilder
from sagemaker.train import ModelTrainer

name, role = "v3-acceptance", os.environ["SAGEMAKER_ROLE"]
session = PipelineSession()
bucket = Session().default_bucket()
image = image_uris.retrieve("sklearn", "us-east-1", version="1.2-1", py_version="py3", instance_type="ml.m5.large")
pathlib.Path("source").mkdir(exist_ok=True)
pathlib.Path("source/train.py").write_text(
    "import joblib, json, os, pandas as pd\n"
    "from sklearn.linear_model import Ridge\n"
    "alpha = float(json.loads(os.environ['SM_HPS'])['alpha'])\n"
    "table = pd.read_csv(os.environ['SM_CHANNEL_TRAIN'] + '/rows.csv')\n"
    "joblib.dump(Ridge(alpha).fit(table[['x']].values, table['y']), os.environ['SM_MODEL_DIR'] + '/model.joblib')\n"
)
pathlib.Path("prepare.py").write_text(
    "import pandas as pd\n"
    "table = pd.read_csv('/opt/ml/processing/input/rows.csv')\n"
    "table[:150].to_csv('/opt/ml/processing/train/rows.csv', index=False)\n"
    "table[150:].to_csv('/opt/ml/processing/test/rows.csv', index=False)\n"
)
pathlib.Path("evaluate.py").write_text(
    "import joblib, json, pandas as pd, tarfile\n"
    "tarfile.open('/opt/ml/processing/model/model.tar.gz').extractall('.')\n"
    "table = pd.read_csv('/opt/ml/processing/test/rows.csv')\n"
    "error = ((joblib.load('model.joblib').predict(table[['x']].values) - table['y']) ** 2).mean()\n"
    "json.dump({'mse': float(error)}, open('/opt/ml/processing/evaluation/evaluation.json', 'w'))\n"
)
rows = "x,y\n" + "".join(f"{n},{3 * n + 1}\n" for n in range(200))
boto3.client("s3").put_object(Bucket=bucket, Key=f"{name}/data/rows.csv", Body=rows)
alpha, limit = ParameterFloat("Alpha", default_value=0.001), ParameterFloat("Limit", default_value=1.0)
cache = CacheConfig(enable_caching=True, expire_after="P30D")


def source(name, uri):
    at = {"local_path": f"/opt/ml/processing/{name}", "s3_data_type": "S3Prefix", "s3_input_mode": "File"}
    return ProcessingInput(input_name=name, s3_input=ProcessingS3Input(s3_uri=uri, **at))


def target(part):
    at = {"local_path": f"/opt/ml/processing/{part}", "s3_upload_mode": "EndOfJob"}
    return ProcessingOutput(output_name=part, s3_output=ProcessingS3Output(s3_uri=f"s3://{bucket}/{name}/{part}", **at))


def processor():
    size = {"instance_type": "ml.m5.large", "instance_count": 1, "role": role, "sagemaker_session": session}
    return ScriptProcessor(image_uri=image, command=["python3"], **size)


prepare = ProcessingStep(
    "Prepare",
    step_args=processor().run(
        code="prepare.py",
        inputs=[source("input", f"s3://{bucket}/{name}/data/")],
        outputs=[target("train"), target("test")],
    ),
    cache_config=cache,
)
outputs = prepare.properties.ProcessingOutputConfig.Outputs
trainer = ModelTrainer(
    training_image=image,
    source_code=SourceCode(source_dir="source", entry_script="train.py"),
    compute=Compute(instance_type="ml.m5.large", instance_count=1),
    hyperparameters={"alpha": alpha},
    base_job_name=name,
    sagemaker_session=session,
    role=role,
)
train = TrainingStep(
    "Train",
    step_args=trainer.train(
        input_data_config=[InputData(channel_name="train", data_source=outputs["train"].S3Output.S3Uri)]
    ),
    cache_config=cache,
)
artifact = train.properties.ModelArtifacts.S3ModelArtifacts
report = PropertyFile("Report", output_name="evaluation", path="evaluation.json")
evaluate = ProcessingStep(
    "Evaluate",
    step_args=processor().run(
        code="evaluate.py",
        inputs=[source("model", artifact), source("test", outputs["test"].S3Output.S3Uri)],
        outputs=[target("evaluation")],
    ),
    property_files=[report],
    cache_config=cache,
)
builder = ModelBuilder(image_uri=image, s3_model_data_url=artifact, role_arn=role, sagemaker_session=session)
create = ModelStep("Create", step_args=builder.build())
variant = {
    "VariantName": "AllTraffic",
    "ModelName": create.properties.ModelName,
    "InitialInstanceCount": 1,
    "InstanceType": "ml.m5.large",
}
configure = EndpointConfigStep(
    "Configure",
    step_args=session.create_endpoint_config(
        name=Join(on="-", values=[name, ExecutionVariables.PIPELINE_EXECUTION_ID]), production_variants=[variant]
    ),
)
deploy = EndpointStep(
    "Deploy",
    step_args=session.create_endpoint(endpoint_name=name, config_name=configure.properties.EndpointConfigName),
)
mse = JsonGet(step_name="Evaluate", property_file=report, json_path="mse")
choose = ConditionStep(
    "GoodEnough",
    conditions=[ConditionLessThanOrEqualTo(left=mse, right=limit)],
    if_steps=[create, configure, deploy],
    else_steps=[FailStep("Bad", error_message="not good enough")],
)
pipeline = Pipeline(
    name, parameters=[alpha, limit], steps=[prepare, train, evaluate, choose], sagemaker_session=session
)
pipeline.upsert(role_arn=role)
client, runtime = boto3.client("sagemaker"), boto3.client("sagemaker-runtime")


def run(**parameters):
    arn = pipeline.start(parameters=parameters).arn
    while client.describe_pipeline_execution(PipelineExecutionArn=arn)["PipelineExecutionStatus"] == "Executing":
        time.sleep(0.2)
    listed = client.list_pipeline_execution_steps(PipelineExecutionArn=arn, MaxResults=100)["PipelineExecutionSteps"]
    return client.describe_pipeline_execution(PipelineExecutionArn=arn), {one["StepName"]: one for one in listed}


def ask():
    body = runtime.invoke_endpoint(EndpointName=name, ContentType="application/json", Body=json.dumps([[10.0]]))[
        "Body"
    ].read()
    return float(json.loads(body)[0])


first, steps = run()
assert first["PipelineExecutionStatus"] == "Succeeded", (first, steps)
assert abs(ask() - 31) < 0.1, ask()
second, steps = run(Alpha=100000.0, Limit=1e9)
assert second["PipelineExecutionStatus"] == "Succeeded", (second, steps)
assert "CacheHitResult" in steps["Prepare"] and "CacheHitResult" not in steps["Train"], steps
assert abs(ask() - 31) > 0.1, ask()
third, steps = run(Alpha=3.0, Limit=1e-30)
assert third["PipelineExecutionStatus"] == "Failed" and "Deploy" not in steps, (third, steps)
print("OK")
