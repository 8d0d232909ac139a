"""Which environments an app of a type needs, and whether this machine has what it needs."""

import platform as machine
from collections.abc import Sequence

from studiolo.services.platform import Platform

IMAGE = "sagemaker-distribution:latest"
"""Of every app: in the catalogue it is the environment "jupyter"; the Code Editor's terminals run in it, too."""
EDITOR = "studiolo-code-editor:latest"


def image_of(type: str) -> str:
    return IMAGE


def tools_of(type: str) -> Sequence[str]:
    """Images an app of this type has beside its own, read-only."""
    return [EDITOR] if type == "CodeEditor" else []


def lacks(platform: Platform, type: str) -> str:
    """Why an app of this type can't run here, in a sentence; "" where it can."""
    if type == "CodeEditor" and (machine.system(), machine.machine()) not in (
        ("Linux", "x86_64"),
        ("Linux", "aarch64"),
    ):
        return "The Code Editor's terminals are made for Linux on x86-64 and ARM64: use JupyterLab on this machine."
    for image in (image_of(type), *tools_of(type)):
        if platform.environments.resolve(image) is None:
            return f"The image {image} is not in this studio's catalogue, so {type} can't run."
    return ""
