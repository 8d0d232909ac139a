"""Metrics, alarms and scaling by real boto3 and the real AWS CLI: what is put comes back, alarms ring, load adds instances
and idleness takes them away, to none; and all of it outlives a killed server."""

import datetime
import http.server
import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import jobs
import pytest
from botocore.exceptions import ClientError
from test_aws_cli import aws

pytestmark = pytest.mark.e2e

INFERENCE = """
import time
def model_fn(folder): return None
def input_fn(body, content_type): return body
def predict_fn(body, model): time.sleep(0.2); return body
def output_fn(answer, accept): return answer
"""
UTC = datetime.UTC


def until(what, seconds=60.0):
    deadline = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    return found


def code_of(refused):
    return refused.value.response["Error"]["Code"]


def span(minutes=10):
    now = datetime.datetime.now(UTC)
    return {"StartTime": now - datetime.timedelta(minutes=minutes), "EndTime": now + datetime.timedelta(minutes=1)}


def test_what_is_put_comes_back(studio):
    watch, namespace = studio.client("cloudwatch"), jobs.name("Shop")
    where = [{"Name": "Till", "Value": "1"}]
    watch.put_metric_data(
        Namespace=namespace,
        MetricData=[
            {"MetricName": "Sales", "Dimensions": where, "Value": 2.0, "Unit": "Count", "StorageResolution": 1},
            {"MetricName": "Sales", "Dimensions": where, "Values": [3.0, 5.0], "Counts": [1, 3], "Unit": "Count"},
            {"MetricName": "Waits", "StatisticValues": {"SampleCount": 4, "Sum": 10, "Minimum": 1, "Maximum": 5}},
        ]
        + [{"MetricName": f"Many{number}", "Value": float(number)} for number in range(600)],
    )
    # More than 10 KB: botocore has sent it gzipped.
    listed = [
        one for page in watch.get_paginator("list_metrics").paginate(Namespace=namespace) for one in page["Metrics"]
    ]
    assert len(listed) == 602
    assert watch.list_metrics(Namespace=namespace, Dimensions=[{"Name": "Till"}], RecentlyActive="PT3H")["Metrics"] == [
        {"Namespace": namespace, "MetricName": "Sales", "Dimensions": where}
    ]
    day = {"Period": 86400, **span()}
    (point,) = watch.get_metric_statistics(
        Namespace=namespace, MetricName="Sales", Dimensions=where, ExtendedStatistics=["p50", "p99.9"], **day,
        Statistics=["Sum", "SampleCount", "Average", "Minimum", "Maximum"],
    )["Datapoints"]  # fmt: skip
    assert (point["Sum"], point["SampleCount"], point["Minimum"], point["Maximum"]) == (20, 5, 2, 5)
    assert point["Unit"] == "Count" and point["ExtendedStatistics"]["p50"] == 5
    (point,) = watch.get_metric_statistics(
        Namespace=namespace, MetricName="Waits", Statistics=["Sum", "SampleCount", "Minimum", "Maximum"], **day
    )["Datapoints"]
    assert (point["Sum"], point["SampleCount"], point["Minimum"], point["Maximum"]) == (10, 4, 1, 5)

    def query(id, name, **more):
        stat = {"Metric": {"Namespace": namespace, "MetricName": name, **more}, "Period": 86400, "Stat": "Sum"}
        return {"Id": id, "MetricStat": stat}

    found = watch.get_metric_data(
        MetricDataQueries=[
            query("sales", "Sales", Dimensions=where),
            {**query("waits", "Waits"), "ReturnData": False},
            {"Id": "ratio", "Expression": "100 * sales / waits", "Label": "per wait"},
            {"Id": "both", "Expression": "SUM([sales, FILL(waits, 0)])"},
        ],
        **span(),
    )["MetricDataResults"]
    assert [(one["Id"], one["Label"], one["Values"]) for one in found] == [
        ("sales", "Sales", [20]), ("ratio", "per wait", [200]), ("both", "both", [30]),
    ]  # fmt: skip
    with pytest.raises(ClientError) as refused:
        watch.get_metric_data(MetricDataQueries=[{"Id": "e", "Expression": "ANOMALY_DETECTION_BAND(m)"}], **span())
    assert code_of(refused) == "ValidationError" and "ANOMALY_DETECTION_BAND" in str(refused.value)
    with pytest.raises(watch.exceptions.InvalidParameterValueException):
        watch.put_metric_data(Namespace="AWS/Mine", MetricData=[{"MetricName": "m", "Value": 1.0}])


class Hook(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.server.heard.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *words):
        pass


@pytest.fixture
def hook():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hook)
    server.heard = []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()


def test_an_alarm_rings_and_outlives_the_server(own_studio, hook):
    studio = own_studio
    watch = studio.client("cloudwatch")
    url = f"http://127.0.0.1:{hook.server_address[1]}/ring"
    watch.put_metric_alarm(
        AlarmName="hot", Namespace="Oven", MetricName="Heat", Statistic="Maximum", Period=1, EvaluationPeriods=3,
        DatapointsToAlarm=1, Threshold=200, ComparisonOperator="GreaterThanThreshold", AlarmActions=[url],
        TreatMissingData="notBreaching", Tags=[{"Key": "team", "Value": "bread"}],
    )  # fmt: skip

    def state(name="hot"):
        return studio.client("cloudwatch").describe_alarms(AlarmNames=[name])["MetricAlarms"][0]

    until(lambda: state()["StateValue"] == "OK")
    studio.kill()
    studio.start()

    def heat():
        watch.put_metric_data(Namespace="Oven", MetricData=[{"MetricName": "Heat", "Value": 250.0}])
        return state()["StateValue"] == "ALARM"

    until(heat)
    assert "greater than the threshold (200.0)" in state()["StateReason"]
    until(lambda: hook.heard)
    assert (hook.heard[0]["AlarmName"], hook.heard[0]["NewStateValue"]) == ("hot", "ALARM")
    until(lambda: state()["StateValue"] == "OK")
    moves = watch.describe_alarm_history(AlarmName="hot", HistoryItemType="StateUpdate")["AlarmHistoryItems"]
    assert "Alarm updated from OK to ALARM" in [one["HistorySummary"] for one in moves]
    actions = until(
        lambda: watch.describe_alarm_history(AlarmName="hot", HistoryItemType="Action")["AlarmHistoryItems"]
    )
    assert actions[-1]["HistorySummary"].startswith("Successfully executed action http")

    watch.disable_alarm_actions(AlarmNames=["hot"])
    watch.set_alarm_state(AlarmName="hot", StateValue="ALARM", StateReason="a drill")
    assert not state()["ActionsEnabled"]
    arn = state()["AlarmArn"]
    assert watch.list_tags_for_resource(ResourceARN=arn)["Tags"] == [{"Key": "team", "Value": "bread"}]
    for_metric = watch.describe_alarms_for_metric(Namespace="Oven", MetricName="Heat")["MetricAlarms"]
    assert [one["AlarmName"] for one in for_metric] == ["hot"]
    shown = json.loads(aws(studio, "cloudwatch", "describe-alarms", "--alarm-name-prefix", "ho"))
    assert shown["MetricAlarms"][0]["Threshold"] == 200
    aws(studio, "cloudwatch", "delete-alarms", "--alarm-names", "hot")
    assert watch.describe_alarms()["MetricAlarms"] == []
    with pytest.raises(watch.exceptions.ResourceNotFound):
        watch.delete_alarms(AlarmNames=["hot"])


def serve(studio, name, count=1):
    key, sagemaker = f"{name}/model.tar.gz", studio.client("sagemaker")
    studio.client("s3").put_object(Bucket=studio.bucket, Key=key, Body=jobs.archive({"code/inference.py": INFERENCE}))
    container = {"Image": jobs.SKLEARN, "ModelDataUrl": f"s3://{studio.bucket}/{key}"}
    sagemaker.create_model(ModelName=name, ExecutionRoleArn=studio.role, PrimaryContainer=container)
    variant = {"VariantName": "A", "ModelName": name, "InitialInstanceCount": count, "InstanceType": "ml.t2.medium"}
    sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[variant])
    sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)
    live = jobs.wait_endpoint(studio, name, 300)
    assert live["EndpointStatus"] == "InService", live.get("FailureReason")
    return sagemaker


def test_load_adds_instances_and_idleness_takes_them_all(studio):
    name = jobs.name("scaled")
    sagemaker, runtime = serve(studio, name), studio.client("sagemaker-runtime")
    scaling, watch = studio.client("application-autoscaling"), studio.client("cloudwatch")
    what = {
        "ServiceNamespace": "sagemaker",
        "ResourceId": f"endpoint/{name}/variant/A",
        "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
    }
    with pytest.raises(ClientError) as refused:
        scaling.put_scaling_policy(PolicyName="p", **what, StepScalingPolicyConfiguration={})
    assert code_of(refused) == "ObjectNotFoundException"
    arn = scaling.register_scalable_target(**what, MinCapacity=0, MaxCapacity=2, Tags={"a": "b"})["ScalableTargetARN"]
    assert scaling.list_tags_for_resource(ResourceARN=arn)["Tags"] == {"a": "b"}
    configuration = {
        "TargetValue": 1.0,
        "PredefinedMetricSpecification": {
            "PredefinedMetricType": "SageMakerVariantConcurrentRequestsPerModelHighResolution"
        },
        "ScaleOutCooldown": 1,
        "ScaleInCooldown": 5,
    }
    scaling.put_scaling_policy(
        PolicyName="busy", PolicyType="TargetTrackingScaling", **what,
        TargetTrackingScalingPolicyConfiguration=configuration,
    )  # fmt: skip

    def ask(_):
        return runtime.invoke_endpoint(EndpointName=name, ContentType="text/plain", Body=b"x")["Body"].read()

    def variant():
        return sagemaker.describe_endpoint(EndpointName=name)["ProductionVariants"][0]

    with ThreadPoolExecutor(6) as pool:

        def loaded():
            list(pool.map(ask, range(6)))
            return variant()["CurrentInstanceCount"] == 2

        until(loaded, 90)
        list(pool.map(ask, range(6)))
    until(lambda: variant()["DesiredInstanceCount"] == 0, 90)
    activities = scaling.describe_scaling_activities(ServiceNamespace="sagemaker", ResourceId=what["ResourceId"])
    described = [one["Description"] for one in activities["ScalingActivities"]]
    assert "Setting desired instance count to 2." in described and "Setting desired instance count to 0." in described
    assert ask(0) == b"x"

    dimensions = [{"Name": "EndpointName", "Value": name}, {"Name": "VariantName", "Value": "A"}]

    def statistic(metric, stat, namespace="AWS/SageMaker"):
        points = watch.get_metric_statistics(
            Namespace=namespace, MetricName=metric, Dimensions=dimensions, Period=86400, Statistics=[stat], **span()
        )["Datapoints"]
        return points[0][stat] if points else None

    assert statistic("Invocations", "Sum") >= 6 and statistic("Invocations", "Maximum") == 1
    assert 200_000 <= statistic("ModelLatency", "Average") < 10_000_000
    assert statistic("Invocation5XXErrors", "Average") == 0
    assert statistic("OverheadLatency", "Minimum") > 0
    assert 0 < statistic("InvocationsPerInstance", "Sum") < statistic("Invocations", "Sum")
    assert 0 < statistic("MemoryUtilization", "Maximum", "/aws/sagemaker/Endpoints") < 100
    names = {one["MetricName"] for one in watch.list_metrics(Dimensions=dimensions)["Metrics"]}
    assert {"Invocations", "ModelLatency", "CPUUtilization"} <= names

    shown = json.loads(
        aws(studio, "application-autoscaling", "describe-scalable-targets", "--service-namespace", "sagemaker")
    )
    assert [one["MaxCapacity"] for one in shown["ScalableTargets"] if one["ResourceId"] == what["ResourceId"]] == [2]
    policies = scaling.describe_scaling_policies(ServiceNamespace="sagemaker", ResourceId=what["ResourceId"])
    assert policies["ScalingPolicies"][0]["TargetTrackingScalingPolicyConfiguration"] == configuration
    aws(
        studio, "application-autoscaling", "put-scheduled-action", "--service-namespace", "sagemaker",
        "--resource-id", what["ResourceId"], "--scalable-dimension", what["ScalableDimension"],
        "--scheduled-action-name", "morning", "--scalable-target-action", "MinCapacity=1,MaxCapacity=1",
        "--schedule", f"at({datetime.datetime.now(UTC) + datetime.timedelta(seconds=2):%Y-%m-%dT%H:%M:%S})",
    )  # fmt: skip
    until(lambda: variant()["CurrentInstanceCount"] == 1)
    (action,) = scaling.describe_scheduled_actions(ServiceNamespace="sagemaker", ResourceId=what["ResourceId"])[
        "ScheduledActions"
    ]
    assert action["ScheduledActionName"] == "morning"
    scaling.deregister_scalable_target(**what)
    assert (
        scaling.describe_scaling_policies(ServiceNamespace="sagemaker", ResourceId=what["ResourceId"])[
            "ScalingPolicies"
        ]
        == []
    )
    sagemaker.delete_endpoint(EndpointName=name)
