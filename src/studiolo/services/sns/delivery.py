"""Notifications on their way: taken from the store, posted to their webhooks, kept until they arrived or were given up.

Its own few tasks, so that a receiver that hangs keeps nobody else waiting. Started and stopped by the wiring.
"""

import asyncio
import ipaddress
import json
import logging
import socket
import urllib.request
from datetime import UTC, datetime
from http.client import HTTPException
from urllib.parse import urlsplit

from studiolo.base.record import Key, Record
from studiolo.services.platform import Platform
from studiolo.services.sns.publishing import NOTIFICATION, everything
from studiolo.store.protocol import Change, Missing, Stale

log = logging.getLogger(__name__)

TIMEOUT = 15.0
AT_ONCE = 8
PAUSES = (1.0, 5.0, 30.0, 120.0, 600.0, 1800.0)
"""Seconds before each further try; after the last the notification is given up."""


class BadWebhook(Exception):
    """The address can't be a webhook; the message says why."""


def check_webhook(url: str) -> None:
    """Raises BadWebhook. Addresses of the link (where clouds keep their metadata) are nobody's webhook."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port or 80
    except ValueError as error:
        raise BadWebhook(f"{url} is no address: {error}.") from None
    if parts.scheme not in ("http", "https") or not host:
        raise BadWebhook(f"{url} is no http or https address.")
    try:
        found = {info[4][0] for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
    except (OSError, ValueError):
        # Not known now; looked at again when something is sent.
        return
    for address in found:
        if ipaddress.ip_address(str(address).partition("%")[0]).is_link_local:
            raise BadWebhook(f"{host} is an address of this machine's link and can't be a webhook.")


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: object, **more: object) -> None:
        return None


opener = urllib.request.build_opener(_NoRedirect)


def body_of(record: Record) -> bytes:
    """As SNS posts it to a web address; the message alone where raw delivery was asked for."""
    spec = record.spec
    if spec["Raw"]:
        return str(spec["Message"]).encode()
    moment = datetime.fromtimestamp(record.created, UTC)
    document = {
        "Type": "Notification",
        "MessageId": spec["MessageId"],
        "TopicArn": spec["TopicArn"],
        **({"Subject": spec["Subject"]} if spec["Subject"] else {}),
        "Message": spec["Message"],
        "Timestamp": moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z",
        "MessageAttributes": spec["MessageAttributes"],
    }
    return json.dumps(document).encode()


def post(record: Record) -> None:
    """Blocks. Raises OSError, HTTPException or BadWebhook where it was not taken."""
    spec = record.spec
    check_webhook(str(spec["Endpoint"]))
    headers = {
        "Content-Type": "text/plain; charset=UTF-8",
        "User-Agent": "Amazon Simple Notification Service Agent",
        "x-amz-sns-message-type": "Notification",
        "x-amz-sns-message-id": str(spec["MessageId"]),
        "x-amz-sns-topic-arn": str(spec["TopicArn"]),
    }
    request = urllib.request.Request(str(spec["Endpoint"]), body_of(record), headers, method="POST")
    with opener.open(request, timeout=TIMEOUT) as answer:
        answer.read(1)


class Delivery:
    """Of one kind of records, each of which is one message to one address; webhooks.py has another."""

    kind = NOTIFICATION

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._queue: asyncio.Queue[Key] = asyncio.Queue()
        self._tasks: list[asyncio.Task[None]] = []
        self._timers: list[asyncio.TimerHandle] = []

    async def start(self) -> None:
        loop = asyncio.get_running_loop()

        def changed(change: Change) -> None:
            if change.key.kind == self.kind and change.record is not None and change.record.version == 1:
                loop.call_soon_threadsafe(self._queue.put_nowait, change.key)

        self._unwatch = self._platform.store.watch(changed)
        for record in await asyncio.to_thread(self.waiting):
            self._queue.put_nowait(record.key)
        self._tasks = [asyncio.create_task(self._work()) for _ in range(AT_ONCE)]

    async def stop(self) -> None:
        self._unwatch()
        for task in self._tasks:
            task.cancel()
        for timer in self._timers:
            timer.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def waiting(self) -> list[Record]:
        return list(everything(self._platform, self.kind, None))

    def post(self, record: Record) -> None:
        post(record)

    def done(self, record: Record) -> None:
        self._platform.store.delete(record)

    def again(self, record: Record, error: Exception) -> Record:
        status = {"Attempts": int(record.status["Attempts"]) + 1}
        return self._platform.store.write(record, now=self._platform.clock(), status=status)

    def given_up(self, record: Record, error: Exception) -> None:
        self._platform.store.delete(record)

    async def _work(self) -> None:
        while True:
            key = await self._queue.get()
            try:
                await self._deliver(key)
            except (Missing, Stale):
                continue
            except Exception:
                log.exception("delivering %s failed", key.name)

    async def _deliver(self, key: Key) -> None:
        record = self._platform.store.get(key)
        try:
            await asyncio.to_thread(self.post, record)
        except (OSError, HTTPException, BadWebhook, ValueError) as error:
            self._again(record, error)
        else:
            self.done(record)

    def _again(self, record: Record, error: Exception) -> None:
        attempts = int(record.status["Attempts"])
        if attempts >= len(PAUSES):
            log.warning("the notification %s was given up after %d tries: %s", record.key.name, attempts + 1, error)
            self.given_up(record, error)
            return
        self.again(record, error)
        loop = asyncio.get_running_loop()
        self._timers = [one for one in self._timers if not one.cancelled() and one.when() > loop.time()]
        self._timers.append(loop.call_later(PAUSES[attempts], self._queue.put_nowait, record.key))
