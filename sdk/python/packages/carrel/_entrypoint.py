"""Loads a report's entry point and calls it: what a run does before its first row.

The worker drives it: ``Report(job)``, ``load()``, ``call()``, and then either drains the result
itself or, for the renderers that are Python libraries, calls ``render()``.
"""

import importlib
import inspect
import json
import os
import sys
from collections.abc import Callable
from typing import Any, TextIO

from connect.client import AsyncConnectClient, ConnectClient

from carrel import _source, http, no_network
from carrel._failure import LoadError

# Renderer type -> the module that writes it.
_OWN_RENDERERS = {"jinja2": "carrel._jinja2_render", "pdf": "carrel._pdf_render"}

# Debian's packages: the end of the search path, see sdk/python/interpreter.cc.
_HOST_PACKAGES = "/usr/lib/python3/dist-packages"

_streams_are_open = False  # by a worker, while it was parked


class Report:
    """One report of one checkout, in a process of its own."""

    def __init__(self, job: str):
        self.job: dict[str, Any] = json.loads(job)
        self.extra_context: Any = None
        self.rows = 0  # that the template of an own renderer took
        self._function: Callable[..., Any] | None = None
        self._renderer: Any = None
        open_streams()

    def load(self) -> None:
        """Imports the entry point. Raises what the import raises, LoadError for a bad name."""
        name = _OWN_RENDERERS.get(self.job["renderer_type"])
        if name is not None:
            # Ahead of the checkout's modules, so that none takes the place of a library's.
            self._renderer = importlib.import_module(name)
        http.install()
        no_network.install()
        sys.dont_write_bytecode = True
        _add_environment(self.job["environment"])
        _source.use_source_only(self.job["root"])
        sys.path.insert(0, self.job["root"])
        module_name, _, function_name = self.job["entrypoint"].rpartition(".")
        if not module_name:
            raise LoadError("the entry point is not of the form package.module.function")
        module = importlib.import_module(module_name)
        function = getattr(module, function_name, None)
        if function is None:
            raise LoadError(f"module '{module_name}' has no function '{function_name}'")
        if not callable(function):
            raise LoadError(f"'{function_name}' of module '{module_name}' is not a function")
        self._function = function

    def call(self) -> Any:
        """Calls the entry point; a generator or coroutine that comes back has not run yet."""
        import _carrel

        arguments = [self._make_client(), self.job["parameters"], _carrel.progress]
        if self.job["spec"] != "1":
            arguments += [self.job["renderer_type"], self._set_extra_context]
        assert self._function is not None
        return self._function(*arguments)

    def is_async(self, result: Any) -> bool:
        return inspect.isawaitable(result) or hasattr(type(result), "__aiter__")

    def drain(self, result: Any, write: Callable[[Any], None]) -> tuple[Any] | None:
        """Writes all rows of an asynchronous result; or the plain result that it came to."""
        from carrel import _async

        return _async.drain(result, write)

    def render(self, result: Any) -> None:
        """Writes the output file from the result, for a renderer that is a Python library."""
        self._renderer.render(self, result)

    def _make_client(self) -> ConnectClient | AsyncConnectClient:
        function = inspect.unwrap(self._function) if self._function else None
        is_async = inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function)
        return (AsyncConnectClient if is_async else ConnectClient)(
            self.job["api_key"],
            self.job["endpoint"],
            default_limit=self.job["default_limit"],
            connection=self.job["connection"],
        )

    def _set_extra_context(self, data: Any) -> None:
        self.extra_context = data


def _add_environment(path: str) -> None:
    """Puts the packages of the repository behind the standard library and ours, before Debian's.

    Not before the worker is confined: whatever is imported earlier must not be theirs.
    """
    if path:
        at = sys.path.index(_HOST_PACKAGES) if _HOST_PACKAGES in sys.path else len(sys.path)
        sys.path.insert(at, path)


def open_streams() -> None:
    """The report's log: lines leave at once, and no character can make a print fail."""
    global _streams_are_open
    if _streams_are_open:
        return
    for name, descriptor in (("stdout", 1), ("stderr", 2)):
        try:
            os.fstat(descriptor)
        except OSError:
            continue
        stream: TextIO = open(
            descriptor, "w", 1, encoding="utf-8", errors="backslashreplace", closefd=False
        )
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)
    _streams_are_open = True


def forget_streams() -> None:
    """In the zygote: the log of a worker is another file."""
    global _streams_are_open
    _streams_are_open = False
