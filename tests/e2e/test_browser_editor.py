"""A pipeline drawn by hand in a browser: steps added, connected, filled in and saved; one made in code comes back whole."""

import json

import jobs
import pytest
from test_browser import browser, page  # noqa: F401  fixtures
from test_pipelines import create, script_step, start, wait

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
