"""What the wiring needs to know of this folder."""

from collections.abc import Mapping

from studiolo.services.studio.together import activity, comments, notices, views, webhooks
from studiolo.store.protocol import Indexer

INDEXERS: Mapping[str, Indexer] = {
    activity.KIND: activity.index,
    comments.KIND: comments.index,
    notices.KIND: notices.index,
    views.KIND: views.index,
    webhooks.DELIVERY: webhooks.index_delivery,
}
NOTED = frozenset({
    "sagemaker", "sns", "cloudwatch", "application-autoscaling", "lambda", "scheduler", "events", "studio",
})  # fmt: skip
"""Services whose changes stand in the feed; what is written to S3 or by endpoints' callers is too much for it."""
OF_PROJECT = (
    activity.KIND, comments.KIND, notices.KIND, notices.PREFERENCES, webhooks.KIND, webhooks.DELIVERY,
    views.KIND,
)  # fmt: skip
"""Kinds that go with their project."""
