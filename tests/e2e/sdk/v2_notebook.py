"""An ordinary script of the SDK's second generation: a notebook as a step of a pipeline, with a parameter of the pipeline."""

import io
import json
import os
import tarfile
from pathlib import Path

import boto3
from sagemaker.workflow.notebook_job_step import NotebookJobStep
from sagemaker.workflow.parameters import ParameterString
from sagemaker.workflow.pipeline import Pipeline
from sagemaker.workflow.pipeline_context import PipelineSession

role, session = os.environ["SAGEMAKER_ROLE"], PipelineSession()


def code(source, *tags):
    return {
        "cell_type": "code",
        "metadata": {"tags": list(tags)},
        "execution_count": None,
        "outputs": [],
        "source": source,
    }


cells = [code("who = 'nobody'", "parameters"), code("import os, beside\nprint(beside.greet(who), os.environ['MOOD'])")]
metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
Path("report.ipynb").write_text(json.dumps({"nbformat": 4, "nbformat_minor": 4, "metadata": metadata, "cells": cells}))
Path("beside.py").write_text("def greet(who):\n    return f'Hello {who}'\n")
Path("init.sh").write_text("MOOD=glad\n")
who = ParameterString("Who", default_value="ann")
step = NotebookJobStep(
    name="Report", notebook_job_name="v2-report", input_notebook="report.ipynb", role=role, kernel_name="python3",
    image_uri="885854791233.dkr.ecr.us-east-1.amazonaws.com/sagemaker-distribution-prod:latest", instance_type="ml.m5.large",
    parameters={"who": who}, initialization_script="init.sh", additional_dependencies=["beside.py"],
)  # fmt: skip
pipeline = Pipeline(name="v2-notebook", parameters=[who], steps=[step], sagemaker_session=session)
pipeline.upsert(role_arn=role)
execution = pipeline.start(parameters={"Who": "eve"})
execution.wait(delay=1, max_attempts=240)
(done,) = execution.list_steps()
job = done["Metadata"]["TrainingJob"]["Arn"].split("/")[-1]
output = boto3.client("sagemaker").describe_training_job(TrainingJobName=job)["OutputDataConfig"]["S3OutputPath"]
bucket, _, key = output.removeprefix("s3://").partition("/")
body = boto3.client("s3").get_object(Bucket=bucket, Key=f"{key}/{job}/output/output.tar.gz")["Body"].read()
with tarfile.open(fileobj=io.BytesIO(body)) as tar:
    (name,) = [one for one in tar.getnames() if one.endswith(".ipynb")]
    ran = json.load(tar.extractfile(name))
assert "Hello eve glad" in json.dumps(ran), ran
print("OK")
