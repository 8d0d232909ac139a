"""The errors a caller of the API sees, as a tree. The wire turns each into the protocol's own form.

`code` and `status` are AWS's; `message` is a sentence that says what to do. Anything else that escapes a handler is a
bug, logged with a request id and answered as InternalFailure.
"""

from collections.abc import Mapping
from typing import Any


class ApiError(Exception):
    """An answer of the API that is not a success.

    code: AWS's error code. status: HTTP status. members: further members of the modelled error shape.
    """

    code = "InternalFailure"
    status = 500

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        status: int | None = None,
        members: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or type(self).code
        self.status = status or type(self).status
        self.members = dict(members or {})
        self.headers = dict(headers or {})


class ValidationError(ApiError):
    """ValidationException, the commonest: input that can't be taken, and most unknown or taken names."""

    code = "ValidationException"
    status = 400


class NotFound(ApiError):
    code = "ResourceNotFound"
    status = 400


class InUse(ApiError):
    code = "ResourceInUse"
    status = 400


class LimitExceeded(ApiError):
    code = "ResourceLimitExceeded"
    status = 400


class ConflictError(ApiError):
    code = "ConflictException"
    status = 400


class AccessDenied(ApiError):
    """The caller is known and may not do this. JSON services answer 400, rest services 403."""

    code = "AccessDeniedException"
    status = 400


class Unsupported(ValidationError):
    """An AWS operation, or a part of one, that this version does not do. Names it; never half-answers it."""

    @classmethod
    def operation(cls, operation: str) -> "Unsupported":
        return cls(f"{operation} is not supported by this version of studiolo; docs/operations.md lists what is.")
