"""The process groups of a transform job: one member a host, which holds the model's first container in its own processes,
and a serving group for each further container of a pipeline, reached by its socket."""

from collections.abc import Iterator
from pathlib import Path

import studiolo
from studiolo.base.instances import instance
from studiolo.base.record import Record
from studiolo.run.protocol import Group, Member, Mount, Resources
from studiolo.services.platform import Platform
from studiolo.services.sagemaker.hosting import files
from studiolo.services.sagemaker.hosting.containers import PlanError
from studiolo.services.sagemaker.hosting.instance import Serving, environment_of, group, run_folder
from studiolo.services.sagemaker.kinds.transform_job.inputs import ml_of, next_folder, workers
from studiolo.services.sagemaker.kinds.transform_job.spec import PAYLOAD_MB, hosts_of

WORKLOAD = str(Path(studiolo.__file__).resolve().parent / "workloads" / "transform" / "main.py")
GRACE = 5.0


def _resources(record: Record) -> Resources:
    size = instance(record.spec["TransformResources"]["InstanceType"])
    assert size is not None
    return Resources(size.cores, size.memory, size.gpus)


def _extra(record: Record) -> dict[str, str]:
    spec = record.spec
    single = spec.get("BatchStrategy") == "SingleRecord"
    return {
        "SAGEMAKER_BATCH": "true",
        "SAGEMAKER_BATCH_STRATEGY": "SINGLE_RECORD" if single else "MULTI_RECORD",
        "SAGEMAKER_MAX_PAYLOAD_IN_MB": str(spec.get("MaxPayloadInMB", PAYLOAD_MB)),
        "SAGEMAKER_MAX_CONCURRENT_TRANSFORMS": str(workers(spec)),
        **spec.get("Environment", {}),
    }


def _serving(record: Record, handle: str, place: int, resources: Resources, share: float) -> Serving:
    model, key = record.spec["_model"], record.key
    user = record.spec.get("_user", "")
    container = model["Containers"][place]
    return Serving(handle, key.project, user, container, resources, model["Isolated"], share, _extra(record))


def further(record: Record) -> Iterator[tuple[str, str, int]]:
    """(handle, host, place) of each container after the first, on each host."""
    for host in hosts_of(record.spec):
        for place in range(1, len(record.spec["_model"]["Containers"])):
            yield f"{record.key.handle()}/{host}.{place}", host, place


def further_groups(platform: Platform, record: Record) -> list[Group]:
    """What a pipeline runs beside the job's own group, within what that is granted; those that do not run yet. Raises
    PlanError."""
    whole, parts = _resources(record), len(record.spec["_model"]["Containers"])
    resources = Resources(whole.cores, whole.memory // parts)
    return [
        group(platform, _serving(record, handle, place, resources, 0.0))
        for handle, _, place in further(record)
        if platform.runner.poll(handle).phase == "absent"
    ]


def own_group(platform: Platform, record: Record) -> Group:
    """Raises PlanError, EnvironmentError_."""
    handle, project = record.key.handle(), record.key.project
    folder, container = platform.runner.folder(handle), record.spec["_model"]["Containers"][0]
    model = files.model_files(platform, project, container)
    environment, members = None, list[Member]()
    for host in hosts_of(record.spec):
        ml = ml_of(folder, host)
        files.bring_source(platform, project, container, ml)
        if environment is None:
            environment = platform.environments.ensure(container["Image"], files.requirements(model, ml))
        mounts = [Mount(ml, "/opt/ml")]
        if model is not None:
            mounts.append(Mount(model, "/opt/ml/model", readonly=True))
        for sub, at, place in further(record):
            if at == host:
                mounts.append(Mount(run_folder(platform, sub), next_folder(place)))
        one = _serving(record, handle, 0, _resources(record), 1.0)
        variables = environment_of(platform, one, environment)
        argv = ["python", WORKLOAD, "transform"]
        members.append(Member(host, argv, one.resources, variables, "/opt/ml", mounts))
    if environment is None:
        raise PlanError("InternalServerError: The job has no hosts.")
    network = "none" if record.spec["_model"]["Isolated"] else "host"
    return Group(handle, members, environment.prefix, environment.warm, network, None, GRACE)
