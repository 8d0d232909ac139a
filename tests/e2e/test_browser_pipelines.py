"""Pipelines in a browser: drawn, started with parameters, watched live, stopped and retried;
nothing that axe finds serious."""

import pytest
from test_browser import AXE, browser, page  # noqa: F401  fixtures
from test_pipelines import create, script_step, steps_of, wait

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
