"""What is made before an app is asked for: a fork server for who looks, an environment for who is about to make a space."""

import threading
from pathlib import Path
from types import SimpleNamespace

import pytest

from studiolo.run.protocol import Environment, EnvironmentError_
from studiolo.services.sagemaker.workbench.ahead import Ahead

MADE = Environment(Path("/environments/jupyter"), ["jupyterlab"], "python")


class Environments:
    def __init__(self, made=False, bad=False):
        self.made, self.bad, self.asked, self.go = made, bad, 0, threading.Event()

    def ready(self, image, requirements=None):
        return MADE if self.made else None

    def ensure(self, image, requirements=None, progress=None):
        self.asked += 1
        self.go.wait(5)
        if self.bad:
            raise EnvironmentError_("no such package")
        self.made = True
        return MADE


def ahead(**how):
    warmed = []
    environments = Environments(**how)
    runner = SimpleNamespace(warm=lambda prefix, modules: warmed.append(prefix))
    return Ahead(SimpleNamespace(environments=environments, runner=runner)), environments, warmed


def finish(environments):
    environments.go.set()
    for thread in threading.enumerate():
        if thread.name == "spaces-ahead":
            thread.join(5)


def test_looking_warms_what_is_there_and_builds_nothing():
    it, environments, warmed = ahead()
    it.looked()
    assert (environments.asked, warmed) == (0, [])
    it, _, warmed = ahead(made=True)
    it.looked()
    assert warmed == [MADE.prefix]


def test_who_is_about_to_make_a_space_finds_it_built_once_and_warm():
    it, environments, warmed = ahead()
    it.coming()
    it.coming()
    finish(environments)
    assert (environments.asked, warmed) == (1, [MADE.prefix])


def test_what_could_not_be_built_is_tried_again():
    it, environments, warmed = ahead(bad=True)
    for _ in range(2):
        it.coming()
        finish(environments)
    assert (environments.asked, warmed) == (2, [])


def test_it_can_be_switched_off(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("STUDIOLO_SPACES_AHEAD", "0")
    it, environments, _ = ahead()
    it.coming()
    assert environments.asked == 0
