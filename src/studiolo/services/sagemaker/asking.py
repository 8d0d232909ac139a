"""Asking the service's own operations from inside, as a client would: validated, and with the rights of who started it all.
Used by what makes other resources (pipelines, tuning)."""

from collections.abc import Callable, Mapping
from typing import Any

from studiolo.base.errors import Unsupported
from studiolo.base.record import Record
from studiolo.services.request import Call, Caller, Handler
from studiolo.services.sagemaker.fitting import fitted
from studiolo.wire import validate
from studiolo.wire.model import operation
from studiolo.wire.parse import from_document

Handlers = Callable[[str], Handler | None]


class Asker:
    def __init__(self, handlers: Handlers) -> None:
        self._handlers = handlers

    async def ask(
        self, record: Record, name: str, params: Mapping[str, Any], private: Mapping[str, Any] | None = None
    ) -> Mapping[str, Any]:
        """For the person who made `record`. private: members of our own ("_…") for the new record's spec. Raises ApiError."""
        model, handler = operation("sagemaker", name), self._handlers(name)
        if model is None or handler is None:
            raise Unsupported.operation(name)
        fit: Mapping[str, Any] = fitted(model.input_shape, params)
        if model.input_shape is not None:
            # What a pipeline's author wrote may be of any type: the types are checked here as on a client's request.
            fit = from_document(model.input_shape, fit)
        validate.check(model.input_shape, fit, "ValidationException")
        caller = Caller(record.spec.get("_user", ""), record.key.project, "contributor")
        call = Call(caller, "sagemaker", name, {**fit, **(private or {})}, f"{record.key.kind}-{record.key.name}")
        return await handler(call) or {}  # pyright: ignore[reportReturnType]
