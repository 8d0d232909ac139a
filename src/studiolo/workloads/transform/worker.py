"""A process that transforms: takes tasks off its socket, one JSON line each, and says how it goes on with them.

    in   {"task": n, "do": "segment" | "expand", "source", "start", "end", "target"}
    out  {"progress": [bytes, records]}   {"done": n, "records" | "size"}   {"failed": n, "offset", "message"}

Forked by the supervisor (main.py) after the model is loaded; it ends when its socket does.
"""

import errno
import json
import socket
import sys
import time
import traceback
from pathlib import Path
from typing import Any

from studiolo.workloads.serving.handler import Handler
from studiolo.workloads.transform import expand, shapes
from studiolo.workloads.transform.invoke import Model
from studiolo.workloads.transform.plan import Plan
from studiolo.workloads.transform.segments import Poisoned, Segments

TELL = 0.25
"""Seconds between two words of progress."""
DISK_FULL = "the studio's disk is full"


def content_type(plan: Plan) -> str:
    """What the model is told it gets."""
    return shapes.CSV if expand.as_rows(plan) else plan.content_type


class Worker:
    def __init__(self, plan: Plan, handler: Handler, link: socket.socket) -> None:
        kind = content_type(plan)
        # What is joined must be in the form of what it is joined to.
        accept = plan.accept or (kind if plan.join == "Input" else "")
        rows = handler.rows if handler.takes_rows else None
        model = Model(handler, rows, plan.following, kind, accept, plan.seconds, plan.retries)
        shape = shapes.make(kind, plan.input_filter, plan.join, plan.output_filter)
        self._plan, self._link = plan, link
        self._segments = Segments(plan, shape, model, self._progress)
        self._bytes = self._records = 0
        self._told = 0.0

    def run(self) -> None:
        for line in self._link.makefile("rb"):
            self._say(self._result(json.loads(line)))

    def _say(self, message: dict[str, Any]) -> None:
        self._link.sendall(json.dumps(message).encode() + b"\n")

    def _progress(self, size: int, records: int) -> None:
        self._bytes += size
        self._records += records
        if time.monotonic() - self._told > TELL:
            self._flush()

    def _flush(self) -> None:
        if self._bytes or self._records:
            self._say({"progress": [self._bytes, self._records]})
        self._bytes = self._records = 0
        self._told = time.monotonic()

    def _result(self, task: dict[str, Any]) -> dict[str, Any]:
        number, source, target = task["task"], Path(task["source"]), Path(task["target"])
        try:
            if task["do"] == "expand":
                return {"done": number, "size": expand.expand(self._plan, source, target)}
            records = self._segments.run(source, task["start"], task["end"], target)
            return {"done": number, "records": records}
        except Poisoned as error:
            return {"failed": number, "offset": error.offset, "message": error.message}
        except OSError as error:
            full = error.errno in (errno.ENOSPC, errno.EDQUOT)
            return {"failed": number, "offset": -1, "message": DISK_FULL if full else str(error)}
        except Exception as error:
            traceback.print_exc(file=sys.stderr)
            return {"failed": number, "offset": -1, "message": f"{type(error).__name__}: {error}"}
        finally:
            self._flush()
