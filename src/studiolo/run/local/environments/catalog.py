"""Which environment an image URI stands for: the studio's own catalogue, and the team's file in the home."""

import fnmatch
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

NO_JOBS = ("editor", "tracking")
"""Frameworks of what no job runs in."""


@dataclass(frozen=True, slots=True)
class Image:
    name: str
    framework: str
    version: str
    repositories: Sequence[str]
    tag: str
    example: str
    requirements: Sequence[str]
    """The base set included, where the image is to have it."""
    warm: Sequence[str]
    without: Sequence[str] = ()
    """Packages that are left out although a requirement asks for them."""
    lock: Path | None = None
    """Of a team's image: what was chosen once and for all."""
    npm: Mapping[str, str] = field(default_factory=dict[str, str])
    """An editor that is installed by Node.js's npm: name, version, integrity."""


class BadCatalogue(Exception):
    """The team's file can't be read; the message says what is wrong where."""


def split(uri: str) -> tuple[str, str]:
    """(repository, tag) of an image URI: the registry's host is dropped, a digest counts as a tag."""
    rest = uri.partition("@")[0]
    head, slash, tail = rest.rpartition("/")
    name, _, tag = tail.partition(":")
    path = f"{head}{slash}{name}"
    first = path.partition("/")[0]
    if "." in first or ":" in first:
        path = path.partition("/")[2]
    return path, tag or "latest"


def _images(document: dict[str, Any], base: Sequence[str], source: str) -> list[Image]:
    found: list[Image] = []
    for entry in document.get("image", []):
        try:
            found.append(
                Image(
                    entry["name"],
                    entry.get("framework", "python"),
                    str(entry.get("version", entry.get("tag", ""))),
                    entry.get("repositories", [entry["name"]]),
                    entry.get("tag", "*"),
                    entry.get("example", f"{entry['name']}:latest"),
                    [*(base if entry.get("base", True) else ()), *entry.get("requirements", [])],
                    entry.get("warm", []),
                    entry.get("without", []),
                    npm=entry.get("npm", {}),
                )
            )
        except KeyError as error:
            raise BadCatalogue(f"{source}: an [[image]] lacks {error}.") from error
    return found


def load(own: Path | None = None) -> list[Image]:
    """The team's images first, so that they may take the place of ours."""
    ours = tomllib.loads((Path(__file__).parent / "catalog.toml").read_text())
    base = ours["base"]
    images = _images(ours, base, "catalog.toml")
    if own is not None and own.exists():
        try:
            theirs = tomllib.loads(own.read_text())
        except tomllib.TOMLDecodeError as error:
            raise BadCatalogue(f"{own.name}: {error}.") from error
        images = _images(theirs, base, own.name) + images
    return images


def find(images: Sequence[Image], uri: str) -> Image | None:
    path, tag = split(uri)
    last = path.rpartition("/")[2]
    for image in images:
        if (path in image.repositories or last in image.repositories) and fnmatch.fnmatchcase(tag, image.tag):
            return image
    return None
