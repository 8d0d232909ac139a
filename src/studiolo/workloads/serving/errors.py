"""What the serving code raises for a request or a model it can't serve; its texts reach the user."""


class Refused(Exception):
    """An answer that is not 200, with its status and text."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


class NoModel(Exception):
    """The folder holds nothing that can be served; the message says what was looked for."""
