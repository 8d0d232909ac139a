"""What the arguments of steps that make no job must look like. Pure; each answers with a sentence of what is wrong, or None."""

from collections.abc import Mapping
from typing import Any

MEMBERS = (
    "EndpointName", "ModelName", "ModelPackageArn", "Approval", "InstanceType", "InitialInstanceCount", "ServerlessConfig",
    "DeploymentConfig", "Tags", "RetainAllVariantProperties", "DataCaptureConfig", "ExecutionRoleArn",
)  # fmt: skip
APPROVALS = ("Required", "Wait")


def deploy(arguments: Mapping[str, Any]) -> str | None:
    """What of the arguments, as the definition writes them, can't be; a sentence."""
    for member in arguments:
        if member not in MEMBERS:
            return f"Unknown Argument member {member!r} of a Deploy step; there are {', '.join(MEMBERS)}."
    if "EndpointName" not in arguments:
        return "A Deploy step needs an EndpointName."
    if ("ModelName" in arguments) == ("ModelPackageArn" in arguments):
        return "A Deploy step needs either a ModelName or a ModelPackageArn."
    if ("InstanceType" in arguments) == ("ServerlessConfig" in arguments):
        return "A Deploy step needs either an InstanceType or a ServerlessConfig."
    if arguments.get("Approval", "Wait") not in APPROVALS:
        return f"Approval of a Deploy step must be one of {', '.join(APPROVALS)}."
    if "Approval" in arguments and "ModelPackageArn" not in arguments:
        return "Approval of a Deploy step goes with a ModelPackageArn: only registered versions are approved."
    return None
