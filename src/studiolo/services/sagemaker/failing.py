"""What the owner of a record reads when its controller can't go on (see control.protocol.TellsFailure)."""

MAX_REASON = 1024


def reason(what: str, error: Exception, failures: int) -> str:
    said = str(error) or type(error).__name__
    return f"InternalServerError: The studio could not go on with this {what} after {failures} tries: {said}"[
        :MAX_REASON
    ]
