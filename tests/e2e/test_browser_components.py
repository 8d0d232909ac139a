"""Inference components in a browser: a model is deployed beside others, asked, copied, updated in vain, and deleted."""

import json
from typing import Any

import jobs
import pytest
import serving
from test_browser import browser, page  # noqa: F401  fixtures
from test_browser_deploy import serious

pytestmark = [pytest.mark.e2e, pytest.mark.browser]


def deploy(page: Any, studio: Any, model: str, endpoint: str) -> str:  # noqa: F811
    """By the dialog, onto a new endpoint of that name; the component's name."""
    page.goto(f"{studio.url}/models/{model}")
    page.get_by_role("button", name="Deploy").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("radio", name="Shared").click()
    dialog.get_by_label("New endpoint's name").fill(endpoint)
    assert serious(page) == []
    name = dialog.get_by_label("Component name").input_value()
    dialog.get_by_role("button", name="Deploy").last.click()
    page.wait_for_url(f"**/endpoints/{endpoint}**", timeout=20_000)
    return name


def test_models_share_an_endpoint(page, studio):  # noqa: F811
    sagemaker, it = studio.client("sagemaker"), jobs.name("seen-shared")
    one, bad = (
        serving.model(studio, script) for script in (serving.NAME.format(name="one"), "raise ValueError('no weights')")
    )
    first = deploy(page, studio, one, it)

    def describe(name: str) -> Any:
        return sagemaker.describe_inference_component(InferenceComponentName=name)

    def row(name: str) -> Any:
        return page.get_by_role("row").filter(has_text=name)

    row(first).filter(has_text="In service").wait_for(timeout=30_000)
    row(first).filter(has_text="1 of 1").wait_for()
    page.get_by_text("0.5 of 2 cores").first.wait_for()

    # Another, by the button of the tab; its name follows the model's.
    page.get_by_role("button", name="Add model").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Model").click()
    page.get_by_role("option", name=bad).first.click()
    dialog.get_by_role("button", name="Add").last.click()
    row(bad).filter(has_text="Failed").wait_for(timeout=30_000)
    row(bad).get_by_role("link", name=bad).first.click()
    page.get_by_text("no weights").first.wait_for()

    # What is too much is refused where it was asked, in the dialog.
    row(first).click(button="right")
    page.get_by_role("menuitem", name="Change copies…").click()
    dialog.get_by_label("Copies").fill("90")
    dialog.get_by_role("button", name="Change").last.click()
    dialog.get_by_text("not enough hardware resources").wait_for()
    dialog.get_by_label("Copies").fill("2")
    dialog.get_by_role("button", name="Change").last.click()
    row(first).filter(has_text="2 of 2").wait_for(timeout=30_000)
    assert describe(first)["RuntimeConfig"] == {"DesiredCopyCount": 2, "CurrentCopyCount": 2}

    row(first).click(button="right")
    page.get_by_role("menuitem", name="Test").click()
    page.get_by_role("button", name="Send request").click()
    page.get_by_text('["one"').first.wait_for()

    # An update that can't load leaves the version before it serving, and says why.
    page.goto(f"{studio.url}/endpoints/{it}?tab=components&component={first}")

    page.get_by_text("Requests per second").first.wait_for()
    row(first).click(button="right")
    page.get_by_role("menuitem", name="Update…").click()
    dialog.get_by_role("button", name="Model").click()
    page.get_by_role("option", name=bad).first.click()
    dialog.get_by_role("button", name="Update").last.click()
    page.get_by_text("The last update failed; the version before it serves").wait_for(timeout=30_000)
    assert describe(first)["InferenceComponentStatus"] == "InService"
    runtime = studio.client("sagemaker-runtime")
    assert serving.invoke(runtime, it, InferenceComponentName=first)[0] == "one"

    page.get_by_role("tab", name="Copies by load").click()
    page.get_by_label("Most copies").fill("3")
    page.get_by_role("button", name="Switch on").click()
    page.get_by_role("button", name="Switch off").wait_for()
    scaling = studio.client("application-autoscaling")
    targets = scaling.describe_scalable_targets(ServiceNamespace="sagemaker")["ScalableTargets"]
    assert [t["MaxCapacity"] for t in targets if t["ResourceId"] == f"inference-component/{first}"] == [3]

    found = {}
    for mode in ("light", "dark"):
        page.emulate_media(color_scheme=mode)
        found[mode] = serious(page)
    assert found == {"light": [], "dark": []}, json.dumps(found, indent=1)

    for name in (bad, first):
        row(name).click(button="right")
        page.get_by_role("menuitem", name="Delete…").click()
        dialog.get_by_role("button", name="Delete").last.click()
        row(name).wait_for(state="detached", timeout=30_000)
    page.get_by_text("No models yet").wait_for()
    sagemaker.delete_endpoint(EndpointName=it)
