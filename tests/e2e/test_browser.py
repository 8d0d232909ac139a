"""The web studio in a real browser: signing in, every page in light and dark without a serious axe finding, and the
way from a job to a live endpoint by pointer and keyboard."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import jobs
import pytest

pytestmark = [pytest.mark.e2e, pytest.mark.browser]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
AXE = Path(__file__).parents[2] / "ui" / "node_modules" / "axe-core" / "axe.min.js"
PAGES = [
    "/",
    "/spaces",
    "/jobs",
    "/jobs/create",
    "/processing",
    "/pipelines",
    "/schedules",
    "/rules",
    "/functions",
    "/tuning",
    "/environments",
    "/experiments",
    "/registry",
    "/cards",
    "/models",
    "/endpoints",
    "/batch",
    "/batch/create",
    "/alarms",
    "/activity",
    "/notebook-jobs",
    "/notifications",
    "/data",
    "/data/sets",
    "/projects",
    "/usage",
    "/running",
    "/members",
    "/keys",
    "/connect",
    "/settings",
]


@pytest.fixture(scope="module")
def browser() -> Iterator[object]:
    from playwright.sync_api import sync_playwright

    assert CHROMIUM, "these tests need a browser: apt-get install chromium"
    with sync_playwright() as play:
        it = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield it
        it.close()


@pytest.fixture
def page(browser, studio) -> Iterator[object]:
    """A page of a browser that has followed a one-time link."""
    import subprocess

    import conftest

    context = browser.new_context(viewport={"width": 1440, "height": 900})
    it = context.new_page()
    errors: list[str] = []
    it.on("pageerror", lambda error: errors.append(str(error)))
    link = subprocess.run(
        [conftest.STUDIOLO, "sign-in", "--home", studio.home], check=True, capture_output=True, text=True
    ).stdout.split()[-1]
    it.goto(link)
    it.get_by_role("navigation").first.wait_for()
    yield it
    assert errors == []
    context.close()


@pytest.fixture(scope="module")
def finished_job(studio) -> str:
    job = jobs.name("seen")
    script = """
import json, os, time
for step in range(20):
    print(f"loss={1 / (step + 1):.4f};", flush=True)
    time.sleep(0.05)
json.dump({"bias": 1}, open(os.path.join(os.environ["SM_MODEL_DIR"], "model.json"), "w"))
os.makedirs(os.path.join(os.environ["SM_MODEL_DIR"], "code"))
open(os.path.join(os.environ["SM_MODEL_DIR"], "code", "inference.py"), "w").write('''
import json, os
def model_fn(model_dir):
    return json.load(open(os.path.join(model_dir, "model.json")))
def input_fn(body, content_type):
    return json.loads(body)
def predict_fn(rows, model):
    return [sum(row) + model["bias"] for row in rows]
def output_fn(answer, accept):
    return json.dumps(answer), "application/json"
''')
"""
    request = jobs.script_job(
        studio,
        job,
        script,
        AlgorithmSpecification={"MetricDefinitions": [{"Name": "loss", "Regex": "loss=([0-9.]+);"}]},
    )
    studio.client("sagemaker").create_training_job(**request)
    done = jobs.wait(studio, job, 240)
    assert done["TrainingJobStatus"] == "Completed", done.get("FailureReason")
    return job


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_axe_finds_nothing_serious(page, studio, finished_job, mode):
    page.emulate_media(color_scheme=mode)
    axe = AXE.read_text()
    found = {}
    for path in [*PAGES, f"/jobs/{finished_job}", f"/data/{studio.bucket}"]:
        page.goto(studio.url + path)
        page.get_by_role("heading").first.wait_for()
        page.wait_for_timeout(400)
        page.evaluate(axe)
        result = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        serious = [
            (item["id"], [node["html"][:200] for node in item["nodes"]][:3])
            for item in result["violations"]
            if item["impact"] in ("serious", "critical")
        ]
        if serious:
            found[path] = serious
    assert found == {}, json.dumps(found, indent=1)


def test_a_job_becomes_an_endpoint_by_right_click(page, studio, finished_job):
    page.goto(f"{studio.url}/jobs?name={finished_job}")
    row = page.get_by_role("row").filter(has_text=finished_job)
    row.first.wait_for()
    row.first.click(button="right")
    page.get_by_role("menuitem", name="Deploy").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Deploy").last.click()
    page.wait_for_url("**/endpoints/**", timeout=20_000)
    endpoint = page.url.split("/endpoints/")[1].split("?")[0]
    live = jobs.wait_endpoint(studio, endpoint)
    assert live["EndpointStatus"] == "InService", live.get("FailureReason")
    page.get_by_text("InService").or_(page.get_by_text("In service")).first.wait_for(timeout=10_000)
    answer = studio.client("sagemaker-runtime").invoke_endpoint(
        EndpointName=endpoint, ContentType="application/json", Body="[[1, 2]]"
    )
    assert json.loads(answer["Body"].read()) == [4]


def test_a_dropped_file_becomes_an_object(page, studio, tmp_path):
    (tmp_path / "rows.csv").write_text("age,plan\n41,gold\n29,basic\n")
    page.goto(f"{studio.url}/data/{studio.bucket}")
    page.locator("input[type=file]").first.set_input_files(str(tmp_path / "rows.csv"))
    page.get_by_role("link", name="rows.csv").first.wait_for(timeout=15_000)
    body = studio.client("s3").get_object(Bucket=studio.bucket, Key="rows.csv")["Body"].read()
    assert body == (tmp_path / "rows.csv").read_bytes()
    page.get_by_role("link", name="rows.csv").first.click()
    page.get_by_text("gold").first.wait_for(timeout=10_000)


def test_a_stranger_sees_nothing(browser, studio):
    context = browser.new_context()
    stranger = context.new_page()
    stranger.goto(f"{studio.url}/jobs")
    stranger.get_by_role("button", name="Sign in").first.wait_for()
    answer = context.request.post(
        f"{studio.url}/api/sagemaker", headers={"X-Amz-Target": "SageMaker.ListModels"}, data="{}"
    )
    assert answer.status in (401, 403)
    context.close()
