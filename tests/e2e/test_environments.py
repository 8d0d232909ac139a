"""A team's environments: locked once, built with a log, used by jobs by their address, never changed."""

import subprocess
import time

import conftest
import jobs
import pytest
from botocore.exceptions import ClientError
from test_people import Browser
from test_people import client as client_of

pytestmark = pytest.mark.e2e


def put(studio, name, text, file="requirements.txt"):
    studio.client("s3").put_object(Bucket=studio.bucket, Key=f"environments/{name}/{file}", Body=text.encode())
    return f"s3://{studio.bucket}/environments/{name}/{file}"


def make(studio, name, base, token="t" * 36, **more):
    client = studio.client("sagemaker")
    arn = client.create_image_version(ImageName=name, BaseImage=base, ClientToken=token, **more)["ImageVersionArn"]
    return int(arn.rpartition("/")[2])


def wait(studio, name, version, seconds=120):
    deadline = time.monotonic() + seconds
    while True:
        found = studio.client("sagemaker").describe_image_version(ImageName=name, Version=version)
        if found["ImageVersionStatus"] != "CREATING":
            return found
        assert time.monotonic() < deadline, found
        time.sleep(0.1)


def sign_in_link(studio):
    return subprocess.run(
        [conftest.STUDIOLO, "sign-in", "--home", studio.home], check=True, capture_output=True, text=True
    ).stdout.strip()


def told_of(studio, name, version):
    status, told = (
        Browser(studio).follow(sign_in_link(studio)).ask("DescribeEnvironmentVersion", ImageName=name, Version=version)
    )
    assert status == 200, told
    return told


def test_an_environment_is_locked_built_and_used(studio):
    client, name = studio.client("sagemaker"), jobs.name("Env")
    client.create_image(ImageName=name, RoleArn=studio.role, Description="ours")
    version = make(studio, name, put(studio, name, "tomli-w==1.1.0\nnumpy\n"), Aliases=["stable"])
    assert version == 1
    assert make(studio, name, put(studio, name, "tomli-w==1.1.0\nnumpy\n")) == 1, "the same request makes one version"
    found = wait(studio, name, 1)
    assert found["ImageVersionStatus"] == "CREATED", found
    uri = found["ContainerImage"]
    assert uri == f"{studio.account}.dkr.ecr.us-east-1.amazonaws.com/{name.lower()}:1"

    # The file in S3 changes; the version does not.
    project = '[project]\nname = "x"\nversion = "1"\ndependencies = ["tomli-w==1.2.0"]\n'
    assert make(studio, name, put(studio, name, project, "pyproject.toml"), token="u" * 36) == 2
    second = wait(studio, name, 2)
    script = "import importlib.metadata as m\nprint('has', m.version('tomli-w'))"
    for image, expected in ((uri, "has 1.1.0"), (second["ContainerImage"], "has 1.2.0")):
        job = jobs.name("uses")
        request = jobs.script_job(studio, job, script)
        request["AlgorithmSpecification"]["TrainingImage"] = image
        client.create_training_job(**request)
        client.get_waiter("training_job_completed_or_stopped").wait(
            TrainingJobName=job, WaiterConfig={"Delay": 1, "MaxAttempts": 60}
        )
        stream = studio.client("logs").describe_log_streams(
            logGroupName="/aws/sagemaker/TrainingJobs", logStreamNamePrefix=job
        )["logStreams"][0]["logStreamName"]
        lines = studio.client("logs").get_log_events(
            logGroupName="/aws/sagemaker/TrainingJobs", logStreamName=stream, startFromHead=True
        )["events"]
        assert any(one["message"].strip() == expected for one in lines), lines

    # To another project it is as foreign as another account's repository.
    admin = Browser(studio).follow(sign_in_link(studio))
    admin.project = admin.ask("CreateProject", Name=jobs.name("other"))[1]["Account"]
    foreign = client_of(studio, "sagemaker", admin.ask("CreateAccessKey")[1])
    for container in ({"PrimaryContainer": {"Image": uri}}, {"Containers": [{"Image": jobs.SKLEARN}, {"Image": uri}]}):
        with pytest.raises(ClientError, match=r"is another project's") as refused:
            foreign.create_model(ModelName=name, **container)
        assert refused.value.response["Error"]["Code"] == "ValidationException"
    foreign.create_image(ImageName=name, RoleArn=studio.role)
    with pytest.raises(ClientError, match=r"is another project's"):
        foreign.create_image_version(ImageName=name, BaseImage=uri, ClientToken="v" * 36)

    told = told_of(studio, name, 1)
    assert "tomli-w==1.1.0" in told["Lock"]
    assert told["Requirements"].startswith("tomli-w==1.1.0")
    assert told["Log"][-1]["Text"] == "Ready"
    assert [one["Kind"] for one in told["UsedBy"]] == ["TrainingJob"]

    assert client.describe_image_version(ImageName=name, Alias="stable")["Version"] == 1
    assert client.describe_image_version(ImageName=name)["Version"] == 2
    assert [one["Version"] for one in client.list_image_versions(ImageName=name)["ImageVersions"]] == [2, 1]
    with pytest.raises(ClientError) as taken:
        client.update_image_version(ImageName=name, Version=2, AliasesToAdd=["stable"])
    assert taken.value.response["Error"]["Code"] == "ResourceInUse"
    client.update_image_version(ImageName=name, Version=1, AliasesToDelete=["stable"])
    client.update_image_version(ImageName=name, Version=2, AliasesToAdd=["stable"])
    assert client.list_aliases(ImageName=name)["SageMakerImageVersionAliases"] == ["stable"]
    with pytest.raises(ClientError) as held:
        client.delete_image(ImageName=name)
    assert held.value.response["Error"]["Code"] == "ResourceInUse"

    # A job that runs from a version keeps what was built of it; what nothing uses goes from the disk.
    def built(version):
        return list((studio.home / "environments").glob(f"{name.lower()}-{version}-*/complete"))

    assert built(1)
    assert built(2)
    request = jobs.script_job(
        studio, job := jobs.name("keeps"), "import time\nprint('on')\ntime.sleep(4)\nimport tomli_w"
    )
    request["AlgorithmSpecification"]["TrainingImage"] = uri
    client.create_training_job(**request)
    for number in (1, 2):
        client.delete_image_version(ImageName=name, Version=number)
    with pytest.raises(ClientError, match="was deleted"):
        client.create_model(ModelName=name, PrimaryContainer={"Image": uri})
    deadline = time.monotonic() + 10
    while client.list_image_versions(ImageName=name)["ImageVersions"]:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    client.delete_image(ImageName=name)
    deadline = time.monotonic() + 30
    while built(1):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    ended = client.describe_training_job(TrainingJobName=job)
    assert ended["TrainingJobStatus"] == "Completed", ended
    assert not built(2)


def test_a_lock_that_can_not_be_says_why_in_the_resolvers_words(studio):
    client, name = studio.client("sagemaker"), jobs.name("bad")
    client.create_image(ImageName=name, RoleArn=studio.role)
    for number, (text, why) in enumerate(
        (
            ("numpy==1.26.0\nnumpy==2.0.0\n", "you require numpy==1.26.0 and numpy==2.0.0"),
            ("pandas==2.2.0\nnumpy==1.20.0\n", "pandas==2.2.0 depends on numpy"),
            (
                "numpy\nno-package-of-this-name-xyz\n",
                "no-package-of-this-name-xyz was not found in the package registry",
            ),
            ("numpy>>>1\n", "requirements.txt at position 0 cause: no such comparison operator"),
            ("numpy @ file:///etc/passwd\n", "points to a file of the studio's machine"),
            ("numpy\n" * 20000 + "numpy<1\n" * 2000 + "numpy>2\n", "your requirements are unsatisfiable"),
        ),
        1,
    ):
        make(studio, name, put(studio, name, text), token=str(number) * 36)
        found = wait(studio, name, number)
        assert found["ImageVersionStatus"] == "CREATE_FAILED"
        assert why in found["FailureReason"]
        assert "/tmp" not in found["FailureReason"], "no file of ours"
    assert (
        told_of(studio, name, 1)["Log"][-1]["Text"]
        == client.describe_image_version(ImageName=name, Version=1)["FailureReason"]
    )
    with pytest.raises(ClientError, match="more than 256 KiB"):
        make(studio, name, put(studio, name, "numpy\n" * 50000), token="h" * 36)


@pytest.mark.parametrize(
    "text",
    ["# nothing\n", "-e ./here\n"],
)
def test_files_that_are_no_requirements(studio, text):
    client, name = studio.client("sagemaker"), jobs.name("no")
    client.create_image(ImageName=name, RoleArn=studio.role)
    base = put(studio, name, text)
    if text.startswith("#"):
        with pytest.raises(ClientError) as refused:
            make(studio, name, base)
        assert refused.value.response["Error"]["Code"] == "ValidationException"
    else:
        make(studio, name, base)
        assert "points to a file beside it" in wait(studio, name, 1)["FailureReason"]


def test_what_there_is_not(studio):
    client = studio.client("sagemaker")
    for call in (
        lambda: client.describe_image(ImageName="nobody"),
        lambda: client.describe_image_version(ImageName="nobody"),
        lambda: make(studio, "nobody", "s3://x/y"),
    ):
        with pytest.raises(ClientError) as missing:
            call()
        assert missing.value.response["Error"]["Code"] == "ResourceNotFound"
    name = jobs.name("none")
    client.create_image(ImageName=name, RoleArn=studio.role)
    for base in ("no/such:image", "s3://nobodys/requirements.txt", f"s3://{studio.bucket}/nothing.txt"):
        with pytest.raises(ClientError) as refused:
            make(studio, name, base)
        assert refused.value.response["Error"]["Code"] == "ValidationException"
    config = jobs.name("config")
    kernel = {"KernelGatewayImageConfig": {"KernelSpecs": [{"Name": "python3"}]}}
    client.create_app_image_config(AppImageConfigName=config, **kernel)
    assert client.describe_app_image_config(AppImageConfigName=config)["KernelGatewayImageConfig"]["KernelSpecs"]
    client.delete_app_image_config(AppImageConfigName=config)
