"""The model registry in a browser: a version's page, approving with a reason, its stage and metadata, versions side by
side, and where one serves; without a serious axe finding in light and dark."""

import json

import jobs
import pytest
from test_browser import browser, finished_job, page  # noqa: F401  fixtures
from test_browser_deploy import serious, until, variant
from test_registry import package

pytestmark = [pytest.mark.e2e, pytest.mark.browser]


def evaluation(studio, accuracy: float) -> dict[str, object]:
    key = f"{jobs.name('report')}/evaluation.json"
    told = {
        "binary_classification_metrics": {
            "accuracy": {"value": accuracy, "standard_deviation": "NaN"},
            "confusion_matrix": {"0": {"0": 5, "1": 1}, "1": {"0": 2, "1": 7}},
            "receiver_operating_characteristic_curve": {
                "false_positive_rates": [0, 0.1, 1],
                "true_positive_rates": [0, 0.8, 1],
            },
        }
    }
    studio.client("s3").put_object(Bucket=studio.bucket, Key=key, Body=json.dumps(told))
    source = {"ContentType": "application/json", "S3Uri": f"s3://{studio.bucket}/{key}"}
    return {"ModelMetrics": {"ModelQuality": {"Statistics": source}}}


@pytest.fixture(scope="module")
def group(studio, finished_job) -> str:  # noqa: F811
    """Three versions, the last two made of what a job left."""
    client, name = studio.client("sagemaker"), jobs.name("seen-group")
    client.create_model_package_group(ModelPackageGroupName=name)
    job = client.describe_training_job(TrainingJobName=finished_job)
    for number, accuracy in ((1, 0.81), (2, 0.93), (3, 0.9)):
        request = package(studio, name, CustomerMetadataProperties={"team": f"t{number}"})
        if number > 1:
            container = request["InferenceSpecification"]["Containers"][0]
            container["ModelDataUrl"] = job["ModelArtifacts"]["S3ModelArtifacts"]
        client.create_model_package(**request, **evaluation(studio, accuracy))
    return name


def described(studio, group: str, number: int) -> dict[str, object]:
    arn = f"arn:aws:sagemaker:us-east-1:{studio.account}:model-package/{group.lower()}/{number}"
    return studio.client("sagemaker").describe_model_package(ModelPackageName=arn)


def test_a_version_is_approved_with_a_reason(page, studio, group):  # noqa: F811
    page.goto(f"{studio.url}/registry/not-there")
    page.get_by_text("does not exist").wait_for()
    page.goto(f"{studio.url}/registry")
    page.get_by_role("link", name=group).click()
    row = page.get_by_role("row").filter(has_text="Version 1")
    row.first.click(button="right")
    page.get_by_role("menuitem", name="Reject").click()
    page.get_by_label("Why").fill("too old")
    page.get_by_role("button", name="Reject", exact=True).click()
    row.get_by_text("Rejected").wait_for()
    page.get_by_role("link", name="Version 2").click()
    page.get_by_role("button", name="Approve…").click()
    page.get_by_label("Why").fill("better than the last")
    page.get_by_role("button", name="Approve", exact=True).click()
    decisions = page.get_by_role("table", name="Decisions")
    decisions.get_by_role("row").filter(has_text="better than the last").filter(has_text="admin").wait_for()
    told = described(studio, group, 2)
    assert (told["ModelApprovalStatus"], told["ApprovalDescription"]) == ("Approved", "better than the last")
    assert described(studio, group, 1)["ModelApprovalStatus"] == "Rejected"


def test_stage_and_metadata_are_set(page, studio, group, finished_job):  # noqa: F811
    page.goto(f"{studio.url}/registry/{group}/2")
    page.get_by_role("link", name=finished_job).wait_for()
    page.get_by_role("button", name="Set stage…").click()
    page.get_by_label("Stage", exact=True).fill("Production")
    page.get_by_label("Status", exact=True).fill("Approved")
    page.get_by_label("Status", exact=True).press("Tab")
    page.get_by_role("button", name="Set stage", exact=True).click()
    page.get_by_role("dialog").wait_for(state="detached")
    page.get_by_role("button", name="Edit metadata…").click()
    page.get_by_role("button", name="Add a pair").click()
    page.get_by_label("Name", exact=True).last.fill("owner")
    page.get_by_label("Value", exact=True).last.fill("ada")
    page.get_by_role("button", name="Remove team").click()
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text("ada", exact=True).wait_for()
    told = described(studio, group, 2)
    assert told["CustomerMetadataProperties"] == {"owner": "ada"}
    assert told["ModelLifeCycle"] == {"Stage": "Production", "StageStatus": "Approved"}


def test_a_card_is_written_with_what_is_known(page, studio, group, finished_job):  # noqa: F811
    page.goto(f"{studio.url}/registry/{group}/2?tab=card")
    page.get_by_role("button", name="Write the card").click()
    page.get_by_label("Purpose", exact=True).fill("who leaves")
    page.get_by_role("button", name="Risk").click()
    page.get_by_role("option", name="Low", exact=True).click()
    page.get_by_role("button", name="Fill in what is known").click()
    page.locator("input[value='admin']").wait_for()
    page.get_by_role("button", name="Save card").click()
    page.get_by_role("table", name="Evaluations").get_by_text("0.93").wait_for()
    card = json.loads(described(studio, group, 2)["ModelCard"]["ModelCardContent"])
    assert card["intended_uses"] == {"purpose_of_model": "who leaves", "risk_rating": "Low"}
    assert card["training_details"]["training_job_details"]["training_arn"].endswith(finished_job)


def test_versions_side_by_side(page, studio, group):  # noqa: F811
    page.goto(f"{studio.url}/registry/{group}")
    for number in (1, 2, 3):
        page.get_by_role("checkbox", name=f"Select {group} v{number}").check()
    page.get_by_role("button", name="Compare").click()
    page.get_by_role("table", name="Metrics").get_by_text("0.93 ★").wait_for()
    page.get_by_role("table", name="Facts and metadata").get_by_text("t3").wait_for()
    page.get_by_role("table", name="Hyperparameters").get_by_text("sagemaker program").or_(
        page.get_by_role("table", name="Hyperparameters").get_by_text("They do not differ.")
    ).first.wait_for()


def test_a_finished_job_is_registered_in_a_new_group(page, studio, finished_job):  # noqa: F811
    name = jobs.name("new-group")
    page.goto(f"{studio.url}/jobs?name={finished_job}")
    page.get_by_role("row").filter(has_text=finished_job).first.click(button="right")
    page.get_by_role("menuitem", name="Register").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Model group").fill(name)
    dialog.get_by_label("Model group").press("Tab")
    dialog.get_by_text("loss").wait_for()
    dialog.get_by_role("button", name="Register").click()
    page.wait_for_url(f"**/registry/{name}/1")
    page.get_by_role("link", name=finished_job).wait_for()
    page.get_by_role("tab", name="Metrics").click()
    page.get_by_role("cell", name="0.05").wait_for()
    assert described(studio, name, 1)["MetadataProperties"]["GeneratedBy"].endswith(finished_job)


def test_a_version_is_deployed_and_says_where_it_runs(page, studio, group):  # noqa: F811
    page.goto(f"{studio.url}/registry/{group}/2?tab=places")
    page.get_by_text("It serves nowhere").wait_for()
    page.get_by_role("button", name="Deploy…").first.click()
    page.get_by_role("dialog").get_by_role("button", name="Deploy").last.click()
    page.wait_for_url("**/endpoints/**", timeout=20_000)
    name = page.url.split("/endpoints/")[1].split("?")[0]
    assert jobs.wait_endpoint(studio, name)["EndpointStatus"] == "InService"
    model = studio.client("sagemaker").describe_model(ModelName=f"{group}-v2")
    assert model["PrimaryContainer"]["ModelPackageName"].endswith("/2")
    page.goto(f"{studio.url}/registry/{group}/2?tab=places")
    page.get_by_role("table", name="Endpoints that serve it").get_by_role("link", name=name).wait_for(timeout=20_000)
    back_to_version_two(page, studio, group, name)


def back_to_version_two(page, studio, group, endpoint):  # noqa: F811
    """Version 3 takes its place; then from the registry, and once more from the endpoint's own page."""
    client, three = studio.client("sagemaker"), f"{group}-v3"
    first = client.describe_endpoint(EndpointName=endpoint)["EndpointConfigName"]
    arn = described(studio, group, 3)["ModelPackageArn"]
    client.create_model(ModelName=three, ExecutionRoleArn=studio.role, PrimaryContainer={"ModelPackageName": arn})
    client.create_endpoint_config(EndpointConfigName=three, ProductionVariants=[variant("AllTraffic", three)])
    serves = lambda: (d := client.describe_endpoint(EndpointName=endpoint))["EndpointStatus"] == "InService" and d["EndpointConfigName"]  # noqa: E731  # fmt: skip
    client.update_endpoint(EndpointName=endpoint, EndpointConfigName=three)
    until(lambda: serves() == three)
    page.reload()
    page.get_by_role("button", name=f"Roll {endpoint} back").click(timeout=20_000)
    page.get_by_role("dialog").get_by_text(f"{group.lower()}, version 2").wait_for()
    page.get_by_role("button", name="Roll back", exact=True).click()
    until(lambda: serves() == first)
    page.goto(f"{studio.url}/endpoints/{endpoint}?tab=history")
    row = page.get_by_role("table", name="Deployments").get_by_role("row")
    row.filter(has=page.get_by_text("Serves now", exact=True)).filter(has_text=first).wait_for(timeout=20_000)
    page.get_by_role("button", name=f"Roll back to {three}").click()
    page.get_by_role("button", name="Roll back", exact=True).click()
    until(lambda: serves() == three)
    client.delete_endpoint(EndpointName=endpoint)


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_axe_finds_nothing_serious_in_the_registry(page, studio, group, mode):  # noqa: F811
    page.emulate_media(color_scheme=mode)
    found = {}
    for path in ("", "/compare?versions=1,2,3", *(f"/2?tab={tab}" for tab in ("overview", "metrics", "card"))):
        page.goto(f"{studio.url}/registry/{group}{path}")
        page.get_by_role("heading", name=group).first.wait_for()
        page.wait_for_timeout(400)
        found[path] = serious(page)
    assert {where: what for where, what in found.items() if what} == {}, json.dumps(found, indent=1)


def test_a_card_by_itself_is_changed_and_exported(page, studio):  # noqa: F811
    pytest.importorskip("fpdf")
    name, client = jobs.name("card"), studio.client("sagemaker")
    page.goto(f"{studio.url}/cards")
    page.get_by_role("button", name="Create card").first.click()
    page.get_by_role("dialog").get_by_label("Name", exact=True).fill(name)
    page.get_by_role("button", name="Make card").click()
    page.get_by_role("button", name="Write the card").click()
    page.get_by_label("Purpose", exact=True).fill("who leaves")
    page.get_by_role("button", name="Status").click()
    page.get_by_role("option", name="Approved").click()
    page.get_by_role("button", name="Save card").click()
    page.get_by_text("Version 2").wait_for()
    card = client.describe_model_card(ModelCardName=name)
    assert (card["ModelCardVersion"], card["ModelCardStatus"]) == (2, "Approved")
    assert json.loads(card["Content"]) == {"intended_uses": {"purpose_of_model": "who leaves"}}
    first = client.describe_model_card(ModelCardName=name, ModelCardVersion=1)
    assert (first["Content"], first["ModelCardStatus"]) == ("{}", "Draft")
    assert serious(page) == []
    page.get_by_role("tab", name="PDF").click()
    page.get_by_role("button", name="Export as PDF").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click(timeout=30_000)
    assert download.value.suggested_filename == f"{name}-v2.pdf"
    page.get_by_role("tab", name="Comments").click()
    page.get_by_text("Nothing said yet").wait_for()
    page.get_by_role("tab", name="Versions").click()
    page.get_by_role("radio", name="Version 1").check()
    page.get_by_text("No card yet").wait_for()
