"""Users' own log groups, asked as the server asks the service."""

import pytest
from studio_in_memory import ACCOUNT, OTHER, Studio

from studiolo.base.errors import ApiError
from studiolo.services.logs.service import LogsService

NOW = 1_700_000_000_000
DAY = 86_400_000


class Logs:
    def __init__(self, home):
        self.time = NOW / 1000
        self._studio = Studio(home, clock=lambda: self.time)
        self._service = LogsService(self._studio.platform)

    def __call__(self, operation, project=ACCOUNT, **params):
        return self._studio.ask(operation, project, self._service, **params)

    def made(self, group="g", stream="s"):
        self("CreateLogGroup", logGroupName=group)
        self("CreateLogStream", logGroupName=group, logStreamName=stream)
        return {"logGroupName": group, "logStreamName": stream}

    def close(self):
        self._service.close()


@pytest.fixture
def logs(tmp_path):
    it = Logs(tmp_path)
    yield it
    it.close()


def event(after, text="x"):
    return {"timestamp": NOW + after, "message": text}


def refused(logs, operation, **params):
    with pytest.raises(ApiError) as error:
        logs(operation, **params)
    return error.value.code


def test_what_is_put_is_read_and_found(logs):
    at = logs.made()
    logs("PutLogEvents", **at, logEvents=[event(0, "one"), event(5, '{"loss": 2}')])
    logs("PutLogEvents", **at, logEvents=[event(3, "two")])
    read = logs("GetLogEvents", **at, startFromHead=True)
    assert [one["message"] for one in read["events"]] == ["one", "two", '{"loss": 2}']
    again = logs("GetLogEvents", **at, nextToken=read["nextForwardToken"])
    assert (again["events"], again["nextForwardToken"]) == ([], read["nextForwardToken"])
    found = logs("FilterLogEvents", logGroupName="g", filterPattern="{ $.loss > 1 }")
    assert [one["message"] for one in found["events"]] == ['{"loss": 2}']
    first = logs("FilterLogEvents", logGroupName="g", limit=2)
    rest = logs("FilterLogEvents", logGroupName="g", limit=2, nextToken=first["nextToken"])
    assert [one["message"] for one in first["events"] + rest["events"]] == ["one", "two", '{"loss": 2}']


def test_groups_are_of_their_project_alone(logs):
    at = logs.made()
    assert [one["logGroupName"] for one in logs("DescribeLogGroups", logGroupNamePrefix="g")["logGroups"]] == ["g"]
    assert logs("DescribeLogGroups", project=OTHER, logGroupNamePrefix="g")["logGroups"] == []
    assert refused(logs, "GetLogEvents", project=OTHER, **at) == "ResourceNotFoundException"
    assert refused(logs, "DeleteLogGroup", project=OTHER, logGroupName="g") == "ResourceNotFoundException"


def test_what_is_too_old_or_too_new_is_told(logs):
    at = logs.made()
    put = logs("PutLogEvents", **at, logEvents=[event(-15 * DAY), event(0, "kept"), event(3 * 3_600_000)])
    assert put["rejectedLogEventsInfo"] == {"tooOldLogEventEndIndex": 1, "tooNewLogEventStartIndex": 2}
    assert [one["message"] for one in logs("GetLogEvents", **at)["events"]] == ["kept"]


def test_retention_hides_what_has_expired(logs):
    at = logs.made()
    logs("PutLogEvents", **at, logEvents=[event(0, "old")])
    logs("PutRetentionPolicy", logGroupName="g", retentionInDays=1)
    logs.time += 2 * 86_400
    assert logs("GetLogEvents", **at, startFromHead=True)["events"] == []
    assert logs("DescribeLogGroups", logGroupNamePrefix="g")["logGroups"][0]["retentionInDays"] == 1


def test_what_is_wrong_has_its_code(logs):
    at = logs.made()
    assert refused(logs, "CreateLogGroup", logGroupName="g") == "ResourceAlreadyExistsException"
    assert refused(logs, "CreateLogStream", **at) == "ResourceAlreadyExistsException"
    assert refused(logs, "PutLogEvents", **at, logEvents=[event(5), event(0)]) == "InvalidParameterException"
    assert refused(logs, "PutLogEvents", **at, logEvents=[event(0), event(-2 * DAY)]) == "InvalidParameterException"
    assert refused(logs, "PutLogEvents", **at, logEvents=[event(-2 * DAY), event(0)]) == "InvalidParameterException"
    assert refused(logs, "PutRetentionPolicy", logGroupName="g", retentionInDays=2) == "InvalidParameterException"
    assert refused(logs, "GetLogEvents", **at, nextToken="f/x") == "InvalidParameterException"
    own = "/aws/sagemaker/TrainingJobs"
    assert refused(logs, "CreateLogGroup", logGroupName=own) == "ResourceAlreadyExistsException"
    assert refused(logs, "DeleteLogGroup", logGroupName=own) == "InvalidParameterException"


def test_a_protected_group_stays(logs):
    logs.made()
    logs("PutLogGroupDeletionProtection", logGroupIdentifier="g", deletionProtectionEnabled=True)
    assert refused(logs, "DeleteLogGroup", logGroupName="g") == "ValidationException"
    logs("PutLogGroupDeletionProtection", logGroupIdentifier="g", deletionProtectionEnabled=False)
    logs("DeleteLogGroup", logGroupName="g")
    assert logs("DescribeLogGroups", logGroupNamePrefix="g")["logGroups"] == []


def test_tags(logs):
    logs("CreateLogGroup", logGroupName="g", tags={"team": "a"})
    arn = logs("DescribeLogGroups", logGroupNamePrefix="g")["logGroups"][0]["logGroupArn"]
    logs("TagResource", resourceArn=arn, tags={"cost": "b"})
    logs("UntagResource", resourceArn=arn, tagKeys=["team"])
    assert logs("ListTagsForResource", resourceArn=arn)["tags"] == {"cost": "b"}
