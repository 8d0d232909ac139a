"""Listing keys by skipping: below a rolled-up prefix nothing is read, however many keys lie there."""

from collections.abc import Callable, Sequence
from typing import Any

from studiolo.blobs.index import Index
from studiolo.blobs.protocol import Listing, Object

COLUMNS = "key, size, etag, modified, about, segments"
AFTER_ALL = b"\xff"
"""Greater than any byte of UTF-8. Bounds are handed to SQLite as bytes, since no text ends so."""


def page(
    index: Index, bucket: str, prefix: str, delimiter: str, after: str, limit: int, read: Callable[[Any], Object]
) -> Listing:
    if limit <= 0:
        return Listing([], [], None)
    found: list[Object | str] = []
    end = prefix.encode() + AFTER_ALL
    position, inclusive = _begin(prefix, delimiter, after)
    ahead = 1 if delimiter else limit + 1
    while len(found) <= limit:
        wanted = min(ahead, limit + 1 - len(found))
        rows = index.all(
            f"SELECT {COLUMNS} FROM objects WHERE bucket = ? AND key {'>=' if inclusive else '>'} CAST(? AS TEXT)"
            " AND key < CAST(? AS TEXT) ORDER BY key LIMIT ?",
            bucket, position, end, wanted,
        )  # fmt: skip
        if not rows:
            return _listing(found, None)
        for row in rows:
            rolled = _rolled(row[0], prefix, delimiter)
            if rolled is not None:
                found.append(rolled)
                position, inclusive = rolled.encode() + AFTER_ALL, True
                # Folders mostly come beside folders: read few rows until plain objects come again.
                ahead = 1
                break
            found.append(read(row))
            position, inclusive = row[0].encode(), False
        else:
            ahead = min(ahead * 4, limit + 1)
    last = found[limit - 1]
    return _listing(found[:limit], last if isinstance(last, str) else last.key)


def _begin(prefix: str, delimiter: str, after: str) -> tuple[bytes, bool]:
    """Where to start, and whether a key just there counts."""
    if after < prefix or not after:
        return prefix.encode(), True
    rolled = _rolled(after, prefix, delimiter) if after.startswith(prefix) else None
    if rolled == after:
        # A page ended with this prefix: all below it is told already.
        return after.encode() + AFTER_ALL, True
    return after.encode(), False


def _rolled(key: str, prefix: str, delimiter: str) -> str | None:
    if not delimiter:
        return None
    end = key.find(delimiter, len(prefix))
    return None if end < 0 else key[: end + len(delimiter)]


def _listing(found: Sequence[Object | str], next_after: str | None) -> Listing:
    return Listing(
        [one for one in found if isinstance(one, Object)], [one for one in found if isinstance(one, str)], next_after
    )
