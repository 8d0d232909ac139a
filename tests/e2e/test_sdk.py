"""Both generations of the `sagemaker` SDK run ordinary scripts, in environments that hold nothing of studiolo's."""

import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.e2e
VENVS = Path(__file__).parents[2] / ".venvs"
SCRIPTS = Path(__file__).parent / "sdk"


@pytest.mark.parametrize(
    ("venv", "script"),
    [
        ("sdk2", ["v2.py", "sklearn"]),
        ("sdk2", ["v2.py", "xgboost"]),
        ("sdk2", ["v2.py", "xgboost-script"]),
        ("sdk2", ["v2_deploy.py"]),
        ("sdk3", ["v3.py"]),
        ("sdk3", ["v3_builder.py"]),
    ],
    ids=["v2-sklearn", "v2-xgboost", "v2-xgboost-script", "v2-deploy", "v3-trainer", "v3-builder"],
)
def test_an_ordinary_script_runs_unchanged(studio, tmp_path, venv, script):
    python = VENVS / venv / "bin" / "python"
    assert python.exists(), "scripts/sdk_venvs makes the clients' environments"
    shown = subprocess.run([python, "-c", "import studiolo"], capture_output=True, check=False, cwd=tmp_path)
    assert shown.returncode != 0, "the client's environment must not hold studiolo"
    done = subprocess.run(
        [python, SCRIPTS / script[0], *script[1:]],
        env=studio.env(),
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
        cwd=tmp_path,
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-6000:]
    assert "OK" in done.stdout
    assert "amazonaws.com/telemetry" not in done.stderr
