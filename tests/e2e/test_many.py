"""Many at once: a queue that never overcommits, users side by side, projects that do not see one another."""

import concurrent.futures
import hashlib
import io
import itertools
import os
import time
import urllib.error
import urllib.request

import jobs
import pytest
from botocore.exceptions import ClientError

pytestmark = pytest.mark.e2e


def test_jobs_wait_until_they_fit(studio):
    sagemaker = studio.client("sagemaker")
    names = [jobs.name("queue") for _ in range(4)]
    script = (
        "import time\nprint('begin', time.time(), flush=True)\ntime.sleep(2)\nprint('end', time.time(), flush=True)\n"
    )
    requests = [jobs.script_job(studio, job, script) for job in names]
    for request in requests:
        request["ResourceConfig"]["InstanceType"] = "ml.m5.24xlarge"
        sagemaker.create_training_job(**request)
    time.sleep(1)
    waiting = [sagemaker.describe_training_job(TrainingJobName=job) for job in names]
    assert sum(job["SecondaryStatus"] == "Training" for job in waiting) <= 1
    messages = [
        job["SecondaryStatusTransitions"][-1].get("StatusMessage", "")
        for job in waiting
        if job["SecondaryStatus"] == "Starting"
    ]
    assert any("ait" in message for message in messages), messages
    spans = []
    for job in names:
        done = jobs.wait(studio, job, 60)
        assert done["TrainingJobStatus"] == "Completed", done.get("FailureReason")
        words = dict(line.split()[:2] for line in jobs.log(studio, job) if line.split()[:1] in (["begin"], ["end"]))
        spans.append((float(words["begin"]), float(words["end"])))
    spans.sort()
    assert all(before[1] <= after[0] + 0.05 for before, after in itertools.pairwise(spans)), spans


def test_ten_users_at_once(studio):
    def user(number: int) -> str:
        s3, sagemaker = studio.client("s3"), studio.client("sagemaker")
        data = os.urandom(200_000)
        for turn in range(10):
            s3.put_object(Bucket=studio.bucket, Key=f"users/{number}/{turn}", Body=data)
            got = s3.get_object(Bucket=studio.bucket, Key=f"users/{number}/{turn}")["Body"].read()
            assert got == data
            sagemaker.create_model(
                ModelName=f"user-{number}-{turn}",
                PrimaryContainer={"Image": jobs.SKLEARN, "ModelDataUrl": f"s3://{studio.bucket}/users/{number}/{turn}"},
            )
            sagemaker.describe_model(ModelName=f"user-{number}-{turn}")
        return hashlib.md5(data).hexdigest()

    with concurrent.futures.ThreadPoolExecutor(10) as pool:
        sums = list(pool.map(user, range(10)))
    listed = studio.client("s3").list_objects_v2(Bucket=studio.bucket, Prefix="users/")
    assert listed["KeyCount"] == 100
    assert {item["ETag"].strip('"') for item in listed["Contents"]} == set(sums)
    pages = (
        studio.client("sagemaker")
        .get_paginator("list_models")
        .paginate(NameContains="user-", PaginationConfig={"PageSize": 7})
    )
    assert len({model["ModelName"] for page in pages for model in page["Models"]}) == 100


def test_the_same_name_at_once_is_made_once(studio):
    name = jobs.name("race")

    def create(_: int) -> str:
        try:
            studio.client("sagemaker").create_model(ModelName=name, PrimaryContainer={"Image": jobs.SKLEARN})
            return "made"
        except ClientError as refused:
            return refused.response["Error"]["Code"]

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(create, range(8))) == ["ValidationException"] * 7 + ["made"]


def test_objects_of_all_sizes_survive(studio, tmp_path):
    s3 = studio.client("s3")
    for size in (0, 1, 8 << 20, 33 << 20):
        data = os.urandom(size)
        s3.upload_fileobj(io.BytesIO(data), studio.bucket, f"sizes/{size}")
        back = io.BytesIO()
        s3.download_fileobj(studio.bucket, f"sizes/{size}", back)
        assert back.getvalue() == data
    head = s3.head_object(Bucket=studio.bucket, Key=f"sizes/{33 << 20}")
    assert head["ETag"].endswith('-5"')
    url = s3.generate_presigned_url("get_object", Params={"Bucket": studio.bucket, "Key": "sizes/1"})
    with urllib.request.urlopen(url) as answer:
        assert len(answer.read()) == 1
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(url.replace("Signature=", "Signature=x"))
    assert refused.value.code == 403


def test_keys_open_their_project_only(studio):
    import boto3
    from botocore.config import Config

    env = studio.env()
    once = Config(retries={"total_max_attempts": 1})

    def client(service, key, secret):
        return boto3.client(
            service, endpoint_url=studio.url, aws_access_key_id=key, aws_secret_access_key=secret,
            region_name="us-east-1", config=once,
        )  # fmt: skip

    with pytest.raises(ClientError) as refused:
        client("sagemaker", env["AWS_ACCESS_KEY_ID"], "not-the-secret").list_models()
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] in (400, 403)
    assert refused.value.response["Error"]["Code"] in ("InvalidSignatureException", "SignatureDoesNotMatch")
    with pytest.raises(ClientError) as refused:
        client("s3", "AKIAUNKNOWN000000000", "x").list_buckets()
    assert refused.value.response["Error"]["Code"] == "InvalidAccessKeyId"
