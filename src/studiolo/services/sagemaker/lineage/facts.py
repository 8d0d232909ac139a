"""What a record tells of what was made of what: entities and the associations between them. Pure.

The names are made of the record's own, so the same record always tells the same. As AWS has it: data sets, images and
models are artifacts by their address, jobs trial components, approvals and deployments actions, groups of versions,
endpoints and executions of pipelines contexts.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from studiolo.base.arn import parse_arn, sagemaker_arn
from studiolo.base.record import Key, Record
from studiolo.services.sagemaker.kinds.training_job.outputs import artifact_uri
from studiolo.services.sagemaker.lineage import graph
from studiolo.services.sagemaker.pipelines import names as pipelines

ENDED = ("Completed", "Failed", "Stopped")
EXECUTED = ("Succeeded", "Failed", "Stopped")
SUFFIX = {"TrainingJob": "training", "ProcessingJob": "processing", "TransformJob": "transform"}
MAX_URI, MAX_PARAMETERS, MAX_TEXT = 2048, 300, 2500
Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Entity:
    key: Key
    spec: Document


@dataclass(slots=True)
class Facts:
    entities: dict[Key, Entity] = field(default_factory=dict[Key, Entity])
    ways: list[tuple[Key, Key, str]] = field(default_factory=list[tuple[Key, Key, str]])
    """From, to, how. An end that is not among the entities is joined only where it is there already."""

    def add(self, key: Key, spec: Document) -> Key:
        self.entities.setdefault(key, Entity(key, spec))
        return key

    def join(self, source: Key, destination: Key, type: str) -> None:
        self.ways.append((source, destination, type))


def job_arn(record: Record) -> str:
    kinds = {"TrainingJob": "training-job", "ProcessingJob": "processing-job", "TransformJob": "transform-job"}
    return sagemaker_arn(record.key.project, kinds[record.key.kind], record.key.name)


def component_key(project: str, kind: str, job: str) -> Key:
    return Key(project, graph.COMPONENT, f"{job}-aws-{SUFFIX[kind]}-job")


def artifact(facts: Facts, project: str, type: str, uri: str | None, **properties: str) -> Key | None:
    if not uri or len(uri) > MAX_URI:
        return None
    source = {"SourceUri": uri}
    spec: dict[str, Any] = {"Source": source, "ArtifactType": type}
    if properties:
        spec["Properties"] = properties
    return facts.add(Key(project, graph.ARTIFACT, graph.artifact_id(source)), spec)


def _input(facts: Facts, component: Key, type: str, uri: str | None) -> None:
    found = artifact(facts, component.project, type, uri)
    if found is not None:
        facts.join(found, component, "ContributedTo")


def _output(facts: Facts, component: Key, type: str, uri: str | None) -> None:
    found = artifact(facts, component.project, type, uri)
    if found is not None:
        facts.join(component, found, "Produced")


# Jobs.


def _component(facts: Facts, record: Record, start: Any, end: Any, parameters: Document, why: Any) -> Key:
    kind = record.key.kind
    told: dict[str, Any] = {"PrimaryStatus": record.status[f"{kind}Status"]}
    if why:
        told["Message"] = str(why)[:1024]
    spec: dict[str, Any] = {
        "DisplayName": record.key.name,
        "Source": {"SourceArn": job_arn(record), "SourceType": f"SageMaker{kind}"},
        "Status": told,
        "StartTime": start,
        "EndTime": end,
        "Parameters": parameters,
    }
    key = component_key(record.key.project, kind, record.key.name)
    return facts.add(key, {name: value for name, value in spec.items() if value})


def _parameters(given: Document) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in list(given.items())[:MAX_PARAMETERS]:
        try:
            found[name] = {"NumberValue": float(value)}
        except (TypeError, ValueError):
            found[name] = {"StringValue": str(value)[:MAX_TEXT]}
    return found


def _training(record: Record) -> Facts:
    facts, spec, status = Facts(), record.spec, record.status
    parameters = _parameters(spec.get("HyperParameters", {}))
    component = _component(
        facts, record, status.get("TrainingStartTime"), status.get("TrainingEndTime"), parameters,
        status.get("FailureReason"),
    )  # fmt: skip
    for channel in spec.get("InputDataConfig", ()):
        _input(facts, component, "DataSet", channel["DataSource"].get("S3DataSource", {}).get("S3Uri"))
    _input(facts, component, "Image", spec.get("AlgorithmSpecification", {}).get("TrainingImage"))
    if status["TrainingJobStatus"] != "Failed":
        _output(facts, component, "Model", artifact_uri(record))
    _output(facts, component, "Checkpoint", spec.get("CheckpointConfig", {}).get("S3Uri"))
    return facts


def _processing(record: Record) -> Facts:
    facts, spec, status = Facts(), record.spec, record.status
    component = _component(
        facts, record, status.get("ProcessingStartTime"), status.get("ProcessingEndTime"), {},
        status.get("FailureReason"),
    )  # fmt: skip
    for one in spec.get("ProcessingInputs", ()):
        _input(facts, component, "DataSet", one.get("S3Input", {}).get("S3Uri"))
    _input(facts, component, "Image", spec.get("AppSpecification", {}).get("ImageUri"))
    if status["ProcessingJobStatus"] == "Completed":
        for one in spec.get("ProcessingOutputConfig", {}).get("Outputs", ()):
            _output(facts, component, "DataSet", one.get("S3Output", {}).get("S3Uri"))
    return facts


def _transform(record: Record) -> Facts:
    facts, spec, status = Facts(), record.spec, record.status
    component = _component(
        facts, record, status.get("TransformStartTime"), status.get("TransformEndTime"), {}, status.get("FailureReason")
    )
    _input(facts, component, "DataSet", spec["TransformInput"]["DataSource"]["S3DataSource"].get("S3Uri"))
    model = _model_artifact(facts, record.key.project, spec["ModelName"])
    facts.join(model, component, "ContributedTo")
    if status["TransformJobStatus"] == "Completed":
        _output(facts, component, "DataSet", spec["TransformOutput"]["S3OutputPath"])
    return facts


# Models, versions, endpoints.


def _data(container: Document) -> str | None:
    return container.get("ModelDataUrl") or container.get("ModelDataSource", {}).get("S3DataSource", {}).get("S3Uri")


def _model_artifact(facts: Facts, project: str, name: str) -> Key:
    found = artifact(facts, project, "SageMakerModel", sagemaker_arn(project, "model", name), ModelName=name)
    assert found is not None
    return found


def package_artifact(facts: Facts, project: str, name: str) -> Key:
    uri = sagemaker_arn(project, "model-package", name)
    found = artifact(facts, project, "ModelPackage", uri, ModelPackageName=name)
    assert found is not None
    return found


def _model(record: Record) -> Facts:
    facts, project = Facts(), record.key.project
    model = _model_artifact(facts, project, record.key.name)
    spec = record.spec
    for container in [spec["PrimaryContainer"]] if "PrimaryContainer" in spec else spec.get("Containers", ()):
        named = container.get("ModelPackageName")
        if named:
            arn = parse_arn(named)
            facts.join(package_artifact(facts, project, arn.name if arn else named), model, "ContributedTo")
        else:
            _input(facts, model, "Model", _data(container))
        _input(facts, model, "Image", container.get("Image"))
    return facts


def _group(record: Record) -> Facts:
    facts = Facts()
    _group_context(facts, record.key.project, record.key.name)
    return facts


def _group_context(facts: Facts, project: str, name: str) -> Key:
    source = {"SourceUri": sagemaker_arn(project, "model-package-group", name), "SourceType": "ARN"}
    spec = {"Source": source, "ContextType": "ModelGroup", "Properties": {"ModelPackageGroupName": name}}
    return facts.add(Key(project, graph.CONTEXT, f"{name}-aws-model-group"), spec)


def _package(record: Record) -> Facts:
    facts, project, spec = Facts(), record.key.project, record.spec
    package = package_artifact(facts, project, record.key.name)
    for container in spec.get("InferenceSpecification", {}).get("Containers", ()):
        _input(facts, package, "Model", _data(container))
        _input(facts, package, "Image", container.get("Image"))
    if spec.get("ModelPackageGroupName"):
        facts.join(package, _group_context(facts, project, spec["ModelPackageGroupName"]), "AssociatedWith")
    for number, one in enumerate(spec.get("_approvals", ()), 1):
        if one["Status"] not in ("Approved", "Rejected"):
            continue
        arn = sagemaker_arn(project, "model-package", record.key.name)
        told = {"ModelApprovalStatus": one["Status"], "By": one["By"], "Why": one.get("Description", "")}
        action = {
            "Source": {"SourceUri": arn, "SourceType": "ARN"},
            "ActionType": "Approval",
            "Status": "Completed",
            "Properties": {name: value[:MAX_TEXT] for name, value in told.items() if value},
        }
        name = f"{record.key.name.replace('/', '-')}-{number}-aws-approval"
        facts.join(package, facts.add(Key(project, graph.ACTION, name), action), "ContributedTo")
    return facts


def endpoint_context(project: str, name: str) -> Key:
    return Key(project, graph.CONTEXT, f"{name}-aws-endpoint")


def _endpoint(record: Record) -> Facts:
    """Of every generation that served one deployment, joined with the models behind it."""
    facts, project, name = Facts(), record.key.project, record.key.name
    plan, source = record.status["_live"], {"SourceUri": _endpoint_arn(record), "SourceType": "ARN"}
    context = facts.add(
        endpoint_context(project, name),
        {"Source": source, "ContextType": "Endpoint", "Properties": {"EndpointName": name}},
    )
    deployment = facts.add(
        Key(project, graph.ACTION, f"{name}-{int(record.created)}-{plan['Generation']}-aws-model-deployment"),
        {
            "Source": source,
            "ActionType": "ModelDeployment",
            "Status": "Completed",
            "Properties": {"EndpointConfigName": plan["Config"], "Generation": str(plan["Generation"])},
        },
    )
    facts.join(deployment, context, "AssociatedWith")
    for variant in plan["Variants"]:
        if variant.get("ModelName"):
            facts.join(_model_artifact(facts, project, variant["ModelName"]), deployment, "ContributedTo")
        for container in variant["Containers"]:
            # Straight from the artifact as well: SDK v2's ModelArtifact.endpoints looks no further.
            _input(facts, deployment, "Model", container.get("ModelDataUrl"))
    return facts


def _endpoint_arn(record: Record) -> str:
    return sagemaker_arn(record.key.project, "endpoint", record.key.name)


# Pipelines.

_MADE = {"Training": "TrainingJob", "Processing": "ProcessingJob", "Transform": "TransformJob"}
_PLAIN = re.compile(r"[^a-zA-Z0-9]+")


def _execution(record: Record) -> Facts:
    facts, project = Facts(), record.key.project
    pipeline = record.spec["PipelineName"]
    name = f"{_PLAIN.sub('-', pipeline)[:80].strip('-')}-{record.key.name}-aws-pipeline-execution"
    source = {"SourceUri": pipelines.execution_arn(record), "SourceType": "ARN"}
    told = {"PipelineName": pipeline, "PipelineExecutionStatus": record.status["PipelineExecutionStatus"]}
    context = facts.add(
        Key(project, graph.CONTEXT, name), {"Source": source, "ContextType": "PipelineExecution", "Properties": told}
    )
    for made in _made(record):
        facts.join(made, context, "AssociatedWith")
    return facts


def _made(record: Record) -> Iterator[Key]:
    """What the steps made, by the name alone: ends that are not there are passed over."""
    project = record.key.project
    for state in record.status.get("Steps", {}).values():
        made = str(state.get("Made", ""))
        arn = parse_arn(made)
        if arn is not None and arn.type == "model-package":
            yield Key(project, graph.ARTIFACT, graph.artifact_id({"SourceUri": made}))
        elif made and arn is None:
            for kind in SUFFIX:
                yield component_key(project, kind, made)


# Data sets.


def _data_set_version(record: Record) -> Facts:
    """Taken over from where it lay: what a job wrote there leads to it, and from it to the jobs that read it."""
    facts, project = Facts(), record.key.project
    name, number = str(record.spec["DataSet"]), str(record.spec["Version"])
    known = {"DataSetName": name, "DataSetVersion": number, "Digest": str(record.status["Digest"])}
    version = artifact(facts, project, "DataSet", record.status["S3Uri"], **known)
    source = artifact(facts, project, "DataSet", record.spec["SourceS3Uri"])
    if version is not None and source is not None:
        facts.join(source, version, "DerivedFrom")
    return facts


_OF: Mapping[str, Callable[[Record], Facts]] = {
    "TrainingJob": _training,
    "ProcessingJob": _processing,
    "TransformJob": _transform,
    "Model": _model,
    "ModelPackageGroup": _group,
    "ModelPackage": _package,
    "Endpoint": _endpoint,
    pipelines.EXECUTION: _execution,
    "DataSetVersion": _data_set_version,
}
KINDS: Sequence[str] = tuple(_OF)


def tells(record: Record) -> bool:
    """Whether it has come so far that it tells anything; cheap, for it is asked at every write of the store."""
    kind = record.key.kind
    if kind in SUFFIX:
        return record.status.get(f"{kind}Status") in ENDED
    if kind == "Endpoint":
        return bool(record.status.get("_live"))
    if kind == pipelines.EXECUTION:
        return record.status.get("PipelineExecutionStatus") in EXECUTED
    if kind == "DataSetVersion":
        return record.status.get("VersionStatus") == "Ready"
    return kind in _OF


def of(record: Record) -> Facts:
    return _OF[record.key.kind](record)
