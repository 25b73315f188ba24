"""Runs one report with connect-reports-core and connect-openapi-client, as Connect's runner does.

It runs inside a virtual environment that has those packages. What the runner settles is settled
the same way here: client options, order of arguments, environment name, import path, start time.
The packed result of csv and json is unpacked, so that the output file is the bare report. A small
JSON summary (rows, progress, versions) goes to --summary.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib
import importlib.metadata
import inspect
import json
import os
import sys
import tempfile
import zipfile
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytz
from connect.client import AsyncConnectClient, ConnectClient
from connect.reports.constants import REPORTS_ENV
from connect.reports.datamodels import Account, Report, ReportDefinition
from connect.reports.parser import parse
from connect.reports.renderers import get_renderer
from connect.reports.validator import validate, validate_with_schema

_PACKAGES = ("connect-reports-core", "connect-openapi-client", "openpyxl", "orjson", "WeasyPrint")


class Tally:
    """Counts what passes on its way to the renderer, without changing what kind of thing it is."""

    def __init__(self) -> None:
        self.rows = 0
        self.progress: tuple[int, int] = (0, 0)

    def on_progress(self, value: int, maximum: int) -> None:
        self.progress = (value, maximum)

    def watch(self, data: Any) -> Any:
        """Renderers treat generators and finished values differently: both stay what they are."""
        if inspect.isasyncgen(data):
            return self._count_async(data)
        if inspect.isgenerator(data):
            return self._count(data)
        self.rows = len(data) if isinstance(data, (list, tuple)) else self.progress[0]
        return data

    def _count(self, data: Iterable[Any]) -> Iterator[Any]:
        for row in data:
            self.rows += 1
            yield row

    async def _count_async(self, data: AsyncIterator[Any]) -> AsyncIterator[Any]:
        async for row in data:
            self.rows += 1
            yield row


def _find_report(root: Path, local_id: str) -> ReportDefinition:
    descriptor = json.loads((root / "reports.json").read_text())
    errors = validate_with_schema(descriptor)
    if errors:
        raise SystemExit(f"reports.json: {errors}")
    repository = parse(str(root), descriptor)
    errors = validate(repository)
    if errors:
        raise SystemExit(f"reports.json: {errors}")
    for report in repository.reports:
        if report.local_id == local_id:
            return report
    raise SystemExit(f"no report {local_id}")


def _entrypoint(root: Path, name: str) -> Callable[..., Any]:
    if str(root) not in sys.path:
        sys.path.append(str(root))
    module, function = name.rsplit(".", 1)
    return getattr(importlib.import_module(module), function)


def _run(options: argparse.Namespace, tally: Tally) -> Path:
    root = options.repo.resolve()
    report = _find_report(root, options.report)
    definition = next(r for r in report.renderers if r.id == options.renderer)
    parameters = json.loads(options.params.read_text())
    entrypoint = _entrypoint(root, report.entrypoint)
    is_async = inspect.isasyncgenfunction(entrypoint) or inspect.iscoroutinefunction(entrypoint)
    client = (AsyncConnectClient if is_async else ConnectClient)(
        endpoint=options.endpoint,
        use_specs=False,
        api_key=options.api_key,
        max_retries=5,
        default_limit=500,
        default_headers={"User-Agent": "connect-reports-runner/0.0.0"},
        timeout=(180, 1500),
        resourceset_append=False,
    )
    renderer = get_renderer(
        definition.type,
        REPORTS_ENV,
        str(root),
        Account(options.account_id, options.account_name),
        Report(report.local_id, report.name, report.description, parameters),
        definition.template,
        definition.args,
    )
    arguments: list[Any] = [client, parameters, tally.on_progress]
    if report.report_spec == "2":
        arguments += [definition.type, renderer.set_extra_context]
    # The core cuts a name at its first dot, so the folder's name must have none.
    with tempfile.TemporaryDirectory(prefix="peer_") as folder:
        target = os.path.join(folder, "report")
        if is_async:
            result = asyncio.run(_render_async(entrypoint, arguments, renderer, target, tally))
        else:
            data = tally.watch(entrypoint(*arguments))
            result = renderer.render(data, target, start_time=datetime.now(tz=pytz.utc))
        return _take(Path(result), options.output)


async def _render_async(
    entrypoint: Callable[..., Any],
    arguments: list[Any],
    renderer: Any,
    target: str,
    tally: Tally,
) -> str:
    data = entrypoint(*arguments)
    if inspect.iscoroutinefunction(entrypoint):
        data = await data
    start = datetime.now(tz=pytz.utc)
    return await renderer.render_async(tally.watch(data), target, start_time=start)


def _take(result: Path, output: Path) -> Path:
    if result.suffix != ".zip":
        output.write_bytes(result.read_bytes())
        return output
    with zipfile.ZipFile(result) as pack:
        name = next(n for n in pack.namelist() if n != "summary.json")
        output.write_bytes(pack.read(name))
    return output


def main() -> int:
    parser = argparse.ArgumentParser(description="Run one report with connect-reports-core.")
    parser.add_argument("--repo", required=True, type=Path)
    parser.add_argument("--report", required=True)
    parser.add_argument("--renderer", required=True)
    parser.add_argument("--params", required=True, type=Path)
    parser.add_argument("--endpoint", required=True)
    parser.add_argument("--api-key", required=True)
    parser.add_argument("--account-id", required=True)
    parser.add_argument("--account-name", required=True)
    parser.add_argument("--output", required=True, type=Path)
    parser.add_argument("--summary", required=True, type=Path)
    options = parser.parse_args()
    tally = Tally()
    try:
        _run(options, tally)
    finally:
        summary = {
            "rows": tally.rows or tally.progress[0],
            "progress": tally.progress,
            "versions": {name: importlib.metadata.version(name) for name in _PACKAGES},
        }
        options.summary.write_text(json.dumps(summary))
    return 0


if __name__ == "__main__":
    sys.exit(main())
