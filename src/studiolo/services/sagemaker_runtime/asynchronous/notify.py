"""What is said when an asynchronous invocation has ended: a message to the endpoint's SNS topic, in AWS's form."""

import base64
import json
import logging

from studiolo.base.record import Record
from studiolo.blobs.protocol import BlobError
from studiolo.services import s3uri
from studiolo.services.platform import Platform
from studiolo.services.sagemaker_runtime.asynchronous import invocation
from studiolo.services.sns import publishing

log = logging.getLogger(__name__)

MAX_INCLUDED = 128_000
"""Bytes of an answer that may be in its notification (IncludeInferenceResponseIn)."""
SUBJECT = "Asynchronous inference"


class Notify:
    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    def __call__(self, record: Record, content_type: str | None) -> None:
        topics, word = record.spec.get("_topics", {}), record.status["Status"]
        if word == invocation.CANCELLED:
            return
        member = "SuccessTopic" if word == invocation.COMPLETED else "ErrorTopic"
        arn = topics.get(member)
        if not arn:
            return
        document = invocation.event(record, content_type)
        wanted = "SUCCESS_NOTIFICATION_TOPIC" if member == "SuccessTopic" else "ERROR_NOTIFICATION_TOPIC"
        if wanted in topics.get("IncludeInferenceResponseIn", ()):
            document.update(self._response(record))
        try:
            publishing.publish(self._platform, record.key.project, arn, json.dumps(document), subject=SUBJECT)
        except publishing.NoSuchTopic:
            log.warning("the topic %s of invocation %s does not exist", arn, record.key.name)

    def _response(self, record: Record) -> dict[str, object]:
        if record.status["Status"] != invocation.COMPLETED:
            return {}
        place = s3uri.parse(str(record.spec["OutputLocation"]))
        try:
            found, stream = self._platform.blobs.open_read(place.bucket, place.key)
        except BlobError:
            return {}
        with stream:
            if found.size > MAX_INCLUDED:
                return {}
            return {"responseBody": {"content": base64.b64encode(stream.read()).decode(), "encoding": "BASE64"}}
