"""What was built of deleted versions of images is taken from the disk, once nothing uses it.

Started by the wiring. What is to be swept lies on the disk and who uses it in the records and with the runner, so each look
decides anew: nothing is lost by a restart, and a job, an app or an endpoint that runs only puts it off.
"""

import asyncio
import logging
import os

from studiolo.services.platform import Platform
from studiolo.services.sagemaker.images import named
from studiolo.store.protocol import Query
from studiolo.store.scan import scan

log = logging.getLogger(__name__)

PERIOD = 30.0
SETTLED = 60.0
"""A request that was let pass just before its image was deleted has become a record by then."""
USERS = (
    ("TrainingJob", ("InProgress", "Stopping")),
    ("ProcessingJob", ("InProgress", "Stopping")),
    ("TransformJob", ("InProgress", "Stopping")),
    ("Endpoint", (None,)),
    ("InferenceComponent", (None,)),
)
"""What may start a group of an image at any moment, and the states in which it may."""


def settled() -> float:
    return float(os.environ.get("STUDIOLO_SWEEP_SECONDS") or SETTLED)


def used(platform: Platform, project: str, image: str) -> bool:
    """Whether something may be about to start with it."""
    # An app's kernels are made before anything is written of which they are.
    if platform.store.count(Query("App", project, state="Pending")):
        return True
    return any(
        image in named(record.spec) or image in named(record.status)
        for kind, states in USERS
        for state in states
        for record in scan(platform.store, Query(kind, project, state=state))
    )


def sweep(platform: Platform, seconds: float) -> list[str]:
    """Blocks. The addresses of which nothing is left."""
    environments, gone = platform.environments, list[str]()
    for image, since in environments.dropped():
        owner = environments.owner(image)
        if platform.clock() - since < seconds or owner is None or used(platform, owner, image):
            continue
        if environments.sweep(image, platform.runner.places()):
            log.info("took away what was built of %s", image)
            gone.append(image)
    return gone


class Sweeping:
    def __init__(self, platform: Platform, seconds: float | None = None) -> None:
        self._platform = platform
        self._seconds = settled() if seconds is None else seconds

    async def start(self) -> None:
        self._task = asyncio.create_task(self._run())

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(max(0.2, min(PERIOD, self._seconds)))
            try:
                await asyncio.to_thread(sweep, self._platform, self._seconds)
            except Exception:
                log.exception("sweeping environments failed; again in a while")

    async def stop(self) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
