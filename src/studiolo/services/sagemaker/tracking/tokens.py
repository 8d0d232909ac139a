"""The token by which MLflow's clients come in: made of an access key, good for tracking and for nothing else.

MLflow sends it to whichever server a program names, so it must not be the key itself: nobody who sees it can make, read or
delete anything else. It ends with its key. Pure but for the look-up.
"""

import hashlib
import hmac

from studiolo.base.clock import Clock
from studiolo.services.identity import Identity
from studiolo.services.request import Caller

PURPOSE = b"studiolo: mlflow tracking"


def _mark(secret: str) -> str:
    return hmac.new(secret.encode(), PURPOSE, hashlib.sha256).hexdigest()


def make(key_id: str, secret: str) -> str:
    return f"{key_id}.{_mark(secret)}"


def caller_of(identity: Identity, token: str, clock: Clock) -> Caller | None:
    key_id, _, mark = token.partition(".")
    credential = identity.access_key(key_id)
    if credential is None or not hmac.compare_digest(_mark(credential.secret).encode(), mark.encode()):
        return None
    if credential.expires is not None and credential.expires < clock():
        return None
    return credential.caller
