import pytest

from studiolo.base.errors import ApiError
from studiolo.services.functions import names

PROJECT = "123456789012"
ARN = f"arn:aws:lambda:us-east-1:{PROJECT}:function:f"


@pytest.mark.parametrize(
    "given",
    ["f", "f:$LATEST", f"{PROJECT}:function:f", "function:f", ARN, f"{ARN}:$LATEST"],
)
def test_a_function_is_named_in_many_ways(given):
    assert names.function_key(PROJECT, given).name == "f"


@pytest.mark.parametrize("given", ["f:1", "f:live", "arn:aws:lambda:us-east-1:999999999999:function:f"])
def test_versions_and_other_accounts_are_not_there(given):
    with pytest.raises(ApiError) as refused:
        names.function_key(PROJECT, given)
    assert refused.value.code == "ResourceNotFoundException"
