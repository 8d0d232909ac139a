"""What a CreateTrainingJob request must hold beyond what AWS's model says, and the defaults AWS fills in."""

from typing import Any

from studiolo.base.errors import Unsupported, ValidationError
from studiolo.base.instances import instance, known_types
from studiolo.services import s3uri
from studiolo.services.platform import Platform
from studiolo.services.request import Call
from studiolo.services.sagemaker.kinds.training_job import registering

MAX_RUNTIME = 86_400
LIMIT_RUNTIME = 28 * 86_400
LIMIT_HOSTS = 20
NOT_YET = {
    "ServerlessJobConfig": "Serverless training jobs",
    "DebugRuleConfigurations": "Debugger rules",
    "ProfilerRuleConfigurations": "Profiler rules",
}


def hosts_of(spec: Any) -> list[tuple[str, str, str]]:
    """(host, instance type, group) of every host, "algo-1" first."""
    resources = spec["ResourceConfig"]
    groups: list[dict[str, Any]] = resources.get("InstanceGroups") or [
        {
            "InstanceGroupName": "homogeneousCluster",
            "InstanceType": resources["InstanceType"],
            "InstanceCount": resources["InstanceCount"],
        }
    ]
    types = [(one["InstanceType"], one["InstanceGroupName"]) for one in groups for _ in range(one["InstanceCount"])]
    return [(f"algo-{number}", type, group) for number, (type, group) in enumerate(types, 1)]


def _algorithm(spec: dict[str, Any]) -> None:
    algorithm = spec.get("AlgorithmSpecification")
    if algorithm is None:
        raise ValidationError("AlgorithmSpecification is required: name a TrainingImage.")
    if "AlgorithmName" in algorithm:
        raise Unsupported("Algorithm resources (AlgorithmName) are not supported; name a TrainingImage.")
    if "TrainingImage" not in algorithm:
        raise ValidationError("AlgorithmSpecification must name a TrainingImage.")
    if algorithm.get("TrainingInputMode") == "Pipe":
        raise Unsupported("TrainingInputMode Pipe is not supported by this version of studiolo: use File.")


def _resources(spec: dict[str, Any]) -> None:
    resources = spec.get("ResourceConfig")
    if resources is None:
        raise ValidationError("ResourceConfig is required.")
    groups = resources.get("InstanceGroups")
    if groups and ("InstanceType" in resources or "InstanceCount" in resources):
        raise ValidationError("Specify either InstanceGroups or InstanceType with InstanceCount, and not both.")
    if not groups and ("InstanceType" not in resources or "InstanceCount" not in resources):
        raise ValidationError("ResourceConfig needs an InstanceType and an InstanceCount.")
    hosts = hosts_of(spec)
    for _, type, _ in hosts:
        if instance(type) is None:
            raise ValidationError(f"{type} is no instance type of this studio: {known_types()}.")
    if not 1 <= len(hosts) <= LIMIT_HOSTS:
        raise ValidationError(f"A training job runs on 1 to {LIMIT_HOSTS} instances.")


def _stopping(spec: dict[str, Any]) -> dict[str, Any]:
    stopping = spec.get("StoppingCondition")
    if stopping is None:
        raise ValidationError("StoppingCondition is required.")
    stopping = {"MaxRuntimeInSeconds": MAX_RUNTIME, **stopping}
    if stopping["MaxRuntimeInSeconds"] > LIMIT_RUNTIME:
        raise ValidationError(f"MaxRuntimeInSeconds must be at most {LIMIT_RUNTIME}.")
    wait = stopping.get("MaxWaitTimeInSeconds")
    if spec.get("EnableManagedSpotTraining"):
        if wait is None or wait < stopping["MaxRuntimeInSeconds"]:
            raise ValidationError(
                "MaxWaitTimeInSeconds must be present and at least MaxRuntimeInSeconds for spot training."
            )
    elif wait is not None:
        raise ValidationError("MaxWaitTimeInSeconds is for spot training only: set EnableManagedSpotTraining.")
    return stopping


def _channels(spec: dict[str, Any]) -> None:
    names: set[str] = set()
    for channel in spec.get("InputDataConfig", ()):
        name = channel["ChannelName"]
        if name in names:
            raise ValidationError(f"The channel name {name} is given more than once.")
        names.add(name)
        source = channel["DataSource"]
        if "S3DataSource" not in source:
            raise Unsupported(f"The channel {name}: only S3DataSource is supported by this version of studiolo.")
        if channel.get("InputMode") == "Pipe":
            raise Unsupported(f"The channel {name}: InputMode Pipe is not supported; use File.")
        if channel.get("RecordWrapperType", "None") != "None":
            raise Unsupported(
                f"The channel {name}: RecordWrapperType RecordIO is for Pipe mode, which is not supported."
            )
        if channel.get("ShuffleConfig"):
            raise Unsupported(f"The channel {name}: ShuffleConfig is for Pipe mode, which is not supported.")
        if source["S3DataSource"]["S3DataType"] == "Converse":
            raise Unsupported(f"The channel {name}: S3DataType Converse is not supported.")
        s3uri.parse(source["S3DataSource"]["S3Uri"])


def prepare(platform: Platform, call: Call, spec: dict[str, Any]) -> dict[str, Any]:
    for member, what in NOT_YET.items():
        if spec.get(member):
            raise Unsupported(f"{what} are not supported by this version of studiolo ({member}).")
    _algorithm(spec)
    _resources(spec)
    _channels(spec)
    s3uri.parse(spec["OutputDataConfig"]["S3OutputPath"])
    if "CheckpointConfig" in spec:
        s3uri.parse(spec["CheckpointConfig"]["S3Uri"])
    if "ModelPackageConfig" in spec:
        registering.check(platform, call.caller.project, spec["ModelPackageConfig"])
    return {
        **spec,
        "StoppingCondition": _stopping(spec),
        "EnableNetworkIsolation": spec.get("EnableNetworkIsolation", False),
        "EnableManagedSpotTraining": spec.get("EnableManagedSpotTraining", False),
        "EnableInterContainerTrafficEncryption": spec.get("EnableInterContainerTrafficEncryption", False),
        "_user": call.caller.user,
    }
