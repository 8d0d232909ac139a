"""A team's environment is a kernel in JupyterLab, under the name its AppImageConfig gives it."""

import subprocess
import time
from typing import Any

import conftest
import jobs
import pytest
from test_browser_together import Person as Someone
from test_browser_together import until
from test_spaces import APP, Kernel, Person

pytestmark = pytest.mark.e2e


def test_an_environment_is_a_kernel(studio: Any) -> None:
    command = [conftest.STUDIOLO, "sign-in", "--home", studio.home]
    link = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
    admin = Person(studio, "admin", Someone(studio, None, link).cookie)
    sagemaker, image, space = studio.client("sagemaker"), jobs.name("humane"), jobs.name("kernels")
    key = f"{image}/requirements.txt"
    studio.client("s3").put_object(Bucket=studio.bucket, Key=key, Body=b"humanize==4.11.0\n")
    sagemaker.create_image(ImageName=image, RoleArn=studio.role)
    sagemaker.create_image_version(ImageName=image, BaseImage=f"s3://{studio.bucket}/{key}", ClientToken=image)
    until(lambda: sagemaker.describe_image_version(ImageName=image)["ImageVersionStatus"] == "CREATED", 180)
    sagemaker.create_app_image_config(
        AppImageConfigName=image,
        KernelGatewayImageConfig={"KernelSpecs": [{"Name": "python3", "DisplayName": "Humane (team)"}]},
    )
    domain = sagemaker.list_domains()["Domains"][0]["DomainId"]
    custom = [{"ImageName": image, "AppImageConfigName": image}]
    settings = {"AppType": "JupyterLab", "JupyterLabAppSettings": {"CustomImages": custom}}
    sagemaker.create_space(DomainId=domain, SpaceName=space, SpaceSettings={"AppType": "JupyterLab"})
    sagemaker.update_domain(
        DomainId=domain, DefaultUserSettings={"JupyterLabAppSettings": settings["JupyterLabAppSettings"]}
    )
    began = time.monotonic()
    sagemaker.create_app(DomainId=domain, SpaceName=space, **APP)
    described = until(
        lambda: (it := sagemaker.describe_app(DomainId=domain, SpaceName=space, **APP))["Status"] != "Pending" and it,
        300,
    )
    print(f"{time.monotonic() - began:.1f} s")
    assert described["Status"] == "InService", described
    path = f"/spaces/{studio.account}/{space}/"
    specs = admin.http.get(f"{path}api/kernelspecs").json()
    assert (
        specs["default"] == "python3" and specs["kernelspecs"][f"{image}-1"]["spec"]["display_name"] == "Humane (team)"
    )
    kernel = Kernel(admin, path, f"{image}-1")
    with kernel.socket() as socket:
        said = kernel.run(socket, "import humanize, boto3, sys\nprint(humanize.intcomma(1234567), sys.prefix)")
        assert "1,234,567" in said, said
        said = kernel.run(socket, "print(boto3.client('sts').get_caller_identity()['Account'])")
        assert studio.account in said, said
        said = kernel.run(socket, "open(sys.prefix + '/x', 'w')")
        assert "Read-only" in said or "Permission" in said, said
    # The studio's own kernel has none of it.
    plain = Kernel(admin, path)
    with plain.socket() as socket:
        assert "ModuleNotFoundError" in plain.run(socket, "import humanize")
    sagemaker.delete_app(DomainId=domain, SpaceName=space, **APP)
