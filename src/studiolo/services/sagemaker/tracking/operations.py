"""The operations of tracking servers by their names, their list, and what the store and the tags need to know of them."""

from collections.abc import Mapping
from typing import Any, Literal

from studiolo.base.record import Record
from studiolo.services.platform import Platform
from studiolo.services.request import Call, Handler
from studiolo.services.sagemaker import listing
from studiolo.services.sagemaker.documents import cut
from studiolo.services.sagemaker.kind import Kind
from studiolo.services.sagemaker.presigned import link
from studiolo.services.sagemaker.tracking import names
from studiolo.services.sagemaker.tracking.servers import Servers, own
from studiolo.store.protocol import Index, Indexer, Query
from studiolo.wire.model import element, members, operation

PAGE = 10
SUMMARIES = "TrackingServerSummaries"
SORTS: Mapping[str, Literal["name", "created", "state"]] = {
    "Name": "name",
    "CreationTime": "created",
    "Status": "state",
}
TAGGED = {
    names.KIND: Kind(
        names.KIND,
        arn="mlflow-tracking-server",
        missing=("ResourceNotFound", "Tracking server [{arn}] does not exist."),
    )
}


def _index(record: Record) -> Index:
    return Index(names.word_of(record), {"Version": str(record.status.get("MlflowVersion", ""))})


def indexers() -> Mapping[str, Indexer]:
    return {names.KIND: _index}


class Tracking:
    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._servers = Servers(platform)

    def operations(self) -> Mapping[str, Handler]:
        servers = self._servers
        return {
            "CreateMlflowTrackingServer": servers.create,
            "DescribeMlflowTrackingServer": servers.describe,
            "ListMlflowTrackingServers": self._list,
            "UpdateMlflowTrackingServer": servers.update,
            "StartMlflowTrackingServer": servers.start,
            "StopMlflowTrackingServer": servers.stop,
            "DeleteMlflowTrackingServer": servers.delete,
            "CreatePresignedMlflowTrackingServerUrl": self._presigned,
        }

    async def _presigned(self, call: Call) -> Mapping[str, Any]:
        record = self._servers.find(call)
        return link(self._platform, call, lambda: f"{names.path_of(record.key.project, record.key.name)}/")

    async def _list(self, call: Call) -> Mapping[str, Any]:
        own(self._platform, call.caller.project)
        given, model = call.params, operation("sagemaker", call.operation)
        assert model is not None and model.output_shape is not None
        shape = element(members(model.output_shape)[SUMMARIES])
        labels = {"Version": given["MlflowVersion"]} if "MlflowVersion" in given else {}
        query = Query(
            names.KIND,
            call.caller.project,
            state=given.get("TrackingServerStatus"),
            labels=labels,
            sort=SORTS[given.get("SortBy", "CreationTime")],
            descending=given.get("SortOrder", "Descending") == "Descending",
            limit=given.get("MaxResults", PAGE),
            token=given.get("NextToken"),
            created_after=given.get("CreatedAfter"),
            created_before=given.get("CreatedBefore"),
        )
        page = listing.page(self._platform, query)
        found = [cut(shape, names.shown(self._platform, one)) for one in page.records]
        return {SUMMARIES: found, "NextToken": page.token}
