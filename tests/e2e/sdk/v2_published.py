"""A pipeline put together as the published examples of the SDK's second generation do it: steps from processors, tuners and models
themselves, the built-in XGBoost of an image that pickles its models, a tuning job that starts from another step's, the best two
of its models, RegisterModel, and the names of an experiment."""

import random
from pathlib import Path

import boto3
import sagemaker
from sagemaker import Model
from sagemaker.estimator import Estimator
from sagemaker.inputs import CreateModelInput, TrainingInput
from sagemaker.processing import ProcessingInput, ProcessingOutput, ScriptProcessor
from sagemaker.sklearn.processing import SKLearnProcessor
from sagemaker.tuner import ContinuousParameter, HyperparameterTuner, WarmStartConfig, WarmStartTypes
from sagemaker.workflow.condition_step import ConditionStep
from sagemaker.workflow.conditions import ConditionLessThanOrEqualTo
from sagemaker.workflow.execution_variables import ExecutionVariables
from sagemaker.workflow.functions import Join, JsonGet
from sagemaker.workflow.parameters import ParameterString
from sagemaker.workflow.pipeline import Pipeline, PipelineExperimentConfig
from sagemaker.workflow.properties import PropertyFile
from sagemaker.workflow.step_collections import CreateModelStep, RegisterModel
from sagemaker.workflow.steps import CacheConfig, ProcessingStep, TuningStep

name = "v2-published"
client = boto3.client("sagemaker")
session = sagemaker.session.Session(boto_session=boto3.Session(), sagemaker_client=client)
role, bucket, region = sagemaker.get_execution_role(), session.default_bucket(), session.boto_region_name
draw = random.Random(1)
Path("rows.csv").write_text(
    "".join(f"{3 * a - b:.4f},{a:.4f},{b:.4f}\n" for a, b in ((draw.random(), draw.random()) for _ in range(600)))
)
data = session.upload_data("rows.csv", key_prefix=f"{name}/data")
Path("split.py").write_text(
    "import argparse, boto3, numpy as np, pandas as pd\n"
    "given = argparse.ArgumentParser()\n"
    "given.add_argument('--input-data')\n"
    "bucket, _, key = given.parse_args().input_data.removeprefix('s3://').partition('/')\n"
    "boto3.resource('s3').Bucket(bucket).download_file(key, '/tmp/rows.csv')\n"
    "table = pd.read_csv('/tmp/rows.csv', header=None)\n"
    "for part, rows in zip(('train', 'validation', 'test'), np.split(table.to_numpy(), [400, 500])):\n"
    "    pd.DataFrame(rows).to_csv(f'/opt/ml/processing/{part}/{part}.csv', header=False, index=False)\n"
)
Path("evaluate.py").write_text(
    "import json, pandas as pd, pickle, tarfile, xgboost\n"
    "tarfile.open('/opt/ml/processing/model/model.tar.gz').extractall('.')\n"
    "model = pickle.load(open('xgboost-model', 'rb'))\n"
    "table = pd.read_csv('/opt/ml/processing/test/test.csv', header=None)\n"
    "error = ((model.predict(xgboost.DMatrix(table.iloc[:, 1:].values)) - table[0]) ** 2).mean()\n"
    "json.dump({'mse': {'value': float(error)}}, open('/opt/ml/processing/evaluation/evaluation.json', 'w'))\n"
)
place = ParameterString(name="InputDataUrl", default_value=data)
status = ParameterString(name="ModelApprovalStatus", default_value="PendingManualApproval")
instance = ParameterString(name="InstanceType", default_value="ml.m5.large")
cache = CacheConfig(enable_caching=True, expire_after="30d")
known = {"role": role, "sagemaker_session": session}
parts = ("train", "validation", "test")
prepare = ProcessingStep(
    name="Prepare",
    processor=SKLearnProcessor(framework_version="1.0-1", instance_type=instance, instance_count=1, **known),
    outputs=[
        ProcessingOutput(
            output_name=part,
            source=f"/opt/ml/processing/{part}",
            destination=Join(on="/", values=["s3:/", bucket, name, ExecutionVariables.PIPELINE_EXECUTION_ID, part]),
        )
        for part in parts
    ],
    code="split.py",
    job_arguments=["--input-data", place],
)
outputs = prepare.properties.ProcessingOutputConfig.Outputs
image = sagemaker.image_uris.retrieve("xgboost", region, version="1.0-1", py_version="py3", instance_type="ml.m5.large")
estimator = Estimator(
    image_uri=image, instance_type=instance, instance_count=1, output_path=f"s3://{bucket}/{name}/models", **known
)
estimator.set_hyperparameters(eval_metric="rmse", objective="reg:squarederror", num_round=20, max_depth=4, silent=0)


def tuner(**more):
    return HyperparameterTuner(
        estimator,
        "validation:rmse",
        {"alpha": ContinuousParameter(0.01, 10, scaling_type="Logarithmic")},
        max_jobs=2,
        max_parallel_jobs=2,
        strategy="Random",
        objective_type="Minimize",
        **more,
    )


channels = {part: TrainingInput(outputs[part].S3Output.S3Uri, content_type="text/csv") for part in parts[:2]}
first = TuningStep(name="Tune", tuner=tuner(), inputs=channels, cache_config=cache)
parents = {first.properties.HyperParameterTuningJobName}
warm = WarmStartConfig(WarmStartTypes.IDENTICAL_DATA_AND_ALGORITHM, parents=parents)
second = TuningStep(name="TuneOn", tuner=tuner(warm_start_config=warm), inputs=channels, cache_config=cache)
top = [second.get_top_model_s3_uri(top_k=number, s3_bucket=f"{bucket}/{name}/models") for number in range(2)]
creates = [
    CreateModelStep(
        name=f"Create{number}",
        model=Model(image_uri=image, model_data=uri, **known),
        inputs=CreateModelInput(instance_type="ml.m5.large"),
    )
    for number, uri in enumerate(top)
]
report = PropertyFile(name="Report", output_name="evaluation", path="evaluation.json")
evaluate = ProcessingStep(
    name="Evaluate",
    processor=ScriptProcessor(
        image_uri=image,
        command=["python3"],
        instance_type=instance,
        instance_count=1,
        base_job_name=f"{name}/eval",
        **known,
    ),
    inputs=[
        ProcessingInput(source=top[0], destination="/opt/ml/processing/model"),
        ProcessingInput(source=outputs["test"].S3Output.S3Uri, destination="/opt/ml/processing/test"),
    ],
    outputs=[ProcessingOutput(output_name="evaluation", source="/opt/ml/processing/evaluation")],
    code="evaluate.py",
    property_files=[report],
    cache_config=cache,
)
register = RegisterModel(
    name="Register",
    estimator=estimator,
    model_data=top[0],
    content_types=["text/csv"],
    response_types=["text/csv"],
    inference_instances=["ml.t2.medium", "ml.m5.large"],
    transform_instances=["ml.m5.large"],
    model_package_group_name=name,
    approval_status=status,
)
good = ConditionStep(
    name="GoodEnough",
    conditions=[
        ConditionLessThanOrEqualTo(
            left=JsonGet(step_name=evaluate.name, property_file=report, json_path="mse.value"), right=6.0
        )
    ],
    if_steps=[register],
    else_steps=[],
)
pipeline = Pipeline(
    name=name,
    parameters=[place, status, instance],
    pipeline_experiment_config=PipelineExperimentConfig("Published", ExecutionVariables.PIPELINE_EXECUTION_ID),
    steps=[prepare, first, second, *creates, evaluate, good],
    sagemaker_session=session,
)
pipeline.upsert(role_arn=role)
execution = pipeline.start()
try:
    execution.wait(delay=1, max_attempts=300)
except Exception as error:
    print(error)
told, steps = execution.describe(), {one["StepName"]: one for one in execution.list_steps()}
assert told["PipelineExecutionStatus"] == "Succeeded", (told, steps)
id = told["PipelineExecutionArn"].rpartition("/")[2]
assert told["PipelineExperimentConfig"] == {"ExperimentName": "Published", "TrialName": id}, told
(package,) = client.list_model_packages(ModelPackageGroupName=name)["ModelPackageSummaryList"]
assert package["ModelApprovalStatus"] == "PendingManualApproval", package
# The models are those of the two best trials, in this order.
job = steps["TuneOn"]["Metadata"]["TuningJob"]["Arn"].rpartition("/")[2]
ranked = client.list_training_jobs_for_hyper_parameter_tuning_job(
    HyperParameterTuningJobName=job, SortBy="FinalObjectiveMetricValue", SortOrder="Ascending"
)["TrainingJobSummaries"]
for number, trial in enumerate(ranked):
    made = steps[f"Create{number}"]["Metadata"]["Model"]["Arn"].rpartition("/")[2]
    uri = client.describe_model(ModelName=made)["PrimaryContainer"]["ModelDataUrl"]
    assert uri == f"s3://{bucket}/{name}/models/{trial['TrainingJobName']}/output/model.tar.gz", (uri, trial)
print("OK")
