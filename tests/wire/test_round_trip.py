"""The real botocore is the counterpart: what its serializers send we read, what we send its parsers read."""

import datetime
import io

import botocore.awsrequest
import botocore.parsers
import botocore.serialize
import pytest

from studiolo.base.errors import ApiError
from studiolo.wire import encode, fault, model, parse, route
from studiolo.wire.http import Request

UTC = datetime.UTC


def sent(service, operation, params) -> Request:
    """What botocore would put on the wire."""
    shape = model.service(service)
    serializer = botocore.serialize.create_serializer(model.protocol(service))
    wire = serializer.serialize_to_request(params, shape.operation_model(operation))
    prepared = botocore.awsrequest.prepare_request_dict(wire, "http://h") or wire
    request = botocore.awsrequest.create_request_object(prepared).prepare()
    path, _, query = request.url.removeprefix("http://h").partition("?")
    body = request.body or b""
    body = body.encode() if isinstance(body, str) else body.read() if hasattr(body, "read") else body
    headers = {
        name.lower(): value.decode() if isinstance(value, bytes) else str(value)
        for name, value in request.headers.items()
    }
    return Request(request.method, path, query, headers, body)


def received(service, operation, response):
    shape = model.service(service).operation_model(operation).output_shape
    parser = botocore.parsers.create_parser(model.protocol(service))
    body = response.body if isinstance(response.body, bytes) else b""
    return parser.parse(
        {"headers": response.headers, "status_code": response.status, "body": body, "context": {}}, shape
    )


def test_json():
    params = {
        "TrainingJobName": "j",
        "RoleArn": "arn:aws:iam::123456789012:role/x",
        "OutputDataConfig": {"S3OutputPath": "s3://b/ü"},
        "HyperParameters": {"a": "1"},
        "Tags": [{"Key": "k", "Value": "v"}],
    }
    request = sent("sagemaker", "CreateTrainingJob", params)
    assert parse.json_body(model.operation("sagemaker", "CreateTrainingJob"), request) == params
    listed = sent("sagemaker", "ListModels", {"CreationTimeAfter": datetime.datetime(2026, 1, 1, tzinfo=UTC)})
    assert parse.json_body(model.operation("sagemaker", "ListModels"), listed) == {"CreationTimeAfter": 1767225600.0}


def test_json_answers():
    operation = model.operation("sagemaker", "DescribeModel")
    document = {"ModelName": "m", "ModelArn": "a", "CreationTime": 1767225600.5, "Nobody": 1, "PrimaryContainer": None}
    got = received("sagemaker", "DescribeModel", encode.json_answer(operation, document, "1.1"))
    assert (got["ModelName"], got["CreationTime"].timestamp()) == ("m", 1767225600.5)
    assert "Nobody" not in got and "PrimaryContainer" not in got
    assert encode.json_answer(model.operation("sagemaker", "StopTrainingJob"), {}, "1.1").body == b""


def test_runtime_headers_and_body():
    request = sent(
        "sagemaker-runtime",
        "InvokeEndpoint",
        {"EndpointName": "my ep", "Body": b"\x00\x01", "ContentType": "text/csv", "TargetVariant": "B"},
    )
    name, uri = route.find("sagemaker-runtime", request)
    assert name == "InvokeEndpoint"
    params = parse.rest(model.operation("sagemaker-runtime", name), request, uri, "json")
    assert params == {"EndpointName": "my ep", "Body": b"\x00\x01", "ContentType": "text/csv", "TargetVariant": "B"}


@pytest.mark.parametrize(
    ("operation", "params"),
    [
        ("ListBuckets", {}),
        ("ListObjectsV2", {"Bucket": "b-b", "Prefix": "a b/ü", "MaxKeys": 5}),
        ("ListObjects", {"Bucket": "b-b", "Delimiter": "/"}),
        ("HeadObject", {"Bucket": "b-b", "Key": "x/../y"}),
        ("CopyObject", {"Bucket": "b-b", "Key": "k", "CopySource": "o/k"}),
        ("UploadPart", {"Bucket": "b-b", "Key": "k", "PartNumber": 3, "UploadId": "u"}),
        ("CreateMultipartUpload", {"Bucket": "b-b", "Key": "k", "Metadata": {"a": "b"}}),
        ("DeleteObjects", {"Bucket": "b-b", "Delete": {"Objects": [{"Key": "<1&>"}, {"Key": "2"}], "Quiet": True}}),
        ("GetObjectTagging", {"Bucket": "b-b", "Key": "k"}),
        ("AbortMultipartUpload", {"Bucket": "b-b", "Key": "k", "UploadId": "u"}),
        ("GetBucketLocation", {"Bucket": "b-b"}),
        ("DeleteBucket", {"Bucket": "b-b"}),
        (
            "CompleteMultipartUpload",
            {
                "Bucket": "b-b",
                "Key": "k",
                "UploadId": "u",
                "MultipartUpload": {"Parts": [{"ETag": '"e"', "PartNumber": 1}]},
            },
        ),
    ],
)
def test_s3_operations_are_told_apart(operation, params):
    request = sent("s3", operation, params)
    name, uri = route.find("s3", request)
    assert name == operation
    got = parse.rest(model.operation("s3", name), request, uri, "xml")
    assert {key: got[key] for key in params} == params


def test_s3_listings():
    operation = model.operation("s3", "ListObjectsV2")
    document = {
        "Name": "b",
        "IsTruncated": False,
        "KeyCount": 2,
        "Contents": [{"Key": "a<&>", "Size": 1, "ETag": '"e"', "LastModified": 1767225600.0}, {"Key": "b", "Size": 2}],
        "CommonPrefixes": [{"Prefix": "p/"}],
    }
    got = received("s3", "ListObjectsV2", encode.rest_answer(operation, document, "xml"))
    assert [one["Key"] for one in got["Contents"]] == ["a<&>", "b"]
    assert got["Contents"][0]["LastModified"].timestamp() == 1767225600
    assert got["CommonPrefixes"] == [{"Prefix": "p/"}] and got["KeyCount"] == 2


def test_query():
    request = sent(
        "sts",
        "AssumeRole",
        {"RoleArn": "arn:aws:iam::1:role/x", "RoleSessionName": "session", "Tags": [{"Key": "a", "Value": "b"}]},
    )
    fields = parse.form_fields(request.body)
    assert fields["Action"] == "AssumeRole"
    params = parse.query(model.operation("sts", "AssumeRole"), fields)
    assert params == {
        "RoleArn": "arn:aws:iam::1:role/x",
        "RoleSessionName": "session",
        "Tags": [{"Key": "a", "Value": "b"}],
    }
    answer = encode.query_answer(
        model.operation("iam", "SimulatePrincipalPolicy"),
        {"EvaluationResults": [{"EvalActionName": "s3:GetObject", "EvalDecision": "allowed"}], "IsTruncated": False},
        "https://iam.amazonaws.com/doc/2010-05-08/",
        "id",
    )
    got = received("iam", "SimulatePrincipalPolicy", answer)
    assert got["EvaluationResults"][0]["EvalDecision"] == "allowed" and got["IsTruncated"] is False


@pytest.mark.parametrize(
    ("service", "operation"),
    [("sagemaker", "ListModels"), ("sagemaker-runtime", "InvokeEndpoint"), ("sts", "AssumeRole"), ("s3", "GetObject")],
)
def test_errors(service, operation):
    error = ApiError("The sentence <&>.", code="SomeCode", status=400)
    response = fault.answer(error, model.protocol(service), "id-1")
    got = received(service, operation, response)
    assert got["Error"]["Code"] == "SomeCode" and got["Error"]["Message"] == "The sentence <&>."
    assert got["ResponseMetadata"]["HTTPStatusCode"] == 400


@pytest.mark.parametrize(
    "body", [b"{", b"[]", b'{"TrainingJobName": 5}', b'{"Tags": {"a": 1}}', b'{"MaxResults": "x"}', b"\xff"]
)
def test_malformed_json_is_refused(body):
    for name in ("CreateTrainingJob", "ListModels"):
        try:
            parse.json_body(model.operation("sagemaker", name), Request("POST", "/", "", {}, body))
        except ApiError as refused:
            assert refused.status == 400 and refused.code == "SerializationException"


def test_xml_with_a_document_type_is_refused():
    bomb = b'<!DOCTYPE d [<!ENTITY a "aaaa">]><Delete><Object><Key>&a;</Key></Object></Delete>'
    with pytest.raises(ApiError, match="document type"):
        parse.rest(
            model.operation("s3", "DeleteObjects"), Request("POST", "/b", "delete", {}, bomb), {"Bucket": "b"}, "xml"
        )


def test_event_streams():
    from botocore.eventstream import EventStreamBuffer

    from studiolo.wire import eventstream

    shape = model.members(model.operation("sagemaker-runtime", "InvokeEndpointWithResponseStream").output_shape)["Body"]
    data = eventstream.event(shape, "PayloadPart", {"Bytes": b"abc"}) + eventstream.event(
        shape, "PayloadPart", {"Bytes": b""}
    )
    buffer = EventStreamBuffer()
    buffer.add_data(data)
    events = list(buffer)
    assert [event.payload for event in events] == [b"abc", b""]
    assert events[0].headers[":event-type"] == "PayloadPart"
    assert io.BytesIO(data).getbuffer().nbytes == len(data)
