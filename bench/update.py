"""What callers feel of UpdateEndpoint under full load, and how soon a bad version is gone after its alarm.

    python bench/update.py [--seconds 6]

An XGBoost model of 100 trees on one instance, asked without a pause on 16 connections by two processes on the same cores. The
99th percentile of the seconds before the update stands beside that from the call until the old version's processes are gone.
"""

import argparse
import multiprocessing
import socket
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import endpoints
import router

LOADERS, CONNECTIONS = 2, 8
BAD = """
def model_fn(folder): return None
def transform_fn(model, body, kind, accept): raise ValueError("a bad version")
"""


def loader(port: int, request: bytes, stop: Any, out: Any) -> None:
    """A process of its own: (when it was answered, milliseconds, whether well) of each request."""
    seen: list[tuple[float, float, bool]] = []

    def ask() -> None:
        link = socket.create_connection(("127.0.0.1", port))
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while not stop.is_set():
            began = time.monotonic()
            try:
                router.exchange(link, request)
                well = True
            except AssertionError:
                well = False
            ended = time.monotonic()
            seen.append((ended, (ended - began) * 1000, well))

    threads = [threading.Thread(target=ask) for _ in range(CONNECTIONS)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    out.put(seen)


class Load:
    def __init__(self, port: int, request: bytes) -> None:
        context = multiprocessing.get_context("fork")
        self._stop, self._out = context.Event(), context.Queue()
        arguments = (port, request, self._stop, self._out)
        self._processes = [context.Process(target=loader, args=arguments) for _ in range(LOADERS)]
        for one in self._processes:
            one.start()

    def end(self) -> list[tuple[float, float, bool]]:
        self._stop.set()
        seen = [row for _ in self._processes for row in self._out.get(timeout=60)]
        for one in self._processes:
            one.join()
        return seen


def p99(seen: list[tuple[float, float, bool]], begin: float, end: float) -> float:
    return endpoints.percentile([took for at, took, _ in seen if begin <= at < end], 0.99)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--seconds", type=float, default=6)
    seconds = arguments.parse_args().seconds
    with tempfile.TemporaryDirectory() as folder, endpoints.studio() as studio:
        sagemaker, s3, watch = (studio.client(one) for one in ("sagemaker", "s3", "cloudwatch"))
        s3.put_object(Bucket=studio.bucket, Key="model.tar.gz", Body=endpoints.xgboost_model(studio, Path(folder)))
        s3.put_object(Bucket=studio.bucket, Key="bad.tar.gz", Body=endpoints.jobs.archive({"inference.py": BAD}))
        size = {"InstanceType": "ml.c5.large", "InitialInstanceCount": 1}
        model = {"Image": endpoints.jobs.XGBOOST, "ModelDataUrl": f"s3://{studio.bucket}/model.tar.gz"}
        endpoints.endpoint(studio, "one", model, size)
        broken = {**model, "ModelDataUrl": f"s3://{studio.bucket}/bad.tar.gz"}
        sagemaker.create_model(ModelName="bad", ExecutionRoleArn=studio.role, PrimaryContainer=broken)
        variant = {"VariantName": "AllTraffic", **size}
        for name, of in (("again", "one"), ("bad", "bad")):
            sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[{**variant, "ModelName": of}])
        watch.put_metric_alarm(AlarmName="bad", Namespace="drill", MetricName="m", Period=60, EvaluationPeriods=1,
                               Statistic="Sum", Threshold=1, ComparisonOperator="GreaterThanThreshold")  # fmt: skip
        body = endpoints.body()
        url, headers = endpoints.signed(studio, "one", body)
        host = {"host": f"127.0.0.1:{studio.port}"}
        request = router.text(url.partition(str(studio.port))[2], {**headers, **host}, body)

        def settled() -> bool:
            return sagemaker.describe_endpoint(EndpointName="one")["EndpointStatus"] == "InService"

        def alone() -> bool:
            return len(list((studio.home / "runs").glob("*one*"))) == 1

        def policy(routing: dict[str, Any]) -> dict[str, Any]:
            given = {"TrafficRoutingConfiguration": {"WaitIntervalInSeconds": 1, **routing}}
            return {"BlueGreenUpdatePolicy": given}

        half = {"Type": "CAPACITY_PERCENT", "Value": 50}
        shifts = {"all at once": {"Type": "ALL_AT_ONCE"}, "linear, halves": {"Type": "LINEAR", "LinearStepSize": half}}
        print("| update | requests | failed | p99 ms before | p99 ms during | |\n|---|---|---|---|---|---|")
        for name, routing in shifts.items():
            load, began = Load(studio.port, request), time.monotonic()
            time.sleep(seconds)
            called = time.monotonic()
            sagemaker.update_endpoint(EndpointName="one", EndpointConfigName="again", DeploymentConfig=policy(routing))
            endpoints.until(lambda: settled() and alone())
            ended = time.monotonic()
            seen = load.end()
            before, during = p99(seen, began + 1, called), p99(seen, called, ended)
            failed = sum(not well for _, _, well in seen)
            print(f"| {name}, {ended - called:.1f} s | {len(seen)} | {failed} | {before:.1f} | {during:.1f} | "
                  f"{during / before:.2f}x |")  # fmt: skip
        load = Load(studio.port, request)
        back = {"AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "bad"}]}}
        canary = policy({"Type": "CANARY", "CanarySize": half, "WaitIntervalInSeconds": 60})
        sagemaker.update_endpoint(EndpointName="one", EndpointConfigName="bad", DeploymentConfig={**canary, **back})
        endpoints.until(lambda: sagemaker.describe_endpoint(EndpointName="one")["PendingDeploymentSummary"][
            "ProductionVariants"][0]["VariantStatus"][0]["Status"] == "ActivatingTraffic")  # fmt: skip
        time.sleep(2)
        watch.set_alarm_state(AlarmName="bad", StateValue="ALARM", StateReason="a drill")
        rang = time.monotonic()
        endpoints.until(settled)
        told = time.monotonic() - rang
        time.sleep(2)
        seen = load.end()
        last = max(at for at, _, well in seen if not well) - rang
        print(f"\nA bad version with half of the traffic, under the same load: the endpoint was InService again {told:.2f} s "
              f"after the alarm, its last bad answer came {last:.2f} s after it.")  # fmt: skip


if __name__ == "__main__":
    main()
