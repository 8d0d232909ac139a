"""How this machine reaches Python packages: what its pip is told, handed on to uv, which does not read it."""

import configparser
import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit


def _files() -> list[Path]:
    home = Path.home()
    named = os.environ.get("PIP_CONFIG_FILE")
    return [
        Path("/etc/pip.conf"),
        home / ".pip" / "pip.conf",
        home / ".config" / "pip" / "pip.conf",
        Path(sys.prefix) / "pip.conf",
        *([Path(named)] if named else []),
    ]


def _pip_settings() -> Mapping[str, str]:
    found: dict[str, str] = {}
    for file in _files():
        parser = configparser.ConfigParser(interpolation=None)
        try:
            parser.read(file)
        except configparser.Error:
            continue
        for section in ("global", "install"):
            if parser.has_section(section):
                found |= {name.replace("_", "-"): value for name, value in parser.items(section)}
    for name in ("index-url", "extra-index-url", "find-links"):
        value = os.environ.get(f"PIP_{name.upper().replace('-', '_')}")
        if value:
            found[name] = value
    return found


def _reachable(place: str) -> bool:
    """A local folder that is not there would fail every install; pip only warns of it."""
    if place.startswith("file:"):
        return Path(unquote(urlsplit(place).path)).exists()
    return "://" in place or Path(place).expanduser().exists()


def arguments() -> list[str]:
    """uv's options for what pip was told. May hold credentials: never printed."""
    settings = _pip_settings()
    words: list[str] = []
    if "index-url" in settings and _reachable(settings["index-url"].strip()):
        words += ["--default-index", settings["index-url"].strip()]
    for name, option in (("extra-index-url", "--index"), ("find-links", "--find-links")):
        for place in settings.get(name, "").split():
            if _reachable(place):
                words += [option, place]
    # pip looks for the best version in all of its indexes alike.
    return [*words, "--index-strategy", "unsafe-best-match"] if words else words


def folders() -> list[Path]:
    """Where packages lie on this machine itself."""
    places = [word.removeprefix("file://") for word in arguments() if word.startswith(("/", "file:///"))]
    return [Path(unquote(place)) for place in places]


def cache() -> Path:
    """uv's, as uv finds it."""
    named = os.environ.get("UV_CACHE_DIR")
    folder = Path(named) if named else Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "uv"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def local_wheel_version(name: str) -> str | None:
    """The newest version of a package among wheels that lie in a local find-links folder."""
    versions: list[str] = []
    for place in _pip_settings().get("find-links", "").split():
        folder = Path(unquote(urlsplit(place).path)) if place.startswith("file:") else Path(place)
        if folder.is_dir():
            tag = f"cp{sys.version_info.major}{sys.version_info.minor}"
            for wheel in folder.rglob(f"{name}-*.whl"):
                if tag in wheel.name or "-py3-" in wheel.name:
                    versions.append(wheel.name.split("-")[1])
    return max(versions, key=lambda text: [int(part) for part in re.findall(r"\d+", text)], default=None)
