"""What a request says of itself, whom a comment names, what a record tells."""

from studiolo.base.record import Key, Record
from studiolo.services.studio.together import happenings as told
from studiolo.services.studio.together.deeds import Deed, deed
from studiolo.services.studio.together.mentions import mentioned

ACCOUNT = "123456789012"
TYPES = {"training-job": "TrainingJob", "endpoint": "Endpoint", "model-package": "ModelPackage"}
ARN = f"arn:aws:sagemaker:us-east-1:{ACCOUNT}:"


def record(kind, name, spec=None, status=None, modified=20.0):
    return Record(Key(ACCOUNT, kind, name), spec or {}, status or {}, 1, 10.0, modified)


def test_a_request_says_what_was_done_to_what():
    made = deed(
        "CreateTrainingJob",
        ACCOUNT,
        {"TrainingJobName": "Job-A"},
        {"TrainingJobArn": f"{ARN}training-job/job-a"},
        TYPES,
    )
    assert made == Deed("CreateTrainingJob", "TrainingJob", "Job-A", f"{ARN}training-job/job-a")
    gone = deed("DeleteEndpoint", ACCOUNT, {"EndpointName": "E"}, {}, TYPES)
    assert gone == Deed("DeleteEndpoint", "Endpoint", "E", f"{ARN}endpoint/e")
    weights = deed(
        "UpdateEndpointWeightsAndCapacities", ACCOUNT, {"EndpointName": "e"}, {"EndpointArn": f"{ARN}endpoint/e"}, TYPES
    )
    assert (weights.kind, weights.name) == ("Endpoint", "e")
    tagged = deed("AddTags", ACCOUNT, {"ResourceArn": f"{ARN}training-job/j", "Tags": []}, {}, TYPES)
    assert (tagged.kind, tagged.name, tagged.resource) == ("TrainingJob", "j", f"{ARN}training-job/j")
    function = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:Ship"
    changed = deed("UpdateFunctionCode", ACCOUNT, {"FunctionName": "Ship"}, {"FunctionArn": function}, TYPES)
    assert (changed.kind, changed.name, changed.resource) == ("Function", "Ship", function)
    topic = f"arn:aws:sns:us-east-1:{ACCOUNT}:Alarms"
    assert deed("CreateTopic", ACCOUNT, {"Name": "Alarms"}, {"TopicArn": topic}, TYPES).name == "Alarms"
    assert deed("DeleteTopic", ACCOUNT, {"TopicArn": topic}, {}, TYPES).name == "Alarms"
    member = deed("PutMember", ACCOUNT, {"User": "bob", "Role": "viewer"}, {}, TYPES)
    assert member == Deed("PutMember", "Member", "bob", None)


def test_mentions_are_of_members_and_code_names_nobody():
    members = ["ann", "Bob", "eve@corp.example", "a.b"]
    assert mentioned("@ann and @BOB. And @eve@corp.example!", members) == (["ann", "Bob", "eve@corp.example"], [])
    assert mentioned("hey @a.b.", members) == (["a.b"], [])
    assert mentioned("`@nobody` and\n```\n@app.route\n```\n@ann @ann", members) == (["ann"], [])
    assert mentioned("mail me: ann@ann.example", members) == ([], [])
    assert mentioned("@mallory look", members) == ([], ["mallory"])


def test_a_job_tells_its_owner_once_it_has_ended():
    running = record("TrainingJob", "j", {"_user": "ann"}, {"TrainingJobStatus": "InProgress"})
    assert told.happenings(running) == []
    status = {"TrainingJobStatus": "Failed", "FailureReason": "AlgorithmError: no", "TrainingEndTime": 15.0}
    (what,) = told.happenings(record("TrainingJob", "j", {"_user": "ann"}, status))
    assert (what.type, what.to, what.at, what.text) == (told.JOB_FAILED, ("ann",), 15.0, "AlgorithmError: no")
    (again,) = told.happenings(record("TrainingJob", "j", {"_user": "ann"}, status, modified=99.0))
    assert again == what
    trial = record("TrainingJob", "t", {"_user": "ann", "_tuning_job": "arn"}, status)
    step = record("TrainingJob", "pipelines-abcdefghijkl-train-0123456789", {"_user": "ann"}, status)
    assert told.happenings(trial) == told.happenings(step) == []


def test_an_approval_is_asked_of_admins_and_told_to_the_maker():
    approvals = [
        {"Status": "PendingManualApproval", "By": "ann", "At": 11.0},
        {"Status": "Approved", "By": "eve", "At": 12.0},
    ]
    asked, given = told.happenings(record("ModelPackage", "g/1", {"_user": "ann", "_approvals": approvals}))
    assert (asked.type, asked.to, asked.by) == (told.APPROVAL_ASKED, (told.ADMINS,), "ann")
    assert (given.type, given.to, given.by, given.status) == (told.APPROVAL_GIVEN, ("ann",), "eve", "Approved")


def test_a_budget_tells_admins_and_whom_it_is_for_of_the_highest_threshold():
    alerts = [{"Threshold": one, "Time": at, "Spent": 9.0} for one, at in ((50, 11.0), (80, 12.0), (90, 12.0))]
    spec = {"Amount": 10.0, "User": "ann", "Thresholds": [50, 80, 90, 100]}
    half, most = told.happenings(record("Budget", "b", spec, {"Month": "2026-02", "Alerts": alerts}))
    assert (half.type, half.to, half.status, half.at) == (told.BUDGET_ALERT, (told.ADMINS, "ann"), "50%", 11.0)
    assert (most.status, most.text) == ("90%", "9.00 of 10 were spent in 2026-02")
    (next_month,) = told.happenings(record("Budget", "b", spec, {"Month": "2026-03", "Alerts": alerts[:1]}))
    assert next_month.id != half.id
    assert told.happenings(record("Budget", "b", spec)) == []


def test_a_raised_budget_is_told_of_as_another_and_what_it_does_is_said():
    spec = {"Amount": 20.0, "Thresholds": [100], "Action": "Stop"}

    def of(amount, at):
        alert = {"Threshold": 100, "Time": at, "Spent": amount, "Amount": amount}
        (one,) = told.happenings(record("Budget", "b", spec, {"Month": "2026-02", "Alerts": [alert]}))
        return one

    assert of(10.0, 11.0).id != of(20.0, 12.0).id
    assert of(10.0, 11.0).text == "10.00 of 10 were spent in 2026-02; new work is refused"


def test_an_update_of_an_endpoint_is_told_when_it_is_done():
    def words(status, generation):
        spec = {"_user": "ann", "_generation": generation}
        return [one.type for one in told.happenings(record("Endpoint", "e", spec, status))]

    assert words({"EndpointStatus": "InService", "_settled": 1}, 2) == []
    assert words({"EndpointStatus": "InService", "_settled": 2}, 2) == [told.ENDPOINT_READY]
    assert words({"EndpointStatus": "InService", "_settled": 2, "FailureReason": "x"}, 2) == [told.ENDPOINT_FAILED]
    assert words({"EndpointStatus": "Failed", "_settled": 1, "FailureReason": "x"}, 1) == [told.ENDPOINT_FAILED]
