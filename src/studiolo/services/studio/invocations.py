"""The queue of an asynchronous endpoint, to look at and to take out of: operations of the studio service."""

from collections.abc import Mapping
from typing import Any

from studiolo.base.errors import NotFound, ValidationError
from studiolo.base.record import Key
from studiolo.services.platform import Platform
from studiolo.services.request import Call
from studiolo.services.sagemaker_runtime.asynchronous import invocation
from studiolo.services.sagemaker_runtime.asynchronous.processor import Processor
from studiolo.store.protocol import BadToken, Missing, Query

PAGE = 50


class Invocations:
    def __init__(self, platform: Platform, processor: Processor) -> None:
        self._platform = platform
        self._processor = processor

    async def list(self, call: Call) -> Mapping[str, Any]:
        params, wanted = call.params, call.params.get("StatusEquals")
        query = Query(
            invocation.KIND,
            call.caller.project,
            # What runs is queued as far as the store knows.
            state=invocation.QUEUED if wanted == "Running" else wanted,
            labels={"EndpointName": params["EndpointName"].casefold()},
            sort="created",
            descending=True,
            limit=params.get("MaxResults", PAGE),
            token=params.get("NextToken"),
        )
        try:
            page = self._platform.store.query(query)
        except BadToken:
            raise ValidationError("The NextToken is not one of this list.") from None
        found = [invocation.public(one, one.key in self._processor.flying) for one in page.records]
        if wanted is not None:
            found = [one for one in found if one["Status"] == wanted]
        return {"Invocations": found, **({"NextToken": page.token} if page.token else {})}

    async def cancel(self, call: Call) -> None:
        try:
            record = self._platform.store.get(Key(call.caller.project, invocation.KIND, call.params["InvocationId"]))
        except Missing:
            raise NotFound(f"There is no invocation {call.params['InvocationId']}.") from None
        if record.status["Status"] == invocation.CANCELLED:
            return
        if record.status["Status"] != invocation.QUEUED:
            raise ValidationError(f"The invocation has ended already: it is {record.status['Status']}.")
        await self._processor.cancel(record)
