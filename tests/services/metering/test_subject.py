"""Whose use a process group is."""

from pathlib import Path

import pytest

from studiolo.base.record import Key, Record
from studiolo.run.protocol import MemberState
from studiolo.services.metering.metering import end_of
from studiolo.services.metering.subject import instances, subject


def record(kind, spec, status=None, tags=None):
    return Record(Key("1", kind, "it"), spec, status or {}, 1, 0, 0, tags or {})


def of(handle, member, found):
    whose, units = subject(handle, member, found)
    return whose.user, whose.type, units


def test_a_job_is_its_makers_and_of_the_type_it_asked_for():
    spec = {
        "_user": "ann",
        "ProcessingResources": {"ClusterConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 2}},
    }
    whose, units = subject("ProcessingJob/1/it", "algo-1", record("ProcessingJob", spec, tags={"team": "x"}))
    assert (whose.project, whose.user, whose.kind, whose.name) == ("1", "ann", "ProcessingJob", "it")
    assert (whose.type, whose.tags, units) == ("ml.m5.large", {"team": "x"}, 1.0)


def test_hosts_of_several_groups_have_their_groups_type():
    groups = [
        {"InstanceGroupName": "a", "InstanceType": "ml.m5.large", "InstanceCount": 2},
        {"InstanceGroupName": "b", "InstanceType": "ml.c5.large", "InstanceCount": 1},
    ]
    found = record("TrainingJob", {"ResourceConfig": {"InstanceGroups": groups}})
    types = [of("TrainingJob/1/it", f"algo-{number}", found)[1] for number in (1, 2, 3)]
    assert types == ["ml.m5.large", "ml.m5.large", "ml.c5.large"]


def plan(generation, *variants):
    return {"Generation": generation, "Variants": [{"Containers": [{}], **one} for one in variants]}


def test_an_endpoints_instance_is_of_its_variant_and_shared_by_its_containers():
    status = {
        "_live": plan(1, {"VariantName": "a-1", "InstanceType": "ml.m5.large", "Containers": [{}, {}]}),
        "_next": plan(2, {"VariantName": "a-1", "Serverless": {"MemorySizeInMB": 2048}}),
    }
    found = record("Endpoint", {"_user": "bob"}, status)
    assert of("Endpoint/1/it/1-a-1-0", "instance", found) == ("bob", "ml.m5.large", 0.5)
    assert of("Endpoint/1/it/1-a-1-0.1", "instance", found) == ("bob", "ml.m5.large", 0.5)
    assert of("Endpoint/1/it/2-a-1-0", "instance", found) == ("bob", "serverless", 2.0)
    assert of("Endpoint/1/it/9-a-1-0", "instance", found) == ("bob", "other", 1.0)


def test_a_copy_of_a_component_is_its_share_of_the_instance():
    held = {"Cores": 0.5, "Memory": 4 * 2**30, "Gpus": 0}
    status = {"_live": plan(1, {"VariantName": "a", "InstanceType": "ml.m5.large", "Resources": held})}
    found = record("InferenceComponent", {"_user": "ann"}, status)
    # Half of its memory is more than a quarter of its cores.
    assert of("InferenceComponent/1/it/1-a-0", "instance", found) == ("ann", "ml.m5.large", pytest.approx(0.5, 0.1))


def test_an_app_is_named_after_its_space():
    spec = {"_user": "ann", "SpaceName": "lab", "ResourceSpec": {"InstanceType": "ml.t3.medium"}}
    whose, _ = subject("App/1/d-1.lab.JupyterLab.default/a1", "app", record("App", spec))
    assert (whose.kind, whose.name, whose.type) == ("App", "lab", "ml.t3.medium")


def test_an_invocation_is_its_functions_by_the_memory_it_may_have():
    handle = "FunctionInvocation/1/clean@a-b-c/1"
    it = record("FunctionInvocation", {"_user": "ann", "Function": "clean", "Config": {"MemorySize": 512}})
    whose, units = subject(handle, "function", it)
    assert (whose.kind, whose.name, whose.user, whose.type, units) == ("Function", "clean", "ann", "serverless", 0.5)
    whose, _ = subject(handle, "function", None)
    assert (whose.kind, whose.name) == ("Function", "clean")


def test_what_runs_on_anothers_host_is_not_counted_again():
    assert subject("TransformJob/1/it/algo-1.1", "instance", record("TransformJob", {})) is None
    assert subject("odd", "x", None) is None


def test_a_deleted_records_use_is_still_its_projects():
    whose, _ = subject("TrainingJob/1/gone", "algo-1", None)
    assert (whose.project, whose.kind, whose.name) == ("1", "TrainingJob", "gone")


def test_what_is_ours_is_not_taken_for_what_is_asked():
    spec = {"_model": {"InstanceType": "no"}, "A": {"InstanceType": "ml.m5.large", "More": [{"InstanceType": "no"}]}}
    assert list(instances(spec)) == [("ml.m5.large", 1)]


@pytest.mark.parametrize(
    ("state", "seen", "now", "end"),
    [
        (("running", None, ""), None, 50.0, 50.0),
        (("exited", 20.0, ""), None, 50.0, 20.0),
        (("exited", 20.0, "lost"), 15.0, 50.0, 20.0),
        (("exited", 9000.0, "lost"), 15.0, 9100.0, 15.0),
        (("exited", 9000.0, "lost"), None, 9100.0, 10.0),
        (("exited", 5.0, ""), None, 50.0, 10.0),
    ],
    ids=["runs", "ended", "lost under our eyes", "lost while nobody looked", "lost and never seen", "clock went back"],
)
def test_up_to_when_a_member_ran(tmp_path, state, seen, now, end):
    phase, ended, reason = state
    member = MemberState("algo-1", phase, 10.0, Path(tmp_path / "none"), None, 0, reason, "", ended)
    assert end_of(member, seen, now) == end
