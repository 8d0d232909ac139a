import pytest

from studiolo.base.errors import ApiError
from studiolo.wire import model, validate


def message(operation, params):
    with pytest.raises(ApiError) as refused:
        validate.check(model.operation("sagemaker", operation).input_shape, params)
    assert refused.value.code == "ValidationException" and refused.value.status == 400
    return refused.value.message


def test_a_pattern_is_told_as_aws_tells_it():
    assert message("DescribeModel", {"ModelName": "no_such!"}).startswith(
        "1 validation error detected: Value 'no_such!' at 'modelName' failed to satisfy constraint: "
        "Member must satisfy regular expression pattern: "
    )


def test_all_faults_at_once_and_deep_paths():
    text = message(
        "CreateEndpointConfig",
        {
            "EndpointConfigName": "c",
            "ProductionVariants": [{"VariantName": "a", "InstanceType": "ml.nothing", "InitialInstanceCount": 0}],
        },
    )
    assert text.startswith("2 validation errors detected: ")
    assert (
        "at 'productionVariants.1.member.instanceType' failed to satisfy constraint: Member must satisfy enum value set: ["
        in text
    )
    assert (
        "at 'productionVariants.1.member.initialInstanceCount' failed to satisfy constraint: Member must have value greater than or equal to 1"
        in text
    )


def test_missing_and_long():
    assert "Value null at 'modelName' failed to satisfy constraint: Member must not be null" in message(
        "CreateModel", {}
    )
    assert "Member must have length less than or equal to 63" in message("DescribeModel", {"ModelName": "a" * 64})


def test_java_classes():
    shape = model.operation("sagemaker-runtime", "InvokeEndpoint").input_shape
    validate.check(shape, {"EndpointName": "e", "Body": b"", "ContentType": "text/csv; charset=utf-8"})
    with pytest.raises(ApiError):
        validate.check(shape, {"EndpointName": "e", "Body": b"", "ContentType": "text/ü"})
