"""The controller of endpoints: what runs is planned from their configuration (hosting/controller.py does the rest)."""

from studiolo.services.platform import Platform
from studiolo.services.sagemaker.hosting.controller import HostingController
from studiolo.services.sagemaker.kinds.endpoint.plan import make


class EndpointController(HostingController):
    def __init__(self, platform: Platform) -> None:
        super().__init__(platform, "Endpoint", make)
