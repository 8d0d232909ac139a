"""What people write for uv, and what uv answers: lines that mean something only on this machine are refused, and an explanation
is cut to what it says. Called by local.py, for a team's environments and for a job's requirements.txt alike.
"""

import re

from studiolo.run.protocol import EnvironmentError_

MAX_ERROR = 700
MAX_WHOLE = 8000
MAX_LINE = 2000
MAX_OUTPUT = 400
_BESIDE = ("-e", "--editable", ".", "-r", "--requirement", "-c", "--constraint")
_HERE = re.compile(r"(?:^|@\s*|\s|=)(?:(?:[a-z]+\+)?file:|~?/)")
"""A path of this machine, as a requirement, as a package's address or as an option's value."""


def _wrong(text: str) -> str:
    """What is wrong with a line, to be read after it; "" where nothing is."""
    if text.startswith(_BESIDE):
        return "points to a file beside it, which is not supported. Name the packages themselves."
    if _HERE.search(text.partition(" #")[0]):
        return "points to a file of the studio's machine, which is not supported. Name the package, or its address on the web."
    if "${" in text:
        return "names a variable, and those of the studio are nobody's to read. Write the value."
    return ""


def checked(requirements: str) -> str:
    """The same text. Raises EnvironmentError_ with the line."""
    for number, line in enumerate(requirements.splitlines(), 1):
        text = line.strip()
        if len(text) > MAX_LINE:
            raise EnvironmentError_(
                f"requirements.txt, line {number} has {len(text)} characters; {MAX_LINE} are the most."
            )
        why = "" if text.startswith("#") else _wrong(text)
        if why:
            raise EnvironmentError_(f"requirements.txt, line {number}: {text!r} {why}")
    return requirements


def short_error(text: str, most: int = MAX_ERROR) -> str:
    """uv's words without its drawing and the names of our files, short enough for a FailureReason. Of what a package's own
    build printed, the end: there stands why it failed."""
    head, *printed = re.split(r"^\s*[│├╰]*\s*\[std(?:out|err)\]\s*$", text, flags=re.MULTILINE)
    said = _plain(head)[:most]
    tail = _plain(printed[-1]) if printed else ""
    room = max(MAX_OUTPUT, most - len(said) - 20)
    if tail:
        said += f" It printed: {tail}" if len(tail) <= room else f" At its end it printed: …{tail[-room:]}"
    return said or "uv failed without a word"


def _plain(text: str) -> str:
    lines = [re.sub(r"^[\s×╰─▶├│╭⎿]+", "", line).strip() for line in text.splitlines()]
    kept = [line for line in lines if line and not line.startswith(("Using Python", "Creating virtual", "warning:"))]
    # uv marks the place below a line by carets; on one line they say nothing.
    whole = " ".join(line for line in kept if line.strip("^ "))
    return re.sub(r"`?[^\s`]*(?:/requirements\.in|\.own\.txt)`?", "requirements.txt", whole)
