"""How far a transform job is, out of what its hosts write down: as series and as a fraction."""

import json
import time
from pathlib import Path

from studiolo.series.protocol import Point, Series
from studiolo.services.sagemaker.kinds.transform_job.inputs import ml_of


def _state(path: Path) -> dict[str, int]:
    try:
        if path.is_symlink():
            return {}
        held = json.loads(path.read_text())
        return {name: int(held[name]) for name in ("bytes", "records", "total")}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def collect(series: Series, handle: str, folder: Path, hosts: list[str]) -> float | None:
    """Appends a point of each: "transform/bytes", "transform/records" a host and "transform/progress" of the whole."""
    states = {host: _state(ml_of(folder, host) / "transform" / "state.json") for host in hosts}
    known = {host: state for host, state in states.items() if state}
    total = sum(state["total"] for state in known.values())
    if not known:
        return None
    now, points = time.time(), list[Point]()
    for host, state in known.items():
        points += [Point(handle, f"transform/{name}", now, state[name], host) for name in ("bytes", "records")]
    done = min(1.0, sum(state["bytes"] for state in known.values()) / total) if total else 1.0
    points.append(Point(handle, "transform/progress", now, done))
    series.append(points)
    return done
