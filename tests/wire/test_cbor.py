"""The CBOR protocol against botocore's own serializer and parser; and one service in three protocols on one address."""

import datetime
import gzip

import botocore.parsers
import botocore.serialize
import pytest
from hypothesis import given
from hypothesis import strategies as st

from studiolo.base.errors import ApiError
from studiolo.wire import cbor, fault, model
from studiolo.wire.http import Request
from studiolo.wire.naming import Names

OPERATION = "PutMetricData"


def sent(operation, params):
    shape = model.service("cloudwatch").operation_model(operation)
    wire = botocore.serialize.create_serializer("smithy-rpc-v2-cbor").serialize_to_request(params, shape)
    headers = {name.lower(): value for name, value in wire["headers"].items()}
    return Request("POST", wire["url_path"], "", headers, wire["body"])


def test_what_botocore_sends_is_read():
    request = sent(
        OPERATION,
        {
            "Namespace": "Größe",
            "MetricData": [
                {"MetricName": "m", "Values": [1.5, -2.0], "Counts": [1, 2], "StorageResolution": 1,
                 "Timestamp": datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)},
            ],
        },
    )  # fmt: skip
    assert Names(["cloudwatch"]).of(request, "monitoring").operation == OPERATION
    assert cbor.read(model.operation("cloudwatch", OPERATION), request) == {
        "Namespace": "Größe",
        "MetricData": [
            {
                "MetricName": "m",
                "Values": [1.5, -2.0],
                "Counts": [1.0, 2.0],
                "StorageResolution": 1,
                "Timestamp": 1767225600.0,
            }
        ],
    }


def test_botocore_reads_what_is_answered():
    operation = model.operation("cloudwatch", "GetMetricData")
    document = {
        "MetricDataResults": [
            {"Id": "a", "Timestamps": [1767225600.5], "Values": [-1e300, 0.5], "StatusCode": "Complete", "Nobody": 1}
        ],
        "NextToken": None,
    }
    response = cbor.answer(operation, document)
    parsed = botocore.parsers.create_parser("smithy-rpc-v2-cbor").parse(
        {"headers": response.headers, "status_code": 200, "body": response.body, "context": {}}, operation.output_shape
    )
    (result,) = parsed["MetricDataResults"]
    assert result["Values"] == [-1e300, 0.5] and result["Timestamps"][0].timestamp() == 1767225600.5
    assert "NextToken" not in parsed and "Nobody" not in result


def test_errors_keep_the_codes_of_the_query_protocol():
    error = ApiError("It is wrong.", code="InvalidParameterValue", status=400)
    shape = model.error_name("cloudwatch", error.code)
    for form, parser in (("json", "json"), ("rpc-v2-cbor", "smithy-rpc-v2-cbor"), ("query", "query")):
        response = fault.answer(error, form, "id", shape=shape)
        parsed = botocore.parsers.create_parser(parser).parse(
            {"headers": response.headers, "status_code": 400, "body": response.body, "context": {}},
            model.operation("cloudwatch", OPERATION).output_shape,
        )
        assert (parsed["Error"]["Code"], parsed["Error"]["Message"]) == ("InvalidParameterValue", "It is wrong."), form


@given(st.binary(max_size=80))
def test_no_bytes_make_it_fail(data):
    try:
        cbor.loads(data)
    except cbor.BadCbor as error:
        assert str(error)


@pytest.mark.parametrize(
    "data",
    [b"\x81" * 5000, b"\x9b\xff\xff\xff\xff\xff\xff\xff\xff", b"\xd8\x1c\x80", b"\xff", b"\xa1\x01\x02", b"\x00\x00"],
)
def test_what_no_request_holds_is_refused(data):
    with pytest.raises(cbor.BadCbor):
        cbor.loads(data)


def test_one_service_in_three_protocols():
    names = Names(["cloudwatch", "sts", "s3", "sagemaker", "sagemaker-runtime"])
    json = Request("POST", "/", "", {"x-amz-target": "GraniteServiceVersion20100801.ListMetrics"})
    query = Request("POST", "/", "", {"content-type": "application/x-www-form-urlencoded; charset=utf-8"})
    assert (names.of(json, "monitoring").service, names.of(json, "monitoring").form) == ("cloudwatch", "json")
    assert (names.of(query, "monitoring").service, names.of(query, "monitoring").form) == ("cloudwatch", "query")
    assert names.of(query, "sts").form == "query"
    assert names.of(Request("GET", "/bucket/service/X/operation/Y", "", {}), "s3").service == "s3"
    unknown = Request("POST", "/service/Nobody/operation/X", "", {"smithy-protocol": "rpc-v2-cbor"})
    assert names.of(unknown, "x").service is None


def test_a_gzip_body_has_a_limit():
    from studiolo.server.body import inflate

    assert inflate(gzip.compress(b"x" * 1000), 1000) == b"x" * 1000
    for body in (gzip.compress(b"x" * 1001), b"no gzip", gzip.compress(b"x" * 100)[:-9]):
        with pytest.raises(ApiError):
            inflate(body, 1000)
