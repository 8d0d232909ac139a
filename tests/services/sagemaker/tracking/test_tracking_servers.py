"""Tracking servers as records: AWS's answers, AWS's refusals, and who may do what."""

import asyncio
import time
from dataclasses import replace

import pytest
from killing import ACCOUNT, Counter, Killed, World
from studio_in_memory import Studio

from studiolo.base.errors import ApiError
from studiolo.blobs.disk import DiskBlobs
from studiolo.services.request import Call, Caller
from studiolo.services.sagemaker.service import SageMakerService
from studiolo.services.sagemaker.tracking import asking, inside, launch, names
from studiolo.services.sagemaker.tracking.controller import TrackingServerController
from studiolo.services.sagemaker.tracking.door import Refused, TrackingDoor, reads
from studiolo.services.sagemaker.tracking.servers import own
from studiolo.store.protocol import Missing
from studiolo.workloads.tracking import main

ROLE = f"arn:aws:iam::{ACCOUNT}:role/studiolo-execution-role"
FILES = "s3://bucket/runs"


@pytest.fixture
def studio(tmp_path):
    it = Studio(tmp_path)
    blobs = DiskBlobs(tmp_path / "blobs")
    blobs.create_bucket("bucket", ACCOUNT, 0)
    it.platform = replace(it.platform, blobs=blobs)
    it.service = SageMakerService(it.platform)
    return it


def make(studio, name="team", **more):
    return studio.ask(
        "CreateMlflowTrackingServer", TrackingServerName=name, ArtifactStoreUri=FILES, RoleArn=ROLE, **more
    )


def refused(ask, *args, **params):
    with pytest.raises(ApiError) as error:
        ask(*args, **params)
    return error.value


def settle(studio, name, word, **more):
    record = studio.store.get(names.key_of(ACCOUNT, name))
    status = {"TrackingServerStatus": word, "_life": record.spec["_life"], **more}
    studio.store.write(record, now=1.0, status=status)


def as_user(studio, user, role, operation, **params):
    call = Call(Caller(user, ACCOUNT, role), "sagemaker", operation, params, "id")
    return asyncio.run(studio.service.handler(operation)(call))


def test_a_project_has_a_server_by_itself_that_sleeps(studio):
    (one,) = studio.ask("ListMlflowTrackingServers")["TrackingServerSummaries"]
    assert (one["TrackingServerName"], one["TrackingServerStatus"], one["IsActive"]) == ("default", "Created", "Active")
    told = studio.ask("DescribeMlflowTrackingServer", TrackingServerName="default")
    assert told["ArtifactStoreUri"] == f"s3://sagemaker-us-east-1-{ACCOUNT}/mlflow"
    assert told["TrackingServerUrl"].endswith(f"/mlflow/{ACCOUNT}/default")
    assert told["TrackingServerArn"].endswith(f"{ACCOUNT}:mlflow-tracking-server/default")
    assert studio.runner.started == []


def test_a_server_is_made_shown_listed_and_tagged(studio):
    arn = make(studio, "Team", Tags=[{"Key": "a", "Value": "b"}], MlflowVersion="3.0.0")["TrackingServerArn"]
    told = studio.ask("DescribeMlflowTrackingServer", TrackingServerName="team")
    assert told["TrackingServerStatus"] == "Creating" and told["TrackingServerSize"] == "Small"
    assert "MlflowVersion" not in {name for name, value in told.items() if value is not None}
    settle(studio, "Team", "Created", MlflowVersion="3.17.2")
    listed = studio.ask("ListMlflowTrackingServers", MlflowVersion="3.17.2", TrackingServerStatus="Created")
    assert [one["TrackingServerName"] for one in listed["TrackingServerSummaries"]] == ["Team"]
    assert studio.ask("ListTags", ResourceArn=arn)["Tags"] == [{"Key": "a", "Value": "b"}]
    first = studio.ask("ListMlflowTrackingServers", SortBy="Name", SortOrder="Ascending", MaxResults=1)
    rest = studio.ask("ListMlflowTrackingServers", SortBy="Name", SortOrder="Ascending", NextToken=first["NextToken"])
    every = [*first["TrackingServerSummaries"], *rest["TrackingServerSummaries"]]
    assert [one["TrackingServerName"] for one in every] == ["default", "Team"]


@pytest.mark.parametrize(
    ("given", "code", "word"),
    [
        ({"ArtifactStoreUri": "s3://others/runs"}, "ValidationException", "does not exist in this project"),
        ({"ArtifactStoreUri": "https://bucket/runs"}, "ValidationException", "s3://"),
        ({"AutomaticModelRegistration": True}, "ValidationException", "CreateModelPackage"),
        ({"MlflowVersion": "2.16.2"}, "ValidationException", "MLflow 3"),
        ({"S3BucketOwnerAccountId": "999999999999"}, "ValidationException", "belongs to"),
    ],
)
def test_what_there_is_not_is_refused_by_name(studio, given, code, word):
    params = {"TrackingServerName": "team", "ArtifactStoreUri": FILES, "RoleArn": ROLE, **given}
    error = refused(studio.ask, "CreateMlflowTrackingServer", **params)
    assert error.code == code and word in error.message


def test_names_are_taken_and_unknown_ones_are_not_found(studio):
    make(studio)
    assert refused(make, studio, "TEAM").code == "ConflictException"
    assert refused(make, studio, "default").code == "ConflictException"
    for verb in ("Describe", "Start", "Stop", "Delete", "Update"):
        operation = f"{verb}MlflowTrackingServer"
        assert refused(studio.ask, operation, TrackingServerName="none").code == "ResourceNotFound"


def test_starting_and_stopping_is_of_what_is_not_so_already(studio):
    make(studio)
    settle(studio, "team", "Created")
    named = {"TrackingServerName": "team"}
    assert refused(studio.ask, "StartMlflowTrackingServer", **named).code == "ConflictException"
    studio.ask("StopMlflowTrackingServer", **named)
    assert studio.ask("DescribeMlflowTrackingServer", **named)["TrackingServerStatus"] == "Stopping"
    assert refused(studio.ask, "StopMlflowTrackingServer", **named).code == "ConflictException"
    settle(studio, "team", "Stopped")
    told = studio.ask("DescribeMlflowTrackingServer", **named)
    assert (told["TrackingServerStatus"], told["IsActive"]) == ("Stopped", "Inactive")
    # What is stopped stays so when it is changed.
    studio.ask("UpdateMlflowTrackingServer", TrackingServerSize="Large", **named)
    assert studio.ask("DescribeMlflowTrackingServer", **named)["TrackingServerStatus"] == "Stopped"
    studio.ask("StartMlflowTrackingServer", **named)
    told = studio.ask("DescribeMlflowTrackingServer", **named)
    assert (told["TrackingServerStatus"], told["TrackingServerSize"]) == ("Starting", "Large")


def test_only_its_maker_and_admins_delete_what_holds_everybodys_runs(studio):
    own(studio.platform, ACCOUNT)
    named = {"TrackingServerName": "default"}
    assert (
        refused(as_user, studio, "bob", "contributor", "DeleteMlflowTrackingServer", **named).code
        == "AccessDeniedException"
    )
    as_user(studio, "eve", "admin", "DeleteMlflowTrackingServer", **named)
    assert studio.ask("DescribeMlflowTrackingServer", **named)["TrackingServerStatus"] == "Deleting"
    assert refused(studio.ask, "StartMlflowTrackingServer", **named).code == "ConflictException"


# The door.


@pytest.mark.parametrize(
    ("method", "path", "only_reads"),
    [
        ("GET", "/", True),
        ("GET", "/ajax-api/2.0/mlflow/experiments/get", True),
        ("POST", "/ajax-api/2.0/mlflow/runs/search", True),
        ("POST", "/api/2.0/mlflow/experiments/search", True),
        ("POST", "/ajax-api/2.0/mlflow/experiments/search-datasets", True),
        ("POST", "/ajax-api/3.0/mlflow/traces/search", True),
        ("POST", "/graphql", True),
        ("POST", "/api/2.0/mlflow/runs/create", False),
        ("POST", "/api/2.0/mlflow/runs/log-metric", False),
        ("POST", "/api/2.0/mlflow/runs/delete", False),
        ("PATCH", "/api/2.0/mlflow/registered-models/update", False),
        ("DELETE", "/api/2.0/mlflow/registered-models/delete", False),
        ("POST", "/ajax-api/2.0/mlflow/upload-artifact", False),
        ("POST", "/v1/traces", False),
    ],
)
def test_what_only_reads(method, path, only_reads):
    assert reads(method, path) is only_reads


def find(studio, role, method, path, name="default"):
    return TrackingDoor(studio.platform).find(Caller("ann", ACCOUNT, role), name, method, path)


def test_a_viewer_looks_and_changes_nothing_and_some_of_mlflow_is_nobodys(studio):
    assert find(studio, "viewer", "POST", "/api/2.0/mlflow/runs/search").key.name == "default"
    assert refused(find, studio, "viewer", "POST", "/api/2.0/mlflow/runs/create").status == 403
    for path in (
        "/ajax-api/3.0/mlflow/assistant/message",
        "/gateway/x/invocations",
        "/ajax-api/2.0/mlflow/gateway-proxy",
    ):
        assert refused(find, studio, "admin", "POST", path).code == "PERMISSION_DENIED"
    assert refused(find, studio, "admin", "GET", "/", "none").status == 404
    studio.ask("StopMlflowTrackingServer", TrackingServerName="default")
    assert "stopped" in refused(find, studio, "admin", "GET", "/").message


def test_who_waits_is_told_why_it_does_not_start(studio):
    door, record = TrackingDoor(studio.platform), own(studio.platform, ACCOUNT)

    def fails(handle):
        seen = studio.store.get(record.key)
        failed = {"At": studio.platform.clock(), "Why": "no package index"}
        studio.store.write(seen, now=1.0, status={**seen.status, "_failed": failed})

    studio.platform.demand.watch(fails)

    async def ask():
        with door.asking(record) as asked:
            await door.connect(Caller("ann", ACCOUNT, "contributor"), record, asked)

    with pytest.raises(Refused, match="no package index"):
        asyncio.run(ask())
    asked = studio.platform.demand.of(record.key.handle(), "")
    assert (asked.waiting, asked.flying) == (0, 0) and asked.last > 0


def test_a_page_waits_briefly_and_then_tells(studio):
    door, record = TrackingDoor(studio.platform), own(studio.platform, ACCOUNT)

    async def ask():
        with door.asking(record) as asked:
            await door.connect(Caller("ann", ACCOUNT, "contributor"), record, asked, 0.1)

    with pytest.raises(Refused) as error:
        asyncio.run(ask())
    assert error.value.status == 503


# The controller.


def live(tmp_path, monkeypatch, kill_at=None):
    """Made, asked, left alone until it sleeps, woken by who waits, deleted; killed on the way."""
    world = World(tmp_path)
    counter, done = Counter(kill_at), []
    record = own(world.platform(Counter(None)), ACCOUNT)
    key, handle = record.key, names.handle_of(record)

    async def answers(path):
        return world.runner.poll(handle).phase == "running"

    async def version(path):
        return "3.17.2"

    monkeypatch.setattr(asking, "answers", answers)
    monkeypatch.setattr(asking, "version", version)
    monkeypatch.setenv("STUDIOLO_MLFLOW_IDLE_SECONDS", "0.001")
    waiting = [1]
    for _ in range(60):
        platform = world.platform(counter)
        asked = platform.demand.of(key.handle(), "")
        asked.waiting = waiting[0]
        try:
            controller = TrackingServerController(platform)
            controller._since[key] = time.monotonic() - 10
            asyncio.run(controller.reconcile(key))
        except Killed:
            continue
        if _gone(world, key):
            break
        seen, phase = world.store.get(key), world.runner.poll(handle).phase
        if phase == "running" and "_starting" not in seen.status:
            done.append("up")
            waiting[0] = 0
        if phase == "absent" and done and not world.runner.has_folder(handle) and waiting[0] == 0:
            if done.count("slept") == 0:
                done.append("slept")
                waiting[0] = 1
            elif not seen.deleting:
                world.store.write(seen, now=2.0, deleting=True)
    return world, counter, done, handle, key


def _gone(world, key):
    try:
        world.store.get(key)
    except Missing:
        return True
    return False


def test_killed_at_any_moment_it_wakes_sleeps_and_goes(tmp_path_factory, monkeypatch):
    total = live(tmp_path_factory.mktemp("count"), monkeypatch)[1].seen
    assert total > 8
    for at in range(total):
        world, _, done, handle, key = live(tmp_path_factory.mktemp(f"kill{at}"), monkeypatch, at)
        assert "up" in done and "slept" in done, (at, done)
        assert _gone(world, key) and not world.runner.has_folder(handle), at


def test_a_start_that_fails_is_told_and_the_next_request_tries_again(tmp_path, monkeypatch):
    world = World(tmp_path)
    platform = world.platform(Counter(None))
    record = own(platform, ACCOUNT)
    handle = names.handle_of(record)
    platform.demand.of(record.key.handle(), "").waiting = 1

    async def silent(path):
        return False

    monkeypatch.setattr(asking, "answers", silent)
    controller = TrackingServerController(platform)
    asyncio.run(controller.reconcile(record.key))
    world.runner.write_log(handle, "mlflow", "no such table")
    world.runner.finish(handle, 1, "")
    asyncio.run(controller.reconcile(record.key))
    told = world.store.get(record.key).status
    assert told["TrackingServerStatus"] == "CreateFailed" and "no such table" in told["_failed"]["Why"]
    for _ in range(3):
        asyncio.run(controller.reconcile(record.key))
    assert world.runner.started == [handle, handle]


def test_what_it_runs_and_what_code_inside_is_told(tmp_path):
    world = World(tmp_path)
    platform = world.platform(Counter(None))
    record = own(platform, ACCOUNT)
    launch.prepare(platform, record)
    group = launch.group(platform, record, platform.environments.ensure(names.IMAGE), {})
    # A job that has the whole machine may wait for it.
    assert group.share == 0 and group.cores_share is None
    (member,) = group.members
    assert [mount.target for mount in member.mounts] == ["/opt/ml", "/opt/mlflow"]
    line = main.command("python", "/opt/mlflow", member.env["STUDIOLO_MLFLOW_ARTIFACTS"])
    assert "sqlite:////opt/mlflow/mlflow.db" in line and f"s3://sagemaker-us-east-1-{ACCOUNT}/mlflow" in line
    found = inside.variables(platform, ACCOUNT, "ann", ("AKIAX", "secret"))
    assert found["MLFLOW_TRACKING_URI"].endswith(f"/mlflow/{ACCOUNT}/default") and "secret" not in str(found)
    found = inside.variables(platform, ACCOUNT, "ann", ("AKIAX", "s"), {"MLFLOW_TRACKING_URI": "https://mine"})
    assert found["MLFLOW_TRACKING_URI"] == "https://mine" and "MLFLOW_TRACKING_TOKEN" not in found
