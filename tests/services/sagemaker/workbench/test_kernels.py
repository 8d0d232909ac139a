"""Which environments of a project are kernels, under which names, and what is written of them."""

import json

from studio_in_memory import ACCOUNT, OTHER, Studio

from studiolo.services.sagemaker.workbench import kernels


def version(studio, image, number, status="CREATED", project=ACCOUNT):
    spec = {"ImageName": image, "Version": number}
    uri = f"{project}.dkr.ecr.us-east-1.amazonaws.com/{image}:{number}"
    studio.put(
        "ImageVersion", f"{image}/{number}", spec, {"ImageVersionStatus": status, "ContainerImage": uri}, project
    )


def named(studio, *places):
    return [(one.name, one.display) for one in kernels.wanted(studio.platform, ACCOUNT, places)]


def test_the_newest_ready_version_of_each_image_of_the_project(tmp_path):
    studio = Studio(tmp_path)
    version(studio, "Churn", 1)
    version(studio, "Churn", 2)
    version(studio, "Churn", 3, "CREATE_FAILED")
    version(studio, "vision", 1)
    version(studio, "theirs", 1, project=OTHER)
    assert named(studio) == [("vision-1", "vision 1"), ("churn-2", "Churn 2")]


def test_settings_name_versions_and_their_looks(tmp_path):
    studio = Studio(tmp_path)
    for number in (1, 2):
        version(studio, "churn", number)
    look = {"KernelGatewayImageConfig": {"KernelSpecs": [{"Name": "python3", "DisplayName": "Churn (stable)"}]}}
    studio.put("AppImageConfig", "stable", look)
    variables = {"JupyterLabAppImageConfig": {"ContainerConfig": {"ContainerEnvironmentVariables": {"MOOD": "glad"}}}}
    studio.put("AppImageConfig", "glad", variables)
    custom = [
        {"ImageName": "Churn", "ImageVersionNumber": 1, "AppImageConfigName": "stable"},
        {"ImageName": "churn", "AppImageConfigName": "glad"},
        {"ImageName": "none", "AppImageConfigName": "none"},
    ]
    places = {}, {"JupyterLabAppSettings": {"CustomImages": custom}}
    assert named(studio, *places) == [("churn-1", "Churn (stable)"), ("churn-2", "churn 2")]
    made = kernels.make(studio.platform, kernels.wanted(studio.platform, ACCOUNT, places), lambda line: None)
    for _ in range(2):
        kernels.put(tmp_path, made)
    written = json.loads((tmp_path / kernels.FOLDER / "churn-2" / "kernel.json").read_text())
    prefix = str(tmp_path / "env")
    assert written["argv"][0] == f"{prefix}/bin/python" and written["env"]["MOOD"] == "glad"
    (mount,) = kernels.mounts(made)
    assert (mount.target, mount.readonly) == (prefix, True)
    kernels.put(tmp_path, made[:1])
    assert [one.name for one in (tmp_path / kernels.FOLDER).iterdir()] == ["churn-1"]
