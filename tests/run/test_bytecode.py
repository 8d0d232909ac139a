"""Environments are compiled in the background, once, and only what compiles."""

import sys
import time
from pathlib import Path

import pytest

from studiolo.run.local.environments.bytecode import MARK, Bytecode, compile_all, configured


@pytest.fixture
def prefix(tmp_path: Path) -> Path:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python").symlink_to(sys.executable)
    (tmp_path / "complete").touch()
    package = tmp_path / "lib" / "site" / "package"
    (package / "tests").mkdir(parents=True)
    (package / "good.py").write_text("answer = 42\n")
    (package / "bad.py").write_text("answer =\n")
    (package / "tests" / "long.py").write_text("answer = 42\n")
    return tmp_path


def compiled(prefix: Path) -> set[str]:
    return {path.name.partition(".")[0] for path in prefix.rglob("*.pyc")}


def test_what_compiles_is_compiled_and_what_does_not_is_left(prefix: Path) -> None:
    assert compile_all(prefix)
    assert compiled(prefix) == {"good"} and (prefix / MARK).exists()


def test_it_happens_some_time_after_the_first_use_and_once(prefix: Path) -> None:
    it = Bytecode(0.01)
    it.used(prefix)
    it.used(prefix)
    until = time.monotonic() + 20
    while not (prefix / MARK).exists() and time.monotonic() < until:
        time.sleep(0.01)
    assert compiled(prefix) == {"good"}
    (pyc,) = prefix.rglob("good*.pyc")
    pyc.unlink()
    again = Bytecode(0.01)
    again.used(prefix)
    time.sleep(0.1)
    assert compiled(prefix) == set()


def test_one_that_was_not_built_whole_is_left_alone(prefix: Path) -> None:
    (prefix / "complete").unlink()
    Bytecode(0.001).used(prefix)
    time.sleep(0.1)
    assert compiled(prefix) == set()


def test_it_can_be_switched_off(prefix: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STUDIOLO_BYTECODE_SECONDS", "0")
    assert configured() == 0
    Bytecode().used(prefix)
    time.sleep(0.05)
    assert compiled(prefix) == set()
