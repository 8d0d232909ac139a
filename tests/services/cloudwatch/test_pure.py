"""The pure parts: statistics, metric math, the mapping of the platform's series, the state of an alarm."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studiolo.base.errors import ApiError
from studiolo.series.protocol import Known
from studiolo.services.cloudwatch import metric as metrics
from studiolo.services.cloudwatch.alarm_state import SPARE, evaluate
from studiolo.services.cloudwatch.expressions import BadExpression, Scope, parse
from studiolo.services.cloudwatch.expressions import evaluate as solve
from studiolo.services.cloudwatch.metric import Metric
from studiolo.services.cloudwatch.statistics import percentile, stat
from studiolo.services.cloudwatch.views import published, view
from studiolo.services.sagemaker_runtime.measure import spread


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=300))
def test_a_spread_keeps_what_statistics_need(values):
    ordered = sorted(values)
    pairs = spread(ordered)
    assert sum(count for _, count in pairs) == len(ordered)
    assert sum(value * count for value, count in pairs) == pytest.approx(sum(ordered), abs=1e-6)
    assert (pairs[0][0], pairs[-1][0]) == (ordered[0], ordered[-1])
    assert len(pairs) <= 13


@given(
    st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=50),
)
def test_a_statistic_set_is_kept_exactly(values):
    given_set = {"SampleCount": len(values), "Sum": sum(values), "Minimum": min(values), "Maximum": max(values)}
    try:
        points = list(metrics.points("p", "n", [{"MetricName": "m", "StatisticValues": given_set}], 100.0))
    except ApiError:
        # Sums of floats may contradict their own bounds by a hair.
        return
    assert sum(point.count for point in points) == pytest.approx(len(values))
    assert sum(point.count * point.value for point in points) == pytest.approx(sum(values), rel=1e-6, abs=1e-3)


def test_percentiles_and_names():
    assert percentile([(1, 1), (2, 1), (3, 1)], 50) == 2
    assert percentile([(1, 1), (2, 1)], 50) == 1.5
    assert percentile([(1, 99), (100, 1)], 99) == pytest.approx(1.99)
    assert percentile([(5, 1)], 99.9) == 5
    assert stat("p99.9").percentile == 99.9 and stat("Sum").percentile is None
    assert stat("tm90") is None and stat("p101") is None


M1, M2 = {0.0: 1.0, 60.0: 4.0}, {60.0: 2.0, 120.0: 0.0}


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("m1 + 1", {0.0: 2.0, 60.0: 5.0}),
        ("m1 / m2", {60.0: 2.0}),
        ("2 - m1 * 3 ^ 2", {0.0: -7.0, 60.0: -34.0}),
        ("-m1 + 1", {0.0: 0.0, 60.0: -3.0}),
        ("m1 / m2 * 0 + 1 / m2", {60.0: 0.5}),
        ("SUM([m1, m2])", {0.0: 1.0, 60.0: 6.0, 120.0: 0.0}),
        ("MAX(METRICS())", {0.0: 1.0, 60.0: 4.0, 120.0: 0.0}),
        ("m1 - AVG(m1)", {0.0: -1.5, 60.0: 1.5}),
        ("FILL(m2, 7)", {0.0: 7.0, 60.0: 2.0, 120.0: 0.0}),
        ("FILL(m1, REPEAT)", {0.0: 1.0, 60.0: 4.0, 120.0: 4.0}),
        ("IF(m1 > 2, m1, 0)", {0.0: 0.0, 60.0: 4.0}),
        ("m1 * PERIOD(m1)", {0.0: 60.0, 60.0: 240.0}),
        ("(m1 > 2 OR m1 < 0) AND 1", {0.0: 0.0, 60.0: 1.0}),
    ],
)
def test_metric_math(text, result):
    scope = Scope({"m1": M1, "m2": M2}, [M1, M2], [0.0, 60.0, 120.0], 60.0)
    assert solve(parse(text), scope) == result


@pytest.mark.parametrize(
    "text", ["", "1 +", "m1 m2", "SEARCH('x')", "SELECT AVG(x)", "((((" * 30, "SUM()", "a[", "1 $ 2"]
)
def test_what_is_no_expression_says_why(text):
    with pytest.raises(BadExpression):
        parse(text)


@given(st.text(alphabet="m12+-*/()[],. ^<>=&|FILLSUMABS'", max_size=30))
def test_no_expression_makes_it_fail(text):
    try:
        solve(parse(text), Scope({"m1": M1, "m2": M2}, [M1], [0.0], 60.0))
    except BadExpression as error:
        assert str(error)


def test_the_mapping_goes_both_ways():
    both = (("EndpointName", "e"), ("VariantName", "A"))
    seen = view("1", Metric("AWS/SageMaker", "ModelLatency", both))
    assert (seen.resource, seen.metrics, seen.factor, seen.unit) == (
        "Endpoint/1/e", ("endpoint/A/latency_spread",), 1000.0, "Microseconds",
    )  # fmt: skip
    assert Metric("AWS/SageMaker", "ModelLatency", both) in published(
        Known("Endpoint/1/e", "endpoint/A/latency_spread", "", 0)
    )
    job = Metric("/aws/sagemaker/TrainingJobs", "train:loss", (("TrainingJobName", "j"),))
    assert published(Known("TrainingJob/1/j", "train:loss", "algo-1", 0)) == [job]
    assert view("1", job).resource == "TrainingJob/1/j"
    host = Metric("/aws/sagemaker/TrainingJobs", "CPUUtilization", (("Host", "j/algo-1"),))
    assert published(Known("TrainingJob/1/j", "system/cpu", "algo-1", 0)) == [host]
    assert view("1", host).host == "algo-1"
    assert view("1", Metric("Mine", "ModelLatency", both)) is None


def alarm(n=3, m=None, treat="missing"):
    held = {"EvaluationPeriods": n, "Threshold": 10, "ComparisonOperator": "GreaterThanThreshold", "Period": 60}
    return {**held, "TreatMissingData": treat, **({"DatapointsToAlarm": m} if m else {})}


TREATMENTS = ("missing", "ignore", "breaching", "notBreaching")
KEEP = "INSUFFICIENT_DATA"
"""The state the alarm was in, where it is to be kept."""


@pytest.mark.parametrize(
    ("data", "m", "states"),
    # AWS's own tables: 0 is within the threshold, X beyond it, - missing; oldest first.
    [
        ("0-X-X", 3, ("OK", "OK", "OK", "OK")),
        ("----0", 3, ("OK", "OK", "OK", "OK")),
        ("-----", 3, ("INSUFFICIENT_DATA", KEEP, "ALARM", "OK")),
        ("0XX-X", 3, ("ALARM", "ALARM", "ALARM", "ALARM")),
        ("--X--", 3, ("ALARM", KEEP, "ALARM", "OK")),
        ("0-X-X", 2, ("ALARM", "ALARM", "ALARM", "ALARM")),
        ("00X0X", 2, ("ALARM", "ALARM", "ALARM", "ALARM")),
        ("0-X--", 2, ("OK", "OK", "ALARM", "OK")),
        ("----0", 2, ("OK", "OK", "ALARM", "OK")),
        ("---X-", 2, ("ALARM", KEEP, "ALARM", "OK")),
    ],
)
def test_states_are_those_of_awss_tables(data, m, states):
    assert len(data) == 3 + SPARE
    points = {number * 60.0: 20.0 if mark == "X" else 1.0 for number, mark in enumerate(data) if mark != "-"}
    for treat, state in zip(TREATMENTS, states, strict=True):
        judged = evaluate(alarm(3, m, treat), points, 5 * 60.0, KEEP)
        assert judged.state == state, treat
        assert 0 < len(judged.reason) <= 1023


def test_a_put_is_checked():
    def put(**datum):
        return list(metrics.points("p", "n", [{"MetricName": "m", **datum}], 1e9))

    for bad in (
        {}, {"Value": float("nan")}, {"Value": 1.0, "Values": [1.0]}, {"Values": [1.0], "Counts": [1.0, 2.0]},
        {"Value": 1.0, "Timestamp": 1.0}, {"Value": 1.0, "Dimensions": [{"Name": "a", "Value": "1"}] * 2},
        {"StatisticValues": {"SampleCount": 2, "Sum": 100, "Minimum": 1, "Maximum": 2}},
    ):  # fmt: skip
        with pytest.raises(ApiError):
            put(**bad)
    (point,) = put(Value=2.0, Dimensions=[{"Name": "b c", "Value": 'x" y'}], Unit="Count")
    assert metrics.read_back(point.resource, point.metric, point.host) == (
        Metric("n", "m", (("b c", 'x" y'),)),
        "Count",
    )
