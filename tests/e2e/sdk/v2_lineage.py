"""SDK v2's lineage classes over what a studio noted by itself: python v2_lineage.py ENDPOINT JOB DATA MODEL."""

import sys

import sagemaker
from sagemaker.lineage.action import Action
from sagemaker.lineage.artifact import Artifact, DatasetArtifact, ModelArtifact
from sagemaker.lineage.association import Association
from sagemaker.lineage.context import Context, EndpointContext
from sagemaker.lineage.query import LineageEntityEnum, LineageFilter, LineageQuery, LineageQueryDirectionEnum

endpoint, job, data, model = sys.argv[1:]
session = sagemaker.Session()

context = EndpointContext.load(context_name=f"{endpoint}-aws-endpoint", sagemaker_session=session)
assert context.source.source_uri.endswith(f":endpoint/{endpoint}")
assert [one.source.source_uri for one in context.dataset_artifacts()] == [data]
assert [arn.rpartition("/")[2] for arn in context.training_job_arns()] == [job]
(component,) = context.trial_components()
assert component.trial_component_name == f"{job}-aws-training-job"

(found,) = Artifact.list(source_uri=model, sagemaker_session=session)
artifact = ModelArtifact.load(artifact_arn=found.artifact_arn, sagemaker_session=session)
assert [one.context_name for one in artifact.endpoint_contexts()] == [context.context_name]
assert [one["DestinationArn"] if isinstance(one, dict) else one.destination_arn for one in artifact.endpoints()] == [
    context.context_arn
]
assert [one.source.source_uri for one in artifact.dataset_artifacts()] == [data]
(rows,) = Artifact.list(source_uri=data, sagemaker_session=session)
rows = DatasetArtifact.load(artifact_arn=rows.artifact_arn, sagemaker_session=session)
assert [one.context_name for one in rows.endpoint_contexts()] == [context.context_name]

answer = LineageQuery(session).query(
    start_arns=[context.context_arn],
    direction=LineageQueryDirectionEnum.ASCENDANTS,
    query_filter=LineageFilter(entities=[LineageEntityEnum.ARTIFACT]),
)
assert {type(one.to_lineage_object()).__name__ for one in answer.vertices} >= {"ModelArtifact", "DatasetArtifact"}
assert answer.edges

# By hand, beside it.
mine = Artifact.create(
    artifact_name="mine", source_uri=f"s3://elsewhere/{job}", artifact_type="DataSet", sagemaker_session=session
)
step = Action.create(action_name=f"{job}-by-hand", source_uri="x", action_type="Cleaning", sagemaker_session=session)
place = Context.create(context_name=f"{job}_place", source_uri="y", context_type="Place", sagemaker_session=session)
Association.create(mine.artifact_arn, step.action_arn, "ContributedTo", sagemaker_session=session)
Association.create(step.action_arn, rows.artifact_arn, "Produced", sagemaker_session=session)
Association.create(step.action_arn, place.context_arn, "AssociatedWith", sagemaker_session=session)
assert f"s3://elsewhere/{job}" in {one.source.source_uri for one in context.dataset_artifacts()}
step.status = "Completed"
step.save()
assert Action.load(action_name=step.action_name, sagemaker_session=session).status == "Completed"
for one in (mine, place, step):
    one.delete(disassociate=True)
assert [one.source.source_uri for one in context.dataset_artifacts()] == [data]
print("OK")
