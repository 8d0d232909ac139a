"""Buckets whose new objects are events: those whose notification configuration says so, as on AWS."""

import secrets
import uuid

from studiolo.base.record import Key
from studiolo.blobs.protocol import How, Object
from studiolo.services.events import names
from studiolo.services.events.bus import Bus
from studiolo.services.platform import Platform
from studiolo.store.protocol import Change, Query
from studiolo.store.scan import scan


class Buckets:
    """Told of every object; which buckets matter is kept in memory."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._bus = Bus(platform)
        self._told: dict[str, str] = {}
        platform.store.watch(self._changed)
        buckets = scan(platform.store, Query(names.BUCKET, None))
        self._told |= {one.key.name: one.key.project for one in buckets if one.spec["EventBridge"]}

    def _changed(self, change: Change) -> None:
        key: Key = change.key
        if key.kind != names.BUCKET:
            return
        if change.record is not None and change.record.spec["EventBridge"]:
            self._told[key.name] = key.project
        else:
            self._told.pop(key.name, None)

    def created(self, bucket: str, made: Object, how: How) -> None:
        project = self._told.get(bucket)
        if project is None:
            return
        now = self._platform.clock()
        detail = {
            "version": "0",
            "bucket": {"name": bucket},
            "object": {
                "key": made.key,
                "size": made.size,
                "etag": made.etag,
                "sequencer": f"{int(now * 1e6):016X}{secrets.token_hex(1).upper()}",
            },
            "request-id": uuid.uuid4().hex[:16].upper(),
            "requester": project,
            "reason": how,
        }
        arn = f"arn:aws:s3:::{bucket}"
        self._bus.put(project, names.event(project, str(uuid.uuid4()), "aws.s3", "Object Created", now, [arn], detail))
