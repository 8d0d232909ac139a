"""Which jobs begin as forks of a Python that waits."""

import pytest

from studiolo.services.sagemaker.jobs.warm import SCRIPTS, allowed, command


@pytest.mark.parametrize(
    ("argv", "rest"),
    [
        (
            ["python3", "/opt/ml/processing/input/code/a.py", "--n", "1"],
            ["/opt/ml/processing/input/code/a.py", "--n", "1"],
        ),
        (["python", "a.py"], ["a.py"]),
        (["python3", "-c", "print(1)", "x"], ["-c", "print(1)", "x"]),
    ],
)
def test_a_script_of_python_is_run_by_a_fork(argv, rest):
    assert list(command(argv)) == ["python", SCRIPTS, *rest]


@pytest.mark.parametrize(
    "argv",
    [["python3"], ["python3", "-c"], ["python3", "-m", "a"], ["python3", "-O", "a.py"], ["-x.py"], ["/bin/sh", "a.py"],
     ["/usr/bin/python3", "a.py"], ["python3", "a"], ["python3", "-.py"]],
)  # fmt: skip
def test_everything_else_is_started_as_it_is(argv):
    assert command(argv) == ()


def test_variables_that_only_a_new_process_reads_want_one():
    assert allowed({"EPOCHS": "3", "OMP_NUM_THREADS": "1"})
    assert not any(allowed({name: "1"}) for name in ("PYTHONHASHSEED", "PYTHONPATH", "LD_PRELOAD", "LC_ALL", "LANG"))
