"""Requests the tests have in common: a script packed as the SDKs pack it, and a training job around it."""

import io
import tarfile
import time
import uuid
from typing import Any

SKLEARN = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.2-1-cpu-py3"
XGBOOST = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1"


def name(stem: str) -> str:
    return f"{stem}-{uuid.uuid4().hex[:8]}"


def archive(files: dict[str, str | bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for path, text in files.items():
            data = text.encode() if isinstance(text, str) else text
            member = tarfile.TarInfo(path)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    return buffer.getvalue()


def script_job(studio: Any, job: str, script: str, files: dict[str, str] | None = None, **more: Any) -> dict[str, Any]:
    """A CreateTrainingJob request that runs `script` in script mode on the scikit-learn image."""
    key = f"{job}/source/sourcedir.tar.gz"
    studio.client("s3").put_object(Bucket=studio.bucket, Key=key, Body=archive({"train.py": script, **(files or {})}))
    hyperparameters = {
        "sagemaker_program": '"train.py"',
        "sagemaker_submit_directory": f'"s3://{studio.bucket}/{key}"',
        **more.pop("HyperParameters", {}),
    }
    specification = {"TrainingImage": SKLEARN, "TrainingInputMode": "File", **more.pop("AlgorithmSpecification", {})}
    return {
        "TrainingJobName": job,
        "RoleArn": studio.role,
        "AlgorithmSpecification": specification,
        "HyperParameters": hyperparameters,
        "OutputDataConfig": {"S3OutputPath": f"s3://{studio.bucket}/{job}"},
        "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1},
        "StoppingCondition": {"MaxRuntimeInSeconds": 300},
        **more,
    }


def wait(
    studio: Any, job: str, seconds: float = 120, until: tuple[str, ...] = ("Completed", "Failed", "Stopped")
) -> Any:
    client = studio.client("sagemaker")
    deadline = time.monotonic() + seconds
    while True:
        described = client.describe_training_job(TrainingJobName=job)
        if described["TrainingJobStatus"] in until or described["SecondaryStatus"] in until:
            return described
        assert time.monotonic() < deadline, described
        time.sleep(0.1)


def log(studio: Any, job: str, group: str = "/aws/sagemaker/TrainingJobs") -> list[str]:
    client = studio.client("logs")
    lines: list[str] = []
    for stream in client.describe_log_streams(logGroupName=group, logStreamNamePrefix=f"{job}/")["logStreams"]:
        token: dict[str, str] = {}
        while True:
            page = client.get_log_events(
                logGroupName=group, logStreamName=stream["logStreamName"], startFromHead=True, **token
            )
            if not page["events"]:
                break
            lines += [event["message"] for event in page["events"]]
            token = {"nextToken": page["nextForwardToken"]}
    return lines


def wait_endpoint(studio: Any, endpoint: str, seconds: float = 90) -> Any:
    client = studio.client("sagemaker")
    deadline = time.monotonic() + seconds
    while True:
        described = client.describe_endpoint(EndpointName=endpoint)
        if described["EndpointStatus"] in ("InService", "Failed"):
            return described
        assert time.monotonic() < deadline, described
        time.sleep(0.05)
