"""The capacity of an endpoint's variant: read, and set, by the public operations of the `sagemaker` service.

The one place at which scaling touches endpoints, so whatever they check or refuse holds here too.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from studiolo.base.errors import ApiError
from studiolo.services.application_autoscaling.names import COPIES, COUNT, Target
from studiolo.services.platform import Platform
from studiolo.services.request import Answer, Call, Caller
from studiolo.services.sagemaker.service import SageMakerService

USER = "application-autoscaling"


@dataclass(frozen=True, slots=True)
class Seen:
    """settled: capacity may be changed now."""

    desired: int
    settled: bool


class Capacity:
    def __init__(self, platform: Platform) -> None:
        self._sagemaker = SageMakerService(platform)

    async def _call(self, project: str, operation: str, params: Mapping[str, Any]) -> Mapping[str, Any]:
        handler = self._sagemaker.handler(operation)
        assert handler is not None
        answer = await handler(Call(Caller(USER, project, "admin"), "sagemaker", operation, params, ""))
        return answer.document if isinstance(answer, Answer) else answer or {}

    async def read(self, project: str, target: Target) -> Seen | None:
        """None where there is no such endpoint or variant, or it has no capacity of that dimension."""
        if target.dimension == COPIES:
            return await self._copies(project, target)
        try:
            endpoint = await self._call(project, "DescribeEndpoint", {"EndpointName": target.endpoint})
        except ApiError:
            return None
        for variant in endpoint.get("ProductionVariants", ()):
            if variant["VariantName"] == target.variant:
                serverless = variant.get("DesiredServerlessConfig")
                if (serverless is None) != (target.dimension == COUNT):
                    return None
                desired = (
                    variant["DesiredInstanceCount"]
                    if serverless is None
                    else serverless.get("ProvisionedConcurrency", 0)
                )
                return Seen(int(desired), endpoint["EndpointStatus"] == "InService")
        return None

    async def _copies(self, project: str, target: Target) -> Seen | None:
        try:
            component = await self._call(
                project, "DescribeInferenceComponent", {"InferenceComponentName": target.endpoint}
            )
        except ApiError:
            return None
        settled = component["InferenceComponentStatus"] == "InService"
        return Seen(int(component["RuntimeConfig"]["DesiredCopyCount"]), settled)

    async def set(self, project: str, target: Target, capacity: int) -> None:
        """Raises ApiError."""
        if target.dimension == COPIES:
            asked = {"InferenceComponentName": target.endpoint, "DesiredRuntimeConfig": {"CopyCount": capacity}}
            await self._call(project, "UpdateInferenceComponentRuntimeConfig", asked)
            return
        wish: dict[str, Any] = {"VariantName": target.variant}
        if target.dimension == COUNT:
            wish["DesiredInstanceCount"] = capacity
        else:
            wish["ServerlessUpdateConfig"] = {"ProvisionedConcurrency": capacity}
        params = {"EndpointName": target.endpoint, "DesiredWeightsAndCapacities": [wish]}
        await self._call(project, "UpdateEndpointWeightsAndCapacities", params)
