"""The template repository whose one report yields random rows, and the template it fills."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import openpyxl
from openpyxl.styles import Alignment, Border, Font, PatternFill, Protection, Side

_HERE = Path(__file__).resolve().parent
REPORT = "random"
START_ROW, START_COLUMN = 3, 2
_ENTRYPOINT = f"""\
from reports.{REPORT} import random_rows


def generate(client, parameters, progress_callback, renderer_type, extra_context_callback):
    yield from random_rows.rows(
        renderer_type, int(parameters["seed"]), int(parameters["rows"]))
"""
_FORMATS = ("General", "0.00", "dd/mm/yyyy", "@", "0%", "h:mm", '#,##0.00 "€"', "[Red]0;-0")


def make_template(path: Path) -> None:
    """Cells with styles of their own where rows go, beside and below them; styled columns, rows."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Data"
    sheet["A1"] = "a heading"
    side = Side(style="thin", color="FF00FF00")
    for row in range(START_ROW, START_ROW + 40):
        for column in range(1, 12):
            if (row * 7 + column * 3) % 5 == 0:
                continue
            cell = sheet.cell(row, column)
            cell.number_format = _FORMATS[(row + column) % len(_FORMATS)]
            if row % 2:
                cell.fill = PatternFill("solid", start_color="FFDDEEFF")
            if column % 3 == 0:
                cell.font = Font(bold=True, color="FF336699")
                cell.border = Border(left=side, bottom=side)
            if column % 4 == 0:
                cell.alignment = Alignment(horizontal="center", wrap_text=True)
                cell.protection = Protection(locked=False)
    sheet["D4"] = "replaced, or kept where the row has None"
    sheet["C6"] = 42
    sheet["N5"] = "right of most rows"
    sheet.column_dimensions["C"].width = 31
    sheet.column_dimensions["D"].number_format = "0.0000"
    sheet.column_dimensions["D"].font = Font(italic=True)
    sheet.row_dimensions[7].height = 33
    sheet.freeze_panes = "B3"
    sheet.auto_filter.ref = "A1:F1"
    book.save(path)


def make_repository(directory: Path) -> Path:
    """A checkout with the report `random` and its csv, json and xlsx renderers."""
    report = directory / "reports" / REPORT
    report.mkdir(parents=True)
    for package in (report.parent, report):
        (package / "__init__.py").touch()
    shutil.copy(_HERE / "random_rows.py", report)
    (report / "entrypoint.py").write_text(_ENTRYPOINT)
    (directory / "readme.md").write_text("# Random rows\n")
    make_template(report / "template.xlsx")
    place = {"start_row": START_ROW, "start_col": START_COLUMN}
    renderers = [
        {"id": "csv", "type": "csv", "default": True, "description": "csv"},
        {"id": "json", "type": "json", "description": "json"},
        {"id": "xlsx", "type": "xlsx", "description": "xlsx", "args": place,
         "template": f"reports/{REPORT}/template.xlsx"},
    ]  # fmt: skip
    parameters = [
        {"id": name, "type": "single_line", "name": name, "description": name, "required": True}
        for name in ("seed", "rows")
    ]
    manifest = {
        "name": "Random rows",
        "readme_file": "readme.md",
        "version": "1.0.0",
        "language": "python",
        "reports": [
            {
                "name": "Random rows",
                "readme_file": "readme.md",
                "entrypoint": f"reports.{REPORT}.entrypoint.generate",
                "audience": ["vendor"],
                "report_spec": "2",
                "renderers": renderers,
                "parameters": parameters,
            }
        ],
    }
    (directory / "reports.json").write_text(json.dumps(manifest, indent=2))
    return directory
