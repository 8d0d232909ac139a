"""The page of usage in a browser: a job's time and its cost, the CSV file, a budget made and deleted, a price edited."""

import csv

import jobs
import pytest
import test_usage
from playwright.sync_api import expect
from test_browser import browser, page  # noqa: F401  fixtures

pytestmark = [pytest.mark.e2e, pytest.mark.browser]


def test_what_a_job_used_is_seen_and_taken_home(page, studio):  # noqa: F811
    job = test_usage.train(studio, 2)
    jobs.wait(studio, job)
    page.goto(f"{studio.url}/jobs/{job}")
    page.get_by_text("s of ml.m5.large, $0.").wait_for()
    page.get_by_role("link", name="Usage and cost").click()
    page.get_by_role("heading", name="Cost by day").wait_for()
    page.get_by_role("list", name="Legend").or_(page.get_by_label("Legend")).get_by_text("admin").first.wait_for()
    page.get_by_role("heading", name="What cost most").wait_for()
    more = page.get_by_label("Show all")
    if more.count():
        more.check()
    page.get_by_role("row").filter(has_text=job).get_by_text("Training").wait_for()
    with page.expect_download() as told:
        page.get_by_role("button", name="Download CSV").click()
    with told.value.path().open() as file:
        rows = [one for one in csv.DictReader(file) if one["Resource"] == f"TrainingJob/{job}"]
    assert [(one["User"], one["InstanceType"]) for one in rows] == [("admin", "ml.m5.large")]
    assert float(rows[0]["InstanceHours"]) > 2 / 3600 - 1e-4
    page.goto(f"{studio.url}/usage?range=own&from=2020-01-01&to=2020-01-02")
    page.get_by_text("Nothing was used in this time").wait_for()


def test_a_budget_and_a_price_are_kept_by_hand(page, studio):  # noqa: F811
    client = test_usage.studio_client(studio)
    page.goto(f"{studio.url}/usage?tab=budgets")
    page.get_by_role("button", name="Create budget").click()
    dialog = page.get_by_role("dialog", name="Create budget")
    dialog.get_by_label("Name").fill("by-hand")
    dialog.get_by_label("Amount a month, USD").fill("1000000")
    dialog.get_by_label("Refuse new work").check()
    dialog.get_by_role("button", name="Create budget").click()
    row = page.get_by_role("row").filter(has_text="by-hand")
    row.get_by_text("New work is refused").wait_for()
    (made,) = client.list_budgets()["Budgets"]
    assert (made["Name"], made["Amount"], made["Action"]) == ("by-hand", 1e6, "Refuse")
    row.get_by_text("by-hand").click(button="right")
    page.get_by_role("menuitem", name="Delete…").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete", exact=True).click()
    page.get_by_text("No budgets").wait_for()
    assert client.list_budgets()["Budgets"] == []

    page.get_by_role("tab", name="Prices").click()
    page.get_by_label("Find an instance type").fill("ml.g5.12xlarge")
    page.get_by_role("button", name="Edit the price of ml.g5.12xlarge").click()
    page.get_by_role("spinbutton").fill("0.5")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Take the list price of ml.g5.12xlarge again").click()
    expect(page.get_by_role("button", name="Take the list price of ml.g5.12xlarge again")).to_have_count(0)
    prices = {one["InstanceType"]: one for one in client.get_prices()["Prices"]}
    assert not prices["ml.g5.12xlarge"]["Changed"]
