"""A Deploy step beside an endpoint that lives its own life: whatever is killed between, it is told once of each change."""

import asyncio

import pytest

from studiolo.base.errors import ValidationError
from studiolo.base.record import Key, Record
from studiolo.services.sagemaker.pipelines.deploying import CannotDeploy, Deploying
from studiolo.services.sagemaker.pipelines.forms import deploy as wrong

GIVEN = {"EndpointName": "e", "ModelPackageArn": "arn:v", "Approval": "Wait", "InstanceType": "ml.m5.large"}


class Service:
    """An endpoint, and what was asked."""

    def __init__(self, approval="Approved"):
        self.approval, self.endpoint, self.made, self.asked = approval, None, set(), []

    async def ask(self, record, operation, params):
        self.asked.append(operation)
        if operation == "DescribeModelPackage":
            return {"ModelApprovalStatus": self.approval}
        if operation == "DescribeEndpoint":
            if self.endpoint is None:
                raise ValidationError("none")
            return self.endpoint
        if operation.startswith("Describe"):
            if (operation[8:], params[f"{operation[8:]}Name"]) not in self.made:
                raise ValidationError("none")
            return {}
        if operation == "CreateEndpoint":
            self.endpoint = {"EndpointStatus": "Creating", "EndpointConfigName": params["EndpointConfigName"]}
        elif operation == "UpdateEndpoint":
            pending = {"EndpointConfigName": params["EndpointConfigName"]}
            self.endpoint = {**self.endpoint, "EndpointStatus": "Updating", "PendingDeploymentSummary": pending}
        else:
            self.made.add((operation[6:], params[f"{operation[6:]}Name"]))
        return {}

    def settle(self, taken=True):
        new = self.endpoint.pop("PendingDeploymentSummary", None)
        self.endpoint["EndpointStatus"] = "InService"
        if new and taken:
            self.endpoint |= new
        elif new:
            self.endpoint["FailureReason"] = "The alarm a rang."

    def count(self, word):
        return sum(one == word for one in self.asked)


def look(service, state, tries="0.1"):
    record = Record(Key("1" * 12, "PipelineExecution", "0" * 12), {"RoleArn": "r"}, {}, 1, 0.0, 0.0)
    return asyncio.run(Deploying(service, record).look(state, "Ship", tries))


def test_a_version_is_waited_for_and_then_served():
    service = Service("PendingManualApproval")
    state, serves = look(service, {"Arguments": GIVEN})
    assert not serves
    assert service.made == set()
    service.approval = "Approved"
    state, serves = look(service, state)
    assert not serves
    state, serves = look(service, state)
    assert not serves
    service.settle()
    state, serves = look(service, state)
    assert serves
    assert state["Made"] == "e"
    assert {thing for thing, _ in service.made} == {"Model", "EndpointConfig"}
    assert service.count("CreateEndpoint") == 1


def test_what_was_told_before_a_crash_is_not_told_again():
    service = Service()
    for _ in range(3):
        look(service, {"Arguments": GIVEN})
    assert (service.count("CreateModel"), service.count("CreateEndpoint")) == (1, 1)
    service.settle()
    assert look(service, {"Arguments": GIVEN})[1]
    for _ in range(3):
        look(service, {"Arguments": GIVEN}, "0.2")
    assert service.count("UpdateEndpoint") == 1
    service.settle()
    assert look(service, {"Arguments": GIVEN}, "0.2")[1]


def test_a_rejected_version_and_a_rollback_fail_the_step():
    with pytest.raises(CannotDeploy, match="Rejected"):
        look(Service("Rejected"), {"Arguments": GIVEN})
    with pytest.raises(CannotDeploy, match="PendingManualApproval"):
        look(Service("PendingManualApproval"), {"Arguments": {**GIVEN, "Approval": "Required"}})
    service = Service()
    service.endpoint = {"EndpointStatus": "Updating", "EndpointConfigName": "old"}
    state, _ = look(service, {"Arguments": GIVEN})
    assert service.count("UpdateEndpoint") == 0
    service.settle()
    state, _ = look(service, state)
    service.settle(taken=False)
    with pytest.raises(CannotDeploy, match=r"rolled back: The alarm a rang\."):
        look(service, state)
    assert service.count("UpdateEndpoint") == 1


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"Size": 1}, "Unknown Argument member 'Size'"),
        ({"EndpointName": None}, "needs an EndpointName"),
        ({"ModelName": "m"}, "either a ModelName or a ModelPackageArn"),
        ({"ServerlessConfig": {}}, "either an InstanceType or a ServerlessConfig"),
        ({"Approval": "Maybe"}, "one of Required, Wait"),
        ({"ModelPackageArn": None, "ModelName": "m"}, "only registered versions"),
    ],
)
def test_arguments_that_cant_be_are_named(change, says):
    given = {name: value for name, value in {**GIVEN, **change}.items() if value is not None}
    assert says in str(wrong(given))
    assert wrong(GIVEN) is None
