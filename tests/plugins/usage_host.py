"""A carrel whose reports see usage data.

The data lies in its store, and its own connection `local` answers. For data that no store holds,
and to see what a report asks, an API server on the loopback can be given as `local` instead.
The build directory comes from CARREL_BUILD (default: build in the checkout).
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import usage_store
from carrel_runner import Carrel, Done
from connect_api import ConnectApi
from usage_data import UsageData

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("CARREL_BUILD", ROOT / "build")).resolve()
PLUGINS = ROOT / "plugins"
API_KEY = "usage-key"


@dataclass
class UsageHost:
    """The program and the usage data that its reports see."""

    carrel: Carrel
    data: UsageData
    api: ConnectApi | None = None  # that stands in for the store

    def try_report(
        self,
        report: str,
        parameters: dict[str, Any],
        renderer: str,
        repository: Path = PLUGINS,
        *more: str,
    ) -> tuple[Done, Path]:
        output = self.carrel.work / f"{report}.{renderer}"
        output.unlink(missing_ok=True)
        given = self.carrel.work / "parameters.json"
        given.write_text(json.dumps(parameters), encoding="utf-8")
        connection = ("--connection", f"local={self.api.url}") if self.api else ()
        words = ("--params", given, "--renderer", renderer, "--output", output, *connection)
        return self.carrel("run", repository, report, *words, *more), output

    def run(self, report: str, parameters: dict[str, Any], renderer: str = "json") -> Path:
        done, output = self.try_report(report, parameters, renderer)
        assert done.code == 0, done.err
        return output

    def rows(self, report: str, parameters: dict[str, Any]) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = json.loads(self.run(report, parameters).read_bytes())
        return rows


def make_host(directory: Path, data: UsageData, api: ConnectApi | None = None) -> UsageHost:
    work = directory / "work"
    work.mkdir()
    carrel = Carrel(BUILD / "bin/carrel", directory / "data", work)
    if api is None:
        usage_store.fill(carrel, data)
    else:
        carrel.environment["CARREL_API_KEY_LOCAL"] = API_KEY
    return UsageHost(carrel, data, api)
