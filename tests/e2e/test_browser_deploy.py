"""Deployment in a browser: from a model to each kind of endpoint and back out of a queue or a batch, without a serious
axe finding in light and dark."""

import json
import re
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

import jobs
import pytest
from test_browser import AXE, browser, finished_job, page  # noqa: F401  fixtures

pytestmark = [pytest.mark.e2e, pytest.mark.browser]
TYPE = "ml.t2.medium"


def until(true: Callable[[], Any], seconds: float = 60) -> Any:
    deadline = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    return found


@pytest.fixture(scope="module")
def model(studio, finished_job) -> str:  # noqa: F811
    client, name = studio.client("sagemaker"), jobs.name("seen-model")
    job = client.describe_training_job(TrainingJobName=finished_job)
    client.create_model(
        ModelName=name,
        ExecutionRoleArn=studio.role,
        PrimaryContainer={"Image": jobs.SKLEARN, "ModelDataUrl": job["ModelArtifacts"]["S3ModelArtifacts"]},
    )
    return name


def variant(name: str, model: str, weight: float = 1) -> dict[str, Any]:
    return {"VariantName": name, "ModelName": model, "InstanceType": TYPE, "InitialInstanceCount": 1,
            "InitialVariantWeight": weight}  # fmt: skip


@pytest.fixture(scope="module")
def endpoint(studio, model) -> str:
    """Two variants; all requests captured."""
    client, name = studio.client("sagemaker"), jobs.name("seen-live")
    client.create_endpoint_config(
        EndpointConfigName=name,
        ProductionVariants=[variant("blue", model, 3), variant("green", model, 1)],
        DataCaptureConfig={
            "EnableCapture": True,
            "InitialSamplingPercentage": 100,
            "DestinationS3Uri": f"s3://{studio.bucket}/seen-capture",
            "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
        },
    )
    client.create_endpoint(EndpointName=name, EndpointConfigName=name)
    assert jobs.wait_endpoint(studio, name)["EndpointStatus"] == "InService"
    runtime = studio.client("sagemaker-runtime")
    for number in range(8):
        runtime.invoke_endpoint(EndpointName=name, ContentType="application/json", Body=f"[[{number}, 41]]")
    return name


def does(page: Any, url: str, service: str, operation: str) -> bool:  # noqa: F811
    return operation in page.request.get(f"{url}/api/session").json()["operations"].get(service, [])


def serious(page: Any) -> list[Any]:  # noqa: F811
    page.evaluate(AXE.read_text())
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        (item["id"], [node["html"][:200] for node in item["nodes"]][:3])
        for item in found["violations"]
        if item["impact"] in ("serious", "critical")
    ]


def open_dialog(page: Any, studio: Any, model: str, way: str) -> Any:  # noqa: F811
    page.goto(f"{studio.url}/models/{model}")
    page.get_by_role("button", name="Deploy").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("radio", name=way).click()
    return dialog


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_axe_finds_nothing_serious_in_deployment(page, studio, model, endpoint, mode):  # noqa: F811
    page.emulate_media(color_scheme=mode)
    found = {}
    for tab in ("test", "traffic", "variants", "captured", "scaling", "alarms", "code", "tags", "variants&update=true"):
        page.goto(f"{studio.url}/endpoints/{endpoint}?tab={tab}")
        page.get_by_role("heading", name=endpoint).first.wait_for()
        page.wait_for_timeout(600)
        found[tab] = serious(page)
    for way in ("Real-time", "Serverless", "Asynchronous", "Batch"):
        page.goto(f"{studio.url}/models/{model}")
        page.get_by_role("button", name="Deploy").click()
        choice = page.get_by_role("dialog").get_by_role("radio", name=way)
        page.get_by_role("dialog").get_by_role("radio").first.wait_for()
        if choice.count():
            choice.click()
            found[way] = serious(page)
    if does(page, studio.url, "sagemaker", "CreateTransformJob"):
        for path in ("/batch", "/batch/create"):
            page.goto(studio.url + path)
            page.get_by_role("heading").first.wait_for()
            found[path] = serious(page)
    assert {where: what for where, what in found.items() if what} == {}, json.dumps(found, indent=1)


def test_a_serverless_endpoint_answers(page, studio, model):  # noqa: F811
    dialog = open_dialog(page, studio, model, "Serverless")
    dialog.get_by_text("1,000 requests").wait_for()
    dialog.get_by_role("button", name="Deploy").last.click()
    page.wait_for_url("**/endpoints/**", timeout=20_000)
    name = page.url.split("/endpoints/")[1].split("?")[0]
    live = jobs.wait_endpoint(studio, name)
    assert live["ProductionVariants"][0]["CurrentServerlessConfig"]["MemorySizeInMB"] == 2048
    page.get_by_role("button", name="Send request").click()
    page.get_by_text("[7", exact=False).first.wait_for(timeout=60_000)
    studio.client("sagemaker").delete_endpoint(EndpointName=name)


def test_traffic_is_moved_by_keyboard(page, studio, endpoint):  # noqa: F811
    page.goto(f"{studio.url}/endpoints/{endpoint}?tab=variants")
    slider = page.get_by_role("slider", name="Weight of green")
    slider.wait_for(state="attached")
    slider.focus()
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    page.get_by_role("button", name="Apply").click()
    client = studio.client("sagemaker")
    weights = lambda: {one["VariantName"]: one["DesiredWeight"] for one in client.describe_endpoint(EndpointName=endpoint)["ProductionVariants"]}  # noqa: E731  # fmt: skip
    until(lambda: weights() == {"blue": 3.0, "green": 3.0}, 10)
    page.get_by_text("50 %").first.wait_for()


def test_captured_requests_are_shown(page, studio, endpoint):  # noqa: F811
    page.goto(f"{studio.url}/endpoints/{endpoint}?tab=captured")
    row = page.get_by_role("row").filter(has_text="[[7, 41]]")
    row.wait_for(timeout=40_000)
    assert "[49]" in row.inner_text()


def test_the_curl_to_paste_works(page, studio, endpoint):  # noqa: F811
    page.goto(f"{studio.url}/endpoints/{endpoint}?tab=code")
    text = page.locator(".code pre").filter(has_text="curl ").inner_text()
    env = studio.env()
    url = re.search(r"curl (\S+)", text)
    body = re.search(r"-d '(.*)'", text)
    assert url and body
    bearer = f"Bearer {env['AWS_ACCESS_KEY_ID']}:{env['AWS_SECRET_ACCESS_KEY']}"
    request = urllib.request.Request(
        url[1], body[1].encode(), {"Authorization": bearer, "Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request) as answer:
        assert json.loads(answer.read()) == [7.0]


def test_a_page_learns_what_a_model_takes(page, studio, endpoint):  # noqa: F811
    told = page.request.get(f"{studio.url}/api/v2/models/{endpoint}").json()
    assert (told["name"], told["platform"], told["versions"]) == (endpoint, "sklearn", ["blue", "green"])
    assert page.request.get(f"{studio.url}/api/v2/models/absent").status == 404
    with pytest.raises(urllib.error.HTTPError, match="401"):
        urllib.request.urlopen(f"{studio.url}/api/v2/models/{endpoint}", timeout=10)


def test_an_update_by_canary(page, studio, endpoint):  # noqa: F811
    page.goto(f"{studio.url}/endpoints/{endpoint}?tab=variants&update=true")
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Remove green").click()
    dialog.get_by_role("radio", name="Canary").click()
    dialog.get_by_label("Watched for (seconds)").fill("3")
    dialog.get_by_role("button", name="Update").last.click()
    page.get_by_role("list", name="Stages").wait_for(timeout=20_000)
    client = studio.client("sagemaker")
    live = until(
        lambda: (
            (d := client.describe_endpoint(EndpointName=endpoint))["EndpointStatus"] == "InService"
            and "PendingDeploymentSummary" not in d
            and d
        ),
        90,
    )
    assert [one["VariantName"] for one in live["ProductionVariants"]] == ["blue"]
    routing = live["LastDeploymentConfig"]["BlueGreenUpdatePolicy"]["TrafficRoutingConfiguration"]
    assert (routing["Type"], routing["CanarySize"]["Value"]) == ("CANARY", 10)
    config = client.describe_endpoint_config(EndpointConfigName=live["EndpointConfigName"])
    assert config["DataCaptureConfig"]["EnableCapture"]
    page.get_by_role("list", name="Stages").wait_for(state="detached", timeout=20_000)


def test_a_queue_with_a_webhook(page, studio, model):  # noqa: F811
    dialog = open_dialog(page, studio, model, "Asynchronous")
    dialog.get_by_label("Tell of failure").fill("http://localhost:9/hook")
    dialog.get_by_role("button", name="Instance type").click()
    page.get_by_role("option", name=TYPE).first.click()
    dialog.get_by_role("button", name="Deploy").last.click()
    page.wait_for_url("**/endpoints/**", timeout=20_000)
    name = page.url.split("/endpoints/")[1].split("?")[0]
    live = jobs.wait_endpoint(studio, name)
    topic = live["AsyncInferenceConfig"]["OutputConfig"]["NotificationConfig"]["ErrorTopic"]
    found = studio.client("sns").list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    assert [one["Endpoint"] for one in found] == ["http://localhost:9/hook"]
    page.get_by_role("button", name="Put into the queue").click()
    row = page.get_by_role("row").filter(has_text="Completed")
    row.wait_for(timeout=40_000)
    answer = row.get_by_role("link").inner_text()
    key = answer.removeprefix(f"s3://{studio.bucket}/")
    assert json.loads(studio.client("s3").get_object(Bucket=studio.bucket, Key=key)["Body"].read()) == [7.0]
    studio.client("sagemaker").delete_endpoint(EndpointName=name)


def test_a_shadow_sees_copies(page, studio, model):  # noqa: F811
    client, name = studio.client("sagemaker"), jobs.name("seen-shadow")
    client.create_endpoint_config(
        EndpointConfigName=name,
        ProductionVariants=[variant("main", model)],
        ShadowProductionVariants=[variant("beside", model)],
    )
    client.create_endpoint(EndpointName=name, EndpointConfigName=name)
    jobs.wait_endpoint(studio, name)
    page.goto(f"{studio.url}/endpoints/{name}?tab=variants")
    page.get_by_role("heading", name="Shadow variants").wait_for()
    page.get_by_role("row").filter(has_text="beside").wait_for()
    client.delete_endpoint(EndpointName=name)


def test_scaling_and_an_alarm(page, studio, endpoint):  # noqa: F811
    if not does(page, studio.url, "application-autoscaling", "RegisterScalableTarget"):
        pytest.skip("this studio does not scale by itself")
    page.goto(f"{studio.url}/endpoints/{endpoint}?tab=scaling")
    page.get_by_label("Most instances").fill("3")
    page.get_by_role("button", name="Switch on").click()
    page.get_by_role("button", name="Switch off").wait_for()
    scaling = studio.client("application-autoscaling")
    targets = scaling.describe_scalable_targets(ServiceNamespace="sagemaker")["ScalableTargets"]
    mine = [one for one in targets if one["ResourceId"] == f"endpoint/{endpoint}/variant/blue"]
    assert [(one["MinCapacity"], one["MaxCapacity"]) for one in mine] == [(1, 3)]
    page.get_by_role("button", name="Switch off").click()
    page.get_by_role("button", name="Switch on").wait_for()
    page.goto(f"{studio.url}/endpoints/{endpoint}?tab=alarms")
    page.get_by_role("button", name="Create alarm").click()
    page.get_by_role("row").filter(has_text=f"{endpoint}-errors").wait_for()
    alarms = studio.client("cloudwatch").describe_alarms(AlarmNames=[f"{endpoint}-errors"])["MetricAlarms"]
    assert alarms[0]["MetricName"] == "Invocation5XXErrors"
    page.goto(f"{studio.url}/alarms")
    page.get_by_role("button", name=f"Delete {endpoint}-errors").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    page.get_by_role("row").filter(has_text=f"{endpoint}-errors").wait_for(state="detached")


def test_a_batch_is_scored_and_cloned(page, studio, model):  # noqa: F811
    if not does(page, studio.url, "sagemaker", "CreateTransformJob"):
        pytest.skip("this studio does not transform in batches")
    studio.client("s3").put_object(Bucket=studio.bucket, Key="batch-in/rows.jsonl", Body="[[1, 2]]\n[[3, 4]]\n")
    page.goto(f"{studio.url}/batch/create?model={model}&input=s3://{studio.bucket}/batch-in/rows.jsonl")
    page.get_by_role("heading", name="Create batch transform job").wait_for()
    for label, chosen in (("Content type", "application/json"), ("Accept", "application/json"), ("Strategy", "SingleRecord")):  # fmt: skip
        page.get_by_role("button", name=label).first.click()
        page.get_by_role("option", name=chosen, exact=True).first.click()
    name = page.get_by_label("Name", exact=True).input_value()
    page.get_by_role("button", name="Create job").click()
    page.wait_for_url(f"**/batch/{name}", timeout=20_000)
    client = studio.client("sagemaker")
    done = until(
        lambda: (d := client.describe_transform_job(TransformJobName=name))["TransformJobStatus"] != "InProgress" and d,
        120,
    )
    assert done["TransformJobStatus"] == "Completed", done.get("FailureReason")
    page.get_by_text("rows.jsonl.out").first.wait_for(timeout=20_000)
    page.locator(".code pre").filter(has_text="[4").first.wait_for()
    page.get_by_role("button", name="Run again").click()
    page.get_by_role("heading", name=f"Clone {name}").wait_for()
    page.locator("input[value^='s3://']").first.wait_for()
