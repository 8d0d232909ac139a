"""How fast things begin: the studio itself, a job's first line against the same script started by hand, a job's end.

python bench/start.py
"""

import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "e2e"))
import conftest
import jobs
import psutil

SCRIPT = "import time\nprint('first', time.time(), flush=True)\n"
IMPORTS = "import sklearn.linear_model, time\nprint('first', time.time(), flush=True)\n"
ENDS = "import time\nprint('last', time.time(), flush=True)\n"


def first_line(output: str, word: str) -> float:
    return float(re.search(rf"{word} ([\d.]+)", output)[1])


def by_hand(python: Path, script: str) -> float:
    with tempfile.NamedTemporaryFile("w", suffix=".py") as file:
        file.write(script)
        file.flush()
        began = time.time()
        return (
            first_line(subprocess.run([python, file.name], check=True, capture_output=True, text=True).stdout, "first")
            - began
        )


def by_job(studio: conftest.Studio, script: str) -> tuple[float, float]:
    """(create → first line, last line → Completed), in seconds; the latter as the studio stamped it."""
    job = jobs.name("bench")
    sagemaker = studio.client("sagemaker")
    request = jobs.script_job(studio, job, script + ENDS)
    began = time.time()
    sagemaker.create_training_job(**request)
    done = jobs.wait(studio, job, 300)
    assert done["TrainingJobStatus"] == "Completed", done
    output = "\n".join(jobs.log(studio, job))
    return first_line(output, "first") - began, done["LastModifiedTime"].timestamp() - first_line(output, "last")


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        studio = conftest.Studio(Path(folder) / "home")
        first = studio.start()
        studio.stop()
        starts = []
        for _ in range(3):
            starts.append(studio.start())
            time.sleep(2)
            memory = psutil.Process(studio.process.pid).memory_info().rss / 2**20
            studio.stop()
        studio.start()
        by_job(studio, SCRIPT)
        python = next((studio.home / "environments").glob("*/bin/python"))
        print("| what | seconds |\n|---|---|")
        print(f"| `studiolo up` to /healthz, empty home | {first:.2f} |")
        print(f"| `studiolo up` to /healthz, again (median of 3) | {statistics.median(starts):.2f} |")
        print(f"| idle memory of the control plane, MiB | {memory:.0f} |")
        for name, script in (("prints", SCRIPT), ("imports scikit-learn", IMPORTS)):
            by_hand(python, script)
            hand = statistics.median(by_hand(python, script) for _ in range(7))
            pairs = [by_job(studio, script) for _ in range(7)]
            begins, ends = statistics.median(p[0] for p in pairs), statistics.median(p[1] for p in pairs)
            print(f"| a script that {name}: by hand, to its first line | {hand:.3f} |")
            print(
                f"| the same as a job: CreateTrainingJob to its first line | {begins:.3f} (+{(begins - hand) * 1000:.0f} ms) |"
            )
            print(f"| its last line to Completed, artifacts stored | {ends:.3f} |")
        conftest.end(studio)


if __name__ == "__main__":
    main()
