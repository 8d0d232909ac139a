"""Budgets: an amount a month for a project, or for one person in it; who is told when a part of it is spent, and what
happens when it is gone. Level-triggered: each look compares the meter with the record, and notes what was told.
"""

import calendar
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from studiolo.base.errors import ApiError, LimitExceeded
from studiolo.base.record import Document, Key, Record
from studiolo.control.protocol import Again
from studiolo.meter.days import DAY
from studiolo.meter.protocol import Meter, Question
from studiolo.services.metering.prices import currency
from studiolo.services.metering.quotas import JOBS, records
from studiolo.services.platform import Platform
from studiolo.services.request import Call, Caller
from studiolo.services.sagemaker.asking import Handlers
from studiolo.services.sns.publishing import NOTIFICATION, NoSuchTopic, publish
from studiolo.store.protocol import AlreadyExists, Missing, Query, Stale, Store

KIND = "Budget"
LOOK = 15.0
THRESHOLDS = (50, 80, 100)
STOPPED = ("HyperParameterTuningJob", *JOBS)
"""What a budget that is spent stops, in this order. Endpoints go on: somebody may depend on them."""
REFUSED = (*STOPPED, "Endpoint", "App")


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


def decide(spec: Document, status: Document, amount_spent: float, now: float) -> Step:
    """Pure. A new month begins with nothing told; a raised amount does not take back what was told."""
    month = month_of(now)[0]
    told: list[Mapping[str, Any]] = list(status.get("Alerts", ())) if status.get("Month") == month else []
    percent = amount_spent / spec["Amount"] * 100 if spec["Amount"] else 100.0
    known = {one["Threshold"] for one in told}
    alerts = [one for one in sorted(spec["Thresholds"]) if percent >= one and one not in known]
    new = {
        "Month": month,
        "Spent": round(amount_spent, 6),
        "Alerts": [*told, *({"Threshold": one, "Time": now, "Spent": round(amount_spent, 6)} for one in alerts)],
    }
    return Step(new, alerts, spec["Action"] == "Stop" and amount_spent >= spec["Amount"])


def refuse(store: Store, meter: Meter, project: str, user: str, kind: str, now: float) -> None:
    """Raises LimitExceeded where a budget that is spent forbids more of the kind."""
    if kind not in REFUSED:
        return
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
        # Of thresholds that are passed at once the highest says it all.
        for threshold in step.alerts[-1:]:
            self._tell(record, threshold, used, now)
        if step.stop:
            await self._stop(record)
        if step.status != record.status:
            try:
                platform.store.write(record, now=now, status=step.status)
            except (Stale, Missing):
                return Again(0)
        return Again(LOOK)

    def _tell(self, record: Record, threshold: int, used: float, now: float) -> None:
        """Told again after a crash between this and the status, it has the same id."""
        platform, spec, key = self._platform, record.spec, record.key
        money, month = currency(platform.store), month_of(now)[0]
        whose = f"{spec['User']} has" if "User" in spec else "The project has"
        text = f"{whose} spent {used:.2f} of {spec['Amount']:g} {money} in {month} ({threshold}% of the budget {key.name})."
        subject = f"Budget {key.name}: {threshold}%"
        id = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{key.handle()}/{record.created}/{month}/{threshold}"))
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

    async def _stop(self, budget: Record) -> None:
        user = budget.spec.get("User")
        for kind in STOPPED:
            handler = self._handlers(f"Stop{kind}")
            found = list(records(self._platform.store, kind, budget.key.project, ("InProgress",)))
            for one in found:
                whose = str(one.spec.get("_user", ""))
                if handler is None or (user is not None and whose != user):
                    continue
                caller = Caller(whose, budget.key.project, "contributor")
                params = {f"{kind}Name": one.key.name}
                try:
                    await handler(Call(caller, "sagemaker", f"Stop{kind}", params, f"Budget-{budget.key.name}"))
                except ApiError:
                    # It has ended meanwhile.
                    continue
