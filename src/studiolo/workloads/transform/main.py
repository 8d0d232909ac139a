"""The `transform` command of a host: loads the model once, forks a worker for each core, deals out pieces of files.

Ends with 0 when each file has its whole result, with 2 when some failed (errors.json says which and why; the others'
results stand), with anything else when the model could not be loaded. What it was asked is plan.json (plan.py).
"""

import os
import signal
import sys
import time
import traceback
from pathlib import Path
from types import FrameType

from studiolo.workloads.serving import memory
from studiolo.workloads.serving.formats import CSV, media
from studiolo.workloads.serving.handler import Handler
from studiolo.workloads.transform import plan as plans
from studiolo.workloads.transform import tables
from studiolo.workloads.transform.supervisor import Supervisor
from studiolo.workloads.transform.worker import Worker, content_type

ROOT = Path(os.environ.get("STUDIOLO_ML_ROOT", "/opt/ml"))
LOAD_IN_WORKER = frozenset({"pytorch"})
"""Frameworks whose threads do not survive a fork."""


class PipelineError(Exception):
    """A later container of the pipeline does not come up."""


def wait_for(sockets: list[str], seconds: float) -> None:
    """Until the pipeline's other containers answer; each leaves `ready` beside its socket."""
    until = time.monotonic() + seconds
    for path in sockets:
        while not Path(path).with_name("ready").exists():
            if time.monotonic() > until:
                raise PipelineError("A container of the pipeline did not start in time.")
            time.sleep(0.02)


def _end(number: int, frame: FrameType | None) -> None:
    # The workers' sockets close with this process, which ends them.
    os._exit(128 + number)


def main() -> int:
    signal.signal(signal.SIGTERM, _end)
    folder = ROOT / "transform"
    plan = plans.load(folder)
    if not plan.files:
        print("No file falls to this host", flush=True)
        return 0
    memory.keep()
    handler = None if os.environ.get("STUDIOLO_FRAMEWORK", "") in LOAD_IN_WORKER else Handler(ROOT)
    if media(content_type(plan)) == CSV:
        # Once for all workers.
        tables.usable()
    wait_for(list(plan.following), plan.startup)
    print(f"Transforming {len(plan.files)} files with {plan.workers} workers", flush=True)
    supervisor = Supervisor(plan, folder, lambda link: Worker(plan, handler or Handler(ROOT), link).run())
    errors = supervisor.run()
    for error in errors:
        print(error, file=sys.stderr, flush=True)
    return 2 if errors else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except SystemExit:
        raise
    except BaseException:
        traceback.print_exc()
        sys.exit(1)
