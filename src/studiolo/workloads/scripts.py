"""Runs a Python script as `python3 script.py …` would, in an interpreter that is there already: forked off a fork server, it
begins some ten milliseconds sooner. Run by the runner as `python scripts.py <script> …` or `python scripts.py -c <text> …`.
Standard library only.
"""

import atexit
import builtins
import os
import sys
import threading
import time
import types
from typing import NoReturn


def end() -> None:
    """What an interpreter does of itself at its end, and a fork that is left does not: waits for threads, calls who asked to
    be called."""
    threading._shutdown()  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
    atexit._run_exitfuncs()  # pyright: ignore[reportPrivateUsage]


def _read(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        print(f"python3: can't open file {path!r}: [Errno {error.errno}] {error.strerror}", file=sys.stderr)
        raise SystemExit(2) from None


def run(words: list[str]) -> None:
    """words: as they stand after the interpreter's name."""
    module = types.ModuleType("__main__")
    module.__builtins__ = builtins  # pyright: ignore[reportAttributeAccessIssue]
    if words[0] == "-c":
        source, name, folder, sys.argv = words[1].encode(), "<string>", "", ["-c", *words[2:]]
    else:
        path = os.path.abspath(words[0])
        source, name, folder, sys.argv = _read(path), path, os.path.dirname(os.path.realpath(path)), list(words)
        module.__file__ = path
    # The fork server's own first places are its folder and where it found us.
    sys.path[:] = [folder, *dict.fromkeys(place for place in sys.path if place)]
    sys.modules["__main__"] = module
    time.tzset()
    exec(compile(source, name, "exec"), module.__dict__)


def main() -> NoReturn:
    code: object = 0
    try:
        run(sys.argv[1:])
    except SystemExit as leaving:
        code = leaving.code
    except BaseException as error:
        # Our own frames tell the user nothing.
        trace = error.__traceback__
        while trace is not None and trace.tb_frame.f_code.co_filename == __file__:
            trace = trace.tb_next
        sys.excepthook(type(error), error.with_traceback(trace), trace)
        code = 1
    end()
    raise SystemExit(code)


if __name__ == "__main__":
    main()
