"""Whatever is sent to whatever operation is built: an AWS error that says what is wrong, never a 5xx."""

import asyncio
import json
import time
from pathlib import Path

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from studiolo.base.config import Config
from studiolo.base.record import Key
from studiolo.cli.wiring import controllers, indexers, services_of
from studiolo.run.protocol import Machine, Resources
from studiolo.server.aws import AwsWire
from studiolo.services.cloudwatch import alarm_controller
from studiolo.services.platform import Platform
from studiolo.services.request import Caller
from studiolo.services.studio.identity import Accounts
from studiolo.store.memory import MemoryStore
from studiolo.wire import cbor, model
from studiolo.wire.http import Request


class NoRunner:
    """Nothing runs here: requests are judged before anything would."""

    def watch(self, watcher):
        return lambda: None

    def handles(self):
        return []

    def machine(self):
        return Machine(Resources(2, 2**33), Resources(0, 0), [], [])


class NoEnvironments:
    def resolve(self, image):
        return None

    def owner(self, image):
        return None

    def ready(self, image, requirements=None):
        return None

    def catalog(self):
        return []


@pytest.fixture(scope="module")
def platform(tmp_path_factory):
    from studiolo.blobs.disk import DiskBlobs
    from studiolo.series.sqlite import SqliteSeries

    home: Path = tmp_path_factory.mktemp("bad")
    store = MemoryStore(indexers())
    accounts = Accounts(store, time.time)
    platform = Platform(
        Config(home),
        time.time,
        store,
        DiskBlobs(home / "blobs"),
        SqliteSeries(home / "s.db"),
        NoRunner(),
        NoEnvironments(),
        accounts,
    )
    endpoint(platform)
    return platform


@pytest.fixture(scope="module")
def studio(platform):
    services = services_of(platform)
    return services, AwsWire(services, platform.identity, time.time)


CALLER = Caller("ann", "123456789012", "admin", True)


def ask(wire, service, operation, body: bytes):
    prefix = model.service(service).metadata["targetPrefix"]
    request = Request(
        "POST", "/", "", {"x-amz-target": f"{prefix}.{operation}", "content-type": "application/x-amz-json-1.1"}
    )

    async def receive():
        return {"type": "http.request", "body": body}

    async def go():
        return await wire(request, receive, "id", CALLER, service)

    return asyncio.run(go())


def right(shape, depth=0):
    """Values that fit a shape's type, though rarely its constraints."""
    kind = shape.type_name
    if kind == "structure":
        known = model.members(shape)
        if depth > 3:
            return st.just({})
        needed = model.required(shape)
        optional = {name: right(held, depth + 1) for name, held in list(known.items())[:8] if name not in needed}
        return st.fixed_dictionaries({name: right(known[name], depth + 1) for name in needed}, optional=optional)
    if kind == "list":
        return st.lists(right(model.element(shape), depth + 1), max_size=2)
    if kind == "map":
        return st.dictionaries(st.text(max_size=5), right(model.key_and_value(shape)[1], depth + 1), max_size=2)
    if kind in ("integer", "long"):
        return st.integers(-(2**40), 2**40)
    if kind in ("float", "double"):
        return st.floats(-1e9, 1e9)
    if kind == "timestamp":
        return st.floats(0, 2e9) | st.just(1e300)
    if kind == "boolean":
        return st.booleans()
    allowed = model.enum(shape)
    names = st.sampled_from(
        [
            "a",
            "job-1",
            "x" * 300,
            "s3://bucket/key",
            "no such!",
            "arn:aws:iam::123456789012:role/r",
            "\x00ü",
            "ml.m5.large",
        ]
    )
    return names | (st.sampled_from(allowed) if allowed else st.text(max_size=8))


junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)


def operations(services):
    return [
        (service.name, name)
        for service in services
        for name in service.operations()
        if model.protocol(service.name) == "json"
    ]


@given(data=st.data())
@settings(
    max_examples=400,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
def test_no_input_makes_it_fail(studio, data):
    services, wire = studio
    service, operation = data.draw(st.sampled_from(operations(services)))
    shape = model.operation(service, operation).input_shape
    document = data.draw(right(shape) if shape is not None else st.just({}))
    if document and data.draw(st.booleans()):
        document = {**document, data.draw(st.sampled_from(sorted(document))): data.draw(junk)}
    response = ask(wire, service, operation, json.dumps(document).encode())
    assert response.status < 500, (operation, document, response.body)
    if response.status >= 400:
        answer = orjson.loads(response.body)
        assert answer["__type"] and len(answer["message"]) > 5
        assert "Traceback" not in answer["message"]


MONITORING = {
    "Namespace": ["N", "AWS/SageMaker", "/aws/sagemaker/TrainingJobs"],
    "MetricName": ["m", "Invocations", "CPUUtilization", "train:loss"],
    "Expression": ["m1 + 1", "SUM(METRICS())", "e1 / e2", "FILL(m1, 0)", "(", "SELECT x"],
    "Id": ["m1", "e1", "e2", "M"],
    "Stat": ["Sum", "p99.9", "tm90"],
    "ExtendedStatistics": [["p50"], ["x"]],
    "ServiceNamespace": ["sagemaker"],
    "ScalableDimension": ["sagemaker:variant:DesiredInstanceCount", "sagemaker:variant:DesiredProvisionedConcurrency"],
    "ResourceId": ["endpoint/ep/variant/A", "endpoint/ep", "x/y/z/w"],
    "Schedule": ["rate(1 day)", "cron(0 0 * * ? *)", "cron(0 0 31 2 ? *)", "at(2026-01-01T00:00:00)", "never"],
    "Timezone": ["Europe/Berlin", "../../etc/passwd", "Nowhere"],
    "Period": [1, 10, 60, 7, 2**40],
    "NextToken": ["x", "YXQgMw==", "61667465722061"],
    "PolicyType": ["StepScaling", "TargetTrackingScaling"],
    "AlarmName": ["a", "b/c"],
    "AlarmActions": [["http://127.0.0.1:1/x"], ["arn:x"], ["file:///etc/passwd"]],
}
"""Values that get past the first check of the services that watch and scale."""


def likely(shape, depth=0, name=""):
    """As `right`, with values that mean something, and numbers that are none."""
    if name in MONITORING:
        return st.sampled_from(MONITORING[name])
    kind = shape.type_name
    if kind == "structure":
        known, needed = model.members(shape), model.required(shape)
        if depth > 4:
            return st.just({})
        optional = {key: likely(held, depth + 1, key) for key, held in known.items() if key not in needed}
        return st.fixed_dictionaries({key: likely(known[key], depth + 1, key) for key in needed}, optional=optional)
    if kind == "list":
        return st.lists(likely(model.element(shape), depth + 1), min_size=1, max_size=2)
    if kind in ("float", "double"):
        return st.floats() | st.sampled_from([0.0, 1.0, 50.0])
    if kind in ("integer", "long"):
        return st.sampled_from([0, 1, 2, 60, 100, -1, 2**40])
    if kind == "timestamp":
        return st.sampled_from([0.0, time.time(), time.time() - 600, -1e10, 2.5e11, 1e300])
    if kind == "string" and not model.enum(shape):
        return st.sampled_from(
            ["a", "m1", "x" * 300, "\x00", "http://h/", "arn:aws:cloudwatch:us-east-1:123456789012:alarm:a"]
        )
    return right(shape, depth)


NOW = time.time()
SPAN = {"StartTime": NOW - 7200, "EndTime": NOW + 60}
METRIC = {"Namespace": "N", "MetricName": "m"}
STATS = [
    {"Id": "m1", "MetricStat": {"Metric": METRIC, "Period": 60, "Stat": "Sum"}},
    {"Id": "e1", "Expression": "m1 / 2", "Label": "half"},
]
RESOURCE = {
    "ServiceNamespace": "sagemaker",
    "ResourceId": "endpoint/ep/variant/A",
    "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
}
ALARM = {"AlarmName": "a", "EvaluationPeriods": 2, "Threshold": 1.0, "ComparisonOperator": "GreaterThanThreshold"}
TRACKING = {
    "TargetValue": 5.0,
    "CustomizedMetricSpecification": {**METRIC, "Statistic": "Average", "Dimensions": [{"Name": "a", "Value": "b"}]},
}
STEPPING = {
    "AdjustmentType": "ChangeInCapacity",
    "StepAdjustments": [{"ScalingAdjustment": 1, "MetricIntervalLowerBound": 0.0}],
}
TRACKED = {"PolicyType": "TargetTrackingScaling", "TargetTrackingScalingPolicyConfiguration": TRACKING}
GOOD = [
    ("cloudwatch", "PutMetricData", {"Namespace": "N", "MetricData": [
        {"MetricName": "m", "Dimensions": [{"Name": "a", "Value": "b"}], "Timestamp": NOW, "Values": [1.0], "Counts": [2.0]},
        {"MetricName": "m", "StatisticValues": {"SampleCount": 2.0, "Sum": 3.0, "Minimum": 1.0, "Maximum": 2.0}}]}),
    ("cloudwatch", "GetMetricData", {**SPAN, "MetricDataQueries": STATS, "MaxDatapoints": 10}),
    ("cloudwatch", "GetMetricStatistics", {**METRIC, **SPAN, "Period": 60, "Statistics": ["Sum"], "ExtendedStatistics": ["p9"]}),
    ("cloudwatch", "PutMetricAlarm", {**ALARM, **METRIC, "Period": 60, "Statistic": "Sum", "AlarmActions": ["arn:x"]}),
    ("cloudwatch", "PutMetricAlarm", {**ALARM, "Metrics": [STATS[0] | {"ReturnData": False}, STATS[1]]}),
    ("application-autoscaling", "RegisterScalableTarget", {**RESOURCE, "MinCapacity": 0, "MaxCapacity": 3}),
    ("application-autoscaling", "PutScalingPolicy", {**RESOURCE, "PolicyName": "p", **TRACKED}),
    ("application-autoscaling", "PutScalingPolicy",
     {**RESOURCE, "PolicyName": "s", "PolicyType": "StepScaling", "StepScalingPolicyConfiguration": STEPPING}),
    ("application-autoscaling", "PutScheduledAction", {**RESOURCE, "ScheduledActionName": "s", "Schedule": "rate(1 day)",
     "Timezone": "Europe/Berlin", "ScalableTargetAction": {"MinCapacity": 1}}),
    ("application-autoscaling", "DescribeScalingPolicies", RESOURCE),
    ("application-autoscaling", "DescribeScalingActivities", RESOURCE),
]  # fmt: skip


def spoilt(data, shape, value, depth=0):
    """The value with something in it replaced by something likely, or added, or left out."""
    if isinstance(value, dict) and data.draw(st.integers(0, 5)):
        known = model.members(shape)
        name = data.draw(st.sampled_from(sorted(known)))
        inner = spoilt(data, known[name], value[name]) if name in value else data.draw(likely(known[name], 2, name))
        return {**value, name: inner}
    if isinstance(value, list) and value and data.draw(st.integers(0, 5)):
        place = data.draw(st.integers(0, len(value) - 1))
        return [*value[:place], spoilt(data, model.element(shape), value[place]), *value[place + 1 :]]
    return data.draw(likely(shape, 2))


def endpoint(platform):
    plan = {"Generation": 1, "Config": "c", "Variants": [
        {"VariantName": "A", "ModelName": "m", "InstanceType": "ml.m5.large", "Count": 1, "Weight": 1.0, "Shadow": False,
         "Containers": []}]}  # fmt: skip
    status = {"EndpointStatus": "InService", "_live": plan, "_settled": 1, "_ready": []}
    key = Key(CALLER.project, "Endpoint", "ep")
    platform.store.create(key, {"EndpointConfigName": "c", "_generation": 1}, status, now=1)


@pytest.mark.parametrize("number", range(len(GOOD)))
def test_what_the_spoiling_begins_with_is_good(studio, number):
    _, wire = studio
    ask(wire, *GOOD[5][:2], orjson.dumps(GOOD[5][2]))
    service, operation, document = GOOD[number]
    response = ask(wire, service, operation, orjson.dumps(document))
    assert response.status == 200, response.body


@given(data=st.data())
@settings(max_examples=500, deadline=None, suppress_health_check=list(HealthCheck))
def test_nothing_makes_watching_and_scaling_fail_in_json_or_cbor(studio, data):
    services, wire = studio
    if data.draw(st.integers(0, 3)):
        service, operation, document = data.draw(st.sampled_from(GOOD))
        shape = model.operation(service, operation).input_shape
        document = spoilt(data, shape, document)
    else:
        chosen = [one for one in operations(services) if one[0] in ("cloudwatch", "application-autoscaling")]
        service, operation = data.draw(st.sampled_from(chosen))
        shape = model.operation(service, operation).input_shape
        document = data.draw(likely(shape))
    if service == "application-autoscaling":
        response = ask(wire, service, operation, json.dumps(document).encode())
        message = orjson.loads(response.body).get("message")
    else:
        target = model.service(service).metadata["targetPrefix"]
        request = Request("POST", f"/service/{target}/operation/{operation}", "", {"smithy-protocol": "rpc-v2-cbor"})
        body = cbor.dumps(shape, document)

        async def receive():
            return {"type": "http.request", "body": body}

        response = asyncio.run(wire(request, receive, "id", CALLER, service))
        message = cbor.loads(response.body).get("message")
    assert response.status < 500, (operation, document, response.body)
    assert response.status == 200 or len(message) > 5


def test_controllers_live_with_all_that_was_taken(platform, monkeypatch):
    """Runs after the above, on what it has left."""
    monkeypatch.setattr(alarm_controller, "_post", lambda url, message: "nobody is there")

    async def go():
        for controller in controllers(platform):
            if controller.kind in ("CloudWatchAlarm", "ScalableTarget", "ScheduledAction"):
                for key in controller.keys():
                    for _ in range(6):
                        await controller.reconcile(key)

    asyncio.run(go())


def test_one_operation_in_three_protocols(studio):
    _, wire = studio
    put = {"AlarmName": "three", "Namespace": "N", "MetricName": "m", "Statistic": "Sum", "Period": 60, "Threshold": 1.5,
           "EvaluationPeriods": 1, "ComparisonOperator": "GreaterThanThreshold"}  # fmt: skip
    assert ask(wire, "cloudwatch", "PutMetricAlarm", orjson.dumps(put)).status == 200

    def sent(headers, path, body):
        async def receive():
            return {"type": "http.request", "body": body}

        return asyncio.run(wire(Request("POST", path, "", headers), receive, "id", CALLER, "cloudwatch"))

    form = {"content-type": "application/x-www-form-urlencoded"}
    text = sent(form, "/", b"Action=DescribeAlarms&Version=2010-08-01&AlarmNames.member.1=three").body
    assert b"<Threshold>1.5</Threshold>" in text and b"<DescribeAlarmsResult>" in text
    path = "/service/GraniteServiceVersion20100801/operation/DescribeAlarms"
    body = cbor.dumps(model.operation("cloudwatch", "DescribeAlarms").input_shape, {"AlarmNames": ["three"]})
    (alarm,) = cbor.loads(sent({"smithy-protocol": "rpc-v2-cbor"}, path, body).body)["MetricAlarms"]
    assert (alarm["AlarmName"], alarm["Threshold"]) == ("three", 1.5)
    refused = sent(form, "/", b"Action=DeleteAlarms&Version=2010-08-01&AlarmNames.member.1=nobody")
    assert refused.status == 404 and b"<Code>ResourceNotFound</Code>" in refused.body


@given(body=st.binary(max_size=60))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_bytes_make_it_fail(studio, body):
    _, wire = studio
    assert ask(wire, "sagemaker", "CreateTrainingJob", body).status == 400


def test_a_viewer_can_look_and_not_touch(studio):
    _, wire = studio
    viewer = Caller("vic", "123456789012", "viewer")

    def ask_as(operation, document):
        request = Request("POST", "/", "", {"x-amz-target": f"SageMaker.{operation}"})

        async def go():
            async def receive():
                return {"type": "http.request", "body": orjson.dumps(document)}

            return await wire(request, receive, "id", viewer, "sagemaker")

        return asyncio.run(go())

    assert ask_as("ListModels", {}).status == 200
    refused = ask_as("CreateModel", {"ModelName": "m", "PrimaryContainer": {"Image": "x"}})
    assert orjson.loads(refused.body)["__type"] == "AccessDeniedException"


def test_what_is_not_built_says_so(studio):
    _, wire = studio
    answer = ask(wire, "sagemaker", "CreateHub", b'{"HubName": "h", "HubDescription": "d"}')
    assert answer.status == 400 and b"CreateHub is not supported" in answer.body
    assert orjson.loads(ask(wire, "sagemaker", "ListHubs", b"{}").body) == {"HubSummaries": []}
