"""Lineage that makes itself: the whole chain from a data set to an endpoint, also when the maker is killed at any moment."""

import asyncio

import pytest
from killing import ACCOUNT, Counter, Killed, Mortal, World
from studio_in_memory import Studio

from studiolo.base.record import Key
from studiolo.services.sagemaker.lineage import facts, maker
from studiolo.services.sagemaker.lineage.maker import MARK, LineageMaker
from studiolo.store.protocol import Query

IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.2-1-cpu-py3"
ARN = f"arn:aws:sagemaker:us-east-1:{ACCOUNT}"


def s3_input(uri):
    return {"S3DataSource": {"S3Uri": uri, "S3DataType": "S3Prefix"}}


def fill(store):
    """What a team does in a day: prepare, train, register, approve, deploy, score, all by a pipeline."""

    def put(kind, name, spec, status=None):
        return store.create(Key(ACCOUNT, kind, name), {"_user": "ann", **spec}, status or {}, now=1.0)

    put(
        "ProcessingJob", "prepare",
        {
            "AppSpecification": {"ImageUri": IMAGE},
            "ProcessingInputs": [{"InputName": "raw", "S3Input": {"S3Uri": "s3://b/raw"}}],
            "ProcessingOutputConfig": {"Outputs": [{"OutputName": "o", "S3Output": {"S3Uri": "s3://b/rows"}}]},
        },
        {"ProcessingJobStatus": "Completed", "ProcessingStartTime": 1.0, "ProcessingEndTime": 2.0},
    )  # fmt: skip
    training = {
        "AlgorithmSpecification": {"TrainingImage": IMAGE},
        "HyperParameters": {"lr": "0.1", "mode": "fast"},
        "InputDataConfig": [{"ChannelName": "train", "DataSource": s3_input("s3://b/rows")}],
        "OutputDataConfig": {"S3OutputPath": "s3://b/out"},
    }
    put("TrainingJob", "Train", training, {"TrainingJobStatus": "Completed", "TrainingEndTime": 3.0})
    put("TrainingJob", "broken", training, {"TrainingJobStatus": "Failed", "FailureReason": "it broke"})
    put("TrainingJob", "running", training, {"TrainingJobStatus": "InProgress"})
    data = "s3://b/out/Train/output/model.tar.gz"
    put("ModelPackageGroup", "Churn", {"_versions": 1})
    put(
        "ModelPackage", "Churn/1",
        {
            "ModelPackageGroupName": "Churn", "ModelPackageVersion": 1, "ModelApprovalStatus": "Approved",
            "InferenceSpecification": {"Containers": [{"Image": IMAGE, "ModelDataUrl": data}]},
            "_approvals": [
                {"Status": "PendingManualApproval", "By": "ann", "At": 4.0},
                {"Status": "Approved", "By": "bob", "At": 5.0, "Description": "good"},
            ],
        },
    )  # fmt: skip
    container = {"Image": IMAGE, "ModelDataUrl": data, "ModelPackageName": f"{ARN}:model-package/churn/1"}
    put("Model", "churn-model", {"PrimaryContainer": container})
    variant = {"VariantName": "All", "ModelName": "churn-model", "Containers": [{"Image": IMAGE, "ModelDataUrl": data}]}
    live = {"Generation": 1, "Config": "config", "Variants": [variant]}
    put(
        "Endpoint",
        "live",
        {"_generation": 1, "EndpointConfigName": "config"},
        {"EndpointStatus": "InService", "_live": live},
    )
    put("Endpoint", "starting", {"_generation": 1, "EndpointConfigName": "config"}, {"EndpointStatus": "Creating"})
    put(
        "TransformJob", "score",
        {
            "ModelName": "churn-model", "TransformInput": {"DataSource": s3_input("s3://b/new")},
            "TransformOutput": {"S3OutputPath": "s3://b/scores"},
        },
        {"TransformJobStatus": "Completed"},
    )  # fmt: skip
    put(
        "DataSetVersion", "rows:1",
        {"DataSet": "rows", "Version": 1, "SourceS3Uri": "s3://b/rows", "Description": "", "By": "ann"},
        {"VersionStatus": "Ready", "S3Uri": f"s3://studiolo-datasets-{ACCOUNT}/rows/1/", "Digest": "d"},
    )  # fmt: skip
    put(
        "PipelineExecution", "abcdefghijkl", {"PipelineName": "daily"},
        {"PipelineExecutionStatus": "Succeeded", "Steps": {"Train": {"Status": "Succeeded", "Made": "train"}}},
    )  # fmt: skip


def made(store):
    return {
        kind: [(one.key.name, one.spec) for one in store.query(Query(kind, None, limit=500, sort="name")).records]
        for kind in ("Artifact", "Action", "Context", "TrialComponent", "Association")
    }


def settle(platform):
    controller = LineageMaker(platform)
    while asyncio.run(controller.reconcile(MARK)) is not None:
        pass


@pytest.fixture
def studio(tmp_path):
    studio = Studio(tmp_path)
    fill(studio.store)
    settle(studio.platform)
    return studio


def named(studio, arn):
    kind, name = arn.rpartition(":")[2].split("/", 1)
    return studio.ask("DescribeArtifact", ArtifactArn=arn)["Source"]["SourceUri"] if kind == "artifact" else name


def test_from_an_endpoint_the_way_leads_back_to_the_raw_rows(studio):
    start = f"{ARN}:context/live-aws-endpoint"
    answer = studio.ask("QueryLineage", StartArns=[start], Direction="Ascendants")
    assert {(named(studio, one["Arn"]), one["Type"]) for one in answer["Vertices"]} == {
        ("live-aws-endpoint", "Endpoint"),
        ("live-1-1-aws-model-deployment", "ModelDeployment"),
        (f"{ARN}:model/churn-model", "SageMakerModel"),
        (f"{ARN}:model-package/churn/1", "ModelPackage"),
        ("s3://b/out/Train/output/model.tar.gz", "Model"),
        ("train-aws-training-job", "TrainingJob"),
        ("s3://b/rows", "DataSet"),
        ("prepare-aws-processing-job", "ProcessingJob"),
        ("s3://b/raw", "DataSet"),
        (IMAGE, "Image"),
    }
    assert all(one["AssociationType"] for one in answer["Edges"])


def test_from_the_rows_the_way_leads_to_all_that_was_made_of_them(studio):
    (rows,) = studio.ask("ListArtifacts", SourceUri="s3://b/rows")["ArtifactSummaries"]
    answer = studio.ask("QueryLineage", StartArns=[rows["ArtifactArn"]], Direction="Descendants")
    found = {named(studio, one["Arn"]) for one in answer["Vertices"]}
    assert {
        "train-aws-training-job", "broken-aws-training-job", "live-aws-endpoint", "churn-aws-model-group",
        "churn-1-2-aws-approval", "score-aws-transform-job", "s3://b/scores",
        "daily-abcdefghijkl-aws-pipeline-execution",
    } <= found  # fmt: skip
    assert "prepare-aws-processing-job" not in found and "running-aws-training-job" not in found


def test_a_job_is_told_with_its_end_its_parameters_and_where_it_came_from(studio):
    seen = studio.ask("DescribeTrialComponent", TrialComponentName="Train-aws-training-job")
    assert seen["Source"] == {"SourceArn": f"{ARN}:training-job/train", "SourceType": "SageMakerTrainingJob"}
    assert seen["Status"] == {"PrimaryStatus": "Completed"}
    assert seen["Parameters"] == {"lr": {"NumberValue": 0.1}, "mode": {"StringValue": "fast"}}
    broken = studio.ask("DescribeTrialComponent", TrialComponentName="broken-aws-training-job")
    assert broken["Status"] == {"PrimaryStatus": "Failed", "Message": "it broke"}
    found = studio.ask("ListTrialComponents", SourceArn=f"{ARN}:training-job/train")["TrialComponentSummaries"]
    assert [one["TrialComponentName"] for one in found] == ["Train-aws-training-job"]
    approval = studio.ask("DescribeAction", ActionName="Churn-1-2-aws-approval")
    assert approval["Properties"] == {"ModelApprovalStatus": "Approved", "By": "bob", "Why": "good"}


def test_it_stays_when_the_job_goes_and_changes_with_what_changes(studio):
    record = studio.store.get(Key(ACCOUNT, "TrainingJob", "Train"))
    studio.store.delete(record)
    before = made(studio.store)
    settle(studio.platform)
    assert made(studio.store) == before
    record = studio.store.get(Key(ACCOUNT, "TrainingJob", "broken"))
    studio.store.write(record, now=9.0, status={"TrainingJobStatus": "Stopped"})
    settle(studio.platform)
    seen = studio.ask("DescribeTrialComponent", TrialComponentName="broken-aws-training-job")
    assert seen["Status"] == {"PrimaryStatus": "Stopped"}


def test_only_what_tells_something_wakes_it(tmp_path):
    studio = Studio(tmp_path)
    woken: list[str] = []
    maker.watch(studio.store)(woken.append)
    record = studio.put("TrainingJob", "job", {}, {"TrainingJobStatus": "InProgress"})
    assert woken == []
    studio.store.write(record, now=2.0, status={"TrainingJobStatus": "Completed"})
    assert woken == [MARK.handle()] and Key.of_handle(woken[0]) == MARK


def test_what_can_not_be_told_keeps_nothing_else_from_being_told(tmp_path):
    studio = Studio(tmp_path)
    studio.put("TrainingJob", "strange", {}, {"TrainingJobStatus": "Completed"})
    fill(studio.store)
    settle(studio.platform)
    assert len(made(studio.store)["TrialComponent"]) == 4


def test_a_mark_of_other_records_has_all_looked_at(tmp_path):
    studio = Studio(tmp_path)
    fill(studio.store)
    studio.store.create(MARK, {}, {"Sequence": 10_000}, now=1.0)
    settle(studio.platform)
    assert len(made(studio.store)["TrialComponent"]) == 4
    assert studio.store.get(MARK).status["Sequence"] < 10_000


def run(tmp_path, kill_at):
    world = World(tmp_path)
    fill(world.store)
    counter = Counter(kill_at)
    platform = world.platform(counter)
    for _ in range(3):
        store = Mortal(world.store, ("create", "write", "delete"), counter)
        controller = LineageMaker(type("P", (), {"store": store, "clock": platform.clock})())
        try:
            while controller._go_on() is not None:
                pass
        except Killed:
            continue
    return world, counter


def test_killed_at_any_moment_it_tells_all_once(tmp_path_factory):
    whole, counter = run(tmp_path_factory.mktemp("whole"), None)
    total, expected = counter.seen, made(whole.store)
    assert total > 60 and len(expected["Association"]) > 15
    for at in range(total):
        world, _ = run(tmp_path_factory.mktemp(f"kill{at}"), at)
        assert made(world.store) == expected, at


def test_every_kind_that_is_followed_tells_something(studio):
    for kind in facts.KINDS:
        records = studio.store.query(Query(kind, None)).records
        assert any(facts.tells(one) and facts.of(one).entities for one in records), kind
