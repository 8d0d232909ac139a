"""Data capture: sampled requests and answers as JSON Lines in S3, laid out as AWS lays them out.

    <DestinationS3Uri>/<endpoint>/<variant>/<yyyy>/<mm>/<dd>/<hh>/<MM>-<SS>-<mmm>-<uuid>.jsonl

A request pays one append to a list; lines are made and stored by a thread every few seconds.
"""

import asyncio
import base64
import json
import logging
import random
import threading
import time
import uuid
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from studiolo.base.errors import ApiError
from studiolo.blobs.protocol import BlobError
from studiolo.services import s3uri
from studiolo.services.platform import Platform
from studiolo.services.sagemaker_runtime.ask import Ask, Reply
from studiolo.services.sagemaker_runtime.router import Generation, Target, Variant

log = logging.getLogger(__name__)

PERIOD = 5.0
MAX_HELD = 64 * 2**20
"""Bytes of captured bodies held until they are stored; beyond it captures are let go, the requests never."""


@dataclass(frozen=True, slots=True)
class Captured:
    project: str
    folder: str
    config: Mapping[str, Any]
    ask: Ask
    reply: Reply
    event: str
    time: float


def _encoding(content_type: str | None, config: Mapping[str, Any]) -> str:
    kind = (content_type or "").partition(";")[0].strip().lower()
    header = config.get("CaptureContentTypeHeader", {})
    if kind in (header.get("CsvContentTypes") or ("text/csv",)):
        return "CSV"
    return (
        "JSON"
        if kind in (header.get("JsonContentTypes") or ("application/json", "application/jsonlines"))
        else "BASE64"
    )


def _side(body: bytes, content_type: str | None, mode: str, config: Mapping[str, Any]) -> dict[str, Any]:
    encoding = _encoding(content_type, config)
    try:
        text = body.decode() if encoding != "BASE64" else base64.b64encode(body).decode()
    except UnicodeDecodeError:
        encoding, text = "BASE64", base64.b64encode(body).decode()
    return {"observedContentType": content_type or "", "mode": mode, "data": text, "encoding": encoding}


def line(one: Captured) -> str:
    """AWS's document of one invocation."""
    modes = {option["CaptureMode"] for option in one.config["CaptureOptions"]}
    data: dict[str, Any] = {}
    if modes & {"Input", "InputAndOutput"}:
        data["endpointInput"] = _side(one.ask.body, one.ask.content_type, "INPUT", one.config)
    if modes & {"Output", "InputAndOutput"}:
        data["endpointOutput"] = _side(one.reply.body, one.reply.content_type, "OUTPUT", one.config)
    about: dict[str, Any] = {"eventId": one.event}
    if one.ask.custom_attributes:
        about["customAttributes"] = [one.ask.custom_attributes]
    if one.ask.inference_id:
        about["inferenceId"] = one.ask.inference_id
    moment = datetime.fromtimestamp(one.time, UTC)
    about["inferenceTime"] = moment.strftime("%Y-%m-%dT%H:%M:%SZ")
    return json.dumps({"captureData": data, "eventMetadata": about, "eventVersion": "0"})


class Capture:
    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._held: list[Captured] = []
        self._bytes = 0
        self._dropped = 0
        self._storing = threading.Lock()
        self._timer: asyncio.TimerHandle | None = None

    def __call__(self, target: Target, generation: Generation, variant: Variant, ask: Ask, reply: Reply) -> None:
        config = generation.capture
        if config is None or random.random() * 100 >= config["InitialSamplingPercentage"] or reply.pieces is not None:
            return
        size = len(ask.body) + len(reply.body)
        if self._bytes + size > MAX_HELD:
            self._dropped += 1
            return
        folder = f"{target.endpoint}/{variant.name}"
        event = str(uuid.uuid4())
        self._held.append(Captured(target.key.project, folder, config, ask, reply, event, time.time()))
        self._bytes += size
        if self._timer is None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(PERIOD, self._due)

    def _due(self) -> None:
        self._timer = None
        asyncio.get_running_loop().run_in_executor(None, self.flush)

    def flush(self) -> None:
        """Stores what is held; safe from any thread."""
        with self._storing:
            held, self._held, self._bytes = self._held, [], 0
            dropped, self._dropped = self._dropped, 0
            if dropped:
                log.warning("%d captures were let go: the disk does not keep up", dropped)
            groups: dict[tuple[str, str, str], list[Captured]] = defaultdict(list)
            for one in held:
                groups[one.project, one.config["DestinationS3Uri"], one.folder].append(one)
            for (project, place, folder), captured in groups.items():
                self._store(project, place, folder, captured)

    def _store(self, project: str, place: str, folder: str, captured: list[Captured]) -> None:
        moment = datetime.fromtimestamp(captured[0].time, UTC)
        name = moment.strftime("%Y/%m/%d/%H/%M-%S-") + f"{moment.microsecond // 1000:03d}-{uuid.uuid4()}.jsonl"
        try:
            uri = s3uri.own_target(self._platform.blobs, project, place)
            body = "".join(f"{line(one)}\n" for one in captured).encode()
            target = uri.child(f"{folder}/{name}")
            s3uri.put(self._platform.blobs, target, body, "application/jsonlines", now=captured[0].time)
        except (ApiError, BlobError) as error:
            log.warning("captured data of %s could not be stored at %s: %s", folder, place, error)
