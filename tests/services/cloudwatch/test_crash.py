"""The server is killed before and after each deed of the controllers of alarms and scaling: each webhook is sent, each
change noted once, the capacity as it should be."""

import asyncio
import time

import pytest
from killing import ACCOUNT, Counter, World, step

from studiolo.base.record import Key
from studiolo.series.protocol import Point
from studiolo.services.application_autoscaling import names
from studiolo.services.application_autoscaling.controller import ScalableTargetController
from studiolo.services.application_autoscaling.service import ApplicationAutoScalingService, controllers
from studiolo.services.cloudwatch import alarm_controller
from studiolo.services.cloudwatch.alarm_controller import AlarmController
from studiolo.services.cloudwatch.alarm_record import HISTORY
from studiolo.services.cloudwatch.service import CloudWatchService
from studiolo.services.request import Call, Caller
from studiolo.store.protocol import Query

ALARM = Key(ACCOUNT, "CloudWatchAlarm", "a")
CALLER = Caller("ann", ACCOUNT, "admin")


def ask(service, operation, **params):
    return asyncio.run(service.handler(operation)(Call(CALLER, service.name, operation, params, "id")))


def ringing(tmp_path, at, monkeypatch):
    """An alarm on three periods of too much, with a webhook; the controller is killed once."""
    heard = []
    monkeypatch.setattr(alarm_controller, "_post", lambda url, message: heard.append((url, message["NewStateValue"])))
    world = World(tmp_path)
    service = CloudWatchService(world.platform(Counter(None)))
    ask(
        service, "PutMetricAlarm", AlarmName="a", Namespace="N", MetricName="m", Statistic="Sum", Period=60,
        EvaluationPeriods=2, Threshold=1.0, ComparisonOperator="GreaterThanThreshold", AlarmActions=["http://h/x"],
    )  # fmt: skip
    now = time.time()
    points = [{"MetricName": "m", "Value": 5.0, "Timestamp": now - 60 * back} for back in range(1, 6)]
    ask(service, "PutMetricData", Namespace="N", MetricData=points)
    counter = Counter(at)
    for _ in range(12):
        step(world, AlarmController, ALARM, counter)
    return world, counter, heard


def test_an_alarm_rings_whenever_it_is_killed(tmp_path_factory, monkeypatch):
    total = ringing(tmp_path_factory.mktemp("count"), None, monkeypatch)[1].seen
    assert total >= 8
    for at in range(total):
        world, _, heard = ringing(tmp_path_factory.mktemp(f"kill{at}"), at, monkeypatch)
        record = world.store.get(ALARM)
        assert record.status["StateValue"] == "ALARM" and "_todo" not in record.status, at
        assert set(heard) == {("http://h/x", "ALARM")} and len(heard) <= 2, at
        items = world.store.query(Query(HISTORY, ACCOUNT, labels={"AlarmName": "a"})).records
        moves = [one.spec["HistorySummary"] for one in items if one.spec["HistoryItemType"] == "StateUpdate"]
        assert moves == ["Alarm updated from INSUFFICIENT_DATA to ALARM"], at
        assert sum(one.spec["HistoryItemType"] == "ConfigurationUpdate" for one in items) == 1, at


def test_a_topic_is_told(tmp_path, monkeypatch):
    world, _, _ = ringing(tmp_path, None, monkeypatch)
    service = CloudWatchService(world.platform(Counter(None)))
    topic = f"arn:aws:sns:us-east-1:{ACCOUNT}:t"
    world.store.create(Key(ACCOUNT, "Topic", "t"), {}, {}, now=1)
    world.store.create(Key(ACCOUNT, "Subscription", "s"), {"Topic": "t", "Endpoint": "http://h/y"}, {}, now=1)
    alarm = {name: value for name, value in world.store.get(ALARM).spec.items() if not name.startswith("_")}
    gone = f"{topic}-gone"
    ask(service, "PutMetricAlarm", **{**alarm, "AlarmName": "a", "OKActions": [topic, gone], "AlarmActions": []})
    ask(service, "SetAlarmState", AlarmName="a", StateValue="OK", StateReason="a drill")
    for _ in range(8):
        step(world, AlarmController, ALARM, Counter(None))
    (told,) = world.store.query(Query("Notification", ACCOUNT)).records
    assert told.spec["Endpoint"] == "http://h/y" and '"NewStateValue": "OK"' in told.spec["Message"]
    items = ask(service, "DescribeAlarmHistory", AlarmName="a", HistoryItemType="Action")["AlarmHistoryItems"]
    assert {one["HistorySummary"] for one in items} >= {
        f"Successfully executed action {topic}", f"Failed to execute action {gone}",
    }  # fmt: skip


def test_a_state_set_by_hand_is_shown_at_once_and_taken_over(tmp_path, monkeypatch):
    world, _, _ = ringing(tmp_path, None, monkeypatch)
    service = CloudWatchService(world.platform(Counter(None)))
    ask(service, "SetAlarmState", AlarmName="a", StateValue="OK", StateReason="a drill")
    shown = ask(service, "DescribeAlarms", StateValue="OK")["MetricAlarms"]
    assert [(one["AlarmName"], one["StateReason"]) for one in shown] == [("a", "a drill")]
    step(world, AlarmController, ALARM, Counter(None))
    assert world.store.get(ALARM).status["StateValue"] == "OK"


RESOURCE = {
    "ServiceNamespace": "sagemaker",
    "ResourceId": "endpoint/ep/variant/A",
    "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
}
TARGET = Key(ACCOUNT, names.TARGET, names.target_of(RESOURCE).name)
ENDPOINT = Key(ACCOUNT, "Endpoint", "ep")


def endpoint(world):
    variant = {"VariantName": "A", "ModelName": "m", "InstanceType": "ml.m5.large", "Count": 1, "Weight": 1.0, "Shadow": False,
               "Containers": []}  # fmt: skip
    live = {"Generation": 1, "Config": "c", "Variants": [variant], "Since": 1.0}
    world.store.create(
        ENDPOINT,
        {"EndpointConfigName": "c", "_generation": 1},
        {"EndpointStatus": "InService", "_live": live, "_settled": 1, "_ready": []},
        now=1,
    )


def scaled(tmp_path, at):
    world = World(tmp_path)
    endpoint(world)
    service = ApplicationAutoScalingService(world.platform(Counter(None)))
    ask(service, "RegisterScalableTarget", **RESOURCE, MinCapacity=0, MaxCapacity=5)
    metric = {"PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"}
    configuration = {"TargetValue": 10.0, "PredefinedMetricSpecification": metric}
    ask(
        service, "PutScalingPolicy", **RESOURCE, PolicyName="p", PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration=configuration,
    )  # fmt: skip
    world.series.append([Point(ENDPOINT.handle(), "endpoint/A/invocations", time.time() - 5, 29.0)])
    counter = Counter(at)
    for _ in range(8):
        step(world, ScalableTargetController, TARGET, counter)
    return world, counter, service


def test_killed_at_any_moment_it_scales_and_notes_it_once(tmp_path_factory):
    total = scaled(tmp_path_factory.mktemp("count"), None)[1].seen
    assert total >= 6
    for at in range(total):
        world, _, service = scaled(tmp_path_factory.mktemp(f"kill{at}"), at)
        assert world.store.get(ENDPOINT).spec["_desired"] == {"1": {"A": {"Count": 3}}}, at
        assert "_doing" not in world.store.get(TARGET).status, at
        activities = ask(service, "DescribeScalingActivities", ServiceNamespace="sagemaker")["ScalingActivities"]
        assert [one["Description"] for one in activities] == ["Setting desired instance count to 3."], at


def test_a_step_policy_follows_its_alarm(tmp_path, monkeypatch):
    world, _, _ = ringing(tmp_path, None, monkeypatch)
    endpoint(world)
    platform = world.platform(Counter(None))
    service, watch = ApplicationAutoScalingService(platform), CloudWatchService(platform)
    ask(service, "RegisterScalableTarget", **RESOURCE, MinCapacity=1, MaxCapacity=5)
    steps = {
        "AdjustmentType": "ChangeInCapacity",
        "StepAdjustments": [{"MetricIntervalLowerBound": 0, "ScalingAdjustment": 2}],
    }
    arn = ask(
        service,
        "PutScalingPolicy",
        **RESOURCE,
        PolicyName="s",
        PolicyType="StepScaling",
        StepScalingPolicyConfiguration=steps,
    )["PolicyARN"]
    step(world, ScalableTargetController, TARGET, Counter(None))
    assert "_desired" not in world.store.get(ENDPOINT).spec
    alarm = {name: value for name, value in world.store.get(ALARM).spec.items() if not name.startswith("_")}
    ask(watch, "PutMetricAlarm", **{**alarm, "AlarmName": "a", "AlarmActions": [arn]})
    for _ in range(4):
        step(world, ScalableTargetController, TARGET, Counter(None))
    assert world.store.get(ENDPOINT).spec["_desired"] == {"1": {"A": {"Count": 3}}}


@pytest.mark.parametrize("suspended", [False, True])
def test_a_scheduled_action_sets_the_bounds_once(tmp_path, suspended):
    world = World(tmp_path)
    endpoint(world)
    platform = world.platform(Counter(None))
    service = ApplicationAutoScalingService(platform)
    ask(
        service, "RegisterScalableTarget", **RESOURCE, MinCapacity=0, MaxCapacity=5,
        SuspendedState={"ScheduledScalingSuspended": suspended},
    )  # fmt: skip
    ask(
        service, "PutScheduledAction", **RESOURCE, ScheduledActionName="s", Schedule="rate(1 minute)",
        ScalableTargetAction={"MinCapacity": 2}, StartTime=time.time() - 600,
    )  # fmt: skip
    key = Key(ACCOUNT, names.SCHEDULED, names.under(names.target_of(RESOURCE), "s"))
    for at in (0, 1, 2, 3, None, None):
        step(world, lambda platform: controllers(platform)[1], key, Counter(at))
    assert world.store.get(TARGET).spec["MinCapacity"] == (0 if suspended else 2)
    assert "_done" in world.store.get(key).status
    ask(service, "DeregisterScalableTarget", **RESOURCE)
    assert ask(service, "DescribeScheduledActions", ServiceNamespace="sagemaker")["ScheduledActions"] == []
