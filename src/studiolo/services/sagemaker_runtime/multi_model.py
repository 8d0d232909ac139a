"""Multi-model endpoints: the model a request names is brought to the instance when it is first asked for.

The container finds it below /opt/ml/models/<id> and answers at /models/<id>/invoke; which models it holds in memory is its
own matter (workloads/serving). Files are unpacked once a studio and linked into each instance's folder.

The id stands for a name and the content that was found under it. Whether a name has new content is looked at every few
seconds, by one of the requests for it; the others go on with the content that is there, and so does every request under
way. What was replaced is unloaded and removed later.
"""

import asyncio
import hashlib
import logging
import os
import shutil
import time
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from studiolo.base.errors import ApiError
from studiolo.blobs.protocol import NoSuchKey, OutOfSpace
from studiolo.services import archives, s3uri
from studiolo.services.platform import Platform
from studiolo.services.sagemaker.hosting.containers import PlanError
from studiolo.services.sagemaker.hosting.files import unpacked
from studiolo.services.sagemaker_runtime.ask import Ask
from studiolo.services.sagemaker_runtime.client import Gone
from studiolo.services.sagemaker_runtime.router import Instance, Target, Variant

log = logging.getLogger(__name__)

FRESH = 3.0
"""Seconds for which the content of a name is taken to be what it was."""
UNLOAD, REMOVE = 60.0, 3600.0
"""Seconds after which replaced content is taken from memory, and from the disk: the longest that a request, and that an
asynchronous one, may still be on its way to it."""


def _link_tree(source: Path, target: Path) -> None:
    """Hard links, whole or not at all."""
    half = target.with_name(f"{target.name}.{os.getpid()}.half")
    shutil.rmtree(half, ignore_errors=True)
    shutil.copytree(source, half, copy_function=os.link)
    try:
        half.rename(target)
    except OSError:
        shutil.rmtree(half, ignore_errors=True)
        if not target.is_dir():
            raise


@dataclass(slots=True)
class _Known:
    """What is known of one name of one endpoint's variant."""

    id: str = ""
    looked: float = 0.0
    looking: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def stale(self) -> bool:
        return not self.id or time.monotonic() - self.looked > FRESH


class MultiModel:
    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._known: dict[tuple[str, str], _Known] = {}
        self._locks: dict[str, asyncio.Lock] = {}
        self._later: set[asyncio.Task[None]] = set()

    async def path(self, target: Target, variant: Variant, instance: Instance, ask: Ask) -> str:
        """Where the container answers for the model; its files are there."""
        if ask.model is None:
            raise ApiError(
                "This endpoint serves many models: name one by TargetModel.", code="ValidationError", status=400
            )
        name = PurePosixPath(ask.model.lstrip("/"))
        if ".." in name.parts:
            raise ApiError("TargetModel can't contain '..'.", code="ValidationError", status=400)
        url = f"{variant.plan['Containers'][0]['ModelDataUrl'].rstrip('/')}/{name}"
        known = self._known.setdefault((target.handle, url), _Known())
        if known.stale and not (known.id and known.looking.locked()):
            async with known.looking:
                if known.stale:
                    await self._look(known, target, variant, instance, url)
        id = known.id
        await self._bring(id, target, instance, url)
        return f"/models/{id}/invoke"

    async def _look(self, known: _Known, target: Target, variant: Variant, instance: Instance, url: str) -> None:
        """Learns what lies at the name now. Requests go to the new content once it is on this instance."""
        try:
            id = await asyncio.to_thread(self._id, target.key.project, url)
            await self._bring(id, target, instance, url)
        except ApiError as error:
            if not known.id:
                self._known.pop((target.handle, url), None)
                raise
            # What is loaded goes on, though its archive is gone or the new one is none.
            log.warning("endpoint %s keeps the model it has: %s", target.key.name, error.message)
            id = known.id
        if known.id and id != known.id:
            self._leave(known.id, variant)
        known.id, known.looked = id, time.monotonic()

    def _id(self, project: str, url: str) -> str:
        try:
            uri = s3uri.own(self._platform.blobs, project, url)
            etag = self._platform.blobs.head(uri.bucket, uri.key).etag
        except NoSuchKey:
            raise _failed(url, "there is no such object.") from None
        except ApiError as error:
            raise _failed(url, error.message) from None
        return hashlib.sha256(f"{url}\0{etag}".encode()).hexdigest()[:32]

    # Onto an instance, and off it.

    async def _bring(self, id: str, target: Target, instance: Instance, url: str) -> None:
        folder = self._folder(instance, id)
        if folder.exists():
            return
        lock = self._locks.setdefault(str(folder), asyncio.Lock())
        async with lock:
            if not folder.exists():
                await asyncio.to_thread(self._link, target.key.project, url, folder)
        self._locks.pop(str(folder), None)

    def _folder(self, instance: Instance, id: str) -> Path:
        return self._platform.runner.folder(instance.handle) / "ml" / "models" / id

    def _link(self, project: str, url: str, folder: Path) -> None:
        try:
            source = unpacked(self._platform, project, url, compressed=True, prefix=False)
        except (PlanError, ApiError, archives.BadArchive) as error:
            raise _failed(url, getattr(error, "message", str(error))) from None
        except (archives.DiskFull, OutOfSpace):
            raise _failed(url, "the studio's disk is full; free some space and try again.") from None
        folder.parent.mkdir(parents=True, exist_ok=True)
        _link_tree(source, folder)

    def _leave(self, id: str, variant: Variant) -> None:
        for instance in variant.instances:
            task = asyncio.create_task(self._unload(instance, id))
            self._later.add(task)
            task.add_done_callback(self._later.discard)

    async def _unload(self, instance: Instance, id: str) -> None:
        folder = self._folder(instance, id)
        await asyncio.sleep(UNLOAD)
        pool = instance.pools[0]
        try:
            link = await pool.take()
            link.send(f"DELETE /models/{id} HTTP/1.1\r\nhost: m\r\ncontent-length: 0\r\n\r\n".encode(), False)
            await link.whole()
            pool.give(link)
        except (OSError, Gone):
            pass
        await asyncio.sleep(REMOVE - UNLOAD)
        if not any(known.id == id for known in self._known.values()):
            await asyncio.to_thread(shutil.rmtree, folder, True)


def _failed(url: str, text: str) -> ApiError:
    return ApiError(f"Failed to load the model {url}: {text}", code="ValidationError", status=400)
