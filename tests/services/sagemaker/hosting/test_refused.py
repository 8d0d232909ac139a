"""What an endpoint's configuration or deployment can't be: AWS's code and a sentence that says what to do."""

import pytest
from studio_in_memory import Studio

from studiolo.base.errors import ApiError

ROLE = "arn:aws:iam::123456789012:role/r"


@pytest.fixture
def studio(tmp_path):
    it = Studio(tmp_path)
    it.put("Model", "m", {"PrimaryContainer": {"Image": "sagemaker-scikit-learn:1.2-1"}})
    return it


def variant(**more):
    given = {"VariantName": "A", "ModelName": "m", "InstanceType": "ml.m5.large", "InitialInstanceCount": 1, **more}
    return {name: value for name, value in given.items() if value is not None}


def refusal(call, *args, **more):
    with pytest.raises(ApiError) as refused:
        call(*args, **more)
    assert refused.value.code == "ValidationException"
    return refused.value.message


def config(studio, *variants, **more):
    return studio.ask("CreateEndpointConfig", EndpointConfigName="c", ProductionVariants=list(variants), **more)


def test_managed_instance_scaling_is_for_inference_components(studio):
    scaling = {"Status": "ENABLED", "MinInstanceCount": 1, "MaxInstanceCount": 2}
    said = refusal(config, studio, variant(ManagedInstanceScaling=scaling))
    assert said.startswith("ManagedInstanceScaling is only supported for inference component endpoints.")
    assert "RegisterScalableTarget" in said
    config(studio, variant(ModelName=None, ManagedInstanceScaling=scaling), ExecutionRoleArn=ROLE)


def test_managed_instance_scaling_that_is_off_changes_nothing(studio):
    config(studio, variant(ManagedInstanceScaling={"Status": "DISABLED"}))


def test_a_batch_on_the_way_back_is_no_more_than_everything(studio):
    config(studio, variant())
    policy = {
        "MaximumBatchSize": {"Type": "CAPACITY_PERCENT", "Value": 50},
        "WaitIntervalInSeconds": 0,
        "RollbackMaximumBatchSize": {"Type": "CAPACITY_PERCENT", "Value": 101},
    }
    deployment = {"RollingUpdatePolicy": policy}
    said = refusal(studio.ask, "CreateEndpoint", EndpointName="e", EndpointConfigName="c", DeploymentConfig=deployment)
    assert "RollbackMaximumBatchSize may be at most 100 percent" in said


def test_an_alarm_that_is_not_there_could_never_bring_anything_back(studio):
    config(studio, variant())
    watched = {"AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "typo"}]}}
    asked = {"EndpointName": "e", "EndpointConfigName": "c", "DeploymentConfig": watched}
    assert 'Could not find the alarm "typo"' in refusal(studio.ask, "CreateEndpoint", **asked)
    studio.put("CloudWatchAlarm", "typo", {}, {"StateValue": "OK"})
    studio.ask("CreateEndpoint", **asked)


def test_more_instances_than_there_may_be(studio):
    config(studio, variant(InitialInstanceCount=101))
    with pytest.raises(ApiError, match="at most 100 instances") as refused:
        studio.ask("CreateEndpoint", EndpointName="e", EndpointConfigName="c")
    assert refused.value.code == "ResourceLimitExceeded"
