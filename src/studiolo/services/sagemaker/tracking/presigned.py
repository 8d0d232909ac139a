"""CreatePresignedMlflowTrackingServerUrl: a link that signs in once, soon, and opens MLflow's pages."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from studiolo.base.errors import AccessDenied, ValidationError
from studiolo.services.platform import Platform
from studiolo.services.request import Call
from studiolo.services.sagemaker.tracking import names
from studiolo.services.sagemaker.tracking.servers import Servers

EXPIRES, SESSION = 300, 43200


class Presigned:
    def __init__(self, platform: Platform, servers: Servers) -> None:
        self._platform = platform
        self._servers = servers

    async def create(self, call: Call) -> Mapping[str, Any]:
        record, params, identity = self._servers.find(call), call.params, self._platform.identity
        if call.caller.temporary:
            raise AccessDenied("A job's or a space's own key makes no links: use an access key of yours.")
        if identity is None:
            raise ValidationError("Nobody can sign in here.")
        token = identity.sign_in_link(
            call.caller,
            float(params.get("ExpiresInSeconds", EXPIRES)),
            float(params.get("SessionExpirationDurationInSeconds", SESSION)),
        )
        to = quote(f"{names.path_of(record.key.project, record.key.name)}/", safe="/")
        return {"AuthorizedUrl": f"{self._platform.config.address}/signin?token={token}&to={to}"}
