"""Workbooks of other people by Carrel and openpyxl: foreign_books.py DUMP_ROWS DIRECTORY...

Every .xlsx and .xlsm below the directories, such as the test data of other readers, is read by
both. Prints what differs and how many are equal; a file that openpyxl cannot read is compared with
nothing, one that only Carrel refuses is a difference. Known to differ, and made equal before:
times of day and durations (Carrel knows days), formulas without a stored result (openpyxl shows
nothing), escapes such as _x000D_ (openpyxl leaves them)."""

from __future__ import annotations

import collections
import datetime as dt
import json
import re
import signal
import subprocess
import sys
import warnings
from pathlib import Path

import openpyxl
from reader_property import difference, shown, trimmed

PATIENCE_S = 60  # some it reads without end
MOST_CELLS = 2_000_000  # openpyxl makes an object of each, empty ones too
ESCAPE = re.compile("_x([0-9A-Fa-f]{4})_")
NO_DAY = ["day", "out of range"]


def is_early(day: object) -> bool:
    """Before March 1900, where a number of days is as well a duration or a time."""
    return isinstance(day, dt.time | dt.timedelta) or (
        isinstance(day, dt.datetime) and day < dt.datetime(1900, 3, 1)
    )


def by_openpyxl(path: Path) -> dict[str, list[object]]:
    tabs: dict[str, list[object]] = {}
    for sheet in openpyxl.load_workbook(path, data_only=True).worksheets:
        if sheet.max_row * sheet.max_column > MOST_CELLS:
            raise ValueError(f"{sheet.max_row} rows of {sheet.max_column} columns")
        rows: list[object] = []
        for number, values in enumerate(sheet.iter_rows(values_only=True), 1):
            cells = [NO_DAY if is_early(value) else shown(value) for value in values]
            unescaped = [[k, ESCAPE.sub(lambda m: chr(int(m[1], 16)), t)] for k, t in cells]
            rows.append([number, unescaped])
        tabs[sheet.title] = rows
    return trimmed(tabs)


def by_carrel(tabs: dict[str, list[list]]) -> dict[str, list[object]]:
    def known(cell: list[str]) -> list[str]:
        if cell[0] == "novalue":
            return ["", ""]
        return NO_DAY if cell[0] == "day" and cell[1] < "1900-03-01" else cell

    rows = {n: [[r, [known(cell) for cell in cells]] for r, cells in t] for n, t in tabs.items()}
    return trimmed(rows)


def give_up(*_: object) -> None:
    raise TimeoutError(f"more than {PATIENCE_S} s")


def compare(answer: dict, path: Path) -> str:
    """What became of the file: equal, or how the two differ."""
    try:
        signal.alarm(PATIENCE_S)
        theirs = by_openpyxl(path)
    except Exception as error:  # whatever a strange workbook does to openpyxl
        said = f"{type(error).__name__}: {error}".splitlines()[0]
        return f"openpyxl cannot read it ({said}); Carrel: {answer.get('error', 'reads it')}"
    finally:
        signal.alarm(0)
    if "error" in answer:
        return f"only Carrel refuses it: {answer['error']}"
    what = difference(by_carrel(answer["tabs"]), theirs)
    return f"differs: {what}" if what else "equal"


def main(tool: str, directories: list[str]) -> int:
    warnings.simplefilter("ignore")
    signal.signal(signal.SIGALRM, give_up)
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
            print(f"{path}: {what[:300]}", flush=True)
    print(f"{len(paths)} workbooks: " + ", ".join(f"{n} {w}" for w, n in counts.most_common()))
    return 0 if set(counts) <= {"equal", "openpyxl cannot read it"} else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
