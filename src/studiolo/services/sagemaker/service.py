"""The `sagemaker` service: the table of kinds, and what of AWS's 425 operations this version does.

Adding a kind is adding its module and one line here.
"""

from collections.abc import Mapping

from studiolo.base.record import Record
from studiolo.control.protocol import Controller
from studiolo.services.platform import Platform
from studiolo.services.request import Call, Handler
from studiolo.services.sagemaker import images
from studiolo.services.sagemaker.documents import word_of
from studiolo.services.sagemaker.kind import Kind
from studiolo.services.sagemaker.kinds import (
    app_image_config,
    endpoint,
    endpoint_config,
    image,
    image_version,
    inference_component,
    model,
    model_card,
    model_card_export_job,
    model_package,
    model_package_group,
    processing_job,
    training_job,
    transform_job,
)
from studiolo.services.sagemaker.lineage import graph, maker
from studiolo.services.sagemaker.lineage import kinds as lineage
from studiolo.services.sagemaker.lineage.operations import Lineage
from studiolo.services.sagemaker.listing import results_member
from studiolo.services.sagemaker.pipelines import kind as pipelines
from studiolo.services.sagemaker.pipelines import versions
from studiolo.services.sagemaker.pipelines.controller import PipelineExecutionController
from studiolo.services.sagemaker.pipelines.names import EXECUTION, VERSION
from studiolo.services.sagemaker.pipelines.operations import Pipelines
from studiolo.services.sagemaker.search import Search
from studiolo.services.sagemaker.tags import Tags
from studiolo.services.sagemaker.tracking import operations as tracking
from studiolo.services.sagemaker.tracking.controller import TrackingServerController
from studiolo.services.sagemaker.tuning import kind as tuning
from studiolo.services.sagemaker.tuning.controller import TuningJobController
from studiolo.services.sagemaker.verbs import Verbs
from studiolo.services.sagemaker.workbench import lifecycle
from studiolo.services.sagemaker.workbench import operations as workbench
from studiolo.services.sagemaker.workbench.controller import AppController, SpaceController
from studiolo.store.protocol import Index, Indexer
from studiolo.wire.model import operation

KINDS: Mapping[str, Kind] = {
    kind.name: kind
    for kind in (
        training_job.KIND,
        processing_job.KIND,
        model.KIND,
        model_package_group.KIND,
        model_package.KIND,
        model_card.KIND,
        model_card_export_job.KIND,
        endpoint_config.KIND,
        endpoint.KIND,
        inference_component.KIND,
        transform_job.KIND,
        pipelines.KIND,
        tuning.KIND,
        *lineage.KINDS.values(),
        lifecycle.KIND,
        image.KIND,
        image_version.KIND,
        app_image_config.KIND,
    )
}


def _indexer(kind: Kind) -> Indexer:
    def index(record: Record) -> Index:
        return Index(word_of(kind, record), kind.labels(record))

    return index


def indexers() -> Mapping[str, Indexer]:
    """What the store needs to know of the kinds to keep its index."""
    own = {
        EXECUTION: pipelines.index_execution,
        VERSION: versions.index,
        model_card.VERSION: model_card.index_version,
        graph.ASSOCIATION: graph.index_association,
        **workbench.indexers(),
        **tracking.indexers(),
    }
    return {**{name: _indexer(kind) for name, kind in KINDS.items()}, **own}


def controllers(platform: Platform) -> list[Controller]:
    own = [kind.controller(platform) for kind in KINDS.values() if kind.controller is not None]
    # Steps of pipelines and trials make what they make by the operations that clients use.
    handler = SageMakerService(platform).handler
    makers = (PipelineExecutionController(platform, handler), TuningJobController(platform, handler))
    places = (AppController(platform), SpaceController(platform), TrackingServerController(platform))
    return [*own, *makers, maker.LineageMaker(platform), *places]


class SageMakerService:
    name = "sagemaker"

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        search, tags = Search(platform, KINDS), Tags(platform, {**KINDS, **workbench.TAGGED, **tracking.TAGGED})
        self._handlers: dict[str, Handler] = {
            "Search": search.search,
            "GetSearchSuggestions": search.suggest,
            "AddTags": tags.add,
            "ListTags": tags.list,
            "DeleteTags": tags.delete,
        }
        for kind in KINDS.values():
            self._handlers |= Verbs(kind, platform).operations()
        self._handlers |= Pipelines(platform).operations()
        self._handlers |= Lineage(platform).operations()
        self._handlers |= workbench.Workbench(platform).operations()
        self._handlers |= tracking.Tracking(platform).operations()

    def operations(self) -> Mapping[str, Handler]:
        return self._handlers

    def handler(self, operation: str) -> Handler | None:
        found = self._handlers.get(operation) or (_empty_list if operation.startswith("List") else None)
        return images.guarded(self._platform, found) if found and operation.startswith(("Create", "Update")) else found

    def reads(self, operation: str) -> bool:
        return operation.startswith(("Describe", "List", "Search", "GetSearch", "Query", "BatchDescribe"))


async def _empty_list(call: Call) -> Mapping[str, object]:
    """Of a kind this version does not have, a project has none: scripts that look around go on."""
    model = operation("sagemaker", call.operation)
    assert model is not None and model.output_shape is not None
    return {results_member(model.output_shape): []}
