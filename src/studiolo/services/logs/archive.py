"""Where the log of everything that runs or ran lies: with the runner while its group is there, in the home afterwards.

Controllers call `keep` before they give a group back; services/logs and failure reasons read through `of_handle`.
"""

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, unquote

from studiolo.services.platform import Platform


@dataclass(frozen=True, slots=True)
class HostLog:
    handle: str
    host: str
    started: float
    """Epoch seconds."""
    path: Path


def _folder(platform: Platform, handle: str) -> Path:
    return platform.config.logs / quote(handle, safe="")


def of_handle(platform: Platform, handle: str) -> list[HostLog]:
    """By host and then by start: what was started again under the same handle has a log for each of its lives."""
    found: dict[tuple[str, float], HostLog] = {}
    folder = _folder(platform, handle)
    if folder.is_dir():
        for path in folder.glob("*.log"):
            about = json.loads(path.with_suffix(".json").read_text())
            found[about["host"], about["started"]] = HostLog(handle, about["host"], about["started"], path)
    for member in platform.runner.poll(handle).members:
        if (member.name, member.started) not in found and member.log.exists():
            found[member.name, member.started] = HostLog(handle, member.name, member.started, member.log)
    return [found[key] for key in sorted(found)]


def handles(platform: Platform, prefix: str) -> Sequence[str]:
    """Of all that begin so, running or ended."""
    kept = platform.config.logs
    ended = [unquote(path.name) for path in kept.iterdir()] if kept.is_dir() else []
    return sorted({one for one in (*ended, *platform.runner.handles()) if one.startswith(prefix)})


def keep(platform: Platform, handle: str) -> None:
    """Links the group's logs into the home; safe to do twice, and before or after the group is removed."""
    for member in platform.runner.poll(handle).members:
        if not member.log.exists():
            continue
        folder = _folder(platform, handle)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = folder / f"{quote(member.name, safe='')}@{int(member.started * 1000)}.log"
        about = {"host": member.name, "started": member.started}
        path.with_suffix(".json").write_text(json.dumps(about))
        if not path.exists():
            path.hardlink_to(member.log)


def drop(platform: Platform, handle: str) -> None:
    shutil.rmtree(_folder(platform, handle), ignore_errors=True)
