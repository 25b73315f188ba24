"""A report of more rows than a sheet has, read back by LibreOffice: every row, every cell.

    large_workbook.py --carrel build/bin/carrel [--rows 5000000]

The rows are those of the render benchmark, ten cells each. Five million of them are five sheets;
LibreOffice takes a minute and a half and 1.5 GB for these. The exit code is 1 when a row differs.
"""

from __future__ import annotations

import argparse
import csv
import json
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
sys.path[:0] = [str(_HERE), str(_BENCH)]

import office
import openpyxl
import render_rows

_REPORT = "large"
_ENTRYPOINT = f"""\
from reports.{_REPORT} import render_rows


def generate(client, parameters, progress_callback, renderer_type, extra_context_callback):
    return render_rows.narrow(int(parameters["rows"]))
"""


def _make_repository(directory: Path) -> Path:
    report = directory / "reports" / _REPORT
    report.mkdir(parents=True)
    for package in (report.parent, report):
        (package / "__init__.py").touch()
    shutil.copy(_BENCH / "render_rows.py", report)
    (report / "entrypoint.py").write_text(_ENTRYPOINT)
    (directory / "readme.md").write_text("# Many rows\n")
    book = openpyxl.Workbook()
    book.active.title = "Data"
    for column in range(1, 11):
        book.active.cell(1, column, f"Column {column}")
    book.save(report / "template.xlsx")
    rows = {"id": "rows", "type": "single_line", "name": "rows", "description": "rows"}
    xlsx = {"id": "xlsx", "type": "xlsx", "description": "xlsx",
            "template": f"reports/{_REPORT}/template.xlsx"}  # fmt: skip
    described = {
        **{"name": "Many rows", "readme_file": "readme.md", "audience": ["vendor"]},
        **{"entrypoint": f"reports.{_REPORT}.entrypoint.generate", "report_spec": "2"},
        **{"renderers": [xlsx], "parameters": [rows]},
    }
    manifest = {"name": "Many rows", "readme_file": "readme.md", "version": "1.0.0",
                "language": "python", "reports": [described]}  # fmt: skip
    (directory / "reports.json").write_text(json.dumps(manifest, indent=2))
    return directory


def _run(carrel: Path, folder: Path, rows: int) -> Path:
    parameters, output = folder / "parameters.json", folder / "large.xlsx"
    parameters.write_text(json.dumps([{"id": "rows", "value": str(rows)}]))
    command = [str(carrel), "run", str(_make_repository(folder / "repository")), _REPORT]
    command += ["--params", str(parameters), "--output", str(output)]
    environment = {**os.environ, "CARREL_DATA": str(folder / "data")}
    subprocess.run(command, check=True, env=environment)
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
