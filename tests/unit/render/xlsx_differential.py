"""Compares the xlsx renderer with openpyxl filling the same template as connect-reports-core does.

Usage: xlsx_differential.py RENDER_ROWS [--seed N] TEMPLATE...

Without templates it makes some of its own. Every cell of `Data` and `Info` must read back equal:
value, type, number format, font, fill, border, alignment. Known differences (documented in
runtime/docs/formats.md) are normalised in `expected_cell`.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import math
import pathlib
import random
import subprocess
import sys
import tempfile
import zipfile
from decimal import Decimal
from typing import Any

import openpyxl
from openpyxl.styles import Alignment, Font, PatternFill

EPOCH = dt.datetime(1970, 1, 1)
MICRO = dt.timedelta(microseconds=1)
START = "2020-10-14T10:21:22.123456+00:00"
FINISH = "2020-10-14T10:25:00+00:00"
PARAMETERS = {"b": {"all": True, "choices": []}, "a": 'é😀/"\x7f', "c": [1, 2.5, None, 1e15]}
TEXTS = ["a", " pad ", "", "#N/A", "#DIV/0!", "x" * 32770, "a\tb", "a\nb", "a\rb", "<&>\"'",
         "é😀",
         "\x7f\x85", "]]>", "_x0041", "0012", "1.5", "true", "\u3000wide\u3000", "=", "#BAD"]


def random_value(rng: random.Random) -> Any:
    """A value of any kind that openpyxl can write."""
    naive = dt.datetime(rng.randint(1900, 2200), rng.randint(1, 12), rng.randint(1, 28),
                        rng.randint(0, 23), rng.randint(0, 59), rng.randint(0, 59),
                        rng.choice([0, 0, 500000, 123000]))
    return rng.choice([
        None, True, False, rng.randint(-10, 10), rng.randint(-(2**53), 2**53), 2**70,
        rng.uniform(-1e6, 1e6), rng.choice([1.0, 1e16, 1e-5, 0.1, -0.0, 1e300, 5e-324]),
        math.nan, math.inf, Decimal(rng.randint(-99999, 99999)) / 100, Decimal("1E+3"),
        Decimal("NaN"), rng.choice(TEXTS), rng.choice(TEXTS), naive, naive.date(), naive.time(),
        dt.timedelta(days=rng.randint(0, 50), seconds=rng.randint(0, 86399)),
        dt.timedelta(days=rng.randint(200_000_000, 900_000_000), hours=12),
    ])


def to_cell(value: Any) -> list[Any]:
    """The [kind, value] form that render_rows reads."""
    if value is None:
        return ["none"]
    if isinstance(value, bool):
        return ["bool", value]
    if isinstance(value, int):
        return ["int", value] if -(2**63) <= value < 2**63 else ["big", str(value)]
    if isinstance(value, float):
        return ["float", repr(value)]
    if isinstance(value, Decimal):
        return ["decimal", str(value)]
    if isinstance(value, str):
        return ["text", value]
    if isinstance(value, dt.datetime):
        return ["datetime", (value - EPOCH) // MICRO, None]
    if isinstance(value, dt.date):
        return ["date", (dt.datetime(value.year, value.month, value.day) - EPOCH) // MICRO]
    if isinstance(value, dt.time):
        return ["time", (dt.datetime.combine(EPOCH.date(), value) - EPOCH) // MICRO]
    if abs(value.days) > 106_000_000:
        return ["long", value / dt.timedelta(days=1), str(value)]
    return ["duration", value // MICRO]


def fill_with_openpyxl(template: str, rows: list[list[Any]], row: int, column: int,
                       path: str) -> None:
    """The reference."""
    book = openpyxl.load_workbook(template)
    sheet = book["Data"]
    for r, values in enumerate(rows, start=row):
        for c, value in enumerate(values, start=column):
            sheet.cell(r, c, value=value)
            if isinstance(value, str) and value.startswith("="):
                sheet.cell(r, c).data_type = "s"
    info = book.create_sheet("Info")
    info.column_dimensions["A"].width = 50
    info.column_dimensions["B"].width = 180
    texts = [("Report Execution Information", None), ("Report Start time", "2020-10-14 10:21:22"),
             ("Report Finish time", "2020-10-14 10:25:00"), ("Account ID", "PA-1"),
             ("Account Name", "Ac é <&>"), ("Report ID", "R-1"), ("Report Name", "Name"),
             ("Runtime environment", "env"),
             ("Report execution parameters", json.dumps(PARAMETERS, indent=4, sort_keys=True))]
    for i, (label, text) in enumerate(texts, start=1):
        info.cell(i, 1, label).alignment = Alignment(horizontal="left", vertical="top")
        if i > 1:
            info.cell(i, 2, text).alignment = Alignment(horizontal="left", vertical="top",
                                                        wrap_text=i == 9 or None)
    info.merge_cells("A1:B1")
    info["A1"].fill = PatternFill("solid", start_color="1565C0")
    info["A1"].font = Font(sz=24, color="00FFFFFF")
    info["A1"].alignment = Alignment(horizontal="center", vertical="center")
    book.save(path)


def number(value: Any) -> Any:
    """openpyxl writes 16 significant digits, we write all."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    if isinstance(value, dt.datetime):
        return round((value - EPOCH) / dt.timedelta(milliseconds=1) / 2)
    if isinstance(value, dt.time):
        return round((dt.datetime.combine(EPOCH.date(), value) - EPOCH).total_seconds() * 500)
    return value


def is_close(left: Any, right: Any) -> bool:
    """Equal numbers but for the 17th digit."""
    numbers = isinstance(left, float) and isinstance(right, float)
    return numbers and math.isclose(left, right, rel_tol=1e-14)


Looks = dict[tuple[int, ...], dict[str, str]]  # of one workbook, by openpyxl's key of a style


def cell_facts(cell: Any, looks: Looks) -> dict[str, Any]:
    """What must be equal."""
    key = tuple(cell._style or ())
    facts = {"value": number(cell.value), "format": cell.number_format,
             "type": cell.data_type if cell.value is not None else "n"}
    if cell.has_style and key not in looks:
        parts = ("font", "fill", "border", "alignment", "protection")
        looks[key] = {part: repr(getattr(cell, part)) for part in parts}
    return facts | looks.get(key, {})


def compare(ours: str, theirs: str) -> list[str]:
    """Differences, one line each."""
    a, b = openpyxl.load_workbook(ours), openpyxl.load_workbook(theirs)
    found = []
    looks: tuple[Looks, Looks] = ({}, {})
    if a.sheetnames != b.sheetnames:
        found.append(f"sheets {a.sheetnames} != {b.sheetnames}")
    for name in b.sheetnames:
        left, right = a[name], b[name]
        if not hasattr(right, "iter_rows"):
            continue  # a chart sheet
        for attribute in ("freeze_panes", "auto_filter", "merged_cells"):
            if repr(getattr(left, attribute)) != repr(getattr(right, attribute)):
                found.append(f"{name}: {attribute} differs")
        widths = [{k: (d.width, d.hidden) for k, d in s.column_dimensions.items()}
                  for s in (left, right)]
        if widths[0] != widths[1]:
            found.append(f"{name}: column widths {widths}")
        for r in range(1, max(left.max_row, right.max_row) + 1):
            if left.row_dimensions[r].height != right.row_dimensions[r].height:
                found.append(f"{name}: height of row {r} differs")
            for c in range(1, max(left.max_column, right.max_column) + 1):
                x = cell_facts(left.cell(r, c), looks[0])
                y = cell_facts(right.cell(r, c), looks[1])
                if is_close(x["value"], y["value"]):
                    x["value"] = y["value"]
                if x != y:
                    delta = {k: (x.get(k), y.get(k)) for k in y | x if x.get(k) != y.get(k)}
                    found.append(f"{name}!{left.cell(r, c).coordinate}: {str(delta)[:300]}")
    return found


def make_templates(folder: pathlib.Path) -> list[str]:
    """Workbooks with what the templates in the wild have."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Data"
    sheet.append(["Head", "Date", "Money"])
    for r in range(2, 12):
        for c in range(1, 9):
            cell = sheet.cell(r, c)
            cell.fill = PatternFill("solid", start_color="DDEEFF")
            cell.number_format = ["General", "dd/mm/yyyy", "0.00", "@"][c % 4]
    sheet["D3"] = "kept unless written"
    sheet["Z40"] = "far below"
    sheet.row_dimensions[4].height = 33
    sheet.freeze_panes = "A2"
    sheet.auto_filter.ref = "A1:C1"
    book.create_sheet("Info")["A1"] = "mine"
    styled = folder / "styled.xlsx"
    book.save(styled)
    book = openpyxl.Workbook()
    book.active.title = "Data"
    book.epoch = openpyxl.utils.datetime.MAC_EPOCH
    plain = folder / "mac.xlsx"
    book.save(plain)
    return [str(styled), str(plain)]


def check_copied_parts(template: str, ours: str) -> list[str]:
    """Parts that are not ours to change have the same bytes."""
    changed = ("workbook.xml", "workbook.xml.rels", "styles.xml", "app.xml",
               "[Content_Types].xml", "calcChain.xml")
    found = []
    with zipfile.ZipFile(template) as before, zipfile.ZipFile(ours) as after:
        if after.testzip() is not None:
            found.append("bad checksum")
        for name in before.namelist():
            if name.endswith(changed) or "worksheets/sheet" in name:
                continue
            if before.read(name) != after.read(name):
                found.append(f"{name} changed")
    return found


def run(program: str, template: str, rng: random.Random, folder: pathlib.Path) -> list[str]:
    """One template, random rows."""
    rows = [[random_value(rng) for _ in range(rng.randint(0, 12))] for _ in range(60)]
    row, column = rng.choice([(2, 1), (1, 1), (5, 3)])
    ours, theirs = str(folder / "ours.xlsx"), str(folder / "theirs.xlsx")
    (folder / "rows.jsonl").write_text(
        "".join(json.dumps([to_cell(v) for v in values]) + "\n" for values in rows))
    (folder / "job.json").write_text(json.dumps({
        "type": "xlsx", "args": {"start_row": row, "start_col": column},
        "root": str(pathlib.Path(template).parent), "template": pathlib.Path(template).name,
        "info": {"account_id": "PA-1", "account_name": "Ac é <&>", "report_id": "R-1",
                 "report_name": "Name", "environment": "env", "start_time": START,
                 "parameters": PARAMETERS},
        "finish_time": FINISH}))
    done = subprocess.run([program, folder / "job.json", folder / "rows.jsonl", ours],
                          capture_output=True, text=True, check=False)
    if done.returncode != 0:
        return [done.stderr.strip()]
    fill_with_openpyxl(template, rows, row, column, theirs)
    return compare(ours, theirs) + check_copied_parts(template, ours)


def main() -> int:
    """0 when every template gives equal workbooks."""
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("templates", nargs="*")
    arguments = parser.parse_args()
    failures = 0
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        templates = arguments.templates or make_templates(folder)
        for template in templates:
            rng = random.Random(f"{arguments.seed} {pathlib.Path(template).name}")
            for line in run(arguments.program, template, rng, folder)[:12]:
                print(f"{template}: {line}")
                failures += 1
    print(f"{len(templates)} templates, {failures} differences")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
