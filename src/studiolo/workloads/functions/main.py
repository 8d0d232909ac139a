"""One invocation of a Python function. Runs inside the job, in its environment.

The platform has put `event.json` and `context.json` below /opt/ml/input and the code at /var/task; what comes of it is left
in /opt/ml/output/result.json: {"Response": …} or {"Error": …}. No result means that the process ended some other way.
"""

import importlib
import json
import logging
import os
import sys
import threading
import time
import traceback
from pathlib import Path
from typing import Any

ROOT = Path(os.environ.get("STUDIOLO_ML_ROOT", "/opt/ml"))
TASK = ROOT / "code" if "STUDIOLO_ML_ROOT" in os.environ else Path("/var/task")
MAX_RESPONSE = 6_291_556


class Failed(Exception):
    def __init__(self, message: str, kind: str) -> None:
        super().__init__(message)
        self.kind = kind


class Context:
    """The second argument of a handler, with AWS's names."""

    def __init__(self, known: dict[str, Any], deadline: float) -> None:
        self.function_name: str = known["function_name"]
        self.function_version: str = known["function_version"]
        self.invoked_function_arn: str = known["invoked_function_arn"]
        self.memory_limit_in_mb: str = str(known["memory_limit_in_mb"])
        self.aws_request_id: str = known["aws_request_id"]
        self.log_group_name: str = known["log_group_name"]
        self.log_stream_name: str = known["log_stream_name"]
        self.client_context: Any = known.get("client_context")
        self.identity: Any = None
        self._deadline = deadline

    def get_remaining_time_in_millis(self) -> int:
        return max(0, int((self._deadline - time.monotonic()) * 1000))


def leave(document: dict[str, Any]) -> None:
    """Whole or not at all."""
    target = ROOT / "output" / "result.json"
    scratch = target.with_suffix(".part")
    scratch.write_text(json.dumps(document))
    scratch.rename(target)


def load(handler: str) -> Any:
    """The function that a handler "file.function" names. Raises Failed."""
    path, dot, name = handler.rpartition(".")
    if not dot or not path or not name:
        raise Failed(
            f"Bad handler '{handler}': not enough values to unpack (expected 2, got 1)", "Runtime.MalformedHandlerName"
        )
    module = path.replace("/", ".")
    try:
        found = importlib.import_module(module)
    except ImportError as error:
        raise Failed(f"Unable to import module '{path}': {error}", "Runtime.ImportModuleError") from error
    except SyntaxError as error:
        raise Failed(f"Syntax error in module '{path}': {error}", "Runtime.UserCodeSyntaxError") from error
    if not hasattr(found, name):
        raise Failed(f"Handler '{name}' missing on module '{path}'", "Runtime.HandlerNotFound")
    return getattr(found, name)


def frames(error: BaseException) -> list[str]:
    """As AWS gives them: our own frames tell the user nothing."""
    own = [
        one
        for one in traceback.extract_tb(error.__traceback__)
        if one.filename != __file__ and "importlib" not in one.filename
    ]
    return traceback.format_list(own)


def told(error: BaseException, id: str) -> dict[str, Any]:
    """The error payload."""
    if isinstance(error, Failed):
        return {"errorMessage": str(error), "errorType": error.kind, "requestId": id, "stackTrace": []}
    return {
        "errorMessage": str(error),
        "errorType": type(error).__name__,
        "requestId": id,
        "stackTrace": frames(error),
    }


def run(known: dict[str, Any], event: Any, deadline: float) -> str:
    """The response as JSON. Raises what the handler raises, and Failed."""
    result = load(known["handler"])(event, Context(known, deadline))
    try:
        text = json.dumps(result, ensure_ascii=False)
    except (TypeError, ValueError) as error:
        raise Failed(f"Unable to marshal response: {error}", "Runtime.MarshalError") from error
    if len(text.encode()) > MAX_RESPONSE:
        raise Failed(
            f"Response payload size exceeded maximum allowed payload size ({MAX_RESPONSE} bytes).",
            "Function.ResponseSizeTooLarge",
        )
    return text


def log_by_request(id: str) -> None:
    """What `logging` writes, in the form it has on AWS."""
    form = logging.Formatter(f"[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t{id}\t%(message)s", "%Y-%m-%dT%H:%M:%S")
    form.converter = time.gmtime
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(form)
    logging.getLogger().handlers[:] = [handler]


def peak() -> int:
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def main() -> int:
    known = json.loads((ROOT / "input" / "context.json").read_text())
    id, limit, began = known["aws_request_id"], float(known["timeout"]), time.monotonic()
    over = threading.Event()

    def end_it() -> None:
        if over.is_set():
            return
        print(f"Task timed out after {limit:.2f} seconds", flush=True)
        report()
        message = f"RequestId: {id} Error: Task timed out after {limit:.2f} seconds"
        leave({"Error": {"errorType": "Sandbox.Timedout", "errorMessage": message}})
        os._exit(1)

    def report() -> None:
        took = (time.monotonic() - began) * 1000
        print(f"END RequestId: {id}")
        print(
            f"REPORT RequestId: {id}\tDuration: {took:.2f} ms\tBilled Duration: {int(took) + 1} ms\t"
            f"Memory Size: {known['memory_limit_in_mb']} MB\tMax Memory Used: {peak()} MB",
            flush=True,
        )

    clock = threading.Timer(limit, end_it)
    clock.daemon = True
    clock.start()
    os.environ["LAMBDA_TASK_ROOT"] = str(TASK)
    os.chdir(TASK)
    sys.path.insert(0, str(TASK))
    log_by_request(id)
    print(f"START RequestId: {id} Version: {known['function_version']}", flush=True)
    code = 0
    try:
        text = run(known, json.loads((ROOT / "input" / "event.json").read_text()), began + limit)
        over.set()
        left: dict[str, Any] = {"Response": text}
    except Exception as error:
        over.set()
        left = {"Error": told(error, id)}
        print(f"[ERROR] {left['Error']['errorType']}: {left['Error']['errorMessage']}")
        if left["Error"]["stackTrace"]:
            print("Traceback (most recent call last):\n" + "".join(left["Error"]["stackTrace"]), end="")
        code = 1
    report()
    leave(left)
    return code


if __name__ == "__main__":
    sys.exit(main())
