"""Links that sign in once, soon, and open a page: of a domain, of a tracking server."""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

from studiolo.base.errors import AccessDenied, ValidationError
from studiolo.services.platform import Platform
from studiolo.services.request import Call

EXPIRES, SESSION = 300, 43200


def link(platform: Platform, call: Call, landing: Callable[[], str]) -> Mapping[str, Any]:
    """The answer of the operation. landing: the path that it opens, asked of who may make links. Raises ApiError."""
    params, identity = call.params, platform.identity
    if call.caller.temporary:
        raise AccessDenied("A job's or a space's own key makes no links: use an access key of yours.")
    if identity is None:
        raise ValidationError("Nobody can sign in here.")
    to = quote(landing(), safe="/")
    token = identity.sign_in_link(
        call.caller,
        float(params.get("ExpiresInSeconds", EXPIRES)),
        float(params.get("SessionExpirationDurationInSeconds", SESSION)),
    )
    return {"AuthorizedUrl": f"{platform.config.address}/signin?token={token}&to={to}"}
