"""Multi-model endpoints: the model a request names is brought to the instance when it is first asked for.

The container finds it below /opt/ml/models/<id> and answers at /models/<id>/invoke; which models it holds in memory is its
own matter (workloads/serving). Files are unpacked once a studio and linked into each instance's folder.
"""

import asyncio
import hashlib
import os
import shutil
from pathlib import Path, PurePosixPath

from studiolo.base.errors import ApiError
from studiolo.services.platform import Platform
from studiolo.services.sagemaker.hosting.containers import PlanError
from studiolo.services.sagemaker.hosting.files import unpacked
from studiolo.services.sagemaker_runtime.ask import Ask
from studiolo.services.sagemaker_runtime.router import Instance, Target, Variant


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


class MultiModel:
    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._locks: dict[str, asyncio.Lock] = {}

    async def path(self, target: Target, variant: Variant, instance: Instance, ask: Ask) -> str:
        """Where the container answers for the model; its files are there."""
        if ask.model is None:
            raise ApiError(
                "This endpoint serves many models: name one by TargetModel.", code="ValidationError", status=400
            )
        name = PurePosixPath(ask.model.lstrip("/"))
        if ".." in name.parts:
            raise ApiError("TargetModel can't contain '..'.", code="ValidationError", status=400)
        id = hashlib.sha256(str(name).encode()).hexdigest()[:32]
        folder = self._platform.runner.folder(instance.handle) / "ml" / "models" / id
        if not folder.exists():
            lock = self._locks.setdefault(str(folder), asyncio.Lock())
            async with lock:
                if not folder.exists():
                    await asyncio.to_thread(self._bring, target, variant, str(name), folder)
            self._locks.pop(str(folder), None)
        return f"/models/{id}/invoke"

    def _bring(self, target: Target, variant: Variant, name: str, folder: Path) -> None:
        url = f"{variant.plan['Containers'][0]['ModelDataUrl'].rstrip('/')}/{name}"
        try:
            source = unpacked(self._platform, target.key.project, url, compressed=True, prefix=False)
        except (PlanError, ApiError) as error:
            text = getattr(error, "message", str(error))
            raise ApiError(f"Failed to load the model {name}: {text}", code="ValidationError", status=400) from None
        folder.parent.mkdir(parents=True, exist_ok=True)
        _link_tree(source, folder)
