"""MLflow for real: notebooks' and jobs' code records with nothing set up, the project's people see it, nobody else does, and a kill
takes nothing back."""

import io
import os
import signal
import subprocess
import tarfile
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest
from conftest import Studio, end
from test_spaces import PASSWORD, Person, until

from studiolo.services.sagemaker.tracking import tokens

pytestmark = pytest.mark.e2e
RECORD = """
import mlflow
mlflow.set_experiment("churn")
with mlflow.start_run(run_name="{name}"):
    mlflow.log_param("depth", 6)
    mlflow.log_metric("auc", 0.91)
    mlflow.log_text("what was learnt", "notes.txt")
print("recorded by", "{name}")
"""


def job(studio: Studio, name: str, script: str, environment: dict[str, str] | None = None) -> None:
    """A script in the image of spaces, which has MLflow's client; the studio's own key starts it."""
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w:gz") as tar:
        info = tarfile.TarInfo("train.py")
        info.size = len(script.encode())
        tar.addfile(info, io.BytesIO(script.encode()))
    studio.client("s3").put_object(Bucket=studio.bucket, Key=f"{name}.tar.gz", Body=archive.getvalue())
    sagemaker = studio.client("sagemaker")
    sagemaker.create_training_job(
        TrainingJobName=name, RoleArn=studio.role, Environment=environment or {},
        AlgorithmSpecification={"TrainingImage": "sagemaker-distribution:latest", "TrainingInputMode": "File"},
        HyperParameters={"sagemaker_program": "train.py", "sagemaker_submit_directory": f"s3://{studio.bucket}/{name}.tar.gz"},
        OutputDataConfig={"S3OutputPath": f"s3://{studio.bucket}/out"},
        ResourceConfig={"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1},
        StoppingCondition={"MaxRuntimeInSeconds": 600},
    )  # fmt: skip

    def over() -> dict[str, Any] | None:
        told = sagemaker.describe_training_job(TrainingJobName=name)
        return told if told["TrainingJobStatus"] in ("Completed", "Failed", "Stopped") else None

    told = until(over, 400)
    assert told["TrainingJobStatus"] == "Completed", told.get("FailureReason")


class Tracking:
    """MLflow's REST API as a client with a token asks it."""

    def __init__(self, studio: Studio, key: tuple[str, str] | None = None, project: str | None = None) -> None:
        env = studio.env()
        token = tokens.make(*(key or (env["AWS_ACCESS_KEY_ID"], env["AWS_SECRET_ACCESS_KEY"])))
        self.base = f"{studio.url}/mlflow/{project or studio.account}/default"
        self.http = httpx.Client(headers={"Authorization": f"Bearer {token}"}, timeout=180)

    def get(self, path: str, **query: str) -> Any:
        return self.http.get(f"{self.base}/api/2.0/mlflow/{path}", params=query)

    def post(self, path: str, **body: Any) -> Any:
        return self.http.post(f"{self.base}/api/2.0/mlflow/{path}", json=body)

    def runs(self, experiment: str = "churn") -> dict[str, dict[str, Any]]:
        """By their names."""
        answer = self.get("experiments/get-by-name", experiment_name=experiment)
        assert answer.status_code == 200, answer.text
        found = self.post("runs/search", experiment_ids=[answer.json()["experiment"]["experiment_id"]]).json()
        return {one["info"]["run_name"]: one for one in found.get("runs", [])}


def signed_in(studio: Studio) -> Person:
    """The studio's first admin."""
    token = studio.sign_in_link().partition("token=")[2]
    answer = httpx.get(f"{studio.url}/signin", params={"token": token})
    return Person(studio, "admin", SimpleCookie(answer.headers["set-cookie"])["studiolo_session"].value)


def of_another_project(studio: Studio, admin: Person) -> tuple[Person, tuple[str, str]]:
    """A viewer of another project, and a key of it."""
    other = admin.ask("studio", "CreateProject", Name="other")["Account"]
    admin.ask("studio", "CreateUser", User="eve", Password=PASSWORD)
    admin.project = other
    admin.ask("studio", "PutMember", User="eve", Role="viewer")
    key = admin.ask("studio", "CreateAccessKey")
    return Person(studio, "eve"), (key["AccessKeyId"], key["SecretAccessKey"])


def server_processes(studio: Studio) -> list[int]:
    found = subprocess.run(["pgrep", "-f", "mlflow.server.fastapi_app"], capture_output=True, text=True).stdout
    mine = str(studio.home)
    return [
        int(pid) for pid in found.split() if mine in Path(f"/proc/{pid}/environ").read_bytes().decode(errors="replace")
    ]


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory):
    it = Studio(tmp_path_factory.mktemp("tracking") / "home")
    it.start()
    yield it
    end(it)


def test_a_job_records_with_nothing_set_up_and_it_is_the_projects(studio: Studio) -> None:
    job(studio, "recorder", RECORD.format(name="first"))
    run = Tracking(studio).runs()["first"]
    assert {one["key"]: one["value"] for one in run["data"]["metrics"]} == {"auc": 0.91}
    tags = {one["key"]: one["value"] for one in run["data"]["tags"]}
    admin = studio.client("sts").get_caller_identity()["Arn"].rpartition("/")[2]
    assert tags["mlflow.user"] == admin
    # The files lie in the project's bucket, and MLflow shows them.
    place = run["info"]["artifact_uri"].removeprefix(f"s3://{studio.bucket}/")
    held = studio.client("s3").get_object(Bucket=studio.bucket, Key=f"{place}/notes.txt")["Body"].read()
    assert held == b"what was learnt"
    asked = Tracking(studio)
    shown = asked.http.get(
        f"{asked.base}/get-artifact", params={"path": "notes.txt", "run_uuid": run["info"]["run_id"]}
    )
    assert shown.content == held and shown.headers["content-security-policy"] == "sandbox"


def test_another_member_sees_it_a_viewer_changes_nothing_and_others_get_nowhere(studio: Studio) -> None:
    admin = signed_in(studio)
    people = {}
    for user, role in (("ann", "contributor"), ("vic", "viewer")):
        admin.ask("studio", "CreateUser", User=user, Password=PASSWORD)
        admin.ask("studio", "PutMember", User=user, Role=role)
        people[user] = Person(studio, user)
    runs = "/mlflow/{}/default/ajax-api/2.0/mlflow/runs/{}"
    for person in people.values():
        page = person.http.get(f"/mlflow/{studio.account}/default/", timeout=180)
        assert page.status_code == 200 and "MLflow" in page.text
        body = {"experiment_ids": [Tracking(studio).runs()["first"]["info"]["experiment_id"]]}
        found = person.http.post(runs.format(studio.account, "search"), json=body)
        assert [one["info"]["run_name"] for one in found.json()["runs"]] == ["first"]
    body = {"experiment_id": body["experiment_ids"][0], "run_name": "mine"}
    assert people["ann"].http.post(runs.format(studio.account, "create"), json=body).status_code == 200
    told = people["vic"].http.post(runs.format(studio.account, "create"), json=body)
    assert (told.status_code, told.json()["error_code"]) == (403, "PERMISSION_DENIED")
    # From another site's page, and by a person of another project.
    evil = people["ann"].http.get(
        f"/mlflow/{studio.account}/default/", headers={"Sec-Fetch-Site": "cross-site", "Origin": "http://evil"}
    )
    assert evil.status_code == 403
    stranger, key = of_another_project(studio, admin)
    assert stranger.http.get(f"/mlflow/{studio.account}/default/").status_code == 404
    refused = Tracking(studio, key).post("runs/search", experiment_ids=["0"])
    assert refused.status_code == 403 and "another project" in refused.json()["message"]
    nobody = httpx.get(f"{studio.url}/mlflow/{studio.account}/default/api/2.0/mlflow/experiments/search")
    assert nobody.status_code == 401


def test_aws_own_plugin_signs_and_names_the_server_by_its_arn(studio: Studio) -> None:
    """As `sagemaker-mlflow` does it: signed for the service sagemaker-mlflow, the ARN in a header, at the address's root."""
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials

    env = studio.env()
    arn = studio.client("sagemaker").describe_mlflow_tracking_server(TrackingServerName="default")["TrackingServerArn"]

    def ask(path: str, body: bytes, arn: str) -> Any:
        request = AWSRequest(
            "POST",
            f"{studio.url}{path}",
            data=body,
            headers={"content-type": "application/json", "x-mlflow-sm-tracking-server-arn": arn},
        )
        SigV4Auth(
            Credentials(env["AWS_ACCESS_KEY_ID"], env["AWS_SECRET_ACCESS_KEY"]), "sagemaker-mlflow", "us-east-1"
        ).add_auth(request)
        return httpx.post(request.url, content=body, headers=dict(request.headers), timeout=180)

    found = ask("/api/2.0/mlflow/experiments/search", b'{"max_results": 10}', arn)
    assert found.status_code == 200 and "churn" in found.text, found.text
    refused = ask("/api/2.0/mlflow/experiments/search", b"{}", arn.replace(studio.account, "999999999999"))
    assert refused.status_code == 403
    link = studio.client("sagemaker").create_presigned_mlflow_tracking_server_url(TrackingServerName="default")
    with httpx.Client(follow_redirects=True, timeout=180) as browser:
        page = browser.get(link["AuthorizedUrl"], headers={"Sec-Fetch-Site": "none"})
    assert page.status_code == 200 and str(page.url).endswith(f"/mlflow/{studio.account}/default/")


def test_a_killed_server_and_a_restarted_studio_lose_nothing(studio: Studio) -> None:
    asked = Tracking(studio)
    experiment = asked.runs()["first"]["info"]["experiment_id"]
    run = asked.post("runs/create", experiment_id=experiment, run_name="kept").json()["run"]["info"]["run_id"]
    asked.post("runs/log-metric", run_id=run, key="loss", value=0.5, timestamp=1, step=1)
    for pid in server_processes(studio):
        os.kill(pid, signal.SIGKILL)
    studio.kill()
    studio.start()
    kept = Tracking(studio).runs()["kept"]
    assert kept["data"]["metrics"][0]["value"] == 0.5


def test_it_sleeps_when_nobody_asks_and_is_stopped_and_deleted_by_aws_operations(studio: Studio) -> None:
    sagemaker = studio.client("sagemaker")
    sagemaker.stop_mlflow_tracking_server(TrackingServerName="default")

    def word() -> str:
        return sagemaker.describe_mlflow_tracking_server(TrackingServerName="default")["TrackingServerStatus"]

    until(lambda: word() == "Stopped")
    assert not server_processes(studio)
    assert Tracking(studio).get("experiments/search", max_results="1").status_code == 409
    sagemaker.start_mlflow_tracking_server(TrackingServerName="default")
    until(lambda: word() == "Started", 120)
    assert "kept" in Tracking(studio).runs()
    studio.stop()
    studio.variables = {**studio.variables, "STUDIOLO_MLFLOW_IDLE_SECONDS": "1"}
    studio.start()
    until(lambda: not server_processes(studio), 30)
    assert word() == "Started" and "kept" in Tracking(studio).runs()
    sagemaker.delete_mlflow_tracking_server(TrackingServerName="default")
    until(lambda: not list((studio.home / "mlflow" / studio.account).glob("default-*")), 60)
    (again,) = sagemaker.list_mlflow_tracking_servers()["TrackingServerSummaries"]
    assert again["TrackingServerStatus"] == "Created"
