"""What starts by itself, in a browser: functions written and tried, schedules by words, rules on events, versions of pipelines."""

import json

import jobs
import pytest
from test_browser import browser, page  # noqa: F401  fixtures
from test_browser_pipelines import serious
from test_pipelines import create

pytestmark = [pytest.mark.e2e, pytest.mark.browser]
PARAMETERS = [
    {"Name": "Key", "Type": "String", "DefaultValue": "none"},
    {"Name": "Depth", "Type": "Integer", "DefaultValue": 2},
]


def steps(message):
    return [{"Name": "End", "Type": "Fail", "Arguments": {"ErrorMessage": message}}]


@pytest.fixture(scope="module")
def pipeline(studio):
    """It ends at once, and says with what it was started."""
    return create(studio, steps({"Get": "Parameters.Key"}), PARAMETERS)


def test_a_function_is_written_tried_changed_and_its_calls_are_listed(page, studio):  # noqa: F811
    name = jobs.name("check")
    page.goto(f"{studio.url}/functions/create")
    page.get_by_label("Name", exact=True).fill(name)
    code = page.get_by_role("textbox", name="Code of the function")
    code.fill(
        "def handler(event, context):\n    print('asked', event['auc'])\n    return {'good': event['auc'] > 0.8}\n"
    )
    assert serious(page) == []
    page.get_by_role("button", name="Create function").click()
    event = page.get_by_role("textbox", name="Event")
    event.fill('{"auc": 0.9')
    page.get_by_text("This is no JSON").wait_for()
    event.fill('{"auc": 0.9}')
    page.get_by_role("button", name="Run", exact=True).click()
    came = page.get_by_role("region", name="What came of it")
    came.get_by_text("Succeeded").wait_for(timeout=60_000)
    came.get_by_text('"good": true').wait_for()
    came.get_by_text("asked 0.9").wait_for()
    page.get_by_role("tab", name="Code").click()
    code = page.get_by_role("textbox", name="Code of main.py")
    code.fill("def handler(event, context):\n    raise ValueError('too bad')\n")
    code.press("Control+s")
    page.get_by_text("Saved: the next call runs it.").wait_for()
    page.get_by_role("tab", name="Test").click()
    page.get_by_role("button", name="Run", exact=True).click()
    came.get_by_text("Failed", exact=True).wait_for(timeout=60_000)
    page.get_by_role("tab", name="Calls").click()
    page.get_by_text("Of the last 2: 1 failed").wait_for()
    page.get_by_role("row", name="Failed").get_by_text("ValueError: too bad").wait_for()
    assert serious(page) == []


def test_a_schedule_is_made_from_a_pipeline_checked_while_typed_run_and_paused(page, studio, pipeline):  # noqa: F811
    page.goto(f"{studio.url}/pipelines/{pipeline}")
    page.get_by_role("button", name="Schedule…").first.click()
    times = page.get_by_role("region", name="Next times").get_by_role("listitem")
    times.nth(4).wait_for()
    page.get_by_role("combobox", name="Depth").fill("x")
    page.get_by_text("A whole number.").wait_for()
    page.get_by_role("combobox", name="Depth").fill("3")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="How often Every day").click()
    page.get_by_role("option", name="By a cron expression").click()
    cron = page.get_by_role("textbox", name="Cron expression")
    cron.fill("0 25 * * ? *")
    page.get_by_text("25 is no hours: it is between 0 and 23").wait_for()
    cron.fill("30 3 ? * MON-FRI *")
    page.get_by_text("Monday to Friday at 03:30").wait_for()
    page.get_by_role("textbox", name="Not before", exact=True).fill("2099/01/05")
    page.get_by_role("textbox", name="Not after", exact=True).fill("2099/01/02")
    page.get_by_text("EndDate must be later than StartDate").wait_for()
    page.get_by_role("textbox", name="Not after", exact=True).fill("2099/01/07")
    times.nth(2).wait_for(state="detached")
    times.nth(1).get_by_text("Jan 6, 2099").wait_for()
    page.get_by_role("textbox", name="Not before", exact=True).fill("")
    times.nth(4).wait_for()
    assert serious(page) == []
    page.get_by_role("button", name="Create schedule").click()
    row = page.get_by_role("row", name=f"{pipeline}-nightly")
    row.get_by_text("Monday to Friday at 03:30").wait_for()
    assert serious(page) == []
    row.get_by_role("link", name=f"{pipeline}-nightly").click(button="right")
    page.get_by_role("menuitem", name="Pause").click()
    row.get_by_text("Paused", exact=True).wait_for()
    row.get_by_role("link", name=f"{pipeline}-nightly").press("Shift+F10")
    page.get_by_role("menuitem", name="Run now").click()
    page.wait_for_url(f"**/pipelines/{pipeline}/*")
    (one,) = studio.client("sagemaker").list_pipeline_executions(PipelineName=pipeline)["PipelineExecutionSummaries"]
    arn = one["PipelineExecutionArn"]
    given = studio.client("sagemaker").list_pipeline_parameters_for_execution(PipelineExecutionArn=arn)
    assert {"Name": "Depth", "Value": "3"} in given["PipelineParameters"]
    kept = studio.client("scheduler").get_schedule(Name=f"{pipeline}-nightly")
    assert "StartDate" not in kept and kept["EndDate"].year == 2099


def test_a_rule_starts_a_pipeline_with_what_its_event_says(page, studio, pipeline):  # noqa: F811
    folder = jobs.name("in")
    page.goto(f"{studio.url}/rules/create?pipeline={pipeline}")
    page.get_by_label("Bucket and folder").fill(f"s3://{studio.bucket}/{folder}/")
    page.get_by_role("combobox", name="Key").fill("$.detail.object.key")
    page.keyboard.press("Escape")
    page.get_by_text("The rule matches this event").wait_for()
    page.get_by_text(f"Key = {folder}/example.csv").wait_for()
    assert serious(page) == []
    page.get_by_role("button", name="Create rule").click()
    page.get_by_text("Nothing happened yet").wait_for()
    studio.client("s3").put_object(Bucket=studio.bucket, Key=f"{folder}/new.csv", Body=b"1")
    page.get_by_role("row", name=f"{folder}/new.csv").get_by_text("Failed").wait_for(timeout=30_000)
    page.get_by_role("row", name=f"{folder}/new.csv").get_by_text(f"Step failure: End: {folder}/new.csv").wait_for()
    assert serious(page) == []
    page.goto(f"{studio.url}/pipelines/{pipeline}?tab=automation")
    page.get_by_role("link", name=f"{pipeline}-on-event").wait_for()


def test_versions_of_a_pipeline_are_compared_and_made_current_again(page, studio):  # noqa: F811
    name = create(studio, steps("first"))
    second = {"Version": "2020-12-01", "Parameters": PARAMETERS, "Steps": steps("second")}
    studio.client("sagemaker").update_pipeline(PipelineName=name, PipelineDefinition=json.dumps(second))
    page.goto(f"{studio.url}/pipelines/{name}?tab=versions")
    page.get_by_text("1 step changed, 2 parameters added").first.wait_for()
    page.get_by_role("row", name="End").get_by_text("Arguments.ErrorMessage").wait_for()
    assert serious(page) == []
    page.get_by_text("Version 1", exact=True).first.click(button="right")
    page.get_by_role("menuitem", name="Make current again…").click()
    page.get_by_role("button", name="Make current", exact=True).click()
    page.get_by_role("row", name="Version 3 current").wait_for()
    described = studio.client("sagemaker").describe_pipeline(PipelineName=name)
    assert json.loads(described["PipelineDefinition"])["Steps"] == steps("first")


def test_a_steps_script_is_uploaded_and_its_data_browsed_for(page, studio):  # noqa: F811
    folder = jobs.name("data")
    studio.client("s3").put_object(Bucket=studio.bucket, Key=f"{folder}/rows.csv", Body=b"1")
    page.goto(f"{studio.url}/pipelines/create")
    page.get_by_role("group", name="Steps to add").get_by_role("button", name="Process data", exact=True).click()
    page.get_by_role("button", name="Choose…").click()
    page.get_by_label("File to upload").set_input_files(
        {"name": "clean.py", "mimeType": "text/x-python", "buffer": b"print(1)\n"}
    )
    script = page.get_by_role("textbox", name="Script")
    page.get_by_role("dialog").wait_for(state="detached")
    assert script.input_value() == f"s3://{studio.bucket}/scripts/clean.py"
    assert studio.client("s3").get_object(Bucket=studio.bucket, Key="scripts/clean.py")["Body"].read() == b"print(1)\n"
    page.get_by_role("button", name="Add data…").click()
    dialog = page.get_by_role("dialog", name="Data for Process")
    dialog.get_by_role("button", name=f"{folder}/").click()
    assert serious(page) == []
    dialog.get_by_role("button", name="rows.csv").click()
    page.get_by_role("button", name="JSON", exact=True).click()
    text = page.get_by_role("textbox", name="Definition").input_value()
    assert "/opt/ml/processing/input/code/clean.py" in text and f"s3://{studio.bucket}/{folder}/rows.csv" in text


def test_the_card_of_a_version_is_taken_along_as_a_pdf(page, studio):  # noqa: F811
    group = jobs.name("carded")
    sagemaker = studio.client("sagemaker")
    sagemaker.create_model_package_group(ModelPackageGroupName=group)
    content = {"intended_uses": {"purpose_of_model": "who leaves", "risk_rating": "Low"}}
    card = {"ModelCardContent": json.dumps(content), "ModelCardStatus": "Draft"}
    sagemaker.create_model_package(ModelPackageGroupName=group, ModelCard=card)
    page.goto(f"{studio.url}/registry/{group}/1?tab=card")
    with page.expect_download() as taken:
        page.get_by_role("button", name="PDF").click()
    assert taken.value.suggested_filename == f"{group}-v1-card.pdf"
