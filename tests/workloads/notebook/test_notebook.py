"""The notebook workload without papermill: what it reads, and what it says when it can't go on."""

import json
import os

import pytest

from studiolo.workloads.notebook import main as workload


@pytest.fixture
def root(tmp_path, monkeypatch):
    monkeypatch.setattr(workload, "ROOT", tmp_path)
    place = tmp_path / "input" / "data" / "nb"
    place.mkdir(parents=True)
    (tmp_path / "code").mkdir()
    monkeypatch.setenv("SM_EXECUTION_INPUT_PATH", str(place))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def failure(root):
    return (root / "output" / "failure").read_text()


def test_parameters_are_what_they_read_as(root):
    (root / "input" / "config").mkdir()
    given = {"n": "3", "rate": "0.5", "who": "ann", "rows": "[1, 2]", "dry": "true", "day": "2026-11-01"}
    (root / "input" / "config" / "hyperparameters.json").write_text(json.dumps(given))
    assert workload.parameters() == {
        "n": 3, "rate": 0.5, "who": "ann", "rows": [1, 2], "dry": True, "day": "2026-11-01",
    }  # fmt: skip


def test_without_a_notebook_it_says_so(root, monkeypatch):
    monkeypatch.setenv("SM_INPUT_NOTEBOOK_NAME", "none.ipynb")
    assert workload.main() == 1
    assert "there is no notebook none.ipynb" in failure(root)


def test_a_script_gives_its_variables_or_its_exit_code(root, monkeypatch):
    place = root / "input" / "data" / "nb"
    (place / "a.ipynb").write_text("{}")
    (place / "init.sh").write_text("MOOD='glad and well'\n")
    (place / "bad.sh").write_text("exit 7\n")
    monkeypatch.setenv("MOOD", "")
    workload.source(place / "init.sh")
    assert os.environ["MOOD"] == "glad and well"
    monkeypatch.setenv("SM_INPUT_NOTEBOOK_NAME", "a.ipynb")
    monkeypatch.setenv("SM_INIT_SCRIPT", "bad.sh")
    assert workload.main() == 1
    assert "bad.sh ended with exit code 7" in failure(root)


def test_the_reason_names_the_cell():
    class Error(Exception):
        ename, evalue, exec_count = "ValueError", "no", 3

    assert workload.last_words(Error()) == "NotebookError: cell 3 raised ValueError: no"
    assert workload.last_words(OSError("gone")) == "OSError: gone"
