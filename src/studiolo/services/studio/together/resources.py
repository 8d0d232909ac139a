"""What may be talked about: anything of the project that has an ARN of SageMaker's, and the studio's own data sets."""

from collections.abc import Mapping

from studiolo.base.arn import parse_arn
from studiolo.base.errors import NotFound, ValidationError
from studiolo.base.record import Key, Record
from studiolo.services.platform import Platform
from studiolo.services.sagemaker.pipelines.names import EXECUTION
from studiolo.services.sagemaker.service import KINDS
from studiolo.services.sagemaker.workbench.operations import TAGGED
from studiolo.services.studio.datasets.records import DATA_SET
from studiolo.store.protocol import Missing

TYPES: Mapping[str, str] = {kind.arn: kind.name for kind in reversed((*KINDS.values(), *TAGGED.values()))}
"""Kinds by the type in their ARNs; of two kinds with one type the first (exports of a model card lie below the card's)."""
OWN_TYPES: Mapping[str, str] = {"data-set": DATA_SET}
"""Likewise of the studio's own service, for what AWS has no ARN for: arn:aws:studio:us-east-1:<account>:data-set/<name>."""


def key_of(project: str, text: str) -> Key:
    arn = parse_arn(text)
    if arn is not None and arn.service == "studio" and arn.account == project and arn.type in OWN_TYPES:
        return Key(project, OWN_TYPES[arn.type], arn.name)
    if arn is None or arn.service != "sagemaker" or arn.account != project:
        raise ValidationError(f"{text} is no ARN of something in this project.")
    if arn.type == "pipeline" and "/execution/" in arn.name:
        return Key(project, EXECUTION, arn.name.rpartition("/")[2])
    kind = TYPES.get(arn.type)
    if kind is None:
        raise ValidationError(f"{text} names a {arn.type}, about which nothing can be said.")
    return Key(project, kind, arn.name)


def find(platform: Platform, project: str, text: str) -> Record:
    key = key_of(project, text)
    try:
        return platform.store.get(key)
    except Missing:
        raise NotFound(f"There is no {key.kind} {key.name} in this project.") from None
