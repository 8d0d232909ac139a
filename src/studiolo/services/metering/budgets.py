"""Budgets: an amount a month for a project, or for one person in it; who is told when a part of it is spent, and what
happens when it is gone. Level-triggered: each look compares the meter with the record, and notes what was told.
"""

import calendar
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from studiolo.base.errors import LimitExceeded
from studiolo.base.record import Document, Key, Record
from studiolo.control.protocol import Again
from studiolo.meter.days import DAY
from studiolo.meter.protocol import Meter, Question
from studiolo.services.metering import stopping
from studiolo.services.metering.prices import currency
from studiolo.services.metering.quotas import JOBS
from studiolo.services.platform import Platform
from studiolo.services.sagemaker.asking import Handlers
from studiolo.services.sagemaker.pipelines.names import EXECUTION
from studiolo.services.sns.publishing import NOTIFICATION, NoSuchTopic, publish
from studiolo.store.protocol import AlreadyExists, Missing, Query, Stale, Store

KIND = "Budget"
LOOK = 15.0
THRESHOLDS = (50, 80, 100)
REFUSED = ("HyperParameterTuningJob", *JOBS, "Endpoint", "InferenceComponent", "App", EXECUTION)
REMEMBERED = 200
"""How many things that were stopped a budget tells of."""


def month_of(now: float) -> tuple[str, int, int]:
    """(its name, its first day, its last day) in UTC, days since 1970."""
    at = time.gmtime(now)
    first = calendar.timegm((at.tm_year, at.tm_mon, 1, 0, 0, 0)) // DAY
    return f"{at.tm_year}-{at.tm_mon:02d}", first, first + calendar.monthrange(at.tm_year, at.tm_mon)[1] - 1


def spent(meter: Meter, project: str, user: str | None, now: float) -> float:
    _, first, last = month_of(now)
    return sum(one.cost for one in meter.ask(Question(first, last, project=project, user=user)))


@dataclass(frozen=True, slots=True)
class Step:
    status: Mapping[str, Any]
    alerts: Sequence[int]
    """Thresholds that are to be told of now."""
    stop: bool
    """Whether what runs is stopped."""


def thresholds(spec: Document) -> list[int]:
    """What is told of: those asked for, and the moment from which more than telling is done."""
    return sorted({*spec["Thresholds"], *((100,) if spec["Action"] != "None" else ())})


def _still_told(spec: Document, status: Document, percent: float) -> list[Mapping[str, Any]]:
    """Of a raised amount, what is not reached any more is told again when it is."""
    amount = float(spec["Amount"])
    return [
        one for one in status.get("Alerts", ()) if one.get("Amount", amount) >= amount or percent >= one["Threshold"]
    ]


def decide(spec: Document, status: Document, amount_spent: float, now: float) -> Step:
    """Pure. A new month begins with nothing told."""
    month, spent = month_of(now)[0], round(amount_spent, 6)
    percent = amount_spent / spec["Amount"] * 100 if spec["Amount"] else 100.0
    told = _still_told(spec, status, percent) if status.get("Month") == month else []
    known = {one["Threshold"] for one in told}
    alerts = [one for one in thresholds(spec) if percent >= one and one not in known]
    noted = [{"Threshold": one, "Time": now, "Spent": spent, "Amount": float(spec["Amount"])} for one in alerts]
    new: dict[str, Any] = {"Month": month, "Spent": spent, "Alerts": [*told, *noted]}
    if status.get("Month") == month and "Stopped" in status:
        new["Stopped"] = status["Stopped"]
    return Step(new, alerts, spec["Action"] in stopping.KINDS and amount_spent >= spec["Amount"])


def with_stopped(status: Document, found: Sequence[stopping.Stop], now: float) -> dict[str, Any]:
    """Pure. Each thing is noted once, however often it is asked to stop."""
    known = list(status.get("Stopped", ()))
    there = {(one["Kind"], one["Name"], one["_life"]) for one in known}
    new = [stopping.told(one, now) for one in found if (one.key.kind, one.name, one.life) not in there]
    return {**status, "Stopped": [*known, *new][-REMEMBERED:]} if new else dict(status)


def refuse(store: Store, meter: Meter, project: str, user: str, now: float) -> None:
    """Raises LimitExceeded where a budget that is spent forbids the person more."""
    for budget in store.query(Query(KIND, project, limit=500)).records:
        spec = budget.spec
        if spec["Action"] == "None" or spec.get("User", user) != user:
            continue
        used = spent(meter, project, spec.get("User"), now)
        if used >= spec["Amount"]:
            money = currency(store)
            raise LimitExceeded(
                f"The account-level service limit 'Budget {budget.key.name} for {month_of(now)[0]}' is {spec['Amount']:g} "
                f"{money}, with current utilization of {used:.2f} {money}. Please ask an admin of the project to raise the "
                "budget, or wait for the next month."
            )


class BudgetController:
    kind = KIND

    def __init__(self, platform: Platform, handlers: Handlers) -> None:
        self._platform = platform
        self._handlers = handlers

    def keys(self) -> Sequence[Key]:
        return [one.key for one in self._platform.store.query(Query(KIND, None, limit=10_000)).records]

    async def reconcile(self, key: Key) -> Again | None:
        platform = self._platform
        try:
            record = platform.store.get(key)
        except Missing:
            return None
        now = platform.clock()
        assert platform.meter is not None
        used = spent(platform.meter, key.project, record.spec.get("User"), now)
        step = decide(record.spec, record.status, used, now)
        status = step.status
        found = self._running(record) if step.stop else []
        try:
            if found:
                # Noted before it is done: killed in between, it is done at the next look, and not forgotten.
                status = with_stopped(status, found, now)
                if status.get("Stopped") != record.status.get("Stopped"):
                    noted = {**record.status, "Month": status["Month"], "Stopped": status["Stopped"]}
                    noted["Alerts"] = [one for one in status["Alerts"] if one["Threshold"] not in step.alerts]
                    record = platform.store.write(record, now=now, status=noted)
                for one in found:
                    await stopping.stop(self._handlers, one, f"Budget-{key.name}")
            # Of thresholds that are passed at once the highest says it all.
            for threshold in step.alerts[-1:]:
                self._tell(record, threshold, used, now)
            if status != record.status:
                platform.store.write(record, now=now, status=status)
        except (Stale, Missing):
            return Again(0)
        # An endpoint goes when its components have gone.
        return Again(1.0 if found else LOOK)

    def _running(self, record: Record) -> list[stopping.Stop]:
        spec, project = record.spec, record.key.project
        return list(stopping.running(self._platform.store, project, spec.get("User"), spec["Action"]))

    def _tell(self, record: Record, threshold: int, used: float, now: float) -> None:
        """Told again after a crash between this and the status, it has the same id."""
        platform, spec, key = self._platform, record.spec, record.key
        money, month = currency(platform.store), month_of(now)[0]
        whose = f"{spec['User']} has" if "User" in spec else "The project has"
        text = f"{whose} spent {used:.2f} of {spec['Amount']:g} {money} in {month} ({threshold}% of the budget {key.name})."
        if used >= spec["Amount"] and spec["Action"] != "None":
            text += " New work is refused."
        if record.status.get("Stopped"):
            text += f" Stopped: {stopping.summary(list(record.status['Stopped']))}."
        subject = f"Budget {key.name}: {threshold}%"
        what = f"{key.handle()}/{record.created}/{month}/{threshold}/{float(spec['Amount'])}"
        id = str(uuid.uuid5(uuid.NAMESPACE_URL, what))
        if "TopicArn" in spec:
            try:
                publish(platform, key.project, spec["TopicArn"], text, subject=subject, id=id)
            except NoSuchTopic:
                pass
        if "Webhook" in spec:
            note = {
                "MessageId": id,
                "TopicArn": spec.get("TopicArn", ""),
                "Subject": subject,
                "Message": text,
                "MessageAttributes": {},
                "Endpoint": spec["Webhook"],
                "Subscription": "budget",
                "Raw": False,
            }
            try:
                platform.store.create(Key(key.project, NOTIFICATION, f"{id}-budget"), note, {"Attempts": 0}, now=now)
            except AlreadyExists:
                pass
