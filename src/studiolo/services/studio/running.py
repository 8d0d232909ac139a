"""What runs or waits now, of which kind, whose it is and what it costs an hour: straight from the runner, since records tell
of intentions and only processes take room.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from studiolo.base.record import Key, Record
from studiolo.services.metering.prices import currency, prices
from studiolo.services.metering.subject import subject
from studiolo.services.platform import Platform
from studiolo.services.request import Call
from studiolo.services.studio.people import need_studio_admin
from studiolo.store.protocol import Missing


@dataclass(slots=True)
class _Row:
    """All instances of one resource that are alike."""

    phase: str = "Waiting"
    reason: str = ""
    since: float | None = None
    units: float = 0.0
    memory: int = 0
    cost: float = 0.0


class Running:
    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    async def list(self, call: Call) -> Mapping[str, Any]:
        everyone = call.params.get("AllProjects", False)
        if everyone:
            need_studio_admin(call)
        found = await asyncio.to_thread(self._rows, None if everyone else call.caller.project)
        items: list[dict[str, Any]] = [
            {
                "Project": project, "Kind": kind, "Name": name, "User": user, "InstanceType": type, "Phase": row.phase,
                "Reason": row.reason, "Since": row.since, "Instances": row.units, "Memory": row.memory,
                "CostPerHour": row.units * price, "Cost": row.cost,
            }
            for (project, kind, name, user, type), (row, price) in found.items()
        ]  # fmt: skip
        items.sort(key=lambda one: (one["Phase"] != "Waiting", -float(one["Since"] or 0), one["Name"]))
        return {"Items": items, "Currency": currency(self._platform.store)}

    def _rows(self, project: str | None) -> dict[tuple[str, ...], tuple[_Row, float]]:
        runner, now, cost = self._platform.runner, self._platform.clock(), prices(self._platform.store)
        machine = runner.machine()
        rows: dict[tuple[str, ...], tuple[_Row, float]] = {}
        for handle in (*machine.running, *machine.waiting):
            if handle.count("/") < 2 or project not in (None, Key.of_handle(handle).project):
                continue
            state, record = runner.poll(handle), self._record(handle)
            memory = {one.member: one.memory for one in runner.usage(handle)} if state.phase == "running" else {}
            for member in [one for one in state.members if one.phase == "running"] or [None]:
                told = subject(handle, member.name if member else "algo-1", record)
                if told is None:
                    continue
                whose, units = told
                price = cost.get(whose.type, 0.0)
                row, _ = rows.setdefault(
                    (whose.project, whose.kind, whose.name, whose.user, whose.type), (_Row(), price)
                )
                row.units += units
                if member is None or state.phase == "waiting":
                    row.reason = row.reason or state.reason
                    continue
                row.phase = "Running"
                row.since = min(row.since or member.started, member.started)
                row.memory += memory.get(member.name, 0)
                row.cost += units * price * max(0.0, now - member.started) / 3600
        return rows

    def _record(self, handle: str) -> Record | None:
        try:
            return self._platform.store.get(Key.of_handle(handle))
        except (Missing, ValueError):
            return None
