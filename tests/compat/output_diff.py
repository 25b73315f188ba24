"""Finds the first differences between two outputs of the same report.

Reports write the time of their run into cells, so two runs never agree to the second. A time that
lies within the run it was written by is replaced by a mark before comparing; every other byte and
cell must be equal.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import openpyxl

_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d")
_MARK = "<time of the run>"
_SLACK = timedelta(seconds=2)
_SHOWN = 3
_INFO_TIMES = ("B2", "B3")


@dataclass(frozen=True)
class RunWindow:
    """When a run began and ended, UTC."""

    began: datetime
    ended: datetime

    @classmethod
    def since(cls, began: datetime) -> RunWindow:
        return cls(began, datetime.now(tz=UTC))

    def mark_times(self, text: str) -> str:
        return _MOMENT.sub(self._mark, text)

    def _mark(self, match: re.Match[str]) -> str:
        try:
            moment = datetime.fromisoformat(match.group()).replace(tzinfo=UTC)
        except ValueError:
            return match.group()
        inside = self.began - _SLACK <= moment <= self.ended + _SLACK
        return _MARK if inside else match.group()


@dataclass(frozen=True)
class Output:
    """One side: the file a run wrote and when it ran."""

    path: Path
    window: RunWindow


def differences(kind: str, left: Output, right: Output, *, ordered: bool) -> list[str]:
    """The first few differences, or none. `ordered` is false where rows come in any order."""
    return _COMPARERS[kind](left, right, ordered)[:_SHOWN]


def _diff_text(
    left: Output, right: Output, ordered: bool, split: Callable[[str], list[str]]
) -> list[str]:
    texts = []
    for side in (left, right):
        text = side.path.read_bytes().decode("utf-8", errors="surrogateescape")
        texts.append(side.window.mark_times(text))
    if texts[0] == texts[1]:
        return []
    records = [split(text) for text in texts]
    if not ordered:
        records = [[side[0], *sorted(side[1:])] if side else [] for side in records]
        if records[0] == records[1]:
            return []
    found = [
        f"record {index}: {_around_difference(one, other)}"
        for index, (one, other) in enumerate(zip(*records, strict=False))
        if one != other
    ]
    if len(records[0]) != len(records[1]):
        found.insert(0, f"{len(records[0])} records against {len(records[1])}")
    return found or ["same records, other bytes between them"]


def _around_difference(one: str, other: str) -> str:
    at = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), None)
    start = max(0, (min(len(one), len(other)) if at is None else at) - 15)
    return f"at {start}: {one[start : start + 40]!r} against {other[start : start + 40]!r}"


def _csv_records(text: str) -> list[str]:
    """Raw records, separators kept; line ends inside quotes do not end a record."""
    records, start, quoted = [], 0, False
    for index, character in enumerate(text):
        if character == '"':
            quoted = not quoted
        elif character == "\n" and not quoted:
            records.append(text[start : index + 1])
            start = index + 1
    return [*records, text[start:]] if start < len(text) else records


def _json_records(text: str) -> list[str]:
    """The raw text of each element of a top-level array, after an element `[` to stand for it.

    Spaces before an element belong to it. A text that is no array of values is one record."""
    if not text.startswith("["):
        return [text]
    records, at = ["["], 1
    decoder = json.JSONDecoder()
    try:
        while at < len(text) and text[at] != "]":
            spaces = len(text[at:]) - len(text[at:].lstrip()) if text[at].isspace() else 0
            _, end = decoder.raw_decode(text, at + spaces)
            records.append(text[at:end])
            at = end + 1
    except json.JSONDecodeError:
        return [text]
    return records


def _diff_csv(left: Output, right: Output, ordered: bool) -> list[str]:
    return _diff_text(left, right, ordered, _csv_records)


def _diff_json(left: Output, right: Output, ordered: bool) -> list[str]:
    return _diff_text(left, right, ordered, _json_records)


def _diff_xlsx(left: Output, right: Output, ordered: bool) -> list[str]:
    books = [openpyxl.load_workbook(side.path) for side in (left, right)]
    names = [book.sheetnames for book in books]
    if names[0] != names[1]:
        return [f"sheets {names[0]} against {names[1]}"]
    found: list[str] = []
    for name in names[0]:
        found += _diff_sheet(books[0][name], books[1][name], left.window, right.window, ordered)
    return found


def _diff_sheet(
    one: Any, other: Any, one_window: RunWindow, other_window: RunWindow, ordered: bool
) -> list[str]:
    found = [
        f"{one.title} {what}: {a!r} against {b!r}"
        for what, a, b in _sheet_facts(one, other)
        if a != b
    ]
    rows = [
        list(_sheet_rows(one, one_window)),
        list(_sheet_rows(other, other_window)),
    ]
    if not ordered and one.title == "Data":
        rows = [_with_values_sorted(side) for side in rows]
    for index, (a_row, b_row) in enumerate(zip(*rows, strict=False), start=1):
        for column, (a, b) in enumerate(zip(a_row, b_row, strict=False), start=1):
            if a != b:
                cell = f"{openpyxl.utils.get_column_letter(column)}{index}"
                found.append(f"{one.title}!{cell}: {_cell_difference(a, b)}")
                if len(found) >= _SHOWN:
                    return found
    return found


def _with_values_sorted(rows: list[list[tuple[object, ...]]]) -> list[list[tuple[object, ...]]]:
    """Formats belong to the place in the sheet and stay; what the cells hold is put in order."""
    if not rows:
        return rows
    contents = sorted(([cell[:3] for cell in row] for row in rows[1:]), key=repr)
    return [
        rows[0],
        *(
            [(*content, *cell[3:]) for content, cell in zip(values, row, strict=True)]
            for values, row in zip(contents, rows[1:], strict=True)
        ),
    ]


def _sheet_facts(one: Any, other: Any) -> Iterator[tuple[str, object, object]]:
    def widths(sheet: Any) -> dict[str, tuple[object, ...]]:
        return {
            letter: (column.min, column.max, column.width, column.hidden)
            for letter, column in sorted(sheet.column_dimensions.items())
        }

    def heights(sheet: Any) -> dict[int, object]:
        return {n: row.height for n, row in sheet.row_dimensions.items() if row.height is not None}

    for what, read in (
        ("dimensions", lambda sheet: sheet.dimensions),
        ("merged cells", lambda sheet: sorted(map(str, sheet.merged_cells.ranges))),
        ("column widths", widths),
        ("row heights", heights),
        ("filter", lambda sheet: sheet.auto_filter.ref),
        ("frozen panes", lambda sheet: sheet.freeze_panes),
        ("state", lambda sheet: sheet.sheet_state),
    ):
        yield what, read(one), read(other)


def _sheet_rows(sheet: Any, window: RunWindow) -> Iterator[list[tuple[object, ...]]]:
    styles: dict[tuple[int, ...], str] = {}
    for row in sheet.iter_rows():
        yield [_cell(sheet, cell, styles, window) for cell in row]


def _cell(
    sheet: Any, cell: Any, styles: dict[tuple[int, ...], str], window: RunWindow
) -> tuple[object, ...]:
    value = getattr(cell, "value", None)
    if sheet.title.startswith("Info") and cell.coordinate in _INFO_TIMES:
        value = _MARK
    elif isinstance(value, str):
        value = window.mark_times(value)
    data_type = getattr(cell, "data_type", None)
    return (value, type(value).__name__, data_type, *_style(cell, styles))


def _style(cell: Any, styles: dict[tuple[int, ...], str]) -> tuple[object, ...]:
    key = tuple(getattr(cell, "_style", None) or ())
    if key not in styles:
        parts = [cell.font, cell.fill, cell.border, cell.alignment, cell.protection]
        styles[key] = " ".join(" ".join(repr(part).split()) for part in parts)
    return (cell.number_format, styles[key])


def _cell_difference(one: tuple[object, ...], other: tuple[object, ...]) -> str:
    names = ("value", "python type", "data type", "number format", "style")
    for name, a, b in zip(names, one, other, strict=True):
        if a != b:
            if name in ("value", "style"):
                return f"{name} {_around_difference(str(a), str(b))}"
            return f"{name} {a!r} against {b!r}"
    return "equal"


def _diff_pdf(left: Output, right: Output, ordered: bool) -> list[str]:
    if shutil.which("pdftotext") is None:
        return ["pdftotext (poppler-utils) is needed to compare pdf files"]
    texts = []
    for side in (left, right):
        done = subprocess.run(
            ["pdftotext", "-layout", str(side.path), "-"], capture_output=True, check=True
        )
        texts.append(side.window.mark_times(done.stdout.decode()))
    pages = [text.count("\f") for text in texts]
    if pages[0] != pages[1]:
        return [f"{pages[0]} pages against {pages[1]}"]
    words = [text.split() for text in texts]
    if words[0] == words[1]:
        return []
    return [_around_difference(" ".join(words[0]), " ".join(words[1]))]


_COMPARERS: dict[str, Callable[[Output, Output, bool], list[str]]] = {
    "csv": _diff_csv,
    "json": _diff_json,
    "xlsx": _diff_xlsx,
    "pdf": _diff_pdf,
}
