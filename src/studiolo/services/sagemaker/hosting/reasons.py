"""Why an instance did not come up, in the words of what it said last: pure. For a FailureReason, so one or two sentences."""

import re
import signal
from collections.abc import Sequence
from contextlib import suppress

TRACEBACK = "Traceback (most recent call last):"
_OWN = re.compile(r'\s+File "(/opt/ml/[^"]+)", line (\d+)')
MOST = 5
"""Lines of an error's own message."""


def ending(lines: Sequence[str], exit_code: int | None) -> str:
    """lines: the end of its log."""
    said = _error(lines)
    if said:
        return said
    last = next((line.strip() for line in reversed(lines) if line.strip()), "")
    return f"{_end(exit_code)}{f'; the last line of its log is: {last}' if last else ''}."


def _error(lines: Sequence[str]) -> str:
    """The exception of the last traceback, and where in the model's own code it was raised."""
    starts = [at for at, line in enumerate(lines) if line.strip() == TRACEBACK]
    rest = lines[starts[-1] + 1 :] if starts else lines
    frames = [at for at, line in enumerate(rest) if line.startswith("  File ")]
    if not frames:
        return ""
    own = [found for line in rest if (found := _OWN.match(line))]
    words = [line for line in rest[frames[-1] + 1 :] if line.strip()]
    while words and words[0].startswith(" "):
        words.pop(0)
    if not words:
        return ""
    where = f" ({own[-1][1]}, line {own[-1][2]})" if own else ""
    return "\n".join(words[:MOST]).strip() + where + "."


def _end(code: int | None) -> str:
    if code is None:
        return "Its process ended"
    if code > 128:
        with suppress(ValueError):
            return f"Its process was ended by signal {signal.Signals(code - 128).name}"
    return f"Its process ended with status {code}"
