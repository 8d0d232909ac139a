"""An environment in a browser: made of a list of packages, watched while it is built, and a second version beside the first."""

import jobs
import pytest
from test_browser import browser, page  # noqa: F401  fixtures
from test_browser_pipelines import serious

pytestmark = [pytest.mark.e2e, pytest.mark.browser]


def test_an_environment_is_made_and_changed(page, studio):  # noqa: F811
    name = jobs.name("team")
    page.goto(f"{studio.url}/environments")
    page.get_by_role("button", name="New environment").first.click()
    page.get_by_label("Name").last.fill(name)
    page.get_by_label("Packages").fill("tomli-w==1.1.0\n")
    page.get_by_role("button", name="Lock and build").click()
    page.wait_for_url(f"**/environments/{name}*")
    page.get_by_text("Ready", exact=True).first.wait_for(timeout=60_000)
    page.get_by_role("tab", name="Packages").click()
    page.get_by_role("row", name="tomli-w 1.1.0").wait_for()
    assert serious(page) == []
    page.get_by_role("button", name="New version").click()
    page.get_by_role("textbox", name="Packages").fill("tomli-w==1.2.0\n")
    page.get_by_role("button", name="Lock and build").click()
    page.get_by_role("heading", name="Version 2").wait_for()
    page.get_by_text("Ready", exact=True).nth(1).wait_for(timeout=60_000)
    page.get_by_role("tab", name="Packages").click()
    page.get_by_role("row", name="tomli-w 1.2.0 1.1.0").wait_for()
    found = studio.client("sagemaker").list_image_versions(ImageName=name)["ImageVersions"]
    assert [(one["Version"], one["ImageVersionStatus"]) for one in found] == [(2, "CREATED"), (1, "CREATED")]
