"""A Deploy step, ours alone: what is missing of a model, a configuration and an endpoint is made, or the endpoint there is gets
the new configuration. Looked at again and again until the endpoint serves it; every look may be the first after a crash."""

from collections.abc import Mapping
from typing import Any

from studiolo.base.errors import ApiError
from studiolo.base.record import Record
from studiolo.services.sagemaker.asking import Asker
from studiolo.services.sagemaker.pipelines import names

VARIANT = "AllTraffic"
State = dict[str, Any]


class CannotDeploy(Exception):
    """The step fails; the message is its FailureReason. code: AWS's, where an operation refused."""

    def __init__(self, message: str, code: str = "") -> None:
        super().__init__(message)
        self.code = code


class Deploying:
    def __init__(self, asker: Asker, record: Record) -> None:
        self._asker = asker
        self._record = record

    async def _ask(self, operation: str, params: Mapping[str, Any]) -> Mapping[str, Any]:
        try:
            return await self._asker.ask(self._record, operation, params)
        except ApiError as error:
            why = f"ClientError: Failed to invoke sagemaker:{operation}. Error Details: {error.message}"
            raise CannotDeploy(why, error.code) from None

    async def _there(self, thing: str, name: str) -> Mapping[str, Any] | None:
        try:
            return await self._asker.ask(self._record, f"Describe{thing}", {f"{thing}Name": name})
        except ApiError:
            return None

    async def look(self, state: State, step: str, tries: str) -> tuple[State, bool]:
        """The state after this look, and whether the endpoint serves what it should. Raises CannotDeploy."""
        given: Mapping[str, Any] = state["Arguments"]
        if not await self._approved(given):
            return state, False
        endpoint, config = str(given["EndpointName"]), names.child(self._record.key.name, step, tries)
        if "Made" not in state:
            await self._prepare(given, config)
            state = {**state, "Made": endpoint}
        there = await self._there("Endpoint", endpoint)
        if there is None:
            if state.get("Asked"):
                raise CannotDeploy(f"ClientError: The Endpoint {endpoint} was deleted.")
            kept = {one: given[one] for one in ("DeploymentConfig", "Tags") if one in given}
            await self._ask("CreateEndpoint", {"EndpointName": endpoint, "EndpointConfigName": config, **kept})
            return {**state, "Asked": True}, False
        word, serves = there["EndpointStatus"], there["EndpointConfigName"] == config
        pending = (there.get("PendingDeploymentSummary") or {}).get("EndpointConfigName")
        if pending == config or (serves and word == "Creating"):
            return {**state, "Asked": True}, False
        if word == "InService" and serves:
            return state, True
        if word == "Failed" and (serves or state.get("Asked")):
            raise CannotDeploy(str(there.get("FailureReason", f"The Endpoint {endpoint} failed.")))
        if word not in ("InService", "Failed"):
            # Somebody else's change is under way: ours comes after it.
            return state, False
        if state.get("Asked"):
            why = there.get("FailureReason") or "another configuration was deployed meanwhile"
            raise CannotDeploy(f"The deployment to the Endpoint {endpoint} was rolled back: {why}")
        kept = {one: given[one] for one in ("DeploymentConfig", "RetainAllVariantProperties") if one in given}
        await self._ask("UpdateEndpoint", {"EndpointName": endpoint, "EndpointConfigName": config, **kept})
        return {**state, "Asked": True}, False

    async def _approved(self, given: Mapping[str, Any]) -> bool:
        """False while it is waited for."""
        if "ModelPackageArn" not in given:
            return True
        arn = str(given["ModelPackageArn"])
        version = await self._ask("DescribeModelPackage", {"ModelPackageName": arn})
        word = version.get("ModelApprovalStatus", "PendingManualApproval")
        if word == "Approved":
            return True
        if given.get("Approval") != "Wait" or word == "Rejected":
            raise CannotDeploy(f"ClientError: The model package {arn} is not approved: it is {word}.")
        return False

    async def _prepare(self, given: Mapping[str, Any], name: str) -> None:
        """The model and the configuration, both of that name; made before, they are found."""
        model = given.get("ModelName")
        if model is None:
            model = name
            if await self._there("Model", name) is None:
                role = given.get("ExecutionRoleArn") or self._record.spec.get("RoleArn")
                container = {"ModelPackageName": given["ModelPackageArn"]}
                wanted = {"ModelName": name, "Containers": [container], "ExecutionRoleArn": role}
                await self._ask("CreateModel", {one: value for one, value in wanted.items() if value is not None})
        if await self._there("EndpointConfig", name) is not None:
            return
        variant: dict[str, Any] = {"VariantName": VARIANT, "ModelName": model, "InitialVariantWeight": 1.0}
        if "ServerlessConfig" in given:
            variant["ServerlessConfig"] = given["ServerlessConfig"]
        else:
            variant |= {
                "InstanceType": given["InstanceType"],
                "InitialInstanceCount": given.get("InitialInstanceCount", 1),
            }
        config: dict[str, Any] = {"EndpointConfigName": name, "ProductionVariants": [variant]}
        if "DataCaptureConfig" in given:
            config["DataCaptureConfig"] = given["DataCaptureConfig"]
        await self._ask("CreateEndpointConfig", config)
