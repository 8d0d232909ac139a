"""Which environment an app of a type runs in, and whether this machine has what it needs."""

from studiolo.services.platform import Platform

IMAGE = "sagemaker-distribution:latest"
"""Of every app: in the catalogue it is the environment "jupyter"."""


def image_of(type: str) -> str:
    return IMAGE


def lacks(platform: Platform, type: str) -> str:
    """Why an app of this type can't run here, in a sentence; "" where it can."""
    if type == "CodeEditor":
        return "Apps of type CodeEditor are not part of this version of studiolo: use JupyterLab."
    if platform.environments.resolve(image_of(type)) is None:
        return f"The image {image_of(type)} is not in this studio's catalogue, so {type} can't run."
    return ""
