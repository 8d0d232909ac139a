"""CreatePresignedDomainUrl: a link that signs in once, soon, for the project it was made in and nothing else."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from studiolo.base.errors import AccessDenied, ValidationError
from studiolo.services.platform import Platform
from studiolo.services.request import Call
from studiolo.services.sagemaker.workbench.domains import Domains
from studiolo.services.sagemaker.workbench.spaces import Spaces, path_of

EXPIRES, SESSION = 300, 43200


class Presigned:
    def __init__(self, platform: Platform, domains: Domains, spaces: Spaces) -> None:
        self._platform = platform
        self._domains = domains
        self._spaces = spaces

    async def create(self, call: Call) -> Mapping[str, Any]:
        params, identity = call.params, self._platform.identity
        profile = self._domains.profile(call)
        if profile.spec["_user"].casefold() != call.caller.user.casefold():
            raise AccessDenied(
                f"A link signs in as the person it is for: only {profile.spec['_user']} may make this one."
            )
        if call.caller.temporary:
            raise AccessDenied("A job's or a space's own key makes no links: use an access key of yours.")
        if identity is None:
            raise ValidationError("Nobody can sign in here.")
        token = identity.sign_in_link(
            call.caller,
            float(params.get("ExpiresInSeconds", EXPIRES)),
            float(params.get("SessionExpirationDurationInSeconds", SESSION)),
        )
        to = quote(self._landing(call), safe="/")
        return {"AuthorizedUrl": f"{self._platform.config.address}/signin?token={token}&to={to}"}

    def _landing(self, call: Call) -> str:
        """LandingUri as AWS writes it: "studio::<page>", or "app:JupyterLab:<path>" inside the space's app."""
        uri = str(call.params.get("LandingUri", ""))
        kind, _, rest = uri.partition(":")
        if "SpaceName" in call.params:
            space = self._spaces.find(call)
            self._spaces.may(call, space, "enter")
            inside = rest.partition(":")[2] if kind == "app" else ""
            if kind not in ("", "app", "studio") or ".." in inside:
                raise ValidationError(
                    f"The LandingUri {uri} is neither of the form app:JupyterLab:<path> nor studio::<path>."
                )
            return f"{path_of(space)}{inside.lstrip('/')}" if kind == "app" else f"/spaces/{space.spec['SpaceName']}"
        if kind not in ("", "studio"):
            raise ValidationError("A LandingUri inside an app needs a SpaceName.")
        return "/spaces"
