"""Pipelines in a browser: drawn, started with parameters, watched live, stopped and retried;
nothing that axe finds serious."""

import jobs
import pytest
from playwright.sync_api import expect
from test_browser import AXE, browser, page  # noqa: F401  fixtures
from test_pipelines import create, script_step, start, steps_of, wait

pytestmark = [pytest.mark.e2e, pytest.mark.browser]


def serious(page):  # noqa: F811
    page.evaluate(AXE.read_text())
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
    return [(one["id"], one["nodes"][0]["html"][:200]) for one in found if one["impact"] in ("serious", "critical")]


def test_a_pipeline_is_started_watched_stopped_and_retried(page, studio):  # noqa: F811
    steps = [
        script_step(studio, "Prepare", "print('prepared', flush=True)"),
        script_step(studio, "Train", "import time\nprint('learning now', flush=True)\ntime.sleep(60)", DependsOn=["Prepare"]),
        {
            "Name": "Choose", "Type": "Condition", "DependsOn": ["Train"],
            "Arguments": {
                "Conditions": [{"Type": "Equals", "LeftValue": {"Get": "Parameters.Depth"}, "RightValue": 3}],
                "IfSteps": [], "ElseSteps": [{"Name": "Bad", "Type": "Fail", "Arguments": {"ErrorMessage": "no"}}],
            },
        },
    ]  # fmt: skip
    name = create(studio, steps, [{"Name": "Depth", "Type": "Integer", "DefaultValue": 2}])
    page.goto(f"{studio.url}/pipelines")
    page.get_by_role("link", name=name).click()
    for one in ("Prepare", "Train", "Choose", "Bad"):
        page.locator(".step", has_text=one).wait_for()
    assert serious(page) == []
    page.get_by_role("button", name="Start…").click()
    field = page.get_by_label("Depth")
    field.fill("three")
    page.get_by_text("A whole number.").wait_for()
    field.fill("3")
    page.get_by_role("button", name="Start", exact=True).click()
    page.wait_for_url(f"**/pipelines/{name}/*")
    page.locator(".step[data-state=Succeeded]", has_text="Prepare").wait_for(timeout=60_000)
    page.locator(".step[data-state=Executing]", has_text="Train").wait_for(timeout=60_000)
    page.locator(".step", has_text="Train").click()
    page.get_by_text("learning now").wait_for(timeout=30_000)
    assert serious(page) == []
    page.get_by_role("button", name="Stop", exact=True).click()
    page.locator(".step[data-state=Stopped]", has_text="Train").wait_for(timeout=60_000)
    # Of the execution, and of the step.
    expect(page.get_by_text("s of ml.m5.large, ")).to_have_count(2)
    arn = studio.client("sagemaker").list_pipeline_executions(PipelineName=name)["PipelineExecutionSummaries"][0]
    assert wait(studio, arn["PipelineExecutionArn"])["PipelineExecutionStatus"] == "Stopped"
    page.get_by_role("button", name="Retry").click()
    page.locator(".step[data-state=Executing]", has_text="Train").wait_for(timeout=60_000)
    kept = steps_of(studio, arn["PipelineExecutionArn"])
    assert kept["Prepare"]["StepStatus"] == "Succeeded"
    page.get_by_role("tab", name="Time").click()
    page.get_by_role("list", name="When each step ran").wait_for()
    page.get_by_role("button", name="Stop", exact=True).click()
    assert wait(studio, arn["PipelineExecutionArn"])["PipelineExecutionStatus"] == "Stopped"


def test_a_large_graph_is_drawn_and_moves(page, studio):  # noqa: F811
    """500 nodes: what is out of sight is not in the page."""
    fail = {"Type": "Fail", "Arguments": {"ErrorMessage": "never"}}
    steps = [{"Name": f"S{n}", **fail, "DependsOn": [f"S{n // 2}"] if n else []} for n in range(500)]
    name = create(studio, steps[1:] and [steps[0], *steps[2:], {**steps[1], "DependsOn": ["S0"]}])
    page.goto(f"{studio.url}/pipelines/{name}")
    page.locator(".step").first.wait_for(timeout=30_000)
    page.get_by_role("img", name="Mini Map").or_(page.locator(".react-flow__minimap")).first.wait_for()
    assert page.locator(".ways path").count() == 499
    # The canvas follows the theme as it stands.
    page.locator(".react-flow.light").wait_for()
    page.get_by_role("button", name="Dark theme").click()
    page.locator(".react-flow.dark").wait_for()
    page.get_by_role("button", name="Light theme").click()
    page.locator(".react-flow.light").wait_for()
    # Seen from afar the editor draws the connections as one picture; near they can be got hold of.
    page.goto(f"{studio.url}/pipelines/{name}/edit")
    page.locator(".ways path").first.wait_for(state="attached", timeout=30_000)
    assert page.locator(".react-flow__edge").count() == 0
    for _ in range(15):
        page.get_by_role("button", name="Zoom In").click()
    page.locator(".ways").wait_for(state="detached")


def test_executions_are_listed_by_pages_and_chosen_across_them(page, studio):  # noqa: F811
    only = {"Name": "Bad", "Type": "Fail", "Arguments": {"ErrorMessage": "never"}}
    name = create(studio, [only])
    for _ in range(53):
        start(studio, name)
    page.goto(f"{studio.url}/pipelines/{name}?tab=executions")
    page.locator("tbody tr").nth(49).wait_for()
    page.locator("tbody tr").first.get_by_role("checkbox").check()
    page.get_by_role("button", name="Next page").click()
    page.locator("tbody tr").nth(3).wait_for(state="detached")
    assert page.locator("tbody tr").count() == 3
    assert page.get_by_role("button", name="Next page").is_disabled()
    page.locator("tbody tr").first.get_by_role("checkbox").check()
    page.get_by_role("button", name="Compare").click()
    page.get_by_role("heading", name="Compare executions").wait_for()


def test_an_execution_runs_again_from_a_step_and_is_compared(page, studio):  # noqa: F811
    measure = script_step(
        studio,
        "Measure",
        "import json\njson.dump({'auc': {'value': 0.875}}, open('/opt/ml/processing/out/m.json', 'w'))\n",
    )
    target = {
        "S3Uri": f"s3://{studio.bucket}/{jobs.name('measured')}",
        "LocalPath": "/opt/ml/processing/out",
        "S3UploadMode": "EndOfJob",
    }
    measure["Arguments"]["ProcessingOutputConfig"] = {"Outputs": [{"OutputName": "out", "S3Output": target}]}
    measure["PropertyFiles"] = [{"PropertyFileName": "M", "OutputName": "out", "FilePath": "m.json"}]
    body = script_step(studio, "Part", "import os\nprint('part', os.environ['ITEM'], flush=True)\n")
    body["Arguments"]["Environment"] = {"ITEM": {"Get": "ForEach.CurrentItem"}}
    each = {
        "Name": "Each", "Type": "ForEach", "DependsOn": ["Measure"],
        "Arguments": {"IterableItems": ["north", "south"], "MaxConcurrency": 2, "ForEachBody": [body]},
    }  # fmt: skip
    name = create(studio, [measure, each], [{"Name": "Word", "Type": "String", "DefaultValue": "one"}])
    first = studio.client("sagemaker").start_pipeline_execution(PipelineName=name)["PipelineExecutionArn"]
    assert wait(studio, first)["PipelineExecutionStatus"] == "Succeeded"
    page.goto(f"{studio.url}/pipelines/{name}/{first.rpartition('/')[2]}")
    page.locator(".step", has_text="Measure").click()
    page.get_by_role("group", name="Metrics").get_by_text("0.875").wait_for()
    page.get_by_role("link", name=target["S3Uri"]).wait_for()
    page.locator(".step", has_text="2 of 2 done").click()
    page.get_by_text("part north").wait_for()
    page.get_by_role("button", name="Item").click()
    page.get_by_role("option", name="Part-1").click()
    page.get_by_text("part south").wait_for()
    page.locator(".step", has_text="Each").click(button="right")
    page.get_by_role("menuitem", name="Run again from here").click()
    page.get_by_label("Word").fill("two")
    page.get_by_role("button", name="Start", exact=True).click()
    page.get_by_text("from an earlier execution").wait_for()
    second = studio.client("sagemaker").list_pipeline_executions(PipelineName=name)["PipelineExecutionSummaries"][0]
    assert wait(studio, second["PipelineExecutionArn"])["PipelineExecutionStatus"] == "Succeeded"
    steps = steps_of(studio, second["PipelineExecutionArn"])
    assert steps["Measure"]["SelectiveExecutionResult"]["SourcePipelineExecutionArn"] == first
    assert "SelectiveExecutionResult" not in steps["Part-0"]
    page.goto(f"{studio.url}/pipelines/{name}?tab=executions")
    page.get_by_role("checkbox", name="All").click()
    page.get_by_role("button", name="Compare").click()
    page.get_by_role("row", name="Word one two").wait_for()
    page.get_by_role("row", name="Measure · auc.value 0.875 0.875").wait_for()
    assert serious(page) == []
    page.get_by_label("Only what differs").click()
    page.get_by_text("All 1 are the same.").wait_for()
    page.get_by_role("row", name="Word one two").wait_for()
