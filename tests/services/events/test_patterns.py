import json

import pytest

from studiolo.services.events import paths, patterns

EVENT = {
    "source": "aws.s3",
    "detail-type": "Object Created",
    "resources": ["arn:one", "arn:two"],
    "detail": {
        "bucket": {"name": "data"},
        "object": {"key": "in/rows.csv", "size": 12},
        "final": True,
        "list": [{"a": 1}, {"a": 2}],
    },
}


@pytest.mark.parametrize(
    ("pattern", "matches"),
    [
        ({"source": ["aws.s3"]}, True),
        ({"source": ["aws.ec2", "aws.s3"], "detail": {"bucket": {"name": ["data"]}}}, True),
        ({"source": ["aws.s3"], "detail": {"bucket": {"name": ["other"]}}}, False),
        ({"resources": ["arn:two"]}, True),
        ({"detail": {"object": {"key": [{"prefix": "in/"}]}}}, True),
        ({"detail": {"object": {"key": [{"prefix": {"equals-ignore-case": "IN/"}}]}}}, True),
        ({"detail": {"object": {"key": [{"suffix": ".parquet"}, {"suffix": ".csv"}]}}}, True),
        ({"detail": {"object": {"key": [{"wildcard": "in/*.csv"}]}}}, True),
        ({"detail": {"object": {"key": [{"wildcard": "in/*.json"}]}}}, False),
        ({"detail": {"bucket": {"name": [{"equals-ignore-case": "DATA"}]}}}, True),
        ({"detail": {"bucket": {"name": [{"anything-but": ["data"]}]}}}, False),
        ({"detail": {"bucket": {"name": [{"anything-but": {"prefix": "x"}}]}}}, True),
        ({"detail": {"object": {"size": [{"numeric": [">", 0, "<=", 12]}]}}}, True),
        ({"detail": {"object": {"size": [{"numeric": [">", 12]}]}}}, False),
        ({"detail": {"object": {"version": [{"exists": False}]}}}, True),
        ({"detail": {"object": {"version": [{"exists": True}]}}}, False),
        ({"detail": {"final": [True]}}, True),
        ({"detail": {"final": [1]}}, False),
        ({"detail": {"list": {"a": [2]}}}, True),
        ({"$or": [{"source": ["x"]}, {"detail": {"final": [True]}}]}, True),
        ({"$or": [{"source": ["x"]}, {"source": ["y"]}]}, False),
        ({"detail": {"missing": {"deep": ["x"]}}}, False),
    ],
)
def test_what_matches(pattern, matches):
    assert patterns.matches(patterns.parse(json.dumps(pattern)), EVENT) is matches


@pytest.mark.parametrize(
    "text",
    [
        "no json", "[]", "{}", '{"source": "aws.s3"}', '{"source": []}', '{"source": [["x"]]}', '{"detail": {}}',
        '{"a": [{"unknown": 1}]}', '{"a": [{"numeric": [">"]}]}', '{"a": [{"exists": "yes"}]}', '{"a": [{"cidr": "10.0.0.0/8"}]}',
        '{"a": [{"prefix": 1}]}', '{"$or": [{"a": ["x"]}]}', '{"a": [{"anything-but": {"odd": "x"}}]}',
    ],
)  # fmt: skip
def test_what_is_no_pattern_is_refused(text):
    with pytest.raises(patterns.BadPattern):
        patterns.parse(text)


def test_what_a_target_is_told():
    assert paths.parameter(EVENT, "$.detail.object.key") == "in/rows.csv"
    assert paths.parameter(EVENT, "$.detail.object.size") == "12"
    assert paths.parameter(EVENT, "plain") == "plain"
    assert paths.event_for(EVENT, {"InputPath": "$.detail.list[1]"}) == '{"a": 2}'
    transformer = {
        "InputPathsMap": {"key": "$.detail.object.key", "size": "$.detail.object.size"},
        "InputTemplate": '{"say": "got <key>", "size": <size>, "key": <key>}',
    }
    told = paths.event_for(EVENT, {"InputTransformer": transformer})
    assert json.loads(told) == {"say": "got in/rows.csv", "size": 12, "key": "in/rows.csv"}
