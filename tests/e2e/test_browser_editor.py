"""A pipeline drawn by hand in a browser: steps added, connected, filled in and saved; one made in code comes back whole."""

import json
import re
import subprocess

import jobs
import pytest
from test_browser import browser, page  # noqa: F401  fixtures
from test_browser_pipelines import serious
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


def test_a_drawing_by_menus_and_keys_says_what_is_wrong(page, studio):  # noqa: F811
    page.goto(f"{studio.url}/pipelines/create")
    page.get_by_label("Name of the pipeline").fill(name := jobs.name("keys"))
    page.get_by_role("button", name="Add a parameter").click()
    group = page.get_by_role("group", name="Parameter Parameter1")
    group.get_by_label("Only these values").fill("north, south")
    group.get_by_label("Default").fill("east")
    group.get_by_text("None of the values that are allowed.").wait_for()
    group.get_by_label("Default").fill("north")
    pane = page.locator(".react-flow__pane")
    pane.click(button="right", position={"x": 200, "y": 200})
    page.get_by_role("menuitem", name="Add a step here").click()
    page.get_by_role("menuitem", name="For each").click()
    node(page, "ForEach").get_by_role("img", name=re.compile("ForEachBody")).wait_for()
    inspector = page.locator(".inspector")
    inspector.get_by_role("textbox", name="MaxConcurrency").fill("0")
    inspector.get_by_text("At least 1.", exact=True).wait_for()
    inspector.get_by_role("textbox", name="MaxConcurrency").fill("3")
    inspector.get_by_role("button", name="Take IterableItems from").click()
    page.get_by_role("menuitem", name="Parameter1").click()
    # Its body, by the handle.
    palette = page.get_by_role("group", name="Steps to add")
    palette.get_by_role("button", name="Ask and wait").click()
    page.get_by_role("button", name="Lay out").click()
    page.wait_for_timeout(500)
    drag(
        page, node(page, "ForEach").locator('[data-handleid="ForEachBody"]'), node(page, "Callback").locator(".target")
    )
    page.get_by_text("for each", exact=True).wait_for()
    page.locator(".mark").wait_for(state="detached")
    # The connection, by itself.
    page.locator(".react-flow__edge").first.click(force=True)
    page.keyboard.press("Delete")
    page.get_by_text("for each", exact=True).wait_for(state="detached")
    page.keyboard.press("Control+z")
    page.get_by_text("for each", exact=True).wait_for()
    # A copy, moved by the arrows, and gone again.
    node(page, "Callback").click()
    page.keyboard.press("Control+c")
    page.keyboard.press("Control+v")
    node(page, "Callback-2").wait_for()
    page.wait_for_timeout(300)
    node(page, "Callback-2").focus()
    before = node(page, "Callback-2").evaluate("one => one.style.left")
    page.keyboard.press("ArrowRight")
    page.wait_for_timeout(200)
    assert node(page, "Callback-2").evaluate("one => one.style.left") != before
    node(page, "Callback-2").click(button="right")
    page.get_by_role("menuitem", name="Delete").click()
    node(page, "Callback-2").wait_for(state="detached")
    page.get_by_label("Full screen").click()
    page.get_by_label("Leave full screen").wait_for()
    node(page, "Callback").focus()
    page.keyboard.press("Escape")
    page.get_by_label("Full screen").wait_for()
    # A name follows to where it is used.
    pane.click(position={"x": 5, "y": 5})
    group.get_by_label("Name", exact=True).fill("Regions")
    group.get_by_label("Name", exact=True).press("Tab")
    page.get_by_label("Steps at once").fill("7")
    page.get_by_label("Description").fill("by keys")
    assert serious(page) == []
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_url(f"**/pipelines/{name}")
    described = studio.client("sagemaker").describe_pipeline(PipelineName=name)
    assert described["ParallelismConfiguration"] == {"MaxParallelExecutionSteps": 7}
    assert described["PipelineDescription"] == "by keys"
    made = json.loads(described["PipelineDefinition"])
    assert made["Parameters"] == [
        {"Name": "Regions", "Type": "String", "DefaultValue": "north", "EnumValues": ["north", "south"]}
    ]
    body = [{"Name": "Callback", "Type": "Callback", "Arguments": {}}]
    arguments = {"IterableItems": {"Get": "Parameters.Regions"}, "MaxConcurrency": 3, "ForEachBody": body}
    assert made["Steps"] == [{"Name": "ForEach", "Type": "ForEach", "Arguments": arguments}]


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
