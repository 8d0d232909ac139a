"""The environments and instance types a notebook job may run with, as JupyterLab's form offers them: the project's own first."""

import asyncio
from typing import Any

from jupyter_scheduler.environments import EnvironmentManager, EnvironmentRetrievalError
from jupyter_scheduler.models import RuntimeEnvironment

from studiolo.workloads.workbench.scheduling.mapping import FORMATS, short
from studiolo.workloads.workbench.scheduling.studio import Refused, Studio

OWN = "sagemaker-distribution:latest"
"""What this space runs in."""
INSTANCE = "ml.m5.large"


def named(images: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """By the name they are shown under: without their registry where that names one alone."""
    found: dict[str, dict[str, Any]] = {}
    for one in images:
        name = short(one["Image"])
        found[one["Image"] if name in found else name] = one
    return {OWN: found[OWN], **found} if OWN in found else found


class Environments(EnvironmentManager):
    def __init__(self) -> None:
        self._studio = Studio()

    def images(self) -> dict[str, dict[str, Any]]:
        """Raises Refused."""
        return named(self._studio.ask("studio", "ListImages")["Images"])

    def _types(self) -> list[str]:
        found = self._studio.ask("studio", "ListInstanceTypes")["InstanceTypes"]
        return [one["InstanceType"] for one in found if one["Fits"]]

    async def list_environments(self) -> Any:
        try:
            images, types = await asyncio.to_thread(lambda: (self.images(), self._types()))
        except Refused as error:
            raise EnvironmentRetrievalError(str(error)) from error
        return [
            RuntimeEnvironment(
                name=name,
                # The form finds an environment by its label.
                label=name,
                description=f"{one.get('Framework', '')} {one.get('Version', '')}".strip() or name,
                file_extensions=["ipynb"],
                output_formats=list(FORMATS),
                metadata={"image": one["Image"]},
                compute_types=types,
                default_compute_type=INSTANCE if INSTANCE in types else None,
            )
            for name, one in images.items()
        ]

    def manage_environments_command(self) -> str:
        return ""

    def output_formats_mapping(self) -> dict[str, str]:
        return {"ipynb": "Notebook", "html": "HTML"}
