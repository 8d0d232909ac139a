"""Budgets and quotas: told once, refused with AWS's code, and a lowered quota can be met."""

import asyncio
import calendar
import dataclasses

import pytest
from killing import ACCOUNT, Counter, Killed, Mortal
from studio_in_memory import Studio

from studiolo.base.errors import LimitExceeded
from studiolo.base.record import Key
from studiolo.blobs.memory import MemoryBlobs
from studiolo.meter.protocol import Stretch, Subject
from studiolo.meter.sqlite import SqliteMeter
from studiolo.services.metering.admission import Admission
from studiolo.services.metering.budgets import BudgetController, decide, month_of
from studiolo.services.metering.quotas import Room, in_use
from studiolo.services.metering.stopping import running
from studiolo.services.sagemaker.service import SageMakerService
from studiolo.services.sns.publishing import NOTIFICATION
from studiolo.store.protocol import Query

NOW = float(calendar.timegm((2026, 2, 10, 0, 0, 0)))
BUDGET = {"Amount": 10.0, "Thresholds": [50, 100], "Action": "None"}


def test_a_month_of_utc():
    name, first, last = month_of(NOW)
    assert (name, last - first) == ("2026-02", 27)


def test_each_threshold_is_told_once_a_month():
    step = decide(BUDGET, {}, 4.9, NOW)
    assert (list(step.alerts), step.stop) == ([], False)
    step = decide(BUDGET, step.status, 5.0, NOW)
    assert list(step.alerts) == [50]
    step = decide(BUDGET, step.status, 12.0, NOW)
    assert list(step.alerts) == [100]
    assert list(decide(BUDGET, step.status, 12.0, NOW).alerts) == []
    assert list(decide(BUDGET, step.status, 5.5, NOW + 28 * 86400).alerts) == [50]
    assert decide({**BUDGET, "Action": "Stop"}, step.status, 12.0, NOW).stop


def test_of_a_raised_amount_it_is_told_again_what_is_passed_again():
    step = decide(BUDGET, {}, 12.0, NOW)
    raised = decide({**BUDGET, "Amount": 20.0}, step.status, 12.0, NOW + 1)
    assert (list(raised.alerts), [one["Threshold"] for one in raised.status["Alerts"]]) == ([], [50])
    spent = decide({**BUDGET, "Amount": 20.0}, raised.status, 20.0, NOW + 2)
    assert [(one["Threshold"], one["Amount"]) for one in spent.status["Alerts"]] == [(50, 10.0), (100, 20.0)]
    # A lowered one takes nothing back, nor does what an older version noted.
    assert list(decide({**BUDGET, "Amount": 5.0}, spent.status, 20.0, NOW + 3).alerts) == []
    old = {"Month": "2026-02", "Alerts": [{"Threshold": 100, "Time": NOW}]}
    assert [one["Threshold"] for one in decide(BUDGET, old, 4.0, NOW).status["Alerts"]] == [100]


def test_what_begins_to_refuse_is_told_whatever_was_asked_for():
    assert list(decide({**BUDGET, "Thresholds": [], "Action": "Refuse"}, {}, 10.0, NOW).alerts) == [100]
    assert list(decide({**BUDGET, "Thresholds": []}, {}, 10.0, NOW).alerts) == []


@pytest.fixture
def studio(tmp_path):
    made, meter = Studio(tmp_path, clock=lambda: NOW), SqliteMeter(":memory:")
    made.platform = dataclasses.replace(
        made.platform,
        meter=meter,
        admit=Admission(made.store, meter, made.platform.clock, Room(made.store, MemoryBlobs())),
    )
    return made


def spend(studio, amount, user="ann"):
    whose = Subject(ACCOUNT, user, "TrainingJob", "j", "ml.m5.large")
    studio.platform.meter.record(
        [Stretch(f"TrainingJob/{ACCOUNT}/{user}", "a", NOW - 3600, NOW, True, whose, 1, amount)]
    )


def look(studio):
    controller = BudgetController(studio.platform, studio.service.handler)
    for key in controller.keys():
        asyncio.run(controller.reconcile(key))


def test_a_webhook_is_told_once_and_a_spent_budget_refuses(studio):
    studio.put("Budget", "all", {**BUDGET, "Webhook": "http://hook.test/x", "Action": "Refuse"})
    job = {"ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1}}
    studio.platform.admit(Key(ACCOUNT, "TrainingJob", "n"), "ann", job)
    spend(studio, 11.0)
    look(studio)
    look(studio)
    sent = studio.store.query(Query(NOTIFICATION, ACCOUNT)).records
    assert sorted(one.spec["Subject"] for one in sent) == ["Budget all: 100%"]
    assert all("11.00 of 10 USD in 2026-02" in one.spec["Message"] for one in sent)
    with pytest.raises(
        LimitExceeded, match=r"'Budget all for 2026-02' is 10 USD, with current utilization of 11.00 USD"
    ):
        studio.platform.admit(Key(ACCOUNT, "TrainingJob", "n"), "ann", job)
    studio.platform.admit(Key(ACCOUNT, "Model", "m"), "ann", {})


def test_a_persons_budget_is_the_persons_alone(studio):
    studio.put("Budget", "bobs", {**BUDGET, "User": "bob", "Action": "Refuse"})
    spend(studio, 50.0, "ann")
    studio.platform.admit(Key(ACCOUNT, "TrainingJob", "n"), "bob", {})
    spend(studio, 50.0, "bob")
    studio.platform.admit(Key(ACCOUNT, "TrainingJob", "n"), "ann", {})
    with pytest.raises(LimitExceeded):
        studio.platform.admit(Key(ACCOUNT, "TrainingJob", "n"), "bob", {})


def test_stop_stops_what_runs(studio):
    spec = {"_user": "ann", "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1}}
    studio.put("TrainingJob", "runs", spec, {"TrainingJobStatus": "InProgress"})
    studio.put("TrainingJob", "bobs", {**spec, "_user": "bob"}, {"TrainingJobStatus": "InProgress"})
    studio.put("Budget", "anns", {**BUDGET, "User": "ann", "Action": "Stop"})
    look(studio)
    assert "_stop" not in studio.store.get(Key(ACCOUNT, "TrainingJob", "runs")).spec
    spend(studio, 10.0)
    look(studio)
    assert "_stop" in studio.store.get(Key(ACCOUNT, "TrainingJob", "runs")).spec
    assert "_stop" not in studio.store.get(Key(ACCOUNT, "TrainingJob", "bobs")).spec


def test_stop_ends_apps_and_executions_and_stop_all_the_endpoints_too(studio):
    app = {
        "DomainId": "d",
        "SpaceName": "lab",
        "AppType": "JupyterLab",
        "AppName": "default",
        "_user": "bob",
        "_created": 5.0,
    }
    space = {
        **app,
        "_user": "bob",
        "SpaceSharingSettings": {"SharingType": "Shared"},
        "SpaceSettings": {},
        "OwnershipSettings": {"OwnerUserProfileName": "bob"},
    }
    execution = {"PipelineName": "p", "_user": "ann"}
    studio.put("Domain", "d")
    studio.put("Space", "d/lab", space)
    studio.put(
        "App", "d.lab.JupyterLab.default", {**app, "_generation": "g"}, {"Status": "InService", "_generation": "g"}
    )
    studio.put("PipelineExecution", "abcdefghijkl", execution, {"PipelineExecutionStatus": "Executing"})
    studio.put("PipelineExecution", "ended", execution, {"PipelineExecutionStatus": "Succeeded"})
    endpoint = {"EndpointConfigName": "c", "_generation": 1, "_user": "ann"}
    studio.put("Endpoint", "e", endpoint, {"EndpointStatus": "InService"})
    names = lambda action: [(one.operation, one.name) for one in running(studio.store, ACCOUNT, None, action)]  # noqa: E731
    stopped = [("StopPipelineExecution", "p/abcdefghijkl"), ("DeleteApp", "lab")]
    assert names("Stop") == stopped
    assert names("StopAll") == [*stopped, ("DeleteEndpoint", "e")]
    assert names("Refuse") == names("None") == []
    assert [one.name for one in running(studio.store, ACCOUNT, "bob", "StopAll")] == ["lab"]
    studio.put("Budget", "all", {**BUDGET, "Action": "StopAll"})
    spend(studio, 11.0)
    look(studio)
    assert names("StopAll") == []
    assert studio.store.get(Key(ACCOUNT, "Endpoint", "e")).deleting
    budget = studio.store.get(Key(ACCOUNT, "Budget", "all"))
    look(studio)
    assert studio.store.get(budget.key).version == budget.version, "nothing is noted again"
    assert [(one["Kind"], one["Name"], one["User"]) for one in budget.status["Stopped"]] == [
        ("PipelineExecution", "p/abcdefghijkl", "ann"), ("App", "lab", "bob"), ("Endpoint", "e", "ann"),
    ]  # fmt: skip


def test_a_spent_budget_begins_nothing_and_lets_everything_become_less(studio):
    variant = {"VariantName": "v", "InstanceType": "ml.m5.large", "Count": 2, "Containers": [], "Shadow": False}
    plan = {"Generation": 1, "Variants": [variant]}
    endpoint = studio.put(
        "Endpoint", "e", {"EndpointConfigName": "c", "_generation": 1}, {"EndpointStatus": "InService", "_live": plan}
    )
    served = {"EndpointName": "e", "VariantName": "v", "_generation": 1, "_copies": 2, "_desired": {}}
    component = studio.put("InferenceComponent", "i", served, {"InferenceComponentStatus": "InService"})
    studio.put("Budget", "all", {**BUDGET, "Action": "Refuse"})
    spend(studio, 11.0)
    of_endpoint = lambda count: {**endpoint.spec, "_desired": {"1": {"v": {"Count": count}}}}  # noqa: E731
    of_component = lambda count: {**component.spec, "_desired": {"1": {"v": {"Count": count}}}}  # noqa: E731
    for key, wanting in ((endpoint.key, of_endpoint), (component.key, of_component)):
        for count in (0, 1, 2):
            studio.platform.admit(key, "ann", wanting(count))
        with pytest.raises(LimitExceeded, match="Please ask an admin of the project to raise the budget"):
            studio.platform.admit(key, "ann", wanting(3))
    with pytest.raises(LimitExceeded):
        studio.platform.admit(Key(ACCOUNT, "PipelineExecution", "abcdefghijkl"), "ann", {})


def test_killed_at_any_moment_a_spent_budget_tells_once_and_stops(tmp_path):
    spec = {"_user": "ann", "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1}}

    def run(kill_at):
        studio, meter = Studio(tmp_path / str(kill_at), clock=lambda: NOW), SqliteMeter(":memory:")
        studio.put("TrainingJob", "runs", spec, {"TrainingJobStatus": "InProgress"})
        studio.put("Budget", "all", {**BUDGET, "Action": "Stop", "Webhook": "http://hook.test/x"})
        studio.platform = dataclasses.replace(studio.platform, meter=meter)
        spend(studio, 11.0)
        counter = Counter(kill_at)
        mortal = dataclasses.replace(
            studio.platform, store=Mortal(studio.store, ("create", "write"), counter), meter=meter
        )
        key = Key(ACCOUNT, "Budget", "all")
        for _ in range(3):
            # A server after the other; each begins with what the one before had written.
            try:
                asyncio.run(BudgetController(mortal, SageMakerService(mortal).handler).reconcile(key))
            except Killed:
                continue
        sent = studio.store.query(Query(NOTIFICATION, ACCOUNT)).records
        assert [one.spec["Subject"] for one in sent] == ["Budget all: 100%"], kill_at
        assert "_stop" in studio.store.get(Key(ACCOUNT, "TrainingJob", "runs")).spec, kill_at
        assert [one["Name"] for one in studio.store.get(key).status["Stopped"]] == ["runs"], kill_at
        told = studio.store.get(key).status["Alerts"]
        assert [one["Threshold"] for one in told] == [50, 100], kill_at
        return counter

    deeds = run(None).seen
    assert deeds == 8
    for at in range(deeds):
        run(at)


def test_quotas_count_what_goes_on(studio):
    job = {"ResourceConfig": {"InstanceType": "ml.m5.xlarge", "InstanceCount": 2}}
    studio.put("TrainingJob", "a", job, {"TrainingJobStatus": "InProgress"})
    studio.put("TrainingJob", "old", job, {"TrainingJobStatus": "Completed"})
    variant = {"VariantName": "v", "InstanceType": "ml.m5.large", "Count": 1, "Containers": [], "Shadow": False}
    plan = {"Generation": 1, "Variants": [variant]}
    endpoint = studio.put(
        "Endpoint", "e", {"EndpointConfigName": "c", "_generation": 1}, {"EndpointStatus": "InService", "_live": plan}
    )
    assert in_use(studio.store, ACCOUNT) == (3, 10.0)
    studio.put("Quota", "quota", {"Instances": 4, "Cores": 11})
    sentence = (
        "The account-level service limit 'Total cores of the project' is 11 Cores, with current utilization of 10 Cores and "
        "a request delta of 4 Cores"
    )
    one = {"ResourceConfig": {"InstanceType": "ml.m5.xlarge", "InstanceCount": 1}}
    with pytest.raises(LimitExceeded, match=sentence):
        studio.platform.admit(Key(ACCOUNT, "TrainingJob", "n"), "ann", one)
    with pytest.raises(
        LimitExceeded, match=r"is 4 Instances, with current utilization of 3 Instances .* delta of 2 Inst"
    ):
        studio.platform.admit(Key(ACCOUNT, "ProcessingJob", "n"), "ann", job)

    def counts(count):
        spec = {**endpoint.spec, "_desired": {"1": {"v": {"Count": count}}}}
        studio.platform.admit(endpoint.key, "ann", spec)

    counts(0)
    with pytest.raises(LimitExceeded, match="request delta of 2 Instances"):
        counts(3)
    # A quota below what there is refuses more, and never less.
    quota = studio.store.get(Key(ACCOUNT, "Quota", "quota"))
    studio.store.write(quota, now=1.0, spec={"Instances": 1})
    counts(1)
