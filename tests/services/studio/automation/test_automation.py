"""What the pages of schedules, rules and functions are told beyond AWS's own operations, over stores in memory."""

import asyncio
import io
import json
import zipfile

import pytest
from studio_in_memory import ACCOUNT, Studio

from studiolo.base.errors import ApiError
from studiolo.base.record import Key
from studiolo.cli.wiring import indexers
from studiolo.services.events.bus import Bus
from studiolo.services.events.deliveries import DeliveryController
from studiolo.services.events.names import DELIVERY, event
from studiolo.services.events.service import EventsService
from studiolo.services.functions import names as functions
from studiolo.services.functions.service import LambdaService
from studiolo.services.request import Call, Caller
from studiolo.services.scheduler.controller import ScheduleController
from studiolo.services.scheduler.service import SchedulerService
from studiolo.services.studio.automation.functions import FunctionCode
from studiolo.services.studio.automation.rules import Rules
from studiolo.services.studio.automation.schedules import Schedules
from studiolo.services.targets import START_PIPELINE
from studiolo.store.memory import MemoryStore
from studiolo.store.protocol import Query

PIPELINE = f"arn:aws:sagemaker:us-east-1:{ACCOUNT}:pipeline/churn"
STEPS = [{"Name": "No", "Type": "Fail", "Arguments": {"ErrorMessage": "no"}}]
ROLE = f"arn:aws:iam::{ACCOUNT}:role/r"
OFF = {"Mode": "OFF"}


class Automated(Studio):
    def __init__(self, home):
        super().__init__(home, MemoryStore(indexers()))
        self.ask("CreatePipeline", PipelineName="Churn", ClientRequestToken="t" * 32, RoleArn=ROLE,
                 PipelineDefinition=json.dumps({"Version": "2020-12-01", "Steps": STEPS}))  # fmt: skip
        self.scheduler, self.events = SchedulerService(self.platform), EventsService(self.platform)
        self.functions = LambdaService(self.platform)
        self.schedules, self.rules = Schedules(self.platform, self.service.handler), Rules(self.platform)

    def own(self, handler, user="ann", **params):
        return asyncio.run(handler(Call(Caller(user, ACCOUNT, "admin"), "studio", "x", params, "id")))

    def schedule(self, name, expression="rate(1 hour)", target=None, **more):
        target = target or {"Arn": PIPELINE, "RoleArn": ROLE}
        params = {"Name": name, "ScheduleExpression": expression, "FlexibleTimeWindow": OFF, "Target": target, **more}
        self.ask("CreateSchedule", service=self.scheduler, **params)

    def executions(self):
        return self.store.query(Query("PipelineExecution", ACCOUNT)).records


@pytest.fixture
def studio(tmp_path):
    return Automated(tmp_path)


def test_next_times_are_those_of_the_expression_in_its_zone(studio):
    zone = {"ScheduleExpressionTimezone": "Europe/Berlin"}
    times = studio.own(studio.schedules.times, ScheduleExpression="cron(30 3 * * ? *)", Count=2, **zone)["Times"]
    assert [one % 86400 for one in times] == [2.5 * 3600] * 2 and times[1] - times[0] == 86400
    once = studio.own(studio.schedules.times, ScheduleExpression="at(2033-05-18T03:33:20)")["Times"]
    assert once == [2_000_000_000.0]


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("rate(0 hours)", "Invalid Schedule Expression rate(0 hours): a rate is a positive number"),
        ("cron(0 25 * * ? *)", "25 is no hours: it is between 0 and 23"),
        ("cron(0 3 * * * *)", "one of the day of the month and the day of the week must be ?"),
    ],
)
def test_a_schedule_that_cannot_be_is_refused_in_the_schedulers_words(studio, expression, said):
    with pytest.raises(ApiError) as refused:
        studio.own(studio.schedules.times, ScheduleExpression=expression)
    assert refused.value.code == "ValidationException" and said in refused.value.message


def test_schedules_tell_what_they_start_when_next_and_what_came_of_it(studio):
    studio.schedule("hourly")
    studio.schedule("paused", State="DISABLED")
    given = {"Arn": START_PIPELINE, "RoleArn": ROLE, "Input": json.dumps({"PipelineName": PIPELINE})}
    studio.schedule("by-request", "at(2033-05-18T03:33:20)", given)
    by_name = {one["Name"]: one for one in studio.own(studio.schedules.list)["Schedules"]}
    assert by_name["hourly"]["Target"] == {"Arn": PIPELINE, "Kind": "Pipeline", "Name": "churn"}
    assert "Last" not in by_name["hourly"] and by_name["paused"]["Next"] == []
    assert by_name["by-request"]["Next"] == [2_000_000_000.0]
    controller = ScheduleController(studio.platform, studio.service.handler)
    asyncio.run(controller.reconcile(Key(ACCOUNT, "Schedule", "hourly")))
    (execution,) = studio.executions()
    one = studio.own(studio.schedules.list, TargetKind="Pipeline", TargetName="CHURN")["Schedules"]
    last = next(each for each in one if each["Name"] == "hourly")["Last"]
    assert (last["Kind"], last["Name"], last["Parent"]) == ("PipelineExecution", execution.key.name, "Churn")
    assert last["Status"] == "Executing"
    assert studio.own(studio.schedules.list, TargetKind="Pipeline", TargetName="other")["Schedules"] == []
    assert [x["Name"] for x in studio.own(studio.schedules.list, StatusEquals="DISABLED")["Schedules"]] == ["paused"]


def test_what_a_schedule_could_not_start_is_told_with_the_reason(studio):
    studio.schedule("wrong", target={"Arn": PIPELINE.replace("churn", "gone"), "RoleArn": ROLE})
    record = studio.store.get(Key(ACCOUNT, "Schedule", "wrong"))
    studio.store.write(record, now=1, status={"Handled": 5.0, "Scheduled": 4.0, "Error": "Pipeline does not exist."})
    (one,) = studio.own(studio.schedules.list)["Schedules"]
    assert one["Last"] == {"Time": 5.0, "Due": 4.0, "Status": "NotStarted", "Reason": "Pipeline does not exist."}


def test_run_now_starts_it_once_for_who_asks_also_when_paused(studio):
    studio.schedule("nightly", State="DISABLED")
    first = studio.own(studio.schedules.run, "bob", Name="nightly", ClientToken="one")["Run"]
    again = studio.own(studio.schedules.run, "bob", Name="nightly", ClientToken="one")["Run"]
    assert first["Arn"] == again["Arn"] and first["Status"] == "Executing"
    (execution,) = studio.executions()
    assert execution.spec["_user"] == "bob"
    studio.own(studio.schedules.run, "bob", Name="nightly", ClientToken="two")
    assert len(studio.executions()) == 2
    with pytest.raises(ApiError) as refused:
        studio.own(studio.schedules.run, Name="nothing")
    assert refused.value.code == "ResourceNotFoundException"


def deliver(studio):
    controller = DeliveryController(studio.platform, studio.service.handler)
    for one in studio.store.query(Query(DELIVERY, ACCOUNT)).records:
        asyncio.run(controller.reconcile(one.key))


def test_rules_tell_of_the_events_they_were_told_and_what_came_of_them(studio):
    target = {"Id": "a", "Arn": PIPELINE, "RoleArn": ROLE}
    studio.ask("PutRule", service=studio.events, Name="Fresh", EventPattern=json.dumps({"source": ["mine"]}))
    studio.ask("PutTargets", service=studio.events, Rule="Fresh", Targets=[target])
    assert studio.own(studio.rules.firings, RuleName="fresh")["Firings"] == []
    Bus(studio.platform).put(ACCOUNT, event(ACCOUNT, "e1", "mine", "Thing", 1.0, [], {"x": 1}))
    (waiting,) = studio.own(studio.rules.firings, RuleName="fresh")["Firings"]
    assert waiting["Run"] == {"Status": "Waiting", "Reason": None}
    deliver(studio)
    (done,) = studio.own(studio.rules.firings, RuleName="fresh")["Firings"]
    assert done["Run"]["Status"] == "Executing" and json.loads(done["Event"])["detail"] == {"x": 1}
    (rule,) = studio.own(studio.rules.list, TargetName="churn")["Rules"]
    assert rule["Targets"] == [{"Arn": PIPELINE, "Kind": "Pipeline", "Name": "churn"}]
    assert rule["Last"]["Run"]["Arn"] == done["Run"]["Arn"]
    assert studio.own(studio.rules.list, TargetName="other")["Rules"] == []


def test_a_firing_that_could_start_nothing_says_why(studio):
    studio.ask("PutRule", service=studio.events, Name="r", EventPattern=json.dumps({"source": ["mine"]}))
    target = {"Id": "a", "Arn": PIPELINE.replace("churn", "gone"), "RoleArn": ROLE}
    studio.ask("PutTargets", service=studio.events, Rule="r", Targets=[target])
    Bus(studio.platform).put(ACCOUNT, event(ACCOUNT, "e1", "mine", "Thing", 1.0, [], {}))
    deliver(studio)
    (one,) = studio.own(studio.rules.firings, RuleName="r")["Firings"]
    assert one["Run"]["Status"] == "Waiting" and "does not exist" in one["Run"]["Reason"]


def zipped(**files):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in files.items():
            archive.writestr(name.replace("__", "/").replace("_py", ".py"), text)
    return buffer.getvalue()


def function(studio, **files):
    studio.ask(
        "CreateFunction", service=studio.functions, FunctionName="check", Runtime="python3.12", Handler="main.handler",
        Role=ROLE, Code={"ZipFile": zipped(**files)},
    )  # fmt: skip
    return FunctionCode(studio.platform)


def test_a_function_is_edited_file_by_file_and_the_others_stay(studio):
    pages = function(studio, main_py="one", lib__data_py=b"\xff\x00")
    read = studio.own(pages.get, FunctionName="check")
    assert [(one["Path"], one.get("Text")) for one in read["Files"]] == [("main.py", "one"), ("lib/data.py", None)]
    files = [{"Path": "main.py", "Text": "two"}, {"Path": "new.py", "Text": "three"}]
    put = studio.own(pages.put, FunctionName="check", RevisionId=read["RevisionId"], Files=files)
    after = studio.own(pages.get, FunctionName="check")
    assert {one["Path"]: one.get("Text") for one in after["Files"]} == {
        "main.py": "two",
        "new.py": "three",
        "lib/data.py": None,
    }
    assert put["RevisionId"] == after["RevisionId"]
    with pytest.raises(ApiError) as refused:
        studio.own(pages.put, FunctionName="check", RevisionId=read["RevisionId"], Files=files)
    assert refused.value.code == "PreconditionFailedException"


@pytest.mark.parametrize(
    "params",
    [
        {"Files": [{"Path": "../x.py", "Text": ""}]},
        {"Files": [{"Path": "/x.py", "Text": ""}]},
        {"Remove": ["not-there.py"]},
        {"Remove": ["main.py"]},
    ],
)
def test_what_leaves_the_code_or_leaves_none_is_refused(studio, params):
    pages = function(studio, main_py="one")
    with pytest.raises(ApiError) as refused:
        studio.own(pages.put, FunctionName="check", **params)
    assert refused.value.code == "InvalidParameterValueException"


def test_a_called_functions_error_is_the_runs_reason(studio):
    function(studio, main_py="one")
    arn = functions.function_arn(ACCOUNT, "check")
    studio.schedule("calls", target={"Arn": arn, "RoleArn": ROLE})
    run = studio.own(studio.schedules.run, Name="calls", ClientToken="one")["Run"]
    assert (run["Kind"], run["Parent"], run["Status"]) == ("FunctionInvocation", "check", "InProgress")
    record = studio.store.get(functions.invocation_key(ACCOUNT, "check", run["Name"]))
    failed = {"State": "Ended", "Attempt": 3, "FunctionError": "Unhandled", "Response": '{"errorMessage": "no key"}'}
    studio.store.write(record, now=1, status=failed)
    again = studio.own(studio.schedules.run, Name="calls", ClientToken="one")["Run"]
    assert (again["Status"], again["Reason"]) == ("Failed", "no key")
