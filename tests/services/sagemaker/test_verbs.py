"""The verbs of all kinds, on made-up ones: what they write, what they answer, and what they do in a race."""

from dataclasses import replace

import pytest
from studio_in_memory import ACCOUNT, OTHER, Studio

from studiolo.base.errors import ApiError, ValidationError
from studiolo.base.record import Key
from studiolo.services.sagemaker.kind import Kind
from studiolo.services.sagemaker.service import KINDS
from studiolo.services.sagemaker.verbs import Verbs, tags_of
from studiolo.store.protocol import Stale

MODEL = {"PrimaryContainer": {"Image": "image"}, "ExecutionRoleArn": f"arn:aws:iam::{ACCOUNT}:role/r"}
ARN = f"arn:aws:sagemaker:us-east-1:{ACCOUNT}:model/my-model"


class Of:
    """The verbs of one kind as a service."""

    name = "sagemaker"

    def __init__(self, studio, kind):
        self.handlers = Verbs(kind, studio.platform).operations()

    def handler(self, operation):
        return self.handlers[operation]


@pytest.fixture
def studio(tmp_path):
    return Studio(tmp_path)


def create(studio, name="My-Model", **more):
    return studio.ask("CreateModel", ModelName=name, **MODEL, **more)


def get(studio, name="my-model", kind="Model"):
    return studio.store.get(Key(ACCOUNT, kind, name))


def test_what_is_created_is_described_as_it_was_asked_for(studio):
    assert create(studio, Tags=[{"Key": "team", "Value": "red"}]) == {"ModelArn": ARN}
    record = get(studio)
    assert record.key.name == "My-Model" and dict(record.tags) == {"team": "red"}
    assert "ModelName" not in record.spec and "Tags" not in record.spec
    for name in ("My-Model", "MY-MODEL"):
        described = studio.ask("DescribeModel", ModelName=name)
        assert described["ModelName"] == "My-Model" and described["ModelArn"] == ARN
        assert described["PrimaryContainer"] == {"Image": "image"} and described["CreationTime"] == record.created


def test_names_are_taken_once_in_a_project_whatever_their_case(studio):
    create(studio)
    with pytest.raises(ApiError) as taken:
        create(studio, "MY-model")
    assert (taken.value.code, taken.value.status) == ("ValidationException", 400) and ARN in taken.value.message
    studio.ask("CreateModel", project=OTHER, ModelName="my-model", **MODEL)


def test_what_is_refused_is_not_written(studio):
    with pytest.raises(ValidationError):
        studio.ask("CreateModel", ModelName="m")
    with pytest.raises(ValidationError, match="reserved"):
        create(studio, Tags=[{"Key": "aws:x", "Value": ""}])
    assert studio.store.sequence() == 0


@pytest.mark.parametrize("operation", ["DescribeModel", "DeleteModel"])
def test_what_is_not_there_is_said_in_the_kinds_own_words(studio, operation):
    studio.ask("CreateModel", project=OTHER, ModelName="my-model", **MODEL)
    for name in ("my-model", "nobody"):
        with pytest.raises(ApiError, match="Could not find model") as missing:
            studio.ask(operation, ModelName=name)
        assert missing.value.code == "ValidationException" and ACCOUNT in missing.value.message


def test_a_kind_that_only_is_goes_at_once(studio):
    create(studio)
    assert studio.ask("DeleteModel", ModelName="my-model") is None
    assert create(studio) == {"ModelArn": ARN}


SPEC = {"OutputDataConfig": {"S3OutputPath": "s3://b/o"}}


def job(studio, word="InProgress"):
    return studio.put("TrainingJob", "job", SPEC, {"TrainingJobStatus": word, "SecondaryStatus": "Training"})


def test_an_arn_of_this_project_names_the_record_too(studio):
    job(studio)
    verbs = Of(studio, KINDS["TrainingJob"])
    arn = f"arn:aws:sagemaker:us-east-1:{ACCOUNT}:training-job/job"
    from studiolo.services.request import Call, Caller

    def key(name):
        call = Call(Caller("ann", ACCOUNT, "admin"), "sagemaker", "DescribeTrainingJob", {"TrainingJobName": name}, "i")
        return Verbs(KINDS["TrainingJob"], studio.platform).key(call).name

    assert key(arn) == "job" == key("job")
    assert key(arn.replace(ACCOUNT, OTHER)) != "job" and key(arn.replace("training-job", "model")) != "job"
    assert studio.ask("DescribeTrainingJob", service=verbs, TrainingJobName="job")["TrainingJobName"] == "job"


def test_a_stop_is_a_wish_in_the_spec_written_once(studio):
    job(studio)
    studio.ask("StopTrainingJob", TrainingJobName="job")
    first = get(studio, "job", "TrainingJob")
    studio.ask("StopTrainingJob", TrainingJobName="job")
    assert get(studio, "job", "TrainingJob") == first and "_stop" in first.spec
    described = studio.ask("DescribeTrainingJob", TrainingJobName="job")
    assert (described["TrainingJobStatus"], described["SecondaryStatus"]) == ("Stopping", "Stopping")
    assert first.status["TrainingJobStatus"] == "InProgress", "the status is the controller's"


def test_what_has_ended_can_not_be_stopped_and_what_runs_not_deleted(studio):
    made = job(studio)
    with pytest.raises(ApiError) as running:
        studio.ask("DeleteTrainingJob", TrainingJobName="job")
    assert running.value.code == "ResourceInUse"
    studio.store.write(made, now=2.0, status={**made.status, "TrainingJobStatus": "Completed"})
    with pytest.raises(ValidationError, match="Completed"):
        studio.ask("StopTrainingJob", TrainingJobName="job")
    studio.ask("DeleteTrainingJob", TrainingJobName="job")
    marked = get(studio, "job", "TrainingJob")
    assert marked.deleting, "its controller removes it"
    studio.ask("DeleteTrainingJob", TrainingJobName="job")
    assert get(studio, "job", "TrainingJob") == marked
    assert studio.ask("DescribeTrainingJob", TrainingJobName="job")["TrainingJobStatus"] == "Deleting"


@pytest.mark.parametrize("operation", ["StopTrainingJob", "DeleteTrainingJob"])
def test_a_write_that_came_between_is_looked_at_again(studio, operation):
    job(studio, "InProgress" if operation == "StopTrainingJob" else "Failed")
    write, races = studio.store.write, []

    def raced(seen, **given):
        if not races:
            races.append(1)
            write(seen, now=1.0, status={**seen.status, "FailureReason": "between"})
            raise Stale(seen.key.handle())
        return write(seen, **given)

    studio.store.write = raced
    studio.ask(operation, TrainingJobName="job")
    record = get(studio, "job", "TrainingJob")
    assert record.status["FailureReason"] == "between"
    assert record.deleting or "_stop" in record.spec


def test_an_update_is_decided_again_after_a_race(studio):
    def update(platform, call, record):
        return {**record.spec, "count": record.spec.get("count", 0) + 1}

    kind = replace(KINDS["Endpoint"], update=update)
    studio.put("Endpoint", "e", {"_generation": 1}, {"EndpointStatus": "InService"})
    write, races = studio.store.write, []

    def raced(seen, **given):
        if not races:
            races.append(1)
            write(seen, now=1.0, spec={**seen.spec, "count": 10})
        return write(seen, **given)

    studio.store.write = raced
    answer = studio.ask("UpdateEndpoint", service=Of(studio, kind), EndpointName="e", EndpointConfigName="c")
    assert answer["EndpointArn"].endswith("endpoint/e")
    assert get(studio, "e", "Endpoint").spec["count"] == 11


def test_a_kind_has_the_operations_it_declares_and_aws_has(studio):
    def operations(kind):
        return set(Verbs(kind, studio.platform).operations())

    plain = Kind("Model", arn="model")
    assert operations(plain) == {"CreateModel", "DescribeModel", "ListModels", "DeleteModel"}
    assert operations(replace(plain, delete=None)) == {"CreateModel", "DescribeModel", "ListModels"}
    stoppable = replace(plain, stop=lambda record: None, update=lambda platform, call, record: {})
    assert operations(stoppable) == operations(plain), "AWS can neither stop nor update a model"


def test_tags_of_nothing_are_none():
    assert tags_of(None) == tags_of([]) == {}
