"""Lists in a browser: views and columns that are kept, details beside the list, keys; tags on the page of a thing."""

import jobs
import pytest
from test_browser import browser, finished_job, page  # noqa: F401  fixtures

pytestmark = [pytest.mark.e2e, pytest.mark.browser]


def test_a_view_and_the_columns_are_kept(page, studio, finished_job):  # noqa: F811
    page.goto(f"{studio.url}/jobs?status=Completed")
    page.get_by_role("row").filter(has_text=finished_job).first.wait_for()
    page.get_by_role("button", name="Views").click()
    page.get_by_role("menuitem", name="Save this view").click()
    page.get_by_label("Name", exact=True).last.fill("done ones")
    page.get_by_role("button", name="Save view").click()
    page.get_by_role("button", name="Columns and rows").click()
    page.get_by_role("menuitemcheckbox", name="Duration").click()
    page.goto(f"{studio.url}/jobs")
    page.get_by_role("row").filter(has_text=finished_job).first.wait_for()
    assert page.get_by_role("columnheader", name="Duration").count() == 0
    page.get_by_role("button", name="Views").click()
    page.get_by_role("menuitem", name="done ones", exact=True).click()
    page.wait_for_url("**/jobs?status=Completed")


def test_the_keys_of_a_list(page, studio, finished_job):  # noqa: F811
    page.goto(f"{studio.url}/jobs?name={finished_job}")
    link = page.get_by_role("link", name=finished_job, exact=True)
    link.focus()
    page.keyboard.press(" ")
    beside = page.get_by_role("complementary", name=f"Details of {finished_job}")
    beside.get_by_text("Completed").first.wait_for()
    link.focus()
    page.keyboard.press("Shift+F10")
    page.get_by_role("menu").wait_for()
    page.keyboard.press("Escape")
    page.get_by_role("menu").wait_for(state="detached")
    page.keyboard.press("d")
    page.get_by_role("dialog").get_by_text(f"Deploy {finished_job}").wait_for()


def test_the_palette_goes_to_what_is_typed(page, studio, finished_job):  # noqa: F811
    page.keyboard.press("Control+k")
    page.get_by_role("combobox", name="Find a page").fill(finished_job)
    page.get_by_role("option").filter(has_text=finished_job).first.wait_for()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/jobs/{finished_job}")


def test_tags_are_added_and_removed(page, studio, finished_job):  # noqa: F811
    client = studio.client("sagemaker")
    arn = client.describe_training_job(TrainingJobName=finished_job)["TrainingJobArn"]
    page.goto(f"{studio.url}/jobs/{finished_job}")
    page.get_by_label("Key", exact=True).fill("team")
    page.get_by_label("Value", exact=True).fill("growth")
    page.get_by_role("button", name="Add tag").click()
    page.get_by_role("list", name="Tags").get_by_text("growth").wait_for()
    assert {"Key": "team", "Value": "growth"} in client.list_tags(ResourceArn=arn)["Tags"]
    page.get_by_role("button", name="Remove the tag team").click()
    page.get_by_role("list", name="Tags").get_by_text("growth").wait_for(state="detached")
    assert all(tag["Key"] != "team" for tag in client.list_tags(ResourceArn=arn)["Tags"])


def test_no_page_is_wider_than_a_small_window(page, studio, finished_job):  # noqa: F811
    page.set_viewport_size({"width": 1024, "height": 768})
    for path in ("/", "/jobs", f"/jobs/{finished_job}", "/models", "/endpoints", "/data", "/members", "/settings"):
        page.goto(studio.url + path)
        page.get_by_role("heading").first.wait_for()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path


def test_only_what_the_studio_does_is_offered(page, studio):  # noqa: F811
    session = page.request.get(f"{studio.url}/api/session").json()
    does = "CreateTransformJob" in session["operations"]["sagemaker"]
    assert (page.get_by_role("link", name="Batch transform").count() > 0) == does


def test_a_folder_is_made_and_an_object_used(page, studio):  # noqa: F811
    studio.client("s3").put_object(Bucket=studio.bucket, Key="lists/rows.csv", Body="1,2\n")
    page.goto(f"{studio.url}/data/{studio.bucket}?prefix=lists/")
    page.get_by_role("button", name="New folder").click()
    page.get_by_role("dialog").get_by_label("Name", exact=True).fill("later")
    page.get_by_role("button", name="Make folder").click()
    page.get_by_role("link", name="later/").wait_for()
    page.get_by_role("row").filter(has_text="rows.csv").click(button="right")
    page.get_by_role("menuitem", name="Use as training input").click()
    page.wait_for_url("**/jobs/create**")
    page.locator(f"input[value='s3://{studio.bucket}/lists/rows.csv']").first.wait_for()


def test_what_runs_is_seen_with_its_cost_and_stopped(page, studio):  # noqa: F811
    client, job = studio.client("sagemaker"), jobs.name("forgotten")
    client.create_training_job(**jobs.script_job(studio, job, "import time\ntime.sleep(300)"))
    page.goto(f"{studio.url}/running")
    row = page.get_by_role("row").filter(has_text=job)
    row.get_by_text("Running").wait_for(timeout=60_000)
    row.get_by_text("admin").wait_for()
    page.get_by_role("searchbox", name="Filter").fill("nothing like it")
    row.wait_for(state="detached")
    page.get_by_role("searchbox", name="Filter").fill(f"{job} training")
    row.click(button="right")
    page.get_by_role("menuitem", name="Stop").click()
    row.wait_for(state="detached", timeout=30_000)
    assert jobs.wait(studio, job, 30)["TrainingJobStatus"] == "Stopped"
