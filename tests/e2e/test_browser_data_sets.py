"""A data set in a browser: made of a file from the desktop, looked at, changed, compared and deleted."""

import re

import jobs
import pytest
from test_browser import browser, page  # noqa: F401  fixtures
from test_browser_pipelines import serious
from test_data_sets import diamonds
from test_usage import studio_client

pytestmark = [pytest.mark.e2e, pytest.mark.browser]


def csv(rows, **how):
    return {"name": "diamonds.csv", "mimeType": "text/csv", "buffer": diamonds(rows, **how)}


def test_a_data_set_is_made_looked_at_compared_and_deleted(page, studio):  # noqa: F811
    name = jobs.name("gems")
    page.goto(f"{studio.url}/data/sets")
    page.locator("#places a[aria-current=page]", has_text="Data sets").wait_for()
    assert page.locator("#places a[aria-current=page]").count() == 1
    page.get_by_role("button", name="New data set").first.click()
    page.get_by_label("Name").last.fill(name)
    page.get_by_role("button", name="Create data set").click()
    page.get_by_text("Choose at least one file.").wait_for()
    page.get_by_label("Files of the data set").set_input_files([csv(2000)])
    page.get_by_role("button", name="Create data set").click()
    page.wait_for_url(f"**/data/sets/{name}*")
    page.get_by_role("table", name="Columns").get_by_role("row", name=re.compile("^price")).wait_for(timeout=30_000)
    assert serious(page) == []
    page.get_by_role("tab", name="Rows").click()
    page.get_by_role("cell", name="Premium").first.wait_for()
    page.get_by_role("tab", name="Use it").click()
    page.get_by_text(f"/{name}/1/diamonds.csv").wait_for()
    page.get_by_role("button", name="Edit description").click()
    page.get_by_label("Description").fill("Cut and dear")
    page.get_by_role("button", name="Save").click()
    page.get_by_label("Tag", exact=True).fill("team")
    page.get_by_label("Value", exact=True).fill("gems")
    page.get_by_role("button", name="Add tag").click()
    page.get_by_role("button", name="Remove the tag team").wait_for()

    page.get_by_role("button", name="New version").click()
    page.get_by_label("Files of the data set").set_input_files([csv(1500, dear=2.0)])
    page.get_by_role("button", name="Make version").click()
    page.get_by_role("heading", name="Version 2").wait_for()
    page.get_by_role("tab", name="Compare").click(timeout=30_000)
    page.get_by_role("table", name="Changes").get_by_role("row", name=re.compile("^price.*moved far")).wait_for()
    assert serious(page) == []
    page.get_by_role("tab", name="Uses and lineage").click()
    page.locator(".step", has_text=f"{name} v2").wait_for(timeout=20_000)

    page.get_by_role("row", name=re.compile("^v1")).click(button="right")
    page.get_by_role("menuitem", name="Delete…").click()
    page.get_by_role("button", name="Delete", exact=True).click()
    page.get_by_role("row", name=re.compile("^v1")).wait_for(state="detached")
    client = studio_client(studio)
    assert [one["Version"] for one in client.list_data_set_versions(DataSetName=name)["Versions"]] == [2]

    page.goto(f"{studio.url}/data/sets")
    page.get_by_label("Find data sets by name").fill("tag:team=gems")
    row = page.get_by_role("row", name=re.compile(f"^{name} v2 Ready 1,500"))
    row.wait_for()
    row.click(button="right")
    page.get_by_role("menuitem", name="Delete…").click()
    page.get_by_label(f"Type {name} to confirm").fill(name)
    page.get_by_role("button", name="Delete", exact=True).click()
    row.wait_for(state="detached")
    assert client.list_data_sets(NameContains=name)["DataSets"] == []
