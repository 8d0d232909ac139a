"""The project's own environments as kernels in JupyterLab: the newest version of each image, and those that the settings name
(CustomImages), shown as their AppImageConfig says. They are there from the app's next start, read-only, with ipykernel added.
"""

import json
import logging
import re
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from studiolo.base.record import Key, Record
from studiolo.run.protocol import EnvironmentError_, Mount
from studiolo.services.platform import Platform
from studiolo.store.protocol import Missing, Query

log = logging.getLogger(__name__)
REQUIREMENTS = "ipykernel>=6.29\n"
LIMIT = 12
"""So many kernels at most; making one that was never made takes seconds, while somebody waits for the app."""
FOLDER = "jupyter/kernels"


@dataclass(frozen=True, slots=True)
class Wanted:
    name: str
    display: str
    image: str
    variables: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class Made:
    wanted: Wanted
    prefix: Path


def _custom(where: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """What the settings name, from the most particular place that names any."""
    for place in where:
        found = place.get("JupyterLabAppSettings", {}).get("CustomImages")
        if found:
            return list(found)
    return []


def _versions(platform: Platform, project: str) -> list[Record]:
    query = Query("ImageVersion", project, state="CREATED", sort="created", descending=True, limit=500)
    return list(platform.store.query(query).records)


def _look(platform: Platform, project: str, name: str | None) -> tuple[str | None, Mapping[str, str]]:
    """What an AppImageConfig says: the kernel's display name and variables."""
    if name is None:
        return None, {}
    try:
        config = platform.store.get(Key(project, "AppImageConfig", name)).spec
    except Missing:
        return None, {}
    specs = config.get("KernelGatewayImageConfig", {}).get("KernelSpecs") or [{}]
    container = config.get("JupyterLabAppImageConfig", {}).get("ContainerConfig", {})
    return specs[0].get("DisplayName") or specs[0].get("Name"), container.get("ContainerEnvironmentVariables", {})


def wanted(platform: Platform, project: str, where: Sequence[Mapping[str, Any]]) -> list[Wanted]:
    """where: settings from the most to the least particular."""
    every = _versions(platform, project)
    chosen: dict[str, tuple[Record, str | None]] = {}
    for one in _custom(where):
        number = one.get("ImageVersionNumber")
        fits = [
            it
            for it in every
            if it.spec["ImageName"].lower() == one["ImageName"].lower() and number in (None, it.spec["Version"])
        ]
        if fits:
            chosen.setdefault(fits[0].key.name, (fits[0], one.get("AppImageConfigName")))
    named = {record.spec["ImageName"].lower() for record, _ in chosen.values()}
    for it in every:
        if it.spec["ImageName"].lower() not in named:
            named.add(it.spec["ImageName"].lower())
            chosen[it.key.name] = (it, None)
    found: list[Wanted] = []
    for record, config in list(chosen.values())[:LIMIT]:
        image, version = record.spec["ImageName"], record.spec["Version"]
        display, variables = _look(platform, project, config)
        name = re.sub(r"[^a-z0-9._-]", "-", f"{image}-{version}".lower())
        found.append(Wanted(name, display or f"{image} {version}", record.status["ContainerImage"], variables))
    return found


def make(platform: Platform, every: Sequence[Wanted], say: Callable[[str], None]) -> list[Made]:
    """Blocks. One that can't be made is left out: the app is worth more than a kernel."""
    made: list[Made] = []
    for one in every:
        try:
            if platform.environments.ready(one.image, REQUIREMENTS) is None:
                say(f"Making the kernel {one.display}")
            made.append(Made(one, platform.environments.ensure(one.image, REQUIREMENTS, progress=say).prefix))
        except EnvironmentError_ as error:
            log.warning("the kernel %s could not be made: %s", one.name, error)
    return made


def spec_of(kernel: Made) -> dict[str, Any]:
    prefix = str(kernel.prefix.resolve())
    variables = {**kernel.wanted.variables, "VIRTUAL_ENV": prefix, "PATH": f"{prefix}/bin:${{PATH}}"}
    return {
        "argv": [f"{prefix}/bin/python", "-m", "ipykernel_launcher", "-f", "{connection_file}"],
        "display_name": kernel.wanted.display,
        "language": "python",
        "env": variables,
        "metadata": {"debugger": True},
    }


def put(ml: Path, kernels: Sequence[Made]) -> None:
    """Into the app's folder; done again it gives the same."""
    shutil.rmtree(ml / FOLDER, ignore_errors=True)
    for one in kernels:
        folder = ml / FOLDER / one.wanted.name
        folder.mkdir(parents=True)
        (folder / "kernel.json").write_text(json.dumps(spec_of(one), indent=1))


def mounts(kernels: Sequence[Made]) -> list[Mount]:
    places = dict.fromkeys(str(one.prefix.resolve()) for one in kernels)
    return [Mount(Path(place), place, readonly=True) for place in places]
