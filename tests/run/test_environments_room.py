"""An environment is whole or not there: half of one on a full disk would be room that the failure's own words need."""

from collections import namedtuple
from pathlib import Path

import pytest

from studiolo.base import reserve
from studiolo.run.local.environments.local import LocalEnvironments
from studiolo.run.protocol import EnvironmentError_, Lock

URI = "111111111111.dkr.ecr.us-east-1.amazonaws.com/churn:1"


class Full(LocalEnvironments):
    """uv's part done by hand: it makes half an environment and finds no room for the rest."""

    def _uv(self, words, whole=False, show=(), write=(), trusted=True):
        if words[0] == "venv":
            (Path(words[-1]) / "bin").mkdir(parents=True)
            (Path(words[-1]) / "half").write_bytes(b"x" * 1000)
        if words[:2] == ["pip", "compile"]:
            return "numpy==2.0.0\nipykernel==7.0\n"
        if words[:2] == ["pip", "sync"]:
            raise EnvironmentError_("No space left on device")
        return ""


@pytest.fixture
def environments(tmp_path):
    made = Full(tmp_path / "environments")
    made.keep(URI, Lock("numpy==2.0.0\n", "python", ("numpy",)))
    return made


def halves(tmp_path: Path) -> list[Path]:
    return list(tmp_path.rglob("half"))


def test_what_could_not_be_built_leaves_nothing(environments, tmp_path):
    with pytest.raises(EnvironmentError_, match="No space left"):
        environments.ensure(URI)
    assert halves(tmp_path) == []


def test_none_is_begun_on_a_full_disk(environments, tmp_path, monkeypatch):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(reserve.shutil, "disk_usage", lambda path: usage(2**40, 2**40, reserve.SIZE - 1))
    with pytest.raises(EnvironmentError_, match="disk is full: free some space for the environment"):
        environments.ensure(URI)
    monkeypatch.setattr(reserve.shutil, "disk_usage", lambda path: usage(2**40, 2**40, reserve.SIZE))
    with pytest.raises(EnvironmentError_, match="No space left"):
        environments.ensure(URI)
