"""Usage for real: what ran is metered to the second, over a kill of the studio too; budgets and quotas refuse, tell and stop."""

import csv
import io
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import boto3
import conftest
import jobs
import pytest
import serving

pytestmark = pytest.mark.e2e
SLEEPER = "import time\nprint('here', flush=True)\ntime.sleep({0})\n"


def studio_client(studio):
    """boto3 with the studio's own model."""
    env = studio.env()
    account = boto3.Session(
        aws_access_key_id=env["AWS_ACCESS_KEY_ID"], aws_secret_access_key=env["AWS_SECRET_ACCESS_KEY"]
    )
    models = Path(conftest.__file__).parents[2] / "src/studiolo/services/studio/model"
    account._session.get_component("data_loader").search_paths.append(str(models))
    return account.client("studio", region_name=env["AWS_DEFAULT_REGION"], endpoint_url=studio.url)


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    studio = conftest.Studio(tmp_path_factory.mktemp("usage") / "home")
    studio.start()
    yield studio, studio_client(studio)
    conftest.end(studio)


def train(studio, seconds, type="ml.m5.large", **more):
    name = jobs.name("usage")
    request = jobs.script_job(studio, name, SLEEPER.format(seconds), **more)
    request["ResourceConfig"]["InstanceType"] = type
    studio.client("sagemaker").create_training_job(**request)
    return name


def seconds_of(client, kind, name):
    return client.get_usage(Filter={"Kind": kind, "Name": name})["Seconds"]


def test_what_runs_is_metered_to_the_second_and_a_kill_neither_loses_nor_doubles(world):
    studio, client = world
    sagemaker = studio.client("sagemaker")
    space = {"DomainId": sagemaker.list_domains()["Domains"][0]["DomainId"], "SpaceName": "lab"}
    sagemaker.create_space(**space, Tags=[{"Key": "team", "Value": "red"}])
    sagemaker.create_app(**space, AppType="JupyterLab", AppName="default")
    endpoint = serving.endpoint(studio, serving.variant(serving.model(studio, serving.NAME.format(name="m"))))
    job = train(studio, 12, Tags=[{"Key": "team", "Value": "blue"}])
    for kind, name in (("TrainingJob", job), ("Endpoint", endpoint), ("App", "lab")):
        serving.until(lambda kind=kind, name=name: seconds_of(client, kind, name) > 1.0, 40)
    seen, at = seconds_of(client, "Endpoint", endpoint), time.time()
    studio.kill()
    time.sleep(3)
    studio.start()
    # The time without a studio counts: the endpoint ran on.
    later = seconds_of(client, "Endpoint", endpoint)
    assert later - seen == pytest.approx(time.time() - at, abs=1.2)
    seen, at = later, time.time()
    time.sleep(2)
    assert seconds_of(client, "Endpoint", endpoint) - seen == pytest.approx(time.time() - at, abs=1.2)
    assert client.get_usage(Filter={"Kind": "App", "Tags": {"team": "red"}})["Seconds"] > 4.0
    sagemaker.delete_app(**space, AppType="JupyterLab", AppName="default")
    done = jobs.wait(studio, job)
    assert done["TrainingJobStatus"] == "Completed"
    counted = seconds_of(client, "TrainingJob", job)
    # BillableTimeInSeconds goes from the start of training to the end of uploading; the process is the part that is metered.
    spans = {one["Status"]: (one["StartTime"], one.get("EndTime")) for one in done["SecondaryStatusTransitions"]}
    start, end = spans["Training"]
    assert 12.0 <= counted <= (end - start).total_seconds() + 3.0, (counted, spans)
    time.sleep(1.5)
    assert seconds_of(client, "TrainingJob", job) == counted

    rows = client.get_usage(
        GroupBy=["Project", "User", "Kind", "InstanceType", "Tag"], TagKey="team", Filter={"Kind": "TrainingJob"}
    )["Rows"]
    (row,) = rows
    assert row["Keys"] == {
        "Project": studio.account, "User": "admin", "Kind": "TrainingJob", "InstanceType": "ml.m5.large", "Tag": "blue",
    }  # fmt: skip
    price = next(one for one in client.get_prices()["Prices"] if one["InstanceType"] == "ml.m5.large")["PricePerHour"]
    assert row["Cost"] == pytest.approx(counted / 3600 * price)

    table = list(csv.DictReader(io.StringIO(client.export_usage(GroupBy=["Day", "Resource"])["Csv"])))
    (line,) = (one for one in table if one["Resource"] == f"TrainingJob/{job}")
    assert float(line["InstanceHours"]) == pytest.approx(counted / 3600, abs=1e-4)
    assert float(line["Cost (USD)"]) == pytest.approx(row["Cost"], abs=1e-6)

    sagemaker.delete_endpoint(EndpointName=endpoint)
    serving.until(lambda: endpoint not in str(sagemaker.list_endpoints()["Endpoints"]))
    last = seconds_of(client, "Endpoint", endpoint)
    time.sleep(1.5)
    assert seconds_of(client, "Endpoint", endpoint) == last


def test_a_quota_refuses_in_awss_words(world):
    studio, client = world
    client.put_quota(Instances=0)
    assert client.list_quotas()["Quotas"][0]["Limits"] == {"Instances": 0}
    code, sentence = serving.refusal(train, studio, 1)
    assert code == "ResourceLimitExceeded"
    assert sentence.startswith("The account-level service limit 'Total instances of the project' is 0 Instances, with ")
    client.put_quota(StorageBytes=1)
    code, _ = serving.refusal(studio.client("s3").put_object, Bucket=studio.bucket, Key="x", Body=b"12")
    assert code == "QuotaExceeded"
    client.put_quota()
    studio.client("s3").put_object(Bucket=studio.bucket, Key="x", Body=b"12")


def test_a_budget_that_is_spent_tells_stops_and_refuses(world):
    studio, client = world
    told = []

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self):
            told.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass

    hook = HTTPServer(("127.0.0.1", 0), Hook)
    Thread(target=hook.serve_forever, daemon=True).start()
    client.put_prices(Prices=[{"InstanceType": "ml.m5.large", "PricePerHour": 36_000.0}])
    spent = client.get_usage()["Cost"]
    client.put_budget(
        Name="month",
        Amount=spent + 20.0,
        Thresholds=[100],
        Action="Stop",
        Webhook=f"http://127.0.0.1:{hook.server_port}/",
    )
    job = train(studio, 120)
    done = jobs.wait(studio, job, 60)
    assert done["TrainingJobStatus"] == "Stopped"
    (budget,) = client.list_budgets()["Budgets"]
    assert budget["Exceeded"] and [one["Threshold"] for one in budget["Alerts"]] == [100]
    code, sentence = serving.refusal(train, studio, 1)
    assert code == "ResourceLimitExceeded" and "Budget month" in sentence
    serving.until(lambda: told)
    assert "100% of the budget month" in told[0]
    (notice,) = serving.until(lambda: [
        one for one in client.list_notifications()["Notifications"] if one["Type"] == "BudgetAlert"
    ])  # fmt: skip
    assert (notice["Kind"], notice["Name"], notice["Status"]) == ("Budget", "month", "100%")
    hook.shutdown()
    client.delete_budget(Name="month")
    client.put_prices(Reset=["ml.m5.large"])
    assert jobs.wait(studio, train(studio, 0))["TrainingJobStatus"] == "Completed"
