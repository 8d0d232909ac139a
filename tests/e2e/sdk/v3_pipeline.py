"""The whole way by the SDK's third generation: prepare a table of 53,940 rows, train two models, tune a third, choose the best on
rows that none has seen, and deploy it by an endpoint step if it is good enough; run again with changed parameters, and only what
hangs on them runs again."""

import os
import sys
import time
from pathlib import Path

import boto3
from sagemaker.core import image_uris
from sagemaker.core.helper.session_helper import Session
from sagemaker.core.parameter import ContinuousParameter, IntegerParameter
from sagemaker.core.processing import ScriptProcessor
from sagemaker.core.shapes import (
    OutputDataConfig,
    ProcessingInput,
    ProcessingOutput,
    ProcessingS3Input,
    ProcessingS3Output,
)
from sagemaker.core.training.configs import Compute, InputData, SourceCode
from sagemaker.core.workflow.conditions import ConditionGreaterThanOrEqualTo
from sagemaker.core.workflow.execution_variables import ExecutionVariables
from sagemaker.core.workflow.functions import Join, JsonGet
from sagemaker.core.workflow.parameters import ParameterFloat, ParameterInteger
from sagemaker.core.workflow.pipeline_context import PipelineSession
from sagemaker.core.workflow.properties import PropertyFile
from sagemaker.mlops.workflow.condition_step import ConditionStep
from sagemaker.mlops.workflow.endpoint_step import EndpointConfigStep, EndpointStep
from sagemaker.mlops.workflow.fail_step import FailStep
from sagemaker.mlops.workflow.model_step import ModelStep
from sagemaker.mlops.workflow.pipeline import Pipeline
from sagemaker.mlops.workflow.steps import CacheConfig, ProcessingStep, TrainingStep, TuningStep
from sagemaker.serve.model_builder import ModelBuilder
from sagemaker.train import ModelTrainer
from sagemaker.train.tuner import HyperparameterTuner

CODE = Path(__file__).parents[1] / "acceptance"
sys.path.insert(0, str(CODE))
import diamonds  # noqa: E402

name, role = "v3-acceptance", os.environ["SAGEMAKER_ROLE"]
session = PipelineSession()
bucket = Session().default_bucket()
home = f"s3://{bucket}/{name}"
client, runtime, s3 = boto3.client("sagemaker"), boto3.client("sagemaker-runtime"), boto3.client("s3")
image = image_uris.retrieve("sklearn", "us-east-1", version="1.2-1", py_version="py3", instance_type="ml.m5.large")
s3.upload_file(str(diamonds.TABLE), bucket, f"{name}/data/diamonds.csv")
depth = ParameterInteger("ForestDepth", default_value=3)
limit = ParameterFloat("MinimumR2", default_value=0.9)
cache = CacheConfig(enable_caching=True, expire_after="P30D")
BASE = "/opt/ml/processing"


def source(place, uri):
    at = {"local_path": f"{BASE}/{place}", "s3_data_type": "S3Prefix", "s3_input_mode": "File"}
    return ProcessingInput(input_name=place.rpartition("/")[2], s3_input=ProcessingS3Input(s3_uri=uri, **at))


def target(part, uri=None):
    at = {"local_path": f"{BASE}/{part}", "s3_upload_mode": "EndOfJob"}
    return ProcessingOutput(output_name=part, s3_output=ProcessingS3Output(s3_uri=uri or f"{home}/{part}", **at))


def processor():
    size = {"instance_type": "ml.m5.large", "instance_count": 1, "role": role, "sagemaker_session": session}
    return ScriptProcessor(image_uri=image, command=["python3"], **size)


prepare = ProcessingStep(
    "Prepare",
    step_args=processor().run(
        code=str(CODE / "prepare.py"),
        inputs=[source("input/data", f"{home}/data/")],
        outputs=[target("train"), target("validation"), target("test")],
    ),
    cache_config=cache,
)
parts = {
    part: prepare.properties.ProcessingOutputConfig.Outputs[part].S3Output.S3Uri
    for part in ("train", "validation", "test")
}
channels = [InputData(channel_name=part, data_source=parts[part]) for part in ("train", "validation")]


def trainer(kind, **hyperparameters):
    return ModelTrainer(
        training_image=image,
        source_code=SourceCode(source_dir=str(CODE), entry_script="train.py"),
        compute=Compute(instance_type="ml.m5.large", instance_count=1),
        output_data_config=OutputDataConfig(s3_output_path=f"{home}/{kind}"),
        hyperparameters={"kind": kind, **hyperparameters},
        base_job_name=f"{name}-{kind}",
        sagemaker_session=session,
        role=role,
    )


linear = TrainingStep("Linear", step_args=trainer("linear").train(input_data_config=channels), cache_config=cache)
forest = TrainingStep(
    "Forest", step_args=trainer("forest", depth=depth).train(input_data_config=channels), cache_config=cache
)
tuner = HyperparameterTuner(
    trainer("boosting"),
    objective_metric_name="r2",
    metric_definitions=[{"Name": "r2", "Regex": "validation:r2=([0-9.-]+);"}],
    hyperparameter_ranges={"depth": IntegerParameter(4, 8), "rate": ContinuousParameter(0.05, 0.3)},
    objective_type="Maximize",
    max_jobs=4,
    max_parallel_jobs=2,
)
tune = TuningStep("Tune", step_args=tuner.tune(inputs=channels), cache_config=cache)
report = PropertyFile("Report", output_name="report", path="report.json")
choose = ProcessingStep(
    "Choose",
    step_args=processor().run(
        code=str(CODE / "choose.py"),
        inputs=[
            source("test", parts["test"]),
            source("linear", linear.properties.ModelArtifacts.S3ModelArtifacts),
            source("forest", forest.properties.ModelArtifacts.S3ModelArtifacts),
            source("tuned", tune.get_top_model_s3_uri(0, bucket, f"{name}/boosting")),
        ],
        outputs=[
            target(one, Join(on="/", values=[home, one, ExecutionVariables.PIPELINE_EXECUTION_ID]))
            for one in ("report", "best")
        ],
    ),
    property_files=[report],
    cache_config=cache,
)
best = choose.properties.ProcessingOutputConfig.Outputs["best"].S3Output.S3Uri
builder = ModelBuilder(
    image_uri=image,
    s3_model_data_url=Join(on="/", values=[best, "model.tar.gz"]),
    role_arn=role,
    sagemaker_session=session,
)
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
choice = ConditionStep(
    "GoodEnough",
    conditions=[
        ConditionGreaterThanOrEqualTo(
            left=JsonGet(step_name="Choose", property_file=report, json_path="best.r2"), right=limit
        )
    ],
    if_steps=[create, configure, deploy],
    else_steps=[FailStep("Bad", error_message=Join(on=" ", values=["no model explains as much as", limit]))],
)
pipeline = Pipeline(
    name, parameters=[depth, limit], steps=[prepare, linear, forest, tune, choose, choice], sagemaker_session=session
)
pipeline.upsert(role_arn=role)


def run(**parameters):
    arn = pipeline.start(parameters=parameters).arn
    while client.describe_pipeline_execution(PipelineExecutionArn=arn)["PipelineExecutionStatus"] == "Executing":
        time.sleep(0.2)
    listed = client.list_pipeline_execution_steps(PipelineExecutionArn=arn, MaxResults=100)["PipelineExecutionSteps"]
    return client.describe_pipeline_execution(PipelineExecutionArn=arn), {one["StepName"]: one for one in listed}


def found(steps):
    return {one for one in steps if "CacheHitResult" in steps[one]}


def serves():
    return client.describe_endpoint(EndpointName=name)["EndpointConfigName"]


def r2():
    return diamonds.r2(runtime, s3, name, bucket, f"{name}/test/test.csv")


first, steps = run()
assert first["PipelineExecutionStatus"] == "Succeeded", (first, steps)
assert {"Prepare", "Linear", "Forest", "Tune", "Choose", "GoodEnough", "Configure", "Deploy"} < set(steps), steps
before = serves()
assert "Bad" not in steps and not found(steps) and r2() > 0.97, (steps, r2())
again, steps = run(MinimumR2=0.99999)
assert again["PipelineExecutionStatus"] == "Failed" and "Deploy" not in steps, (again, steps)
assert "no model explains as much as 0.99999" in again["FailureReason"], again
assert found(steps) == {"Prepare", "Linear", "Forest", "Tune", "Choose"} and serves() == before, steps
changed, steps = run(ForestDepth=9)
assert changed["PipelineExecutionStatus"] == "Succeeded", (changed, steps)
assert found(steps) == {"Prepare", "Linear", "Tune"}, steps
assert serves() != before and r2() > 0.97, (serves(), r2())
print("OK")
