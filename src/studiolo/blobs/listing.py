"""Pages of keys out of disk.py's index, in order of their bytes; what lies below a common prefix is skipped unread."""

from studiolo.blobs.index import Index, after_prefix
from studiolo.blobs.protocol import Entry, Listing


def page(index: Index, bucket: str, *, prefix: str, delimiter: str, after: str, limit: int) -> Listing:
    objects: list[Entry] = []
    prefixes: list[str] = []
    position: str | bytes = prefix
    inclusive = after < prefix or not after
    if not inclusive:
        position = after
    if after.startswith(prefix) and _rolled(after, prefix, delimiter) == after:
        position = after_prefix(after)
    end = after_prefix(prefix)
    while len(objects) + len(prefixes) <= limit:
        wanted = 1 + limit - len(objects) - len(prefixes)
        rows = index.all(
            f"SELECT key, size, etag, modified FROM objects WHERE bucket = ? AND key {'>=' if inclusive else '>'} CAST(? AS TEXT)"
            " AND key < CAST(? AS TEXT) ORDER BY key LIMIT ?",
            bucket, position, end, min(wanted, 200) if delimiter else wanted,
        )  # fmt: skip
        if not rows:
            return Listing(objects, prefixes, None)
        for row in rows:
            rolled = _rolled(row[0], prefix, delimiter)
            if rolled is not None:
                prefixes.append(rolled)
                # Skips everything below the prefix without reading it.
                position, inclusive = after_prefix(rolled), True
                break
            objects.append(Entry(*row))
            position, inclusive = row[0], False
            if len(objects) + len(prefixes) > limit:
                break
    return _shortened(objects, prefixes, limit)


def _rolled(key: str, prefix: str, delimiter: str) -> str | None:
    if not delimiter:
        return None
    end = key.find(delimiter, len(prefix))
    return None if end < 0 else key[: end + len(delimiter)]


def _shortened(objects: list[Entry], prefixes: list[str], limit: int) -> Listing:
    """At most `limit` of both in their common order, and where the next page begins."""
    names = sorted([*(one.key for one in objects), *prefixes])[:limit]
    if len(objects) + len(prefixes) <= limit:
        return Listing(objects, prefixes, None)
    last = names[-1] if names else ""
    return Listing([one for one in objects if one.key <= last], [one for one in prefixes if one <= last], last or None)
