"""Writes the seeds of the fuzz targets: make_seeds.py tests/fuzz/corpus."""

from __future__ import annotations

import io
import random
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


def template_seeds(directory: Path) -> None:
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


def archive(*names: str, method: int = zipfile.ZIP_DEFLATED, comment: bytes = b"") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as target:
        target.comment = comment
        for name in names:
            target.writestr(zipfile.ZipInfo(name), f"content of {name}" * 3, method)
    return out.getvalue()


class Unseekable(io.RawIOBase):
    """A file that zipfile cannot go back in: sizes then follow the data."""

    def __init__(self) -> None:
        self.data = b""

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        self.data += bytes(data)
        return len(data)


def zip_seeds(directory: Path) -> None:
    streamed = Unseekable()
    with zipfile.ZipFile(streamed, "w", zipfile.ZIP_DEFLATED) as target:
        target.writestr(zipfile.ZipInfo("a"), "streamed")
    wide = io.BytesIO()
    with zipfile.ZipFile(wide, "w") as target:
        with target.open(zipfile.ZipInfo("big"), "w", force_zip64=True) as entry:
            entry.write(b"zip64")
    seeds = {
        "empty.zip": archive(),
        "stored.zip": archive("a", "b/", "b/é", method=zipfile.ZIP_STORED, comment=b"note"),
        "deflated.zip": archive("[Content_Types].xml", "xl/a.xml"),
        "shifted.zip": b"before" + archive("a"),
        "streamed.zip": streamed.data,
        "zip64.zip": wide.getvalue(),
    }
    for name, data in seeds.items():
        (directory / name).write_bytes(data)


def cell_seeds(directory: Path) -> None:
    """Bytes that FuzzedDataProvider cuts into cells: any will do."""
    rng = random.Random(1)
    for number in range(3):
        (directory / f"random-{number}").write_bytes(rng.randbytes(400))


def main(directory: Path) -> None:
    makers = {
        "xlsx_template": template_seeds,
        "zip": zip_seeds,
        "cells": cell_seeds,
        "html": cell_seeds,
    }
    for name, make in makers.items():
        (directory / name).mkdir(parents=True, exist_ok=True)
        make(directory / name)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
