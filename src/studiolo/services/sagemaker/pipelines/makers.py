"""What each type of step makes, by the operations that clients use too, and how it is seen that it has ended."""

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from studiolo.base.errors import ApiError
from studiolo.base.record import Record
from studiolo.services.sagemaker.asking import Asker, Handlers
from studiolo.services.sagemaker.pipelines import names
from studiolo.services.sagemaker.pipelines.definition import Step
from studiolo.services.sagemaker.pipelines.deploying import Deploying


@dataclass(frozen=True, slots=True)
class Maker:
    """
    thing:   AWS's word in the operations: CreateTrainingJob, DescribeTrainingJob.
    shown:   the member of a step's Metadata.
    named:   whether its name is ours to give; else it is in the arguments, or the service gives it.
    states:  member of Describe -> status of the step; None where it is there as soon as it is made.
    """

    thing: str
    shown: str
    named: bool = True
    state: str | None = None
    stops: bool = False

    @property
    def name_member(self) -> str:
        return f"{self.thing}Name"


MAKERS: Mapping[str, Maker] = {
    "Training": Maker("TrainingJob", "TrainingJob", state="TrainingJobStatus", stops=True),
    "Processing": Maker("ProcessingJob", "ProcessingJob", state="ProcessingJobStatus", stops=True),
    "Transform": Maker("TransformJob", "TransformJob", state="TransformJobStatus", stops=True),
    "Tuning": Maker("HyperParameterTuningJob", "TuningJob", state="HyperParameterTuningJobStatus", stops=True),
    "Model": Maker("Model", "Model"),
    "RegisterModel": Maker("ModelPackage", "RegisterModel", named=False),
    "EndpointConfig": Maker("EndpointConfig", "EndpointConfig"),
    "Endpoint": Maker("Endpoint", "Endpoint", named=False, state="EndpointStatus"),
    "Deploy": Maker("Endpoint", "Endpoint", named=False, state="EndpointStatus"),
}
TOP = 50
"""Trials of a tuning job that a pipeline can name; the SDK's get_top_model_s3_uri reads them."""
ENDS: Mapping[str, str] = {
    "Completed": "Succeeded",
    "InService": "Succeeded",
    "Failed": "Failed",
    "Stopped": "Stopped",
    "UpdateRollbackFailed": "Failed",
    "OutOfService": "Failed",
}


class Refused(Exception):
    """The step fails; the message is its FailureReason. code: AWS's."""

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message)
        self.code = code


class Things:
    """Makes and looks at what steps make, for the person who started the execution."""

    def __init__(self, handlers: Handlers) -> None:
        self._asker = Asker(handlers)
        self._ask = self._asker.ask

    def deploying(self, record: Record) -> Deploying:
        return Deploying(self._asker, record)

    async def describe(self, record: Record, maker: Maker, name: str) -> Mapping[str, Any] | None:
        """None where it is gone."""
        try:
            return await self._ask(record, f"Describe{maker.thing}", {maker.name_member: name})
        except ApiError:
            return None

    async def properties(self, record: Record, maker: Maker, name: str) -> Mapping[str, Any] | None:
        """What other steps may read of it: what Describe tells, and of a tuning job the trials as well, the best first."""
        found = await self.describe(record, maker, name)
        if found is None or maker.thing != "HyperParameterTuningJob":
            return found
        asked = {maker.name_member: name, "MaxResults": TOP, "SortBy": "FinalObjectiveMetricValue"}
        objective = found.get("BestTrainingJob", {}).get("FinalHyperParameterTuningJobObjectiveMetric", {})
        asked["SortOrder"] = "Descending" if objective.get("Type") == "Maximize" else "Ascending"
        try:
            listed = await self._ask(record, "ListTrainingJobsForHyperParameterTuningJob", asked)
        except ApiError:
            # Deleted meanwhile.
            return None
        return {**found, "TrainingJobSummaries": listed["TrainingJobSummaries"]}

    async def make(self, record: Record, step: Step, arguments: Mapping[str, Any], tries: str) -> str:
        """The name under which it can be described. Raises Refused."""
        maker = MAKERS[step.type]
        try:
            if step.type == "RegisterModel":
                return await self._register(record, step, arguments, tries)
            if step.type == "Endpoint":
                return await self._deploy(record, arguments)
            # A tuning job's name is at most 32 characters long: its trials' names begin with it.
            make = names.short_child if step.type == "Tuning" else names.child
            name = make(record.key.name, step.name, tries)
            if step.type == "EndpointConfig" and arguments.get(maker.name_member):
                name = str(arguments[maker.name_member])
            return await self._create(record, maker, {**arguments, maker.name_member: name}, name)
        except ApiError as error:
            why = f"ClientError: Failed to invoke sagemaker:Create{maker.thing}. Error Details: {error.message}"
            raise Refused(why, error.code) from None

    async def _create(self, record: Record, maker: Maker, params: Mapping[str, Any], name: str) -> str:
        try:
            await self._ask(record, f"Create{maker.thing}", params)
        except ApiError:
            # Made before a crash, and not noted: only then is a thing of that very name there since this execution began.
            there = await self.describe(record, maker, name)
            if there is None or float(there["CreationTime"]) < record.created:
                raise
        return name

    async def _register(self, record: Record, step: Step, arguments: Mapping[str, Any], tries: str) -> str:
        group = arguments.get("ModelPackageGroupName")
        if group and not str(group).startswith("arn:"):
            # AWS makes the group where there is none.
            with contextlib.suppress(ApiError):
                await self._ask(record, "CreateModelPackageGroup", {"ModelPackageGroupName": group})
        token = f"{record.key.name}-{names.token(record.key.name, step.name, tries)}"
        answer = await self._ask(record, "CreateModelPackage", {**arguments, "ClientToken": token})
        return str(answer["ModelPackageArn"])

    async def _deploy(self, record: Record, arguments: Mapping[str, Any]) -> str:
        """A new endpoint, or a new configuration for the one there is."""
        name = str(arguments.get("EndpointName", ""))
        there = await self.describe(record, MAKERS["Endpoint"], name)
        if there is None:
            await self._ask(record, "CreateEndpoint", arguments)
        elif there["EndpointConfigName"] != arguments.get("EndpointConfigName"):
            wanted = {one: value for one, value in arguments.items() if one != "Tags"}
            await self._ask(record, "UpdateEndpoint", wanted)
        return name

    async def stop(self, record: Record, maker: Maker, name: str) -> None:
        if maker.stops:
            with contextlib.suppress(ApiError):
                await self._ask(record, f"Stop{maker.thing}", {maker.name_member: name})
