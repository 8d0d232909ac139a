"""What a CreateProcessingJob request must hold beyond what AWS's model says, and the defaults AWS fills in."""

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from studiolo.base.errors import Unsupported, ValidationError
from studiolo.base.instances import instance, known_types
from studiolo.services import s3uri
from studiolo.services.platform import Platform
from studiolo.services.request import Call

MAX_RUNTIME = 86_400
LIMIT_HOSTS = 20
SYSTEM = ("bin", "boot", "dev", "etc", "lib", "lib64", "proc", "root", "run", "sbin", "sys", "usr", "var")
"""Top folders that nothing is mounted over: what runs there needs them."""
CONTRACT = ("/opt/ml/config", "/opt/ml/output")
"""The platform's own folders."""


def hosts_of(spec: Mapping[str, Any]) -> list[str]:
    count = spec["ProcessingResources"]["ClusterConfig"]["InstanceCount"]
    return [f"algo-{number}" for number in range(1, count + 1)]


def check_path(what: str, path: str) -> str:
    """A LocalPath, without a slash at its end."""
    pure = PurePosixPath(path)
    if not pure.is_absolute() or ".." in pure.parts or len(pure.parts) < 2:
        raise ValidationError(f"{what}: LocalPath {path!r} must be an absolute path as /opt/ml/processing/input.")
    if pure.parts[1] in SYSTEM or str(pure) in ("/opt", "/opt/ml", "/tmp", "/home"):
        raise ValidationError(f"{what}: LocalPath {path!r} is the system's own: choose one below /opt/ml/processing.")
    if any(pure.is_relative_to(one) for one in CONTRACT):
        raise ValidationError(f"{what}: LocalPath {path!r} is the platform's own: choose one below /opt/ml/processing.")
    return str(pure)


def _cluster(spec: dict[str, Any]) -> dict[str, Any]:
    cluster = dict(spec["ProcessingResources"]["ClusterConfig"])
    preferred = cluster.get("InstancePreferences")
    if preferred and ("InstanceType" in cluster or "InstanceCount" in cluster):
        raise ValidationError("Specify either InstancePreferences or InstanceType with InstanceCount, and not both.")
    if preferred:
        # This machine serves them all alike, so the first is taken.
        chosen = preferred[0]
        cluster |= {"InstanceType": chosen["InstanceType"], "InstanceCount": chosen.get("InstanceCount", 1)}
        cluster |= {"SelectedInstanceType": cluster["InstanceType"], "SelectedInstanceCount": cluster["InstanceCount"]}
    if "InstanceType" not in cluster or "InstanceCount" not in cluster:
        raise ValidationError("ClusterConfig needs an InstanceType and an InstanceCount.")
    if instance(cluster["InstanceType"]) is None:
        raise ValidationError(f"{cluster['InstanceType']} is no instance type of this studio: {known_types()}.")
    if cluster["InstanceCount"] > LIMIT_HOSTS:
        raise ValidationError(f"A processing job runs on 1 to {LIMIT_HOSTS} instances.")
    return cluster


def _input(one: dict[str, Any]) -> dict[str, Any]:
    what = f"The input {one['InputName']}"
    if "DatasetDefinition" in one:
        raise Unsupported(f"{what}: DatasetDefinition (Athena, Redshift) is not supported; name an S3Input.")
    if "S3Input" not in one:
        raise ValidationError(f"{what} needs an S3Input.")
    source = one["S3Input"]
    if source.get("S3InputMode") == "Pipe":
        raise Unsupported(f"{what}: S3InputMode Pipe is not supported by this version of studiolo: use File.")
    s3uri.parse(source["S3Uri"])
    if one.get("AppManaged"):
        return one
    if "LocalPath" not in source:
        raise ValidationError(f"{what} needs a LocalPath.")
    return {
        **one,
        "AppManaged": False,
        "S3Input": {
            "S3InputMode": "File",
            "S3DataDistributionType": "FullyReplicated",
            "S3CompressionType": "None",
            **source,
            "LocalPath": check_path(what, source["LocalPath"]),
        },
    }


def _output(one: dict[str, Any]) -> dict[str, Any]:
    what = f"The output {one['OutputName']}"
    if "FeatureStoreOutput" in one:
        raise Unsupported(f"{what}: FeatureStoreOutput is not supported by this version of studiolo.")
    if "S3Output" not in one:
        raise ValidationError(f"{what} needs an S3Output.")
    target = one["S3Output"]
    s3uri.parse(target["S3Uri"])
    if one.get("AppManaged"):
        return one
    if "LocalPath" not in target:
        raise ValidationError(f"{what} needs a LocalPath.")
    return {**one, "AppManaged": False, "S3Output": {**target, "LocalPath": check_path(what, target["LocalPath"])}}


def _once(what: str, names: list[str]) -> None:
    for name in names:
        if names.count(name) > 1:
            raise ValidationError(f"{what} {name} is given more than once.")


def _files(spec: dict[str, Any]) -> dict[str, Any]:
    """The inputs and outputs."""
    inputs = [_input(one) for one in spec.get("ProcessingInputs", ())]
    config = spec.get("ProcessingOutputConfig", {"Outputs": []})
    outputs = [_output(one) for one in config["Outputs"]]
    _once("The input", [one["InputName"] for one in inputs])
    _once("The output", [one["OutputName"] for one in outputs])
    _once("The input's LocalPath", [one["S3Input"]["LocalPath"] for one in inputs if not one.get("AppManaged")])
    known: dict[str, Any] = {}
    if "ProcessingInputs" in spec:
        known["ProcessingInputs"] = inputs
    if "ProcessingOutputConfig" in spec:
        known["ProcessingOutputConfig"] = {**config, "Outputs": outputs}
    return known


def prepare(platform: Platform, call: Call, spec: dict[str, Any]) -> dict[str, Any]:
    if "ContainerEntrypoint" not in spec["AppSpecification"]:
        raise Unsupported(
            "Images of this studio have no command of their own for processing: name one by "
            'AppSpecification.ContainerEntrypoint, as ["python3", "/opt/ml/processing/input/code/script.py"].'
        )
    return {
        **spec,
        **_files(spec),
        "ProcessingResources": {**spec["ProcessingResources"], "ClusterConfig": _cluster(spec)},
        "StoppingCondition": {"MaxRuntimeInSeconds": MAX_RUNTIME, **spec.get("StoppingCondition", {})},
        "_user": call.caller.user,
    }
