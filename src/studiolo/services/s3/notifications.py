"""Whether a bucket tells EventBridge of its new objects. Queues, topics and functions as receivers are refused."""

from collections.abc import Mapping
from typing import Any

from studiolo.base.clock import Clock
from studiolo.base.record import Key
from studiolo.blobs.protocol import Blobs
from studiolo.services.events.names import BUCKET
from studiolo.services.request import Call, Handler
from studiolo.services.s3 import access
from studiolo.services.s3.errors import s3_error
from studiolo.store.protocol import AlreadyExists, Missing, Stale, Store

OTHERS = ("TopicConfigurations", "QueueConfigurations", "LambdaFunctionConfigurations")


class Notifications:
    def __init__(self, blobs: Blobs, clock: Clock, store: Store) -> None:
        self._blobs = blobs
        self._clock = clock
        self._store = store

    def operations(self) -> Mapping[str, Handler]:
        return {
            "PutBucketNotificationConfiguration": self._put,
            "GetBucketNotificationConfiguration": self._get,
        }

    async def _put(self, call: Call) -> None:
        bucket, wanted = access.bucket(self._blobs, call), call.params["NotificationConfiguration"]
        for member in OTHERS:
            if wanted.get(member):
                raise s3_error(
                    "NotImplemented",
                    f"{member} is not supported: set EventBridgeConfiguration, and a rule for what is to happen.",
                )
        key, spec = Key(bucket.owner, BUCKET, bucket.name), {"EventBridge": "EventBridgeConfiguration" in wanted}
        while True:
            try:
                self._store.create(key, spec, {}, now=self._clock())
            except AlreadyExists as there:
                try:
                    self._store.write(there.existing, now=self._clock(), spec=spec)
                except (Stale, Missing):
                    continue
            return

    async def _get(self, call: Call) -> Mapping[str, Any]:
        bucket = access.bucket(self._blobs, call)
        try:
            told = self._store.get(Key(bucket.owner, BUCKET, bucket.name)).spec["EventBridge"]
        except Missing:
            told = False
        return {"EventBridgeConfiguration": {}} if told else {}

    def forget(self, project: str, bucket: str) -> None:
        while True:
            try:
                self._store.delete(self._store.get(Key(project, BUCKET, bucket)))
            except Stale:
                continue
            except Missing:
                return
