"""CreatePresignedDomainUrl: a link that signs in once, soon, for the project it was made in and nothing else."""

from collections.abc import Mapping
from typing import Any

from studiolo.base.errors import AccessDenied, ValidationError
from studiolo.services.platform import Platform
from studiolo.services.request import Call
from studiolo.services.sagemaker.presigned import link
from studiolo.services.sagemaker.workbench.domains import Domains
from studiolo.services.sagemaker.workbench.spaces import Spaces, path_of


class Presigned:
    def __init__(self, platform: Platform, domains: Domains, spaces: Spaces) -> None:
        self._platform = platform
        self._domains = domains
        self._spaces = spaces

    async def create(self, call: Call) -> Mapping[str, Any]:
        profile = self._domains.profile(call)
        if profile.spec["_user"].casefold() != call.caller.user.casefold():
            raise AccessDenied(
                f"A link signs in as the person it is for: only {profile.spec['_user']} may make this one."
            )
        return link(self._platform, call, lambda: self._landing(call))

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
