"""Publishing to a topic: one record of kind "Notification" for each of its subscriptions, delivered by delivery.py.

Called by the service, and by whatever in the studio has something to tell (asynchronous endpoints, alarms); publishing never
waits for a receiver.
"""

import contextlib
import uuid
from collections.abc import Iterator, Mapping
from typing import Any

from studiolo.base.arn import Arn, parse_arn
from studiolo.base.record import Key, Record
from studiolo.services.platform import Platform
from studiolo.store.protocol import AlreadyExists, Missing, Query
from studiolo.store.scan import scan

TOPIC, SUBSCRIPTION, NOTIFICATION = "Topic", "Subscription", "Notification"


class NoSuchTopic(Exception):
    """The project has no such topic."""


def topic_arn(project: str, name: str) -> str:
    return str(Arn("sns", project, name))


def topic_key(project: str, arn: str) -> Key:
    """Raises NoSuchTopic for what is no topic of the project."""
    parsed = parse_arn(arn)
    if parsed is None or parsed.service != "sns" or parsed.account != project or ":" in parsed.resource:
        raise NoSuchTopic(arn)
    return Key(project, TOPIC, parsed.resource)


def everything(platform: Platform, kind: str, project: str | None) -> Iterator[Record]:
    return scan(platform.store, Query(kind, project))


def subscriptions(platform: Platform, project: str, topic: str) -> Iterator[Record]:
    return (one for one in everything(platform, SUBSCRIPTION, project) if one.spec["Topic"] == topic)


def publish(
    platform: Platform,
    project: str,
    arn: str,
    message: str,
    *,
    subject: str = "",
    attributes: Mapping[str, Any] = {},
    id: str | None = None,
) -> str:
    """The message's id; one that is given is not published twice while it is on its way. Raises NoSuchTopic."""
    key = topic_key(project, arn)
    try:
        topic = platform.store.get(key)
    except Missing:
        raise NoSuchTopic(arn) from None
    id, now = id or str(uuid.uuid4()), platform.clock()
    for one in subscriptions(platform, project, topic.key.name):
        spec = {
            "MessageId": id,
            "TopicArn": topic_arn(project, topic.key.name),
            "Subject": subject,
            "Message": message,
            "MessageAttributes": dict(attributes),
            "Endpoint": one.spec["Endpoint"],
            "Subscription": one.key.name,
            "Raw": bool(one.spec.get("Raw")),
        }
        with contextlib.suppress(AlreadyExists):
            platform.store.create(Key(project, NOTIFICATION, f"{id}-{one.key.name}"), spec, {"Attempts": 0}, now=now)
    return id
