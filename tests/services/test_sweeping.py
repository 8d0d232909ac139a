"""Environments of deleted images are swept when nothing runs from them or may begin to."""

from dataclasses import replace

import pytest
from studio_in_memory import ACCOUNT, OTHER, Studio

from studiolo.base.errors import ValidationError
from studiolo.run.protocol import Group, Member, Mount, Resources
from studiolo.services import sweeping
from studiolo.services.sagemaker.service import SageMakerService
from studiolo.store.memory import MemoryStore
from studiolo.store.protocol import Index

IMAGE = f"{ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com/churn:1"


class Environments:
    def __init__(self):
        self.since, self.swept, self.used = {IMAGE: 0.0}, [], None

    def resolve(self, image):
        return "python"

    def owner(self, image):
        return ACCOUNT if image == IMAGE else None

    def gone(self, image):
        return image in self.since

    def dropped(self):
        return list(self.since.items())

    def sweep(self, uri, used):
        self.swept.append(uri)
        self.used = set(used)
        return True


def _by_word(record):
    """Of a record only the state matters here."""
    return Index(next((word for name, word in record.status.items() if name.endswith("Status")), None))


@pytest.fixture
def studio(tmp_path):
    words = dict.fromkeys((*(kind for kind, _ in sweeping.USERS), "App"), _by_word)
    made = Studio(tmp_path, MemoryStore(words))
    made.environments = Environments()
    made.platform = replace(made.platform, environments=made.environments)
    made.service = SageMakerService(made.platform)
    return made


def swept(studio, seconds=60.0):
    studio.environments.swept = []
    sweeping.sweep(studio.platform, seconds)
    return bool(studio.environments.swept)


def test_what_was_deleted_just_now_is_left_for_a_while(studio):
    studio.environments.since[IMAGE] = studio.platform.clock()
    assert not swept(studio)
    assert swept(studio, 0.5)


TRAINING = {"AlgorithmSpecification": {"TrainingImage": IMAGE}}
PROCESSING = {"AppSpecification": {"ImageUri": IMAGE}}
PLAN = {"Plan": {"Variants": [{"Containers": [{"Name": "container-1", "Image": IMAGE}]}]}}


@pytest.mark.parametrize(
    ("kind", "spec", "status", "held"),
    [
        ("TrainingJob", TRAINING, {"TrainingJobStatus": "InProgress"}, True),
        ("TrainingJob", TRAINING, {"TrainingJobStatus": "Stopping"}, True),
        ("TrainingJob", TRAINING, {"TrainingJobStatus": "Completed"}, False),
        ("ProcessingJob", PROCESSING, {"ProcessingJobStatus": "InProgress"}, True),
        ("TransformJob", {"_model": PLAN}, {"TransformJobStatus": "InProgress"}, True),
        ("TransformJob", {"_model": PLAN}, {"TransformJobStatus": "Completed"}, False),
        ("Endpoint", {}, {"EndpointStatus": "InService", **PLAN}, True),
        ("Endpoint", {}, {"EndpointStatus": "InService"}, False),
        ("InferenceComponent", {"Specification": {"Container": {"Image": IMAGE}}}, {}, True),
        ("App", {"AppType": "JupyterLab"}, {"Status": "Pending"}, True),
        ("App", {"AppType": "JupyterLab"}, {"Status": "InService"}, False),
        ("Model", {"PrimaryContainer": {"Image": IMAGE}}, {}, False),
    ],
)
def test_who_may_begin_with_it_holds_it(studio, kind, spec, status, held):
    record = studio.put(kind, "one", spec, status)
    assert swept(studio) is not held
    studio.store.delete(record)
    assert swept(studio)


def test_other_projects_do_not_hold_it(studio):
    studio.put("App", "one", {}, {"Status": "Pending"}, project=OTHER)
    assert swept(studio)


def test_the_runner_says_what_runs(studio, tmp_path):
    mount = Mount(tmp_path / "kernel", "/kernel", readonly=True)
    member = Member("one", ["python"], Resources(1, 1), mounts=[mount])
    studio.runner.start(Group("App/1/a", [member], tmp_path / "lab"))
    assert swept(studio)
    assert studio.environments.used == {tmp_path / "kernel", tmp_path / "lab"}
    studio.runner.finish("App/1/a")
    assert swept(studio)
    assert studio.environments.used == set()


def test_nothing_new_begins_with_what_was_deleted(studio):
    container = {"Image": IMAGE}
    with pytest.raises(ValidationError, match="was deleted"):
        studio.ask("CreateModel", ModelName="m", PrimaryContainer=container)
