"""Log groups of one's own and the live tail, by real boto3 and the real AWS CLI."""

import json
import threading
import time

import jobs
import pytest
from botocore.exceptions import ClientError
from test_aws_cli import aws

pytestmark = pytest.mark.e2e


def events(*texts):
    now = int(time.time() * 1000)
    return [{"timestamp": now + number, "message": text} for number, text in enumerate(texts)]


def made(studio, stream="s"):
    # What `studiolo env` says by a variable: the studio has no host `stream-...`.
    logs, group = studio.client("logs", inject_host_prefix=False), jobs.name("/app/web")
    logs.create_log_group(logGroupName=group)
    logs.create_log_stream(logGroupName=group, logStreamName=stream)
    return logs, {"logGroupName": group, "logStreamName": stream}


def test_what_was_put_outlives_a_killed_server(own_studio):
    studio = own_studio
    logs, at = made(studio)
    logs.put_log_events(**at, logEvents=events("one", "two"))
    studio.kill()
    studio.start()
    read = logs.get_log_events(**at, startFromHead=True)["events"]
    assert [one["message"] for one in read] == ["one", "two"]
    with pytest.raises(ClientError) as refused:
        logs.create_log_group(logGroupName=at["logGroupName"])
    assert refused.value.response["Error"]["Code"] == "ResourceAlreadyExistsException"
    found = json.loads(aws(studio, "logs", "filter-log-events", "--log-group-name", at["logGroupName"]))["events"]
    assert [one["message"] for one in found] == ["one", "two"]


def test_a_live_tail_shows_what_comes_and_only_what_was_asked_for(studio):
    logs, at = made(studio)
    logs.put_log_events(**at, logEvents=events("before error"))
    group = logs.describe_log_groups(logGroupNamePrefix=at["logGroupName"])["logGroups"][0]["logGroupArn"]
    answer = logs.start_live_tail(logGroupIdentifiers=[group], logEventFilterPattern="error")
    stream = answer["responseStream"]
    seen, started = [], threading.Event()

    def follow():
        for item in stream:
            if "sessionStart" in item:
                started.set()
            seen.extend(one["message"] for one in item.get("sessionUpdate", {}).get("sessionResults", ()))
            if seen:
                break
        stream.close()

    follower = threading.Thread(target=follow)
    follower.start()
    assert started.wait(10)
    logs.put_log_events(**at, logEvents=events("all well", "an error"))
    follower.join(20)
    assert seen == ["an error"]
