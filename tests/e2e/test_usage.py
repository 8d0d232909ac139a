"""Usage for real: what ran is metered to the second, over a kill of the studio too; budgets and quotas refuse, tell and stop."""

import csv
import io
import json
import time
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import boto3
import conftest
import jobs
import pytest
import serving
from botocore.exceptions import ClientError

pytestmark = pytest.mark.e2e
BEATS = "import time\nwhile True:\n    print(time.time(), flush=True)\n    time.sleep(0.1)\n"
NOTES = 2_000_000
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
    (home,) = (studio.home / "spaces" / studio.account).iterdir()
    (home / "notes.txt").write_bytes(b"x" * NOTES)
    request = jobs.script_job(studio, jobs.name("usage"), SLEEPER.format(1))
    client.put_quota(Instances=0)
    assert client.list_quotas()["Quotas"][0]["Limits"] == {"Instances": 0}
    code, sentence = serving.refusal(train, studio, 1)
    assert code == "ResourceLimitExceeded"
    assert sentence.startswith("The account-level service limit 'Total instances of the project' is 0 Instances, with ")
    client.put_quota(StorageBytes=1)
    code, _ = serving.refusal(studio.client("s3").put_object, Bucket=studio.bucket, Key="x", Body=b"12")
    assert code == "QuotaExceeded"
    # Homes of spaces count, too; and what writes does not begin.
    (quota,) = serving.until(
        lambda: [one for one in client.list_quotas()["Quotas"] if one["Used"]["HomeBytes"] >= NOTES]
    )
    assert quota["Used"]["StorageBytes"] == quota["Used"]["HomeBytes"] + quota["Used"]["ObjectBytes"]
    sagemaker = studio.client("sagemaker")
    space = {"DomainId": sagemaker.list_domains()["Domains"][0]["DomainId"], "SpaceName": "lab"}
    for refused, more in (
        (sagemaker.create_space, {**space, "SpaceName": "another"}),
        (sagemaker.create_app, {**space, "AppType": "JupyterLab", "AppName": "default"}),
    ):
        code, sentence = serving.refusal(refused, **more)
        assert code == "ResourceLimitExceeded" and "'Storage of the project' is 1 Bytes" in sentence
    assert serving.refusal(sagemaker.create_training_job, **request)[0] == "ResourceLimitExceeded"
    # Room is made without the app that may not start.
    assert serving.refusal(client.delete_space_file, SpaceName="lab", Path="../x")[0] == "ValidationException"
    client.delete_space_file(SpaceName="lab", Path="notes.txt")
    assert serving.refusal(client.delete_space_file, SpaceName="lab", Path="notes.txt")[0] == "ResourceNotFound"
    # The tools of an app leave small files of their own.
    serving.until(lambda: client.list_quotas()["Quotas"][0]["Used"]["HomeBytes"] < NOTES)
    client.put_quota()
    studio.client("s3").put_object(Bucket=studio.bucket, Key="x", Body=b"12")


def test_a_quota_is_reached_exactly_and_by_no_race_passed(world):
    studio, client = world
    sagemaker = studio.client("sagemaker")
    requests = [jobs.script_job(studio, jobs.name("race"), SLEEPER.format(60)) for _ in range(10)]
    for one in requests:
        one["ResourceConfig"]["InstanceCount"] = 2
    client.put_quota(Instances=5)

    def begin(request):
        try:
            sagemaker.create_training_job(**request)
            return "begun"
        except ClientError as error:
            return error.response["Error"]["Code"]

    with ThreadPoolExecutor(10) as crowd:
        told = list(crowd.map(begin, requests))
    assert sorted(told) == ["ResourceLimitExceeded"] * 8 + ["begun"] * 2
    (quota,) = client.list_quotas()["Quotas"]
    assert (quota["Used"]["Instances"], quota["Limits"]) == (4, {"Instances": 5})
    last = train(studio, 60)
    code, sentence = serving.refusal(train, studio, 60)
    assert code == "ResourceLimitExceeded"
    assert "is 5 Instances, with current utilization of 5 Instances and a request delta of 1 Instances." in sentence
    # Lowered under what is in use, it stops nothing.
    client.put_quota(Instances=1)
    begun = [last, *(one["TrainingJobName"] for one, word in zip(requests, told, strict=True) if word == "begun")]
    assert [sagemaker.describe_training_job(TrainingJobName=one)["TrainingJobStatus"] for one in begun] == [
        "InProgress"
    ] * 3
    for one in begun:
        sagemaker.stop_training_job(TrainingJobName=one)
    serving.until(lambda: client.list_quotas()["Quotas"][0]["Used"]["Instances"] == 0, 60)
    client.put_quota()

    # Bytes, by ten at once, and to the last of them.
    s3 = studio.client("s3")
    held = client.list_quotas()["Quotas"][0]["Used"]["StorageBytes"]
    client.put_quota(StorageBytes=held + 35_000)

    def write(number):
        try:
            s3.put_object(Bucket=studio.bucket, Key=f"race/{number}", Body=bytes(10_000))
            return "written"
        except ClientError as error:
            return error.response["Error"]["Code"]

    with ThreadPoolExecutor(10) as crowd:
        told = list(crowd.map(write, range(10)))
    assert sorted(told) == ["QuotaExceeded"] * 7 + ["written"] * 3
    s3.put_object(Bucket=studio.bucket, Key="race/rest", Body=bytes(5_000))
    code, sentence = serving.refusal(s3.put_object, Bucket=studio.bucket, Key="race/more", Body=b"1")
    assert code == "QuotaExceeded" and "Delete objects" in sentence
    assert client.list_quotas()["Quotas"][0]["Used"]["StorageBytes"] == held + 35_000
    client.put_quota()


class Hook:
    """Is told of budgets, and keeps what it was told by the message's id: one that is told again is the same."""

    def __init__(self):
        self.told = {}
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                note = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                outer.told.setdefault(note["MessageId"], note)
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server.server_port}/"

    def subjects(self):
        return sorted(one["Subject"] for one in self.told.values())


def test_a_budget_that_is_spent_tells_stops_and_refuses_whenever_the_studio_is_killed(world):
    studio, client = world
    sagemaker, hook = studio.client("sagemaker"), Hook()
    space = {"DomainId": sagemaker.list_domains()["Domains"][0]["DomainId"], "SpaceName": "lab"}
    app = {**space, "AppType": "JupyterLab", "AppName": "default"}
    sagemaker.create_app(**app)
    endpoint = serving.endpoint(studio, serving.variant(serving.model(studio, serving.NAME.format(name="b"))))
    serving.until(lambda: sagemaker.describe_app(**app)["Status"] == "InService", 40)
    before = client.get_usage()["Cost"]
    client.put_prices(Prices=[{"InstanceType": "ml.m5.large", "PricePerHour": 36_000.0}])
    job = jobs.name("usage")
    sagemaker.create_training_job(**jobs.script_job(studio, job, BEATS))
    serving.until(lambda: client.get_usage()["Cost"] > before + 10, 40)
    # From here on the sum stands still, and the amount says how much of it is spent.
    client.put_prices(Prices=[{"InstanceType": "ml.m5.large", "PricePerHour": 0.0}])
    spent = client.get_usage()["Cost"]

    def killed_with(share):
        client.put_budget(Name="month", Amount=spent / share, Thresholds=[50], Action="StopAll", Webhook=hook.url)
        studio.kill()
        studio.start()

    def budget():
        return client.list_budgets()["Budgets"][0]

    killed_with(0.1)
    assert (budget()["Alerts"], hook.told, budget()["Stopped"]) == ([], {}, [])
    killed_with(0.6)
    serving.until(lambda: hook.told and budget()["Alerts"])
    assert (hook.subjects(), budget()["Stopped"]) == (["Budget month: 50%"], [])
    assert sagemaker.describe_training_job(TrainingJobName=job)["TrainingJobStatus"] == "InProgress"
    killed_with(1.1)
    done = jobs.wait(studio, job, 60)
    assert done["TrainingJobStatus"] == "Stopped"
    serving.until(lambda: sagemaker.list_endpoints()["Endpoints"] == [], 30)
    serving.until(lambda: sagemaker.describe_app(**app)["Status"] == "Deleted", 30)
    serving.until(lambda: len(hook.told) == 2)
    assert hook.subjects() == ["Budget month: 100%", "Budget month: 50%"]
    (last,) = (one["Message"] for one in hook.told.values() if one["Subject"].endswith("100%"))
    assert "New work is refused. Stopped: 1 TrainingJob, 1 App, 1 Endpoint." in last
    assert budget()["Exceeded"] and [one["Threshold"] for one in budget()["Alerts"]] == [50, 100]
    assert sorted((one["Kind"], one["Name"]) for one in budget()["Stopped"]) == [
        ("App", "lab"), ("Endpoint", endpoint), ("TrainingJob", job),
    ]  # fmt: skip
    for code, sentence in (serving.refusal(sagemaker.create_app, **app), serving.refusal(train, studio, 1)):
        assert code == "ResourceLimitExceeded"
        assert "Budget month" in sentence and "ask an admin of the project to raise the budget" in sentence

    def notices():
        found = client.list_notifications()["Notifications"]
        return sorted(
            (one["Status"], one["Text"]) for one in found if one["Type"] == "BudgetAlert" and one["Name"] == "month"
        )

    serving.until(lambda: len(notices()) == 5)
    assert {text for word, text in notices() if word == "Spent"} == {
        f"TrainingJob {job} was stopped.", "App lab was stopped.", f"Endpoint {endpoint} was deleted.",
    }  # fmt: skip
    assert [word for word, _ in notices()][:2] == ["100%", "50%"]
    # As long as it really ran, through three kills.
    beats = [float(one) for one in jobs.log(studio, job) if one.replace(".", "").isdecimal()]
    counted = seconds_of(client, "TrainingJob", job)
    assert beats[-1] - beats[0] <= counted <= beats[-1] - beats[0] + 10
    hook.server.shutdown()
    client.delete_budget(Name="month")
    client.put_prices(Reset=["ml.m5.large"])
    assert jobs.wait(studio, train(studio, 0))["TrainingJobStatus"] == "Completed"
