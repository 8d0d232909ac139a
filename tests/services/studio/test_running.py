"""What runs now: each resource once, with all its instances, and only the caller's project unless all are asked for."""

import asyncio
from types import SimpleNamespace

import pytest

from studiolo.base.errors import AccessDenied
from studiolo.base.record import Key
from studiolo.run.protocol import GroupState, Machine, MemberState, Resources, Usage
from studiolo.services.request import Call, Caller
from studiolo.services.studio.running import Running
from studiolo.store.memory import MemoryStore

MINE, OTHERS = "111111111111", "222222222222"
NOW = 10_000.0


class Runner:
    def __init__(self, tmp_path):
        self.states = {
            f"TrainingJob/{MINE}/two": GroupState("running", members=[self._member(name, tmp_path) for name in "ab"]),
            f"TrainingJob/{MINE}/later": GroupState("waiting", "waits for 2 cores"),
            f"ProcessingJob/{OTHERS}/hidden": GroupState("running", members=[self._member("a", tmp_path)]),
        }

    def _member(self, name, folder):
        return MemberState(f"algo-{name}", "running", NOW - 1800, folder / "log")

    def machine(self):
        by_phase = lambda phase: [one for one, state in self.states.items() if state.phase == phase]  # noqa: E731
        nothing = Resources(0, 0, 0)
        return Machine(nothing, nothing, by_phase("running"), by_phase("waiting"))

    def poll(self, handle):
        return self.states[handle]

    def usage(self, handle):
        return [Usage(one.name, 1.0, 100) for one in self.states[handle].members]


def ask(tmp_path, role="contributor", **params):
    store = MemoryStore({})
    for project, kind, name, user in (
        (MINE, "TrainingJob", "two", "ann"),
        (MINE, "TrainingJob", "later", "bob"),
        (OTHERS, "ProcessingJob", "hidden", "eve"),
    ):
        spec = {"_user": user, "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 2}}
        store.create(Key(project, kind, name), spec, {}, now=0)
    platform = SimpleNamespace(store=store, runner=Runner(tmp_path), clock=lambda: NOW)
    caller = Caller("ann", MINE, role, studio_admin=role == "admin")
    return asyncio.run(Running(platform).list(Call(caller, "studio", "ListRunning", params, "r")))["Items"]


def test_a_resource_is_one_row_with_what_it_costs(tmp_path):
    waiting, running = ask(tmp_path)
    assert (waiting["Name"], waiting["Phase"], waiting["User"]) == ("later", "Waiting", "bob")
    assert (waiting["Reason"], waiting["Since"], waiting["Cost"]) == ("waits for 2 cores", None, 0.0)
    assert (running["Name"], running["Phase"], running["Instances"]) == ("two", "Running", 2.0)
    assert (running["Memory"], running["Since"]) == (200, NOW - 1800)
    assert running["CostPerHour"] > 0
    assert running["Cost"] == pytest.approx(running["CostPerHour"] / 2)


def test_other_projects_are_for_the_studios_administrator(tmp_path):
    with pytest.raises(AccessDenied):
        ask(tmp_path, AllProjects=True)
    assert {one["Name"] for one in ask(tmp_path, "admin", AllProjects=True)} == {"two", "later", "hidden"}
