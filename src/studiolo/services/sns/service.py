"""The `sns` service: topics with webhooks as their subscriptions. Other protocols than http and https are refused.

A subscription is confirmed at once: the studio's users run the receivers themselves.
"""

import re
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from studiolo.base.errors import ApiError
from studiolo.base.record import Key, Record
from studiolo.services.platform import Platform
from studiolo.services.request import Call, Handler
from studiolo.services.sns import publishing
from studiolo.services.sns.delivery import BadWebhook, check_webhook
from studiolo.services.sns.publishing import SUBSCRIPTION, NoSuchTopic, topic_arn, topic_key
from studiolo.store.protocol import AlreadyExists, BadToken, Missing, Query, Stale

PAGE = 100
_NAME = re.compile(r"[A-Za-z0-9_-]{1,256}")


def _invalid(message: str) -> ApiError:
    return ApiError(f"Invalid parameter: {message}", code="InvalidParameter", status=400)


def _not_found(what: str) -> ApiError:
    return ApiError(f"{what} does not exist", code="NotFound", status=404)


class SnsService:
    name = "sns"

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        acts: dict[str, Callable[[Call], Mapping[str, Any] | None]] = {
            "CreateTopic": self._create_topic,
            "DeleteTopic": self._delete_topic,
            "ListTopics": self._list_topics,
            "GetTopicAttributes": self._topic_attributes,
            "Subscribe": self._subscribe,
            "Unsubscribe": self._unsubscribe,
            "ListSubscriptions": self._list_subscriptions,
            "ListSubscriptionsByTopic": self._list_by_topic,
            "GetSubscriptionAttributes": self._subscription_attributes,
            "Publish": self._publish,
        }
        self._handlers: dict[str, Handler] = {name: _awaited(act) for name, act in acts.items()}

    def operations(self) -> Mapping[str, Handler]:
        return self._handlers

    def handler(self, operation: str) -> Handler | None:
        return self._handlers.get(operation)

    def reads(self, operation: str) -> bool:
        return operation.startswith(("Get", "List"))

    # Topics.

    def _topic(self, call: Call, arn: str) -> Record:
        try:
            return self._platform.store.get(topic_key(call.caller.project, arn))
        except (NoSuchTopic, Missing):
            raise _not_found("Topic") from None

    def _create_topic(self, call: Call) -> Mapping[str, Any]:
        name, project = str(call.params["Name"]), call.caller.project
        if not _NAME.fullmatch(name):
            raise _invalid("Topic Name")
        spec = {"Attributes": call.params.get("Attributes", {})}
        tags = {one["Key"]: one["Value"] for one in call.params.get("Tags", ())}
        try:
            key = Key(project, publishing.TOPIC, name)
            self._platform.store.create(key, spec, {}, now=self._platform.clock(), tags=tags)
        except AlreadyExists as taken:
            name = taken.existing.key.name
        return {"TopicArn": topic_arn(project, name)}

    def _delete_topic(self, call: Call) -> None:
        try:
            topic = self._topic(call, call.params["TopicArn"])
        except ApiError:
            # Deleting what is not there succeeds, as on AWS.
            return
        for one in list(publishing.subscriptions(self._platform, call.caller.project, topic.key.name)):
            self._remove(one)
        self._remove(topic)

    def _remove(self, record: Record) -> None:
        while True:
            try:
                self._platform.store.delete(self._platform.store.get(record.key))
            except Stale:
                continue
            except Missing:
                pass
            return

    def _page(self, call: Call, kind: str) -> tuple[list[Record], dict[str, Any]]:
        query = Query(kind, call.caller.project, sort="name", limit=PAGE, token=call.params.get("NextToken"))
        try:
            page = self._platform.store.query(query)
        except BadToken:
            raise _invalid("NextToken") from None
        return list(page.records), {"NextToken": page.token} if page.token else {}

    def _list_topics(self, call: Call) -> Mapping[str, Any]:
        records, more = self._page(call, publishing.TOPIC)
        return {"Topics": [{"TopicArn": topic_arn(one.key.project, one.key.name)} for one in records], **more}

    def _topic_attributes(self, call: Call) -> Mapping[str, Any]:
        topic = self._topic(call, call.params["TopicArn"])
        count = sum(1 for _ in publishing.subscriptions(self._platform, call.caller.project, topic.key.name))
        return {
            "Attributes": {
                **topic.spec["Attributes"],
                "TopicArn": topic_arn(topic.key.project, topic.key.name),
                "Owner": topic.key.project,
                "SubscriptionsConfirmed": str(count),
                "SubscriptionsPending": "0",
                "SubscriptionsDeleted": "0",
            }
        }

    # Subscriptions.

    def _subscribe(self, call: Call) -> Mapping[str, Any]:
        topic, params = self._topic(call, call.params["TopicArn"]), call.params
        if params["Protocol"] not in ("http", "https"):
            raise _invalid(f"Protocol {params['Protocol']} is not supported: use http or https.")
        endpoint = params.get("Endpoint", "")
        if not endpoint.startswith(f"{params['Protocol']}://"):
            raise _invalid("Endpoint must match the specified protocol")
        try:
            check_webhook(endpoint)
        except BadWebhook as error:
            raise _invalid(f"Endpoint {error}") from None
        attributes = params.get("Attributes", {})
        if unknown := attributes.keys() - {"RawMessageDelivery"}:
            raise _invalid(f"Attributes {', '.join(sorted(unknown))} are not supported.")
        project = call.caller.project
        for one in publishing.subscriptions(self._platform, project, topic.key.name):
            if one.spec["Endpoint"] == endpoint:
                return {"SubscriptionArn": self._arn(one)}
        spec = {
            "Topic": topic.key.name,
            "Endpoint": endpoint,
            "Protocol": params["Protocol"],
            "Raw": attributes.get("RawMessageDelivery", "false") == "true",
        }
        key = Key(project, SUBSCRIPTION, str(uuid.uuid4()))
        return {"SubscriptionArn": self._arn(self._platform.store.create(key, spec, {}, now=self._platform.clock()))}

    def _arn(self, record: Record) -> str:
        return f"{topic_arn(record.key.project, str(record.spec['Topic']))}:{record.key.name}"

    def _subscription(self, call: Call) -> Record:
        try:
            return self._platform.store.get(
                Key(call.caller.project, SUBSCRIPTION, str(call.params["SubscriptionArn"]).rpartition(":")[2])
            )
        except Missing:
            raise _not_found("Subscription") from None

    def _unsubscribe(self, call: Call) -> None:
        self._remove(self._subscription(call))

    def _entry(self, record: Record) -> dict[str, str]:
        return {
            "SubscriptionArn": self._arn(record),
            "Owner": record.key.project,
            "Protocol": str(record.spec["Protocol"]),
            "Endpoint": str(record.spec["Endpoint"]),
            "TopicArn": topic_arn(record.key.project, str(record.spec["Topic"])),
        }

    def _list_subscriptions(self, call: Call) -> Mapping[str, Any]:
        records, more = self._page(call, SUBSCRIPTION)
        return {"Subscriptions": [self._entry(one) for one in records], **more}

    def _list_by_topic(self, call: Call) -> Mapping[str, Any]:
        topic = self._topic(call, call.params["TopicArn"])
        found = publishing.subscriptions(self._platform, call.caller.project, topic.key.name)
        return {"Subscriptions": [self._entry(one) for one in found]}

    def _subscription_attributes(self, call: Call) -> Mapping[str, Any]:
        record = self._subscription(call)
        raw = "true" if record.spec.get("Raw") else "false"
        return {"Attributes": {**self._entry(record), "RawMessageDelivery": raw, "PendingConfirmation": "false"}}

    # Messages.

    def _publish(self, call: Call) -> Mapping[str, Any]:
        params = call.params
        for member in ("PhoneNumber", "MessageStructure", "MessageGroupId"):
            if params.get(member):
                raise _invalid(f"{member} is not supported.")
        arn = params.get("TopicArn") or params.get("TargetArn")
        if not arn:
            raise _invalid("TopicArn")
        if not params["Message"]:
            raise _invalid("Empty message")
        try:
            id = publishing.publish(
                self._platform,
                call.caller.project,
                arn,
                params["Message"],
                subject=params.get("Subject", ""),
                attributes={
                    name: {"Type": one["DataType"], "Value": one.get("StringValue", "")}
                    for name, one in params.get("MessageAttributes", {}).items()
                },
            )
        except NoSuchTopic:
            raise _not_found("Topic") from None
        return {"MessageId": id}


def _awaited(act: Callable[[Call], Mapping[str, Any] | None]) -> Handler:
    async def handler(call: Call) -> Mapping[str, Any] | None:
        return act(call)

    return handler
