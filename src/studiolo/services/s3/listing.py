"""ListObjects in both versions, over the same listing of keys."""

import base64
import binascii
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from studiolo.blobs.protocol import Blobs, Listing
from studiolo.services.request import Call
from studiolo.services.s3 import access
from studiolo.services.s3.errors import s3_error

MAX_KEYS = 1000


def _encoded(call: Call, text: str) -> str:
    return quote(text, safe="/-_.~()'*!") if call.params.get("EncodingType") == "url" else text


def _read(blobs: Blobs, call: Call, after: str) -> tuple[int, Listing]:
    access.bucket(blobs, call)
    asked = call.params.get("MaxKeys", MAX_KEYS)
    if asked < 0:
        raise s3_error("InvalidArgument", "Argument maxKeys must be an integer between 0 and 2147483647")
    limit = min(asked, MAX_KEYS)
    if limit == 0:
        return 0, Listing([], [], None)
    prefix, delimiter = call.params.get("Prefix", ""), call.params.get("Delimiter", "")
    return limit, blobs.list(call.params["Bucket"], prefix=prefix, delimiter=delimiter, after=after, limit=limit)


def _common(call: Call, limit: int, found: Listing, owner: bool) -> dict[str, Any]:
    params = call.params
    who = {"ID": call.caller.project, "DisplayName": call.caller.project}
    return {
        "Name": params["Bucket"],
        "Prefix": _encoded(call, params.get("Prefix", "")),
        "Delimiter": _encoded(call, params["Delimiter"]) if params.get("Delimiter") else None,
        "MaxKeys": limit if "MaxKeys" not in params else min(params["MaxKeys"], MAX_KEYS),
        "EncodingType": params.get("EncodingType"),
        "IsTruncated": found.next_after is not None,
        "Contents": [
            {
                "Key": _encoded(call, one.key),
                "LastModified": one.modified,
                "ETag": f'"{one.etag}"',
                "Size": one.size,
                "StorageClass": "STANDARD",
                "Owner": who if owner else None,
            }
            for one in found.objects
        ],
        "CommonPrefixes": [{"Prefix": _encoded(call, prefix)} for prefix in found.prefixes],
    }


def version_1(blobs: Blobs, call: Call) -> Mapping[str, Any]:
    limit, found = _read(blobs, call, call.params.get("Marker", ""))
    answer = _common(call, limit, found, owner=True)
    answer["Marker"] = _encoded(call, call.params.get("Marker", ""))
    if found.next_after is not None and call.params.get("Delimiter"):
        answer["NextMarker"] = _encoded(call, found.next_after)
    return answer


def version_2(blobs: Blobs, call: Call) -> Mapping[str, Any]:
    token = call.params.get("ContinuationToken")
    after = call.params.get("StartAfter", "")
    if token is not None:
        try:
            after = base64.b64decode(token.encode(), altchars=b"-_", validate=True).decode()
        except (binascii.Error, ValueError):
            raise s3_error("InvalidArgument", "The continuation token provided is incorrect") from None
    limit, found = _read(blobs, call, after)
    answer = _common(call, limit, found, owner=bool(call.params.get("FetchOwner")))
    answer["KeyCount"] = len(found.objects) + len(found.prefixes)
    answer["ContinuationToken"] = token
    answer["StartAfter"] = _encoded(call, call.params["StartAfter"]) if "StartAfter" in call.params else None
    if found.next_after is not None:
        answer["NextContinuationToken"] = base64.urlsafe_b64encode(found.next_after.encode()).decode()
    return answer
