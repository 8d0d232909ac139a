"""What nobody needs any more is removed, once an hour: points of endpoints' metrics, ended asynchronous invocations,
code of functions, what was delivered of events.

What belongs to a job (its metrics, its log) stays as long as the job's record does.
"""

import asyncio
import logging
import os

from studiolo.services.events import names as events
from studiolo.services.functions import tidying
from studiolo.services.platform import Platform
from studiolo.services.sagemaker_runtime.asynchronous import invocation
from studiolo.store.protocol import Missing, Query, Stale
from studiolo.store.scan import scan

log = logging.getLogger(__name__)

PERIOD = 3600.0
DAY = 86400.0
METRICS_DAYS = float(os.environ.get("STUDIOLO_METRICS_DAYS", "15"))
ACTIVITY_DAYS = max(60.0, float(os.environ.get("STUDIOLO_ACTIVITY_DAYS", "365")))
INVOCATIONS_DAYS = float(os.environ.get("STUDIOLO_ASYNC_DAYS", "7"))


def remove_invocations(platform: Platform, before: float) -> int:
    """Those that ended before; how many."""
    removed = 0
    for word in (invocation.COMPLETED, invocation.FAILED, invocation.EXPIRED, invocation.CANCELLED):
        while True:
            page = platform.store.query(Query(invocation.KIND, None, state=word, modified_before=before, limit=500))
            for record in page.records:
                try:
                    platform.store.delete(record)
                except (Missing, Stale):
                    continue
                removed += 1
            if page.token is None or not page.records:
                break
    return removed


def remove_told(platform: Platform, before: float) -> int:
    """Of the feed, notifications and posts to webhooks; how many."""
    removed = 0
    for kind in ("Activity", "PersonNotification", "WebhookDelivery"):
        for record in scan(platform.store, Query(kind, None, created_before=before)):
            try:
                platform.store.delete(record)
            except (Missing, Stale):
                continue
            removed += 1
    return removed


def remove_deliveries(platform: Platform, before: float) -> None:
    """Of events to targets, carried out before."""
    query = Query(events.DELIVERY, None, state=events.DONE, modified_before=before, limit=500)
    while found := platform.store.query(query).records:
        for record in found:
            try:
                platform.store.delete(record)
            except (Missing, Stale):
                continue


def tidy(platform: Platform) -> None:
    now = platform.clock()
    since = now - METRICS_DAYS * DAY
    points = platform.series.prune("Endpoint/", since) + platform.series.prune("InferenceComponent/", since)
    invocations = remove_invocations(platform, now - INVOCATIONS_DAYS * DAY)
    tidying.tidy(platform, now - DAY)
    remove_deliveries(platform, now - DAY)
    told = remove_told(platform, now - ACTIVITY_DAYS * DAY)
    if told:
        log.info("removed %d entries of the feed and notifications", told)
    if points or invocations:
        log.info("removed %d points of metrics and %d ended invocations", points, invocations)


class Housekeeping:
    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    async def start(self) -> None:
        self._task = asyncio.create_task(self._run())

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(PERIOD)
            try:
                await asyncio.to_thread(tidy, self._platform)
            except Exception:
                log.exception("tidying up failed; again in an hour")

    async def stop(self) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
