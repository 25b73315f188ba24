"""Reads what a run wrote into lines that can be compared, stored and hashed.

Of a workbook each line is a cell: place, openpyxl's data type, Python type, value, number format
and a hash of its style. Where we differ from connect-reports-core on purpose, `ours_as_theirs` says
so by name and gives the line that the peer would have.
"""

from __future__ import annotations

import hashlib
import math
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.utils import get_column_letter

CHUNK = 50


@dataclass(frozen=True)
class Facts:
    """One cell as openpyxl reads it."""

    place: str
    data_type: str
    value: Any
    number_format: str
    style: str

    def line(self) -> str:
        told = f"{type(self.value).__name__} {self.value!r}"
        return f"{self.place} {self.data_type} {told} {self.number_format} {self.style}"


class Book:
    """The sheet Data of one workbook, and what lies around its cells."""

    def __init__(self, path: Path) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # numbers in cells that show dates
            self.book = openpyxl.load_workbook(path)
        self.sheet = self.book["Data"]
        self._styles: dict[tuple[int, ...], str] = {}

    def rows(self) -> Iterator[list[Facts]]:
        for row in self.sheet.iter_rows():
            yield [self._facts(cell) for cell in row if cell.value is not None or cell.has_style]

    def _facts(self, cell: Any) -> Facts:
        key = tuple(cell._style)
        if key not in self._styles:
            parts = (cell.font, cell.fill, cell.border, cell.alignment, cell.protection)
            told = " ".join(" ".join(repr(part).split()) for part in parts)
            self._styles[key] = hashlib.sha256(told.encode()).hexdigest()[:6]
        place = f"{get_column_letter(cell.column)}{cell.row}"
        kind = cell.data_type if cell.value is not None else "n"
        return Facts(place, kind, cell.value, cell.number_format, self._styles[key])


def _number_of(text: str) -> int | float:
    """As openpyxl reads a number."""
    return float(text) if set(text) & set(".eE") else int(text)


def ours_as_theirs(facts: Facts, written: Any) -> tuple[Facts, str]:
    """What the peer has in place of our cell for the same value, and the rule that says so."""
    if isinstance(written, str) and len(written) > 1 and written.startswith("="):
        return replace(facts, data_type="f"), "text that begins with = stays text"
    numeric = isinstance(written, (int, float, Decimal)) and not isinstance(written, bool)
    if numeric and isinstance(facts.value, (int, float)) and math.isfinite(written):
        assert facts.value == float(written), f"{facts.place}: {facts.value!r} for {written!r}"
        theirs = _number_of(f"{float(written):.16g}")
        rule = "" if theirs == facts.value else "numbers have 17 digits, the peer's 16"
        return replace(facts, value=theirs), rule
    return facts, ""


def written_at(values: list[list[Any]], place: tuple[int, int], start: tuple[int, int]) -> Any:
    """The value that a run wrote at (row, column), None for a cell of the template."""
    row, column = place[0] - start[0], place[1] - start[1]
    if row < 0 or column < 0 or row >= len(values) or column >= len(values[row]):
        return None
    return values[row][column]


def book_lines(
    path: Path, values: list[list[Any]], start: tuple[int, int], *, ours: bool
) -> tuple[list[str], dict[str, int]]:
    """A line a row; with `ours` as the peer would have it. Counts how often each rule was used."""
    used: dict[str, int] = {}
    lines = []
    for row in Book(path).rows():
        told = []
        for facts in row:
            column, number = openpyxl.utils.cell.coordinate_from_string(facts.place)
            place = (number, openpyxl.utils.column_index_from_string(column))
            rule = ""
            if ours:
                facts, rule = ours_as_theirs(facts, written_at(values, place, start))
            if rule:
                used[rule] = used.get(rule, 0) + 1
            told.append(facts.line())
        lines.append(" | ".join(told))
    return lines, used


def csv_records(data: bytes) -> list[bytes]:
    """Records of a file in which every field is quoted; line ends inside of fields do not count."""
    records, start, quoted = [], 0, False
    for at, byte in enumerate(data):
        if byte == 0x22:
            quoted = not quoted
        elif byte == 0x0A and not quoted:
            records.append(data[start : at + 1])
            start = at + 1
    return [*records, data[start:]] if start < len(data) else records


def digests(lines: list[str] | list[bytes]) -> list[str]:
    """A short hash for each CHUNK of them."""
    found = []
    for at in range(0, len(lines), CHUNK):
        joined = b"\n".join(
            line if isinstance(line, bytes) else line.encode("utf-8", "surrogatepass")
            for line in lines[at : at + CHUNK]
        )
        found.append(hashlib.sha256(joined).hexdigest()[:12])
    return found


def first_difference(ours: list[Any], theirs: list[Any]) -> str:
    """Where two lists of lines part, or ""."""
    for index, (one, other) in enumerate(zip(ours, theirs, strict=False)):
        if one != other:
            at = next(
                (i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b),
                min(len(one), len(other)),
            )
            near = slice(max(0, at - 80), at + 60)
            return f"line {index}:\n  ours   {one[near]!r}\n  theirs {other[near]!r}"
    return "" if len(ours) == len(theirs) else f"{len(ours)} lines against {len(theirs)}"
