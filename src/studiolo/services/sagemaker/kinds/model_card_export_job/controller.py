"""Writes the PDF and stores it, in one step: its address is fixed by the names, so after a crash the same is stored again."""

import asyncio
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson

from studiolo.base.errors import ApiError
from studiolo.base.record import Key, Record
from studiolo.blobs.protocol import Attributes, OutOfSpace
from studiolo.control.protocol import Again
from studiolo.services import s3uri
from studiolo.services.platform import Platform
from studiolo.services.sagemaker.cards import pdf
from studiolo.services.sagemaker.failing import MAX_REASON, reason
from studiolo.services.sagemaker.keys import unfinished
from studiolo.store.protocol import Missing, Stale

KIND = "ModelCardExportJob"


def target(record: Record) -> s3uri.S3Uri:
    spec = record.spec
    base = s3uri.parse(spec["OutputConfig"]["S3OutputPath"])
    return base.child(f"{spec['ModelCardName']}/{spec['_job']}/{spec['ModelCardName']}-v{spec['ModelCardVersion']}.pdf")


class ModelCardExportJobController:
    kind = KIND

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    def keys(self) -> Sequence[Key]:
        return unfinished(self._platform, KIND, ("InProgress",))

    async def reconcile(self, key: Key) -> Again | None:
        try:
            record = self._platform.store.get(key)
            if record.status["Status"] == "InProgress":
                await asyncio.to_thread(self._export, record)
        except Stale:
            return Again(0)
        except Missing:
            pass
        return None

    async def failing(self, key: Key, error: Exception, failures: int) -> None:
        try:
            record = self._platform.store.get(key)
            if record.status["Status"] == "InProgress":
                self._end(record, Status="Failed", FailureReason=reason("export", error, failures))
        except (Missing, Stale):
            return

    def _end(self, record: Record, **status: Any) -> None:
        self._platform.store.write(record, now=self._platform.clock(), status=status)

    def _export(self, record: Record) -> None:
        spec, uri = record.spec, target(record)
        card = pdf.Card(
            spec["ModelCardName"], spec["ModelCardVersion"], spec["_status"], orjson.loads(spec["_content"]),
            record.created,
        )  # fmt: skip
        try:
            with tempfile.TemporaryDirectory() as folder:
                written = Path(folder) / "card.pdf"
                written.write_bytes(pdf.render(card))
                self._platform.blobs.upload(
                    written, uri.bucket, uri.key, now=self._platform.clock(), attributes=Attributes("application/pdf")
                )
        except s3uri.NoSuchBucket:
            self._end(record, Status="Failed", FailureReason=f"The bucket {uri.bucket} does not exist.")
        except OutOfSpace:
            self._end(record, Status="Failed", FailureReason="The studio's disk is full.")
        except ApiError as error:
            self._end(record, Status="Failed", FailureReason=str(error)[:MAX_REASON])
        else:
            self._end(record, Status="Completed", ExportArtifacts={"S3ExportArtifacts": str(uri)})
