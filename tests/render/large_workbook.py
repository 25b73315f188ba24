"""A report of more rows than a sheet has, read back by LibreOffice: every row, every cell.

    large_workbook.py --carrel build/bin/carrel [--rows 5000000]

The rows are those of the render benchmark, ten cells each. Five million of them are five sheets;
LibreOffice takes a minute and a half and 1.5 GB for these. The exit code is 1 when a row differs.
"""

from __future__ import annotations

import argparse
import csv
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

_HERE = Path(__file__).resolve().parent
_BENCH = _HERE.parent / "bench"
sys.path[:0] = [str(_HERE), str(_HERE.parent / "integration"), str(_BENCH)]

import office
import openpyxl
import render_rows
from report_repos import python_repo, write

_XLSX = {"id": "xlsx", "type": "xlsx", "description": "xlsx", "template": "template.xlsx"}


def _make_repository(directory: Path, rows: int) -> Path:
    body = f"from reports.demo import render_rows\nreturn render_rows.narrow({rows})"
    write(python_repo(body, renderers=[_XLSX]), directory)
    shutil.copy(_BENCH / "render_rows.py", directory / "reports" / "demo")
    book = openpyxl.Workbook()
    book.active.title = "Data"
    for column in range(1, 11):
        book.active.cell(1, column, f"Column {column}")
    book.save(directory / "template.xlsx")
    return directory


def _run(carrel: Path, folder: Path, rows: int) -> Path:
    repository, output = _make_repository(folder / "repository", rows), folder / "large.xlsx"
    command = [str(carrel), "run", str(repository), "demo", "--output", str(output)]
    subprocess.run(command, check=True, env={**os.environ, "CARREL_DATA": str(folder / "data")})
    return output


def _read(directory: Path, name: str) -> Iterator[list[str]]:
    """The rows of all its sheets, behind their headers."""
    for sheet in ("Data", *(f"Data ({number})" for number in range(2, 1000))):
        path = directory / f"{name}-{sheet}.csv"
        if not path.is_file():
            return
        with open(path, newline="", encoding="utf-8") as file:
            rows = csv.reader(file)
            assert next(rows)[0] == "Column 1", f"{sheet} has no header"
            yield from rows


def _differ(read: Iterator[list[str]], rows: int) -> int:
    count = wrong = 0
    for count, (told, made) in enumerate(zip(read, render_rows.narrow(rows), strict=False), 1):
        equal = int(told[0]) == made[0] and float(told[1]) == made[1] and told[2:] == [*made[2:]]
        if not equal and (wrong := wrong + 1) <= 5:
            print(f"row {count}: {told} for {made}")
    print(f"{count:,} rows read, {wrong} differ")
    return wrong + rows - count


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--carrel", type=Path, required=True)
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--seconds", type=int, default=3600, help="what LibreOffice may take")
    options = parser.parse_args()
    office.program()
    with tempfile.TemporaryDirectory(prefix="carrel-large-") as folder:
        output = _run(options.carrel.resolve(), Path(folder), options.rows)
        begun = time.monotonic()
        office.convert([output], office.CSV, Path(folder) / "csv", options.seconds)
        print(f"LibreOffice: {time.monotonic() - begun:.0f} s, {_peak_mb():.0f} MB")
        read = _read(Path(folder) / "csv", output.stem)
        return 1 if _differ(read, options.rows) else 0


def _peak_mb() -> float:
    """Of the largest child so far."""
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024


if __name__ == "__main__":
    sys.exit(main())
