"""A hostile report: what its header says of it, and whether its runs did as it says."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import warnings
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("CARREL_BUILD", ROOT / "build")).resolve()
CASES = Path(__file__).parent / "cases"

# What a case may use unless it says otherwise: little, so that the whole suite is quick, but time
# enough on a busy machine for the limit that is meant to come first.
LIMITS = {"wall_s": 60, "idle_s": 60, "cpu_s": 10, "memory_mb": 256, "output_mb": 16, "tmp_mb": 16}
# A sanitizer takes several times the memory for the same work, and its checks open descriptors.
SANITIZED = b"__asan_init" in (BUILD / "bin/carrel-worker").read_bytes()

_ROWS = ("json", "ndjson", "csv", "xlsx")  # the others make documents
_SUFFIXES = {".py": "python", ".lua": "lua"}


@dataclass(frozen=True)
class Result:
    """One run, as the host told it."""

    answer: dict[str, Any]
    output: bytes

    def __getattr__(self, name: str) -> Any:
        try:
            return self.answer[name]
        except KeyError:
            raise AttributeError(name) from None

    def table(self, renderer: str = "json") -> list[list[Any]]:
        """The rows of the output file."""
        if renderer == "json":
            return list(json.loads(self.output))
        if renderer == "ndjson":
            return [json.loads(line) for line in self.output.splitlines()]
        if renderer == "csv":
            return list(csv.reader(io.StringIO(self.output.decode(), newline=""), delimiter=";"))
        import openpyxl

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of dates that a spreadsheet cannot show
            book = openpyxl.load_workbook(io.BytesIO(self.output))
        return [list(row) for row in book["Data"].iter_rows(min_row=2, values_only=True)]


@dataclass(frozen=True)
class Case:
    """A file of cases/ and what its header says."""

    path: Path
    header: dict[str, str] = field(hash=False)

    @staticmethod
    def read(path: Path) -> Case:
        header: dict[str, str] = {}
        for line in path.read_text(encoding="utf-8").splitlines():
            match = re.fullmatch(r"(?:#|--) ?(.*)", line)
            if not match:
                break
            name, colon, value = match[1].partition(":")
            if colon and re.fullmatch("[a-z]+", name):
                header[name] = value.strip()
        known = {
            *("expect", "kind", "limits", "message", "log", "runs", "together", "renderer"),
            *("connections", "with", "check", "within", "uninstrumented"),
        }
        assert "expect" in header, f"{path.name}: no line `expect:`"
        assert header.keys() <= known, f"{path.name}: unknown {header.keys() - known}"
        return Case(path, header)

    @property
    def name(self) -> str:
        return self.path.stem

    @property
    def language(self) -> str:
        return _SUFFIXES[self.path.suffix]

    @property
    def verdicts(self) -> list[str]:
        return [verdict.strip() for verdict in self.header["expect"].split("|")]

    @property
    def renderers(self) -> list[str]:
        return [name.strip() for name in self.header.get("renderer", "json").split("|")]

    @property
    def limits(self) -> dict[str, int]:
        pairs = (word.split("=") for word in self.header.get("limits", "").split())
        limits = {**LIMITS, **{name: int(value) for name, value in pairs}}
        if SANITIZED and "memory_limit" not in self.verdicts:
            limits["memory_mb"] *= 8
        return limits


def all_cases() -> list[Case]:
    """But for those that say why a sanitizer cannot run them, when it is to."""
    paths = [path for path in CASES.iterdir() if path.suffix in _SUFFIXES]
    cases = [Case.read(path) for path in sorted(paths)]
    return [case for case in cases if not (SANITIZED and "uninstrumented" in case.header)]


def check_result(case: Case, result: Result, renderer: str) -> None:
    shown = json.dumps({k: v for k, v in result.answer.items() if k != "log"}, indent=1)
    if starved(result, case.verdicts, case.limits["cpu_s"]):
        return
    assert result.verdict in case.verdicts, f"{shown}\nlog: {result.log[-2000:]}"
    if "message" in case.header:
        assert re.search(case.header["message"], result.message), shown
    if "kind" in case.header:
        kinds = [kind.strip() for kind in case.header["kind"].split("|")]
        assert result.verdict != "plugin_error" or result.failure_kind in kinds, shown
    if "log" in case.header:
        assert re.search(case.header["log"], result.log), result.log[-2000:]
    if result.verdict == "ok":
        # What the worker says of the file is a claim, which the dispatcher checks as well.
        assert result.bytes == len(result.output) and result.sha256 == result.file["sha256"]
    if result.verdict == "ok" and renderer in _ROWS:
        assert result.rows >= 1, "no row says what was observed"
        print(*result.table(renderer)[:20], sep="\n")
    else:
        print(result.verdict, result.failure_kind, result.message[:300])


def starved(result: Result, verdicts: Collection[str], cpu_s: int) -> bool:
    """Whether the wall clock came first because the machine was busy with others: what computes
    gives way to them."""
    return "cpu_limit" in verdicts and result.verdict == "wall_limit" and result.cpu_s < cpu_s


def check_relation(tables: list[list[list[Any]]], relation: str) -> None:
    if relation == "equal":
        assert all(table == tables[0] for table in tables), tables
        return
    assert relation == "differ", relation
    for rows in zip(*tables, strict=True):
        for cells in zip(*rows, strict=True):
            assert len({str(cell) for cell in cells}) == len(tables), rows
