"""A pipeline drawn by hand in a browser: steps added, connected, filled in and saved; one made in code comes back whole."""

import json
import subprocess

import jobs
import pytest
from test_browser import browser, page  # noqa: F401  fixtures
from test_pipelines import VENVS, create, script_step, start, wait

pytestmark = [pytest.mark.e2e, pytest.mark.browser]


def definition(studio, name):
    return json.loads(studio.client("sagemaker").describe_pipeline(PipelineName=name)["PipelineDefinition"])


def drag(page, source, target):  # noqa: F811
    page.keyboard.press("Escape")
    a, b = source.bounding_box(), target.bounding_box()
    page.mouse.move(a["x"] + a["width"] / 2, a["y"] + a["height"] / 2)
    page.mouse.down()
    page.mouse.move(b["x"] + b["width"] / 2, b["y"] + b["height"] / 2, steps=8)
    page.mouse.up()


def node(page, name):  # noqa: F811
    return page.locator(f'.react-flow__node[data-id="{name}"]')


def test_a_pipeline_is_drawn_saved_and_run(page, studio):  # noqa: F811
    name = jobs.name("drawn")
    page.goto(f"{studio.url}/pipelines/create")
    page.get_by_label("Name of the pipeline").fill(name)
    palette = page.get_by_role("group", name="Steps to add")
    for one in ("Condition", "Fail"):
        palette.get_by_role("button", name=one, exact=True).click()
    page.get_by_label("ErrorMessage").or_(page.get_by_label("Arguments as JSON")).first.wait_for()
    node(page, "Fail").wait_for()
    page.locator(".canvas").click(position={"x": 5, "y": 5})
    page.keyboard.press("f")
    page.wait_for_timeout(500)
    drag(page, node(page, "Condition").locator('[data-handleid="ElseSteps"]'), node(page, "Fail").locator(".target"))
    page.get_by_text("else", exact=True).wait_for()
    page.get_by_role("button", name="Undo").click()
    page.get_by_text("else", exact=True).wait_for(state="detached")
    page.get_by_role("button", name="Redo").click()
    page.get_by_text("else", exact=True).wait_for()
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_url(f"**/pipelines/{name}")
    made = definition(studio, name)
    assert [one["Name"] for one in made["Steps"]] == ["Condition"]
    assert made["Steps"][0]["Arguments"]["ElseSteps"][0]["Type"] == "Fail"
    assert wait(studio, start(studio, name))["PipelineExecutionStatus"] == "Succeeded"


def test_a_pipeline_made_in_code_loses_nothing_and_a_form_changes_one_value(page, studio):  # noqa: F811
    steps = [
        {**script_step(studio, "Prepare", "print(1)"), "Strange": {"kept": [1]}},
        script_step(studio, "Check", "print(2)", DependsOn=["Prepare"]),
    ]
    name = create(studio, steps)
    before = definition(studio, name)
    page.goto(f"{studio.url}/pipelines/{name}/edit")
    node(page, "Prepare").click()
    page.get_by_role("textbox", name="InstanceCount", exact=True).wait_for()
    page.get_by_role("textbox", name="VolumeSizeInGB", exact=True).fill("2")
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_url(f"**/pipelines/{name}")
    before["Steps"][0]["Arguments"]["ProcessingResources"]["ClusterConfig"]["VolumeSizeInGB"] = 2
    assert definition(studio, name) == before


def every_step(studio):
    """A step of each type, and whatever can stand for a value."""
    train = {
        "AlgorithmSpecification": {"TrainingImage": jobs.SKLEARN, "TrainingInputMode": "File"},
        "HyperParameters": {"depth": {"Get": "Parameters.Depth"}, "flag": "true"},
        "OutputDataConfig": {
            "S3OutputPath": {
                "Std:Join": {"On": "/", "Values": [f"s3://{studio.bucket}", {"Get": "Execution.PipelineExecutionId"}]}
            }
        },
        "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1},
        "StoppingCondition": {"MaxRuntimeInSeconds": 60},
        "RoleArn": studio.role,
    }
    prepare = script_step(studio, "Prepare", "print(1)")
    prepare["Arguments"]["ProcessingOutputConfig"] = {
        "Outputs": [
            {
                "OutputName": "report",
                "S3Output": {"S3Uri": f"s3://{studio.bucket}/r", "LocalPath": "/r", "S3UploadMode": "EndOfJob"},
            }
        ]
    }
    value = {"Std:JsonGet": {"PropertyFile": {"Get": "Steps.Prepare.PropertyFiles.Report"}, "Path": "a.b[0]"}}
    return [
        {
            **prepare,
            "PropertyFiles": [{"PropertyFileName": "Report", "OutputName": "report", "FilePath": "report.json"}],
            "CacheConfig": {"Enabled": True, "ExpireAfter": "P30D"},
            "RetryPolicies": [{"ExceptionType": ["Step.THROTTLING"], "MaxAttempts": 3, "IntervalSeconds": 1}],
            "DisplayName": "Prepare 'it'",
            "Strange": {"kept": [1, None, True]},
        },
        {"Name": "Train-one", "Type": "Training", "Arguments": train, "DependsOn": ["Prepare"]},
        {
            "Name": "class",
            "Type": "Model",
            "Arguments": {
                "PrimaryContainer": {
                    "Image": jobs.SKLEARN,
                    "ModelDataUrl": {"Get": "Steps.Train-one.ModelArtifacts.S3ModelArtifacts"},
                    "Environment": {"SEEN": {"Get": "Steps.Train-one.HyperParameters['depth']"}},
                },
                "ExecutionRoleArn": studio.role,
            },
        },
        {"Name": "Ask", "Type": "Callback", "Arguments": {"who": 1},
         "OutputParameters": [{"OutputName": "answer", "OutputType": "String"}]},
        {"Name": "AskQueue", "Type": "Callback", "SqsQueueUrl": "https://queue", "Arguments": {"who": value},
         "OutputParameters": [{"OutputName": "reply", "OutputType": "Float"}]},
        {
            "Name": "Each",
            "Type": "ForEach",
            "Arguments": {
                "IterableItems": ["a", {"Get": "Parameters.Word"}],
                "MaxConcurrency": 2,
                "Selector": {
                    "Pick": "MaxBy",
                    "Field": {"Get": "IterationOutput.Inner.FinalMetricDataList['r2'].Value"},
                },
                "ForEachBody": [
                    {"Name": "Inner", "Type": "Training",
                     "Arguments": {**train, "HyperParameters": {"item": {"Get": "ForEach.CurrentItem"}}}}
                ],
            },
        },
        {"Name": "Objects", "Type": "ForEach",
         "Arguments": {"IterableItems": [{"k": 1}], "MaxConcurrency": 1,
                       "ForEachBody": [{"Name": "Held", "Type": "Training", "Arguments": train}]}},
        {
            "Name": "If",
            "Type": "Condition",
            "Description": "all kinds of it",
            "Arguments": {
                "Conditions": [
                    {"Type": "GreaterThan", "LeftValue": value, "RightValue": {"Get": "Parameters.Limit"}},
                    {"Type": "In", "QueryValue": {"Get": "Parameters.Word"}, "Values": ["x", "y"]},
                    {"Type": "Not", "Condition": {"Type": "Or", "Conditions": [
                        {"Type": "Equals", "LeftValue": {"Get": "Parameters.Flag"}, "RightValue": False}]}},
                ],
                "IfSteps": [
                    {"Name": "Ship", "Type": "Deploy", "Arguments": {
                        "EndpointName": "e", "ModelName": {"Get": "Steps.class.ModelName"},
                        "InstanceType": "ml.m5.large"}},
                    {"Name": "Config", "Type": "EndpointConfig", "Arguments": {"ProductionVariants": [
                        {"VariantName": "v", "ModelName": {"Get": "Steps.class.ModelName"}}]}},
                    {"Name": "Up", "Type": "Endpoint", "Arguments": {
                        "EndpointName": "f", "EndpointConfigName": {"Get": "Steps.Config.EndpointConfigName"}}},
                ],
                "ElseSteps": [{"Name": "Bad", "Type": "Fail", "DependsOn": ["Ask"], "Arguments": {
                    "ErrorMessage": {"Std:Join": {"On": " ", "Values": ["no:", {"Get": "Steps.Ask.OutputParameters['answer']"}]}}}}],
            },
        },
    ]  # fmt: skip


def plain(document):
    """Without what says nothing."""
    return {key: value for key, value in document.items() if value not in (None, {}, [])}


def test_a_pipeline_is_exported_as_a_script_that_makes_it_again(page, studio, tmp_path):  # noqa: F811
    parameters = [
        {"Name": "Depth", "Type": "Integer", "DefaultValue": 0, "EnumValues": [0, 1]},
        {"Name": "Limit", "Type": "Float", "DefaultValue": 1},
        {"Name": "Word", "Type": "String", "DefaultValue": 'é"\n', "EnumValues": ['é"\n', "x"]},
        {"Name": "Flag", "Type": "Boolean", "DefaultValue": False},
        {"Name": "Must", "Type": "String"},
    ]
    client = studio.client("sagemaker")
    for steps, more in (
        (every_step(studio), {"ParallelismConfiguration": {"MaxParallelExecutionSteps": 4}}),
        ([script_step(studio, "Only", "print(1)")], {"PipelineDescription": "only one"}),
    ):
        name = create(studio, steps, parameters[-2:] if len(steps) == 1 else parameters)
        client.update_pipeline(PipelineName=name, **more)
        before = definition(studio, name)
        page.goto(f"{studio.url}/pipelines/{name}/edit")
        page.get_by_role("button", name="Python", exact=True).click()
        with page.expect_download() as download:
            page.get_by_role("button", name="Download").click()
        path = tmp_path / download.value.suggested_filename
        download.value.save_as(path)
        client.delete_pipeline(PipelineName=name, ClientRequestToken="d" * 32)
        command, env = [VENVS / "sdk3" / "bin" / "python", path], studio.env()
        done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=120, check=False, cwd=tmp_path)
        assert done.returncode == 0, (done.stdout + done.stderr)[-4000:]
        assert plain(definition(studio, name)) == plain(before)
        described = client.describe_pipeline(PipelineName=name)
        assert more.items() <= described.items(), described
