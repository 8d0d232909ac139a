"""Whose images a request may name: a team's own environments are its project's, as AWS's repositories are their account's.

One guard before all operations that make or change something: a new kind that names images has it without a word of its own.
Pipelines and tuning jobs ask by the same operations, so theirs pass here too.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from studiolo.base.errors import ValidationError
from studiolo.services.platform import Platform
from studiolo.services.request import Answer, Call, Handler

REGISTRY = ".dkr.ecr."


def named(value: Any) -> Iterator[str]:
    """Addresses in a registry, wherever they stand in a request."""
    if isinstance(value, str):
        if REGISTRY in value[12:21]:
            yield value
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from named(one)
    elif isinstance(value, Sequence) and not isinstance(value, bytes):
        for one in value:
            yield from named(one)


def guarded(platform: Platform, handler: Handler) -> Handler:
    async def answer(call: Call) -> Mapping[str, Any] | Answer | None:
        for image in named(call.params):
            if platform.environments.owner(image) not in (None, call.caller.project):
                raise ValidationError(
                    f"The image {image} is another project's. Make it here from the same requirements: CreateImage, then "
                    "CreateImageVersion."
                )
            if platform.environments.gone(image):
                raise ValidationError(f"The image {image} was deleted. Name another version (ListImageVersions).")
        return await handler(call)

    return answer
