"""Writes the seeds of xlsx_template_fuzz: make_seeds.py DIRECTORY."""

from __future__ import annotations

import io
import re
import sys
import zipfile
from datetime import date
from pathlib import Path

import openpyxl
from openpyxl.styles import Font

# In the order of GoodParts() in xlsx_template_fuzz.cc; the number is the seed's first byte.
PARTS = (
    "[Content_Types].xml",
    "_rels/.rels",
    "xl/workbook.xml",
    "xl/_rels/workbook.xml.rels",
    "xl/worksheets/sheet1.xml",
    "xl/styles.xml",
    "xl/calcChain.xml",
    "docProps/app.xml",
)
SHEET = (
    '<?xml version="1.0" encoding="UTF-8"?><x:worksheet xmlns:x="m"><!-- c -->'
    '<x:dimension ref="A1"/>'
    '<x:sheetViews><x:sheetView tabSelected="1"/></x:sheetViews><x:cols><x:col style="1"/></x:cols>'
    '<x:sheetData><x:row r="2" s="1" ht="3"><x:c r="A2" t="s"><x:f t="shared" ref="A2:A3" si="0">'
    "B2&amp;1</x:f><x:v>1</x:v></x:c><x:c/></x:row>"
    "<x:row><x:c><x:f t='shared' si='0'/></x:c></x:row>"
    '<x:row r="9"/></x:sheetData><x:autoFilter ref="A1"/><x:e><![CDATA[<]]></x:e></x:worksheet>'
)


def workbook() -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Data"
    sheet.append(["Name", "Day", "Sum"])
    sheet.append(["x", date(2020, 1, 1), "=A1"])
    sheet["A1"].font = Font(bold=True)
    sheet.freeze_panes = "A2"
    sheet.column_dimensions["A"].width = 20
    book.create_sheet("Other")
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def main(directory: Path) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    data = workbook()
    small = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(small, "w") as target:
        for name in source.namelist():
            target.writestr(zipfile.ZipInfo(name), source.read(name), zipfile.ZIP_DEFLATED, 9)
            if name in PARTS:
                number = bytes([PARTS.index(name) + 1])
                path = directory / re.sub(r"\W+", "-", name.removesuffix(".xml")).strip("-_")
                path.write_bytes(number + source.read(name))
    (directory / "workbook.xlsx").write_bytes(b"\0" + small.getvalue())
    (directory / "prefixed-sheet.xml").write_bytes(b"\5" + SHEET.encode())


if __name__ == "__main__":
    main(Path(sys.argv[1]))
