import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("script", ["operations", "settings"])
def test_generated_pages_are_fresh(script):
    done = subprocess.run(
        [sys.executable, ROOT / "scripts" / f"{script}.py", "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_every_variable_the_code_reads_is_documented():
    read = set()
    for path in (ROOT / "src").rglob("*.py"):
        read |= set(re.findall(r"""(?:environ\.get\(|environ\[|envvar=)\s*["'](STUDIOLO_\w+)""", path.read_text()))
    internal = {
        "STUDIOLO_MEMORY",
        "STUDIOLO_MODEL_NAME",
        "STUDIOLO_ML_ROOT",
        "STUDIOLO_FRAMEWORK",
        "STUDIOLO_IMAGE",
        "STUDIOLO_CORES",
        "STUDIOLO_CHECKPOINTS",
        "STUDIOLO_SPACE_HOME",
        "STUDIOLO_EDITOR",
        "STUDIOLO_MLFLOW_DATA",
        "STUDIOLO_MLFLOW_ARTIFACTS",
        "STUDIOLO_USER",
    }
    text = (ROOT / "docs" / "settings.md").read_text()
    assert [name for name in sorted(read - internal) if name not in text] == []
