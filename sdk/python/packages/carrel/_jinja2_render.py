"""The renderer `jinja2`: a template of the repository, streamed into the output file."""

import inspect
import itertools
import os
import traceback
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

from carrel._failure import LoadError, RenderError

try:
    import jinja2
except ImportError as error:
    raise LoadError(f"the renderer needs the Python package jinja2: {error}") from error

_BUFFER = 256 * 1024


@dataclass
class Account:
    id: str
    name: str


@dataclass
class Report:
    id: str
    name: str
    description: str
    values: dict[str, Any]


def render(report: Any, result: Any) -> None:
    """Renders the result of the entry point into the job's output file."""
    with Output(report.job["output_fd"]) as output:
        write_template(report, result, output)


class Output:
    """The output file; its errors are the renderer's, not the report's."""

    def __init__(self, descriptor: int):
        self._file: BinaryIO = open(descriptor, "wb", _BUFFER, closefd=False)

    def write(self, data: bytes) -> None:
        try:
            self._file.write(data)
        except OSError as error:
            raise RenderError(f"cannot write the output file: {error.strerror}") from error

    def __enter__(self) -> "Output":
        return self

    def __exit__(self, kind: Any, *_: Any) -> None:
        try:
            self._file.close()
        except OSError as error:
            if kind is None:
                raise RenderError(f"cannot write the output file: {error.strerror}") from error


def write_template(report: Any, result: Any, output: Any) -> None:
    """Renders the job's template with `result` as ``data`` into ``output.write(bytes)``."""
    try:
        if report.is_async(result):
            from carrel import _async

            _async.run(_write_async(report, result, output))
        else:
            _write(report, result, output)
    except jinja2.TemplateError as error:
        raise RenderError(_describe(error, _directory(report.job))) from error


def _write(report: Any, data: Any, output: Any) -> None:
    data = _started(report, data)
    template = _load(report.job, is_async=False)
    for text in template.generate(_context(report, data)):
        output.write(text.encode("utf-8", "backslashreplace"))


async def _write_async(report: Any, result: Any, output: Any) -> None:
    from carrel import _async

    data = await _async.settled(result)
    rows = aiter(data) if _async.is_async_iterable(data) else None
    template = _load(report.job, is_async=True)
    started = _started(report, data) if rows is None else await _started_async(report, rows)
    context = _context(report, started)
    try:
        async for text in template.generate_async(context):
            output.write(text.encode("utf-8", "backslashreplace"))
    finally:
        if rows is not None:
            await _async.close(rows)


def _started(report: Any, data: Any) -> Any:
    """What the template gets as ``data``; its rows are counted.

    A generator ran to its first row: by then it has given its extra context.
    """
    if inspect.isgenerator(data):
        first = list(itertools.islice(data, 1))
        return _counting(report, itertools.chain(first, data), data.close)
    if isinstance(data, Iterator) and type(data).__module__ in ("builtins", "itertools"):
        return _counting(report, data)
    if isinstance(data, list | tuple):
        report.rows = len(data)
    return data


def _counting(
    report: Any, rows: Iterator[Any], close: Callable[[], None] = lambda: None
) -> Iterator[Any]:
    try:
        for row in rows:
            report.rows += 1
            yield row
    finally:
        close()


async def _started_async(report: Any, rows: AsyncIterator[Any]) -> AsyncIterator[Any]:
    first = [row async for row in _first(rows)]

    async def all_rows() -> AsyncIterator[Any]:
        for row in first:
            report.rows += 1
            yield row
        async for row in rows:
            report.rows += 1
            yield row

    return all_rows()


async def _first(rows: AsyncIterator[Any]) -> AsyncIterator[Any]:
    try:
        yield await anext(rows)
    except StopAsyncIteration:
        return


def _load(job: dict[str, Any], is_async: bool) -> jinja2.Template:
    escape_all = (job["args"] or {}).get("autoescape") is True
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_directory(job)),
        # Decides by the end of the name, so x.html.j2 is not escaped unless args say so:
        # reports rely on it.
        autoescape=True if escape_all else jinja2.select_autoescape(["html", "xml"]),
        enable_async=is_async,
    )
    return environment.get_template(os.path.basename(job["template"]))


def _directory(job: dict[str, Any]) -> str:
    """What the names of templates are relative to."""
    return os.path.dirname(os.path.join(job["root"], job["template"]))


def _context(report: Any, data: Any) -> dict[str, Any]:
    job = report.job
    context = {
        "account": Account(job["account_id"], job["account_name"]),
        "report": Report(
            job["report_id"], job["report_name"], job["report_description"], job["parameters"]
        ),
        "data": data,
    }
    if report.extra_context:
        context["extra_context"] = report.extra_context
    return context


def _describe(error: jinja2.TemplateError, directory: str) -> str:
    where = _place(error, directory)
    return f"{where}{type(error).__name__}: {error.message or ''}".rstrip(": ")


def _place(error: jinja2.TemplateError, directory: str) -> str:
    """The innermost template and its line, when the error is of one."""
    if isinstance(error, jinja2.TemplateSyntaxError) and error.name:
        return f"template {error.name}, line {error.lineno}: "
    place = ""
    for frame, line in traceback.walk_tb(error.__traceback__):
        # jinja2 has put frames of templates in the place of those of their code.
        if "__jinja_exception__" in frame.f_globals:
            name = os.path.relpath(frame.f_globals["__file__"], directory)
            place = f"template {name}, line {line}: "
    return place
