"""A function's code in the browser: read, and changed file by file by the operation that clients use."""

import asyncio
from collections.abc import Mapping
from typing import Any

from studiolo.base.record import Record
from studiolo.services.functions import code, editing, names
from studiolo.services.functions.service import LambdaService
from studiolo.services.platform import Platform
from studiolo.services.request import Call
from studiolo.store.protocol import Missing


class FunctionCode:
    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._lambda = LambdaService(platform)

    def _find(self, call: Call) -> Record:
        key = names.function_key(call.caller.project, str(call.params["FunctionName"]))
        try:
            return self._platform.store.get(key)
        except Missing:
            raise names.not_found(key.project, key.name) from None

    async def get(self, call: Call) -> Mapping[str, Any]:
        record = self._find(call)
        folder = code.folder(self._platform, record.key.project, record.spec["_code"]["Folder"])
        files, more = await asyncio.to_thread(editing.read, folder)
        return {"Files": files, "Truncated": more, "RevisionId": record.spec["_revision"]}

    async def put(self, call: Call) -> Mapping[str, Any]:
        """With a RevisionId only while nobody else has changed the function."""
        record = self._find(call)
        folder = code.folder(self._platform, record.key.project, record.spec["_code"]["Folder"])
        changed = {str(one["Path"]): str(one["Text"]) for one in call.params.get("Files", ())}
        whole = await asyncio.to_thread(editing.packed, folder, changed, call.params.get("Remove", ()))
        # The code it was made of: whoever came between is not overwritten.
        revision = call.params.get("RevisionId") or record.spec["_revision"]
        params = {"FunctionName": record.key.name, "ZipFile": whole, "RevisionId": revision}
        asked = Call(call.caller, "lambda", "UpdateFunctionCode", params, call.request_id)
        answer = await self._lambda.update_code(asked)
        return {one: answer[one] for one in ("RevisionId", "CodeSha256", "CodeSize")}
