"""`studiolo quickstart`: from data to a live endpoint on real data, with the calls any boto3 script would make.

The data set is scikit-learn's breast cancer table (569 patients of the University of Wisconsin), which comes with the
package inside the job's environment.
"""

import io
import json
import subprocess
import tarfile
import time
from pathlib import Path
from typing import Any

import botocore.session
import click
from botocore.config import Config as ClientConfig
from botocore.exceptions import ClientError

from studiolo.base.config import Config
from studiolo.cli.home import Directory, runs
from studiolo.services.s3uri import default_bucket
from studiolo.services.sts.service import role_arn

IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.2-1-cpu-py3"
TRAIN = """
import argparse, json, os
import joblib
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import train_test_split

parser = argparse.ArgumentParser()
parser.add_argument("--trees", type=int, default=200)
args = parser.parse_args()

data = load_breast_cancer()
train_x, test_x, train_y, test_y = train_test_split(data.data, data.target, test_size=0.25, random_state=7, stratify=data.target)
print(f"Training on {len(train_x)} patients, {train_x.shape[1]} measurements each; {len(test_x)} are held out")
model = RandomForestClassifier(10, random_state=7, warm_start=True)
for trees in range(10, args.trees + 1, 10):
    model.set_params(n_estimators=trees).fit(train_x, train_y)
    print(f"trees={trees} train:accuracy={model.score(train_x, train_y):.4f}; validation:accuracy={model.score(test_x, test_y):.4f};", flush=True)
joblib.dump(model, os.path.join(os.environ["SM_MODEL_DIR"], "model.joblib"))
with open(os.path.join(os.environ["SM_OUTPUT_DATA_DIR"], "held-out.json"), "w") as file:
    json.dump({"rows": test_x.tolist(), "labels": test_y.tolist()}, file)
"""


class Failed(Exception):
    """The message says at which step and why."""


def _start(config: Config, program: Path) -> subprocess.Popen[bytes]:
    words = [
        str(program),
        "up",
        "--home",
        str(config.home),
        "--host",
        config.host,
        "--port",
        str(config.port),
        "--no-browser",
    ]
    with (config.home / "studio.log").open("ab") as log:
        process = subprocess.Popen(words, stdout=log, stderr=log, start_new_session=True)
    for _ in range(600):
        if process.poll() is not None:
            raise Failed(f"The studio did not start; {config.home / 'studio.log'} says why.")
        if runs(config):
            return process
        time.sleep(0.05)
    raise Failed("The studio did not answer within 30 seconds.")


class Walk:
    """The steps, over plain AWS clients."""

    def __init__(self, config: Config) -> None:
        directory = Directory(config)
        self.account = directory.first_start()
        key_id, secret = directory.key(self.account)
        directory.close()
        session = botocore.session.Session()
        once = ClientConfig(retries={"total_max_attempts": 2})

        def make(service: str) -> Any:
            return session.create_client(
                service, region_name="us-east-1", endpoint_url=config.url, aws_access_key_id=key_id,
                aws_secret_access_key=secret, config=once,
            )  # fmt: skip

        self.s3, self.sagemaker, self.runtime = (make(one) for one in ("s3", "sagemaker", "sagemaker-runtime"))
        self.bucket, self.role = default_bucket(self.account), role_arn(self.account)
        self.name = f"quickstart-{time.strftime('%Y-%m-%d-%H-%M-%S')}"

    def train(self) -> str:
        """Runs the training job; the artifact's address."""
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w:gz") as tar:
            member = tarfile.TarInfo("train.py")
            member.size = len(TRAIN.encode())
            tar.addfile(member, io.BytesIO(TRAIN.encode()))
        key = f"{self.name}/source/sourcedir.tar.gz"
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=packed.getvalue())
        self.sagemaker.create_training_job(
            TrainingJobName=self.name,
            RoleArn=self.role,
            AlgorithmSpecification={
                "TrainingImage": IMAGE,
                "TrainingInputMode": "File",
                "MetricDefinitions": [
                    {"Name": f"{part}:accuracy", "Regex": rf"{part}:accuracy=([0-9.]+);"}
                    for part in ("train", "validation")
                ],
            },
            HyperParameters={
                "trees": "200",
                "sagemaker_program": "train.py",
                "sagemaker_submit_directory": f"s3://{self.bucket}/{key}",
            },
            OutputDataConfig={"S3OutputPath": f"s3://{self.bucket}/{self.name}"},
            ResourceConfig={"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1},
            StoppingCondition={"MaxRuntimeInSeconds": 900},
        )
        said = ""
        while True:
            job: Any = self.sagemaker.describe_training_job(TrainingJobName=self.name)
            step = job["SecondaryStatusTransitions"][-1]
            line = f"{step['Status']}: {step.get('StatusMessage', '')}"
            if line != said:
                click.echo(f"    {line}")
                said = line
            if job["TrainingJobStatus"] in ("Completed", "Failed", "Stopped"):
                break
            time.sleep(0.1)
        if job["TrainingJobStatus"] != "Completed":
            raise Failed(f"The training job ended as {job['TrainingJobStatus']}: {job.get('FailureReason', '')}")
        for metric in job.get("FinalMetricDataList", []):
            click.echo(f"    {metric['MetricName']} = {metric['Value']:.4f}")
        return job["ModelArtifacts"]["S3ModelArtifacts"]

    def deploy(self, artifact: str) -> float:
        """Puts the model behind an endpoint; seconds until it was in service."""
        began = time.monotonic()
        self.sagemaker.create_model(
            ModelName=self.name, ExecutionRoleArn=self.role, PrimaryContainer={"Image": IMAGE, "ModelDataUrl": artifact}
        )
        variant = {
            "VariantName": "AllTraffic",
            "ModelName": self.name,
            "InitialInstanceCount": 1,
            "InstanceType": "ml.t2.medium",
        }
        self.sagemaker.create_endpoint_config(EndpointConfigName=self.name, ProductionVariants=[variant])
        self.sagemaker.create_endpoint(EndpointName=self.name, EndpointConfigName=self.name)
        while True:
            endpoint: Any = self.sagemaker.describe_endpoint(EndpointName=self.name)
            if endpoint["EndpointStatus"] == "InService":
                return time.monotonic() - began
            if endpoint["EndpointStatus"] == "Failed":
                raise Failed(f"The endpoint failed: {endpoint.get('FailureReason', '')}")
            time.sleep(0.05)

    def score(self) -> tuple[float, int]:
        """(accuracy through the endpoint on the held-out rows, how many they are)."""
        key = f"{self.name}/{self.name}/output/output.tar.gz"
        body = self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read()
        with tarfile.open(fileobj=io.BytesIO(body)) as tar:
            file = tar.extractfile("held-out.json")
            assert file is not None
            held = json.load(file)
        answer = self.runtime.invoke_endpoint(
            EndpointName=self.name,
            ContentType="application/json",
            Accept="application/json",
            Body=json.dumps(held["rows"]),
        )
        predicted = json.loads(answer["Body"].read())
        right = sum(one == label for one, label in zip(predicted, held["labels"], strict=True))
        return right / len(predicted), len(predicted)

    def end(self) -> None:
        """Nothing goes on running when the studio has gone: an endpoint would."""
        self.sagemaker.delete_endpoint(EndpointName=self.name)
        deadline = time.monotonic() + 15
        while time.monotonic() < deadline:
            try:
                self.sagemaker.describe_endpoint(EndpointName=self.name)
            except ClientError:
                return
            time.sleep(0.05)


def _walk(config: Config) -> Walk:
    walk = Walk(config)
    click.echo(f"2. Training {walk.name} on real data (a random forest on 569 patients' measurements)")
    artifact = walk.train()
    click.echo(f"    the model is at {artifact}")
    click.echo("3. Deploying it behind an endpoint")
    click.echo(f"    in service after {walk.deploy(artifact):.1f} s")
    click.echo("4. Asking it about the patients it has never seen")
    accuracy, count = walk.score()
    click.echo(f"    right for {accuracy:.1%} of {count} held-out patients")
    if accuracy < 0.9:
        raise Failed(f"The model is worse than it should be: {accuracy:.1%}.")
    return walk


def run(config: Config, program: Path, leave: bool) -> int:
    """The exit code."""
    process = None
    try:
        if runs(config):
            click.echo(f"1. The studio runs already at {config.url}")
        else:
            process = _start(config, program)
            click.echo(f"1. The studio is at {config.url}, its home is {config.home}")
        walk = _walk(config)
    except Failed as error:
        click.echo(f"\n{error}", err=True)
        if process is not None:
            process.terminate()
        return 1
    directory = Directory(config)
    link = f"{config.url}/signin?token={directory.accounts.make_link('admin')}"
    directory.close()
    if leave:
        walk.end()
        if process is not None:
            process.terminate()
            process.wait(15)
        click.echo("\nAll of it works. `make quickstart` without --exit leaves the studio running.")
        return 0
    click.echo(
        f'\nSee it in the browser:  {link}\nUse it from a shell:    eval "$(studiolo env --home {config.home})"\n'
    )
    if process is not None:
        click.echo("The studio runs until Ctrl-C.")
        try:
            process.wait()
        except KeyboardInterrupt:
            process.terminate()
            process.wait(15)
    return 0
