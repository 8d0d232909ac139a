"""A definition that is right, broken at every place in turn: what can't be is refused with the step's or the parameter's name, and
what is let through never lets the execution's controller stumble."""

import asyncio
import copy
import json
import random

import pytest
from killing import ACCOUNT, Counter, World

from studiolo.base.errors import ApiError, ValidationError
from studiolo.services.request import Call, Caller
from studiolo.services.sagemaker.pipelines import names
from studiolo.services.sagemaker.pipelines.controller import PipelineExecutionController
from studiolo.services.sagemaker.pipelines.definition import parse
from studiolo.services.sagemaker.service import SageMakerService


def get(path):
    return {"Get": path}


PREPARE = {
    "ProcessingResources": {"ClusterConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 30}},
    "AppSpecification": {"ImageUri": "x", "ContainerArguments": ["--alpha", get("Parameters.Alpha")]},
    "RoleArn": f"arn:aws:iam::{ACCOUNT}:role/r",
    "ProcessingInputs": [
        {
            "InputName": "in",
            "S3Input": {
                "S3Uri": {"Std:Join": {"On": "/", "Values": ["s3://bucket", get("Execution.PipelineExecutionId")]}},
                "S3DataType": "S3Prefix",
            },
        }
    ],
}
TRAIN = {
    "AlgorithmSpecification": {"TrainingImage": "x", "TrainingInputMode": "File"},
    "HyperParameters": {"of": get("Steps.Prepare.ProcessingJobName"), "item": get("ForEach.CurrentItem")},
}
WHOLE = {
    "Version": "2020-12-01",
    "Parameters": [
        {"Name": "Alpha", "Type": "Float", "DefaultValue": 0.1},
        {"Name": "Kind", "Type": "String", "DefaultValue": "a", "EnumValues": ["a", "b"]},
    ],
    "Steps": [
        {
            "Name": "Prepare",
            "Type": "Processing",
            "Arguments": PREPARE,
            "DisplayName": "Prepare the rows",
            "CacheConfig": {"Enabled": True, "ExpireAfter": "P30D"},
            "RetryPolicies": [{"ExceptionType": ["Step.SERVICE_FAULT"], "IntervalSeconds": 1, "MaxAttempts": 3}],
            "PropertyFiles": [{"PropertyFileName": "Report", "OutputName": "out", "FilePath": "report.json"}],
        },
        {
            "Name": "Ask",
            "Type": "Callback",
            "SqsQueueUrl": "https://queue",
            "Arguments": {"kind": get("Parameters.Kind")},
            "OutputParameters": [{"OutputName": "said", "OutputType": "String"}],
        },
        {
            "Name": "Each",
            "Type": "ForEach",
            "Arguments": {
                "IterableItems": ["a", "b"],
                "MaxConcurrency": 2,
                "Selector": {"Pick": "MaxBy", "Field": get("IterationOutput.Train.FinalMetricDataList['auc'].Value")},
                "ForEachBody": [{"Name": "Train", "Type": "Training", "Arguments": TRAIN}],
            },
        },
        {
            "Name": "Good",
            "Type": "Condition",
            "DependsOn": ["Ask"],
            "Arguments": {
                "Conditions": [
                    {
                        "Type": "LessThan",
                        "LeftValue": {
                            "Std:JsonGet": {"PropertyFile": get("Steps.Prepare.PropertyFiles.Report"), "Path": "mse[0]"}
                        },
                        "RightValue": get("Parameters.Alpha"),
                    },
                    {"Type": "Or", "Conditions": [{"Type": "In", "QueryValue": 1, "Values": [1, 2]}]},
                    {"Type": "Not", "Expression": {"Type": "Equals", "LeftValue": 1, "RightValue": 2}},
                ],
                "IfSteps": [
                    {"Name": "Register", "Type": "RegisterModel", "Arguments": {"ModelPackageGroupName": "g"}},
                    {
                        "Name": "Ship",
                        "Type": "Deploy",
                        "Arguments": {
                            "EndpointName": "e",
                            "ModelPackageArn": get("Steps.Register.ModelPackageArn"),
                            "InstanceType": "ml.m5.large",
                        },
                    },
                ],
                "ElseSteps": [{"Name": "Bad", "Type": "Fail", "Arguments": {"ErrorMessage": get("Parameters.Alpha")}}],
            },
        },
    ],
}
GONE = object()
WRONG = (GONE, None, True, -1, 1.5, "x", [], [1], [[]], [{}], {}, get(1), get("Steps.No.X"), {"Std:Join": 3},
         {"Std:Join": {"On": 1, "Values": []}}, {"Std:JsonGet": {}}, {"Std:JsonGet": {"PropertyFile": 1, "Path": "x"}})  # fmt: skip


def places(value, path=()):
    if path:
        yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, one in inner:
        yield from places(one, (*path, name))


def broken(path, wrong):
    document = copy.deepcopy(WHOLE)
    *above, last = path
    at = document
    for name in above:
        at = at[name]
    if wrong is GONE:
        del at[last]
    else:
        at[last] = wrong
    return json.dumps(document)


def test_the_whole_is_right():
    assert len(parse(json.dumps(WHOLE)).steps) == 7


def test_broken_at_any_place_it_is_taken_or_refused_with_that_place():
    refused = 0
    for path in places(WHOLE):
        for wrong in WRONG:
            try:
                parse(broken(path, wrong))
            except ValidationError as error:
                refused += 1
                if path[0] in ("Steps", "Parameters") and len(path) > 1:
                    assert "'" in error.message or f"{path[0]}[{path[1]}]" in error.message, (
                        path,
                        wrong,
                        error.message,
                    )
    assert refused > 1000


@pytest.mark.parametrize(
    ("path", "wrong", "says"),
    [
        (("Parameters", 0, "Type"), [], r"Parameters\[0\] \('Alpha'\): each parameter needs a Name and a Type"),
        (("Parameters", 1, "EnumValues"), 5, "EnumValues of the parameter 'Kind' must be a list"),
        (("Steps", 1, "Type"), GONE, r"Steps\[1\] \('Ask'\): each step needs"),
        (("Steps", 3, "Arguments", "IfSteps", 1, "Name"), 5, r"IfSteps of the step 'Good'\[1\] \(5\): each step"),
        (("Steps", 0, "CacheConfig", "ExpireAfter"), "soon", "'Prepare': ExpireAfter of its CacheConfig: 'soon' is no"),
        (
            ("Steps", 0, "RetryPolicies", 0, "MaxAttempts"),
            "many",
            r"MaxAttempts of RetryPolicies\[0\] must be a number",
        ),
        (("Steps", 0, "PropertyFiles", 0), "x", r"'Prepare': PropertyFiles\[0\] needs a PropertyFileName"),
        (("Steps", 3, "DependsOn"), [[]], "'Good': its DependsOn must be a list of names"),
        (("Steps", 0, "Arguments", "RoleArn"), {"Std:Join": {"On": "/"}}, "'Prepare': Std:Join needs Values"),
        (("Steps", 0, "Arguments"), get("Parameters.Kind"), "'Prepare': its Arguments must be the members"),
        (("Steps", 0, "Description"), {}, "'Prepare': its Description must be text"),
    ],
)
def test_what_is_wrong_is_said(path, wrong, says):
    with pytest.raises(ValidationError, match=says):
        parse(broken(path, wrong))


async def ask(service, operation, **params):
    call = Call(Caller("ann", ACCOUNT, "admin"), "sagemaker", operation, params, "id")
    return await service.handler(operation)(call)


async def executed(home, text):
    """As far as it goes without a job's end."""
    platform = World(home).platform(Counter(None))
    service = SageMakerService(platform)
    await ask(service, "CreatePipeline", PipelineName="p", PipelineDefinition=text, ClientRequestToken="t")
    arn = (await ask(service, "StartPipelineExecution", PipelineName="p", ClientRequestToken="t"))[
        "PipelineExecutionArn"
    ]
    controller = PipelineExecutionController(platform, service.handler)
    for _ in range(2):
        await controller.reconcile(names.execution_key(ACCOUNT, arn))
    return await ask(service, "ListPipelineExecutionSteps", PipelineExecutionArn=arn)


def test_what_was_taken_makes_no_controller_stumble(tmp_path_factory):
    """A step may fail of it, with a reason; the look at the execution does not."""
    whole = [(path, wrong) for path in places(WHOLE) for wrong in WRONG]
    for path, wrong in random.Random(7).sample(whole, 150):
        try:
            listed = asyncio.run(executed(tmp_path_factory.mktemp("broken"), broken(path, wrong)))
        except ApiError:
            continue
        for one in listed["PipelineExecutionSteps"]:
            assert one["StepStatus"] != "Failed" or one["FailureReason"], (path, wrong)
