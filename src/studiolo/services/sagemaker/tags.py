"""AddTags, ListTags and DeleteTags on anything that has an ARN."""

from collections.abc import Mapping
from typing import Any

from studiolo.base.arn import parse_arn
from studiolo.base.errors import ValidationError
from studiolo.base.record import Key, Record
from studiolo.services.platform import Platform
from studiolo.services.request import Call
from studiolo.services.sagemaker.documents import tag_list
from studiolo.services.sagemaker.kind import Kind
from studiolo.services.sagemaker.verbs import MAX_TAGS, refused, tags_of
from studiolo.store.protocol import Missing, Stale


class Tags:
    def __init__(self, platform: Platform, kinds: Mapping[str, Kind]) -> None:
        self._platform = platform
        # Exports of a model card lie below the card's ARN: of two kinds with one type the first is meant.
        self._by_arn_type = {kind.arn: kind for kind in reversed(list(kinds.values()))}

    def _find(self, call: Call) -> Record:
        text = str(call.params["ResourceArn"])
        arn = parse_arn(text)
        kind = self._by_arn_type.get(arn.type) if arn else None
        if arn is None or kind is None or arn.service != "sagemaker" or arn.account != call.caller.project:
            raise ValidationError(f"Invalid ARN: {text} names nothing in this project that can be tagged.")
        try:
            return self._platform.store.get(Key(arn.account, kind.name, arn.name))
        except Missing:
            raise refused(kind.missing, text, arn.name) from None

    def _write(self, record: Record, tags: Mapping[str, str]) -> Record | None:
        try:
            return self._platform.store.write(record, now=self._platform.clock(), tags=tags)
        except (Stale, Missing):
            return None

    async def add(self, call: Call) -> Mapping[str, Any]:
        new = tags_of(call.params["Tags"])
        while True:
            record = self._find(call)
            tags = {**record.tags, **new}
            if len(tags) > MAX_TAGS:
                raise ValidationError(f"A resource holds at most {MAX_TAGS} tags.")
            written = self._write(record, tags)
            if written:
                return {"Tags": tag_list(written)}

    async def list(self, call: Call) -> Mapping[str, Any]:
        if "NextToken" in call.params:
            # All tags a resource may have fit in the smallest page there is.
            raise ValidationError("Invalid pagination token: a list of tags has one page.")
        return {"Tags": tag_list(self._find(call))}

    async def delete(self, call: Call) -> Mapping[str, Any]:
        gone = set(call.params["TagKeys"])
        while True:
            record = self._find(call)
            if self._write(record, {key: value for key, value in record.tags.items() if key not in gone}):
                return {}
