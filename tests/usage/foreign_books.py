"""Workbooks of other people, read by Carrel and by openpyxl: foreign_books.py DUMP_ROWS DIRECTORY...

Every .xlsx and .xlsm below the directories, such as the test data of other readers, is read by
both. Prints what differs and how many are equal; a file that openpyxl cannot read is compared with
nothing, one that only Carrel refuses is a difference."""

from __future__ import annotations

import collections
import datetime as dt
import json
import subprocess
import sys
import warnings
from pathlib import Path

import openpyxl
from reader_property import difference, shown, trimmed

MOST_CELLS = 2_000_000  # openpyxl makes an object of each, empty ones too
EPOCH = dt.datetime(1899, 12, 30)


def shown_day(value: object) -> list[str]:
    """Times of day and durations as the days that a workbook stores."""
    if isinstance(value, dt.timedelta):
        return ["day", (EPOCH + value).isoformat(sep=" ")]
    if isinstance(value, dt.time):
        return ["day", dt.datetime.combine(EPOCH, value).isoformat(sep=" ")]
    return shown(value)


def by_openpyxl(path: Path) -> dict[str, list[object]]:
    tabs: dict[str, list[object]] = {}
    for sheet in openpyxl.load_workbook(path, data_only=True).worksheets:
        if sheet.max_row * sheet.max_column > MOST_CELLS:
            raise ValueError(f"{sheet.max_row} rows of {sheet.max_column} columns")
        rows: list[object] = []
        for number, cells in enumerate(sheet.iter_rows(values_only=True), 1):
            rows.append([number, [shown_day(value) for value in cells]])
        tabs[sheet.title] = rows
    return trimmed(tabs)


def compare(answer: dict, path: Path) -> str:
    """What became of the file: equal, or how the two differ."""
    try:
        theirs = by_openpyxl(path)
    except Exception as error:  # whatever a strange workbook does to openpyxl
        said = f"{type(error).__name__}: {error}".splitlines()[0]
        return f"openpyxl cannot read it ({said}); Carrel: {answer.get('error', 'reads it')}"
    if "error" in answer:
        return f"only Carrel refuses it: {answer['error']}"
    what = difference(trimmed(answer["tabs"]), theirs)
    return f"differs: {what}" if what else "equal"


def main(tool: str, directories: list[str]) -> int:
    warnings.simplefilter("ignore")
    paths = sorted(
        path
        for directory in directories
        for path in Path(directory).rglob("*")
        if path.suffix.lower() in (".xlsx", ".xlsm")
    )
    counts: collections.Counter[str] = collections.Counter()
    for path in paths:
        done = subprocess.run([tool, str(path)], capture_output=True, text=True)
        what = compare(json.loads(done.stdout), path) if done.returncode == 0 else "Carrel dies"
        counts[what.partition(":")[0].partition(" (")[0]] += 1
        if what != "equal":
            print(f"{path}: {what[:300]}")
    print(f"{len(paths)} workbooks: " + ", ".join(f"{n} {w}" for w, n in counts.most_common()))
    return 0 if set(counts) <= {"equal", "openpyxl cannot read it"} else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
