"""The one error that a call on the client raises."""

from http import HTTPStatus
from typing import Any


class ClientError(Exception):
    """An API answer of 400 or more, or a call that the host could not or would not make.

    ``status_code`` is None when there was no answer; ``message`` then says why.
    """

    def __init__(
        self,
        message: str | None = None,
        status_code: int | None = None,
        error_code: str | None = None,
        errors: list[str] | None = None,
        **kwargs: Any,
    ):
        self.message = message
        self.status_code = status_code
        self.error_code = error_code
        self.errors = errors
        self.additional_info = kwargs

    def __repr__(self) -> str:
        return f"<ClientError {self.status_code}: {self.error_code}>"

    def __str__(self) -> str:
        text = self.message or _describe(self.status_code) or "Unexpected error"
        if self.error_code and self.errors:
            text = f"{text}: {self.error_code} - {','.join(map(str, self.errors))}"
        return text

    def __reduce__(self):
        return _rebuild, (dict(self.__dict__),)


def _rebuild(state: dict[str, Any]) -> ClientError:
    error = ClientError()
    error.__dict__.update(state)
    return error


def _describe(status: int | None) -> str | None:
    if not status:
        return None
    try:
        return f"{status} {HTTPStatus(status).name.replace('_', ' ').title()}"
    except ValueError:
        return str(status)
