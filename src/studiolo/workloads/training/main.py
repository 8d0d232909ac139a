"""The `train` command of a job: script mode, or a built-in algorithm. Runs inside the job, in its environment.

The platform has put configuration, data and the unpacked source below /opt/ml. A Python script runs in this very process
(`__main__`, its own folder first on the import path), since a second interpreter would only cost time.
"""

import os
import runpy
import subprocess
import sys
import traceback
from pathlib import Path

from studiolo.workloads import scripts
from studiolo.workloads.training.environment import Config, arguments, variables

MAX_FAILURE = 1024
ROOT = Path(os.environ.get("STUDIOLO_ML_ROOT", "/opt/ml"))


def fail(message: str, code: int) -> int:
    """Leaves the reason where the platform looks for it."""
    (ROOT / "output").mkdir(parents=True, exist_ok=True)
    (ROOT / "output" / "failure").write_text(message[:MAX_FAILURE], errors="replace")
    return code


def _script_failure(code: int, text: str, command: list[str]) -> str:
    words = " ".join(command)[:300]
    error = text.strip()[-600:]
    return f'ExecuteUserScriptError:\nExitCode {code}\nErrorMessage "{error}"\nCommand "{words}"'


def run_python(path: Path, args: list[str]) -> int:
    command = ["python", path.name, *args]
    sys.argv = [str(path.name), *args]
    sys.path.insert(0, str(path.parent))
    try:
        runpy.run_path(str(path), run_name="__main__")
    except SystemExit as leaving:
        code = leaving.code
        if code is None or code == 0:
            return 0
        if not isinstance(code, int):
            print(code, file=sys.stderr, flush=True)
            return fail(_script_failure(1, str(code), command), 1)
        return fail(_script_failure(code, "", command), code & 255)
    except BaseException as error:
        # Our own frames tell the user nothing.
        here = Path(__file__).name
        frames = [
            one
            for one in traceback.extract_tb(error.__traceback__)
            if not one.filename.endswith((here, "<frozen runpy>"))
        ]
        lines = ["Traceback (most recent call last):\n", *traceback.format_list(frames)] if frames else []
        text = "".join([*lines, *traceback.format_exception_only(error)])
        print(text, file=sys.stderr, end="", flush=True)
        last = "".join(traceback.format_exception_only(error)).strip()
        return fail(_script_failure(1, last, command), 1)
    return 0


def run_command(command: list[str]) -> int:
    code = subprocess.run(command, check=False).returncode
    code = 128 - code if code < 0 else code
    return fail(_script_failure(code, "", command), code) if code else 0


def run_script(config: Config, program: str) -> int:
    code = ROOT / "code"
    args = arguments(config.user_hyperparameters)
    os.environ.update(variables(config, program, args))
    os.chdir(code)
    path = code / program
    if (code / "setup.py").exists() and not program.endswith((".py", ".sh")):
        return run_command([sys.executable, "-m", program, *args])
    if not path.exists():
        there = ", ".join(sorted(one.name for one in code.iterdir())[:20]) or "nothing"
        message = f"The entry point {program} is not in the source archive, which holds {there}."
        print(message, file=sys.stderr, flush=True)
        return fail(f"ClientError: {message}", 1)
    if program.endswith(".py"):
        return run_python(path, args)
    if program.endswith(".sh"):
        return run_command(
            ["/bin/bash", "-c", f'./{program} "$@"' if os.access(path, os.X_OK) else f". ./{program}", "sh", *args]
        )
    return run_command([f"./{program}", *args])


def main() -> int:
    config = Config(ROOT)
    program = config.setting("sagemaker_program")
    if program:
        return run_script(config, program)
    framework = os.environ.get("STUDIOLO_FRAMEWORK", "")
    os.environ.update(variables(config, None, []))
    if framework in ("xgboost", "lightgbm"):
        from studiolo.workloads.training import boosting

        try:
            boosting.train(config, framework)
        except boosting.ClientError as error:
            print(f"ClientError: {error}", file=sys.stderr, flush=True)
            return fail(f"ClientError: {error}", 2)
        except Exception as error:
            traceback.print_exc()
            return fail(f"{type(error).__name__}: {error}", 1)
        return 0
    message = (
        "There is nothing to run: the image has no algorithm of its own. Name a script (hyperparameter sagemaker_program "
        "with sagemaker_submit_directory) or a ContainerEntrypoint."
    )
    print(message, file=sys.stderr, flush=True)
    return fail(f"ClientError: {message}", 2)


if __name__ == "__main__":
    code = main()
    scripts.end()
    sys.exit(code)
