"""What the host is told of an exception that ended a report.

Looking at an exception runs code of the report (``__str__``, ``__class__``), so nothing here
believes that it works.
"""

import errno
import os
import traceback
from typing import Any

from connect.client import ClientError

MAX_MESSAGE = 8 * 1024
MAX_TRACEBACK = 64 * 1024
# Frames kept at either end of a deep stack.
_MAX_FRAMES = 200

_OUR_FILES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "_")
_MACHINERY = ("<frozen importlib", os.path.join("importlib", "__init__.py"))


class LoadError(Exception):
    """The entry point cannot be found, or what its renderer needs is missing."""


class RenderError(Exception):
    """The renderer, not the report, could not go on."""


def describe(error: BaseException, loading: bool, entrypoint: str) -> tuple[str, str, str, int]:
    """Kind, one line of text, traceback, HTTP status (0: none)."""
    kind = _kind(error, loading)
    return (
        kind,
        _encodable(_message(error, kind, entrypoint))[:MAX_MESSAGE],
        "" if isinstance(error, (LoadError, RenderError)) else _traceback(error),
        _status(error) if kind == "api" else 0,
    )


def _kind(error: BaseException, loading: bool) -> str:
    kind = type(error)
    if issubclass(kind, MemoryError):
        return "memory"
    if limit := _limit(error):
        return limit
    if issubclass(kind, LoadError):
        return "load"
    if issubclass(kind, RenderError):
        return "render"
    if loading and issubclass(kind, (ImportError, SyntaxError, AttributeError)):
        return "load"
    if issubclass(kind, ClientError):
        return "api"
    return "expected" if kind is RuntimeError else "error"


def _limit(error: BaseException) -> str:
    """The limit of the sandbox that an exception stands for, if it does."""
    if issubclass(type(error), OSError) and error.errno == errno.EMFILE:
        return "files"
    if issubclass(type(error), OSError) and error.errno == errno.ENOSPC:
        return "tmp"
    if type(error) is RuntimeError and error.args == ("can't start new thread",):
        return "threads"
    return ""


def _message(error: BaseException, kind: str, entrypoint: str) -> str:
    text = _text_of(error)
    name = type(error).__name__
    if kind in ("expected", "render"):
        return text or name
    if kind == "load":
        reason = text if isinstance(error, LoadError) else f"{name}: {text}"
        return f"cannot load '{entrypoint}': {reason}"
    if kind == "api":
        return _api_message(error, text)
    return f"{name}: {text}" if text else name


def _text_of(error: BaseException) -> str:
    try:
        return " ".join(str(error)[: 4 * MAX_MESSAGE].split())
    except BaseException:  # noqa: B036 - also a SystemExit raised by __str__ ends here
        return "<its text cannot be made>"


def _api_message(error: Any, text: str) -> str:
    """The text with whatever of status, code and errors it leaves out."""
    try:
        parts = [text]
        errors = error.errors if isinstance(error.errors, (list, tuple)) else []
        for part in (error.status_code, error.error_code, *errors):
            if part and str(part) not in text:
                parts.append(str(part))
        return "; ".join(parts)
    except BaseException:  # noqa: B036
        return text


def _status(error: Any) -> int:
    status = getattr(error, "status_code", None)
    return status if isinstance(status, int) and 0 <= status < 1000 else 0


def _traceback(error: BaseException) -> str:
    try:
        report = traceback.TracebackException(
            type(error), error, error.__traceback__, limit=None, compact=True
        )
        _hide_machinery(report)
        text = _encodable("".join(report.format()))
    except BaseException:  # noqa: B036
        return ""
    return _cut(text)


def _hide_machinery(report: traceback.TracebackException) -> None:
    """Drops the worker's own frames, and those ahead of them, from every exception of a chain."""
    seen: set[int] = set()
    waiting: list[traceback.TracebackException | None] = [report]
    while waiting:
        one = waiting.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        own = [i for i, frame in enumerate(one.stack) if frame.filename.startswith(_OUR_FILES)]
        frames = [
            frame
            for frame in one.stack[own[-1] + 1 if own else 0 :]
            if not any(part in frame.filename for part in _MACHINERY)
        ]
        if len(frames) > 2 * _MAX_FRAMES:
            frames = frames[:_MAX_FRAMES] + frames[-_MAX_FRAMES:]
        one.stack = traceback.StackSummary.from_list(frames)
        waiting += [one.__cause__, one.__context__, *(one.exceptions or ())]


def _encodable(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode()


def _cut(text: str) -> str:
    """Both ends, when the text is too long; the limit is in bytes."""
    data = text.encode()
    if len(data) <= MAX_TRACEBACK:
        return text
    half = MAX_TRACEBACK // 2 - 32
    head = data[:half].decode(errors="ignore")
    return f"{head}\n  [... cut ...]\n{data[-half:].decode(errors='ignore')}"
