"""Whom a comment names with @. What stands in code, between backticks, names nobody. Pure."""

import re
from collections.abc import Iterable

_CODE = re.compile(r"```.*?(?:```|\Z)|`[^`\n]*`", re.DOTALL)
_NAMED = re.compile(r"(?<![\w.@/])@([a-zA-Z0-9][a-zA-Z0-9._@+-]{0,63})")


def mentioned(text: str, members: Iterable[str]) -> tuple[list[str], list[str]]:
    """(members that are named, in their own spelling and order; names that are no member's)."""
    known = {one.casefold(): one for one in members}
    found: list[str] = []
    unknown: list[str] = []
    for match in _NAMED.finditer(_CODE.sub(" ", text)):
        # A full stop after a name ends the sentence, unless the name has one.
        word = match.group(1)
        while word.casefold() not in known and word and word[-1] in "._+-@":
            word = word[:-1]
        name = known.get(word.casefold())
        if name is None:
            unknown.append(word)
        elif name not in found:
            found.append(name)
    return found, unknown
