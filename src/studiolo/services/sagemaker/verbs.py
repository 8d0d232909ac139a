"""Create, Describe, List, Update, Stop, Delete for every kind, from its declaration and the service model.

A verb writes the spec and nothing else; what then happens is the kind's controller's matter.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from studiolo.base.arn import parse_arn
from studiolo.base.errors import ApiError, ValidationError
from studiolo.base.record import Key, Record
from studiolo.services.platform import Platform
from studiolo.services.request import Call, Handler
from studiolo.services.sagemaker import listing
from studiolo.services.sagemaker.documents import arn_of, cut, everything
from studiolo.services.sagemaker.kind import Kind
from studiolo.store.protocol import AlreadyExists, Missing, Stale
from studiolo.wire.model import members, operation

MAX_TAGS = 50


def refused(form: tuple[str, str], arn: str, name: str) -> ApiError:
    code, sentence = form
    return ApiError(sentence.format(arn=arn, name=name), code=code, status=400)


def tags_of(given: Any) -> dict[str, str]:
    """A Tags member as a mapping; raises where a key is given twice or is AWS's own."""
    tags: dict[str, str] = {}
    for tag in given or ():
        if tag["Key"] in tags:
            raise ValidationError(f"The tag key {tag['Key']} is given more than once.")
        if tag["Key"].lower().startswith("aws:"):
            raise ValidationError("Tag keys that begin with aws: are reserved.")
        tags[tag["Key"]] = tag["Value"]
    if len(tags) > MAX_TAGS:
        raise ValidationError(f"A resource holds at most {MAX_TAGS} tags.")
    return tags


@dataclass(frozen=True, slots=True)
class Verbs:
    """The verbs of one kind."""

    kind: Kind
    platform: Platform

    @property
    def _name_member(self) -> str:
        return f"{self.kind.name}Name"

    def key(self, call: Call) -> Key:
        """The record that a request names, by name or by an ARN of this project."""
        name = str(call.params.get(f"{self.kind.name}Arn") or call.params[self._name_member])
        arn = parse_arn(name)
        if arn is not None and (arn.type, arn.account) == (self.kind.arn, call.caller.project):
            name = arn.name
        return Key(call.caller.project, self.kind.name, name)

    def find(self, call: Call) -> Record:
        key = self.key(call)
        try:
            return self.platform.store.get(key)
        except Missing:
            record = Record(key, {}, {}, 0, 0, 0)
            raise refused(self.kind.missing, arn_of(self.kind, record), key.name) from None

    async def create(self, call: Call) -> Mapping[str, Any]:
        key = self.key(call)
        spec = {name: value for name, value in call.params.items() if name not in (self._name_member, "Tags")}
        tags = tags_of(call.params.get("Tags"))
        spec = self.kind.prepare(self.platform, call, spec)
        self.platform.admit(key, call.caller.user, spec)
        now = self.platform.clock()
        try:
            record = self.platform.store.create(key, spec, self.kind.born(spec, now), now=now, tags=tags)
        except AlreadyExists as taken:
            arn = arn_of(self.kind, taken.existing)
            raise refused(self.kind.taken, arn, taken.existing.key.name) from None
        return {f"{self.kind.name}Arn": arn_of(self.kind, record)}

    async def describe(self, call: Call) -> Mapping[str, Any]:
        model = operation("sagemaker", f"Describe{self.kind.name}")
        assert model is not None and model.output_shape is not None
        return cut(model.output_shape, everything(self.kind, self.platform, self.find(call)))

    async def list(self, call: Call) -> Mapping[str, Any]:
        model = operation("sagemaker", call.operation)
        assert model is not None and model.output_shape is not None
        return listing.answer(self.kind, self.platform, call, model.output_shape)

    async def update(self, call: Call) -> Mapping[str, Any]:
        assert self.kind.update is not None
        while True:
            record = self.find(call)
            spec = self.kind.update(self.platform, call, record)
            self.platform.admit(record.key, call.caller.user, spec)
            try:
                self.platform.store.write(record, now=self.platform.clock(), spec=spec)
            except (Stale, Missing):
                continue
            return {f"{self.kind.name}Arn": arn_of(self.kind, record)}

    async def stop(self, call: Call) -> None:
        """Idempotent: a second request changes nothing."""
        assert self.kind.stop is not None
        while True:
            record = self.find(call)
            self.kind.stop(record)
            if "_stop" in record.spec:
                return
            now = self.platform.clock()
            try:
                self.platform.store.write(record, now=now, spec={**record.spec, "_stop": now})
            except (Stale, Missing):
                continue
            return

    async def delete(self, call: Call) -> Mapping[str, Any] | None:
        """Answers with the ARN where AWS does."""
        model = operation("sagemaker", call.operation)
        while True:
            record = self.find(call)
            self.kind.may_delete(self.platform, record)
            try:
                if self.kind.delete == "now":
                    self.platform.store.delete(record)
                elif not record.deleting:
                    self.platform.store.write(record, now=self.platform.clock(), deleting=True)
            except (Stale, Missing):
                continue
            told = model is not None and f"{self.kind.name}Arn" in members(model.output_shape)
            return {f"{self.kind.name}Arn": arn_of(self.kind, record)} if told else None

    def operations(self) -> Mapping[str, Handler]:
        """By operation name, those that AWS's model has and the kind declares."""
        name = self.kind.name
        found: dict[str, Handler] = {f"Create{name}": self.create, f"Describe{name}": self.describe}
        found[f"List{name}s"] = self.list
        if self.kind.update:
            found[f"Update{name}"] = self.update
        if self.kind.stop:
            found[f"Stop{name}"] = self.stop
        if self.kind.delete:
            found[f"Delete{name}"] = self.delete
        for operation_name, act in self.kind.operations.items():
            found[operation_name] = _bound(act, self.platform)
        return {one: handler for one, handler in found.items() if operation("sagemaker", one) is not None}


def _bound(act: Any, platform: Platform) -> Handler:
    async def handler(call: Call) -> Any:
        return await act(platform, call)

    return handler


def has_member(operation_name: str, member: str) -> bool:
    model = operation("sagemaker", operation_name)
    return model is not None and member in members(model.input_shape)
