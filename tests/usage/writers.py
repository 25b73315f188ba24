"""The same records, written by other programs, read by Carrel: writers.py DUMP_ROWS [WORKBOOK...].

openpyxl, XlsxWriter, LibreOffice (soffice) and SheetJS (node with the package xlsx, NODE_PATH) each
write the same table; one that is not installed is left out with a message. Workbooks named behind
it are compared with what openpyxl reads in them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import openpyxl

sys.path.insert(0, str(Path(__file__).parent))
import reader_property

TABLE: list[list[str | float | bool | None]] = [
    ["record_id", "quantity", "note", "flag", "amount"],
    ["r-1", 0.58, "plain", True, 1234.5],
    ["r-2", 3, "a < b & c > d", False, -0.01],
    ["r-3", 1e-7, "größe 日本 \U0001f600", None, 123456789012345],
    ["r-4", 100000.25, "  spaces  ", True, None],
    ["r-5", 0, "line\nbreak", False, 1e15],
]
SHEETJS = """
const xlsx = require('xlsx');
const sheet = xlsx.utils.aoa_to_sheet(JSON.parse(process.argv[1]));
const book = xlsx.utils.book_new();
xlsx.utils.book_append_sheet(book, sheet, 'records');
xlsx.writeFile(book, process.argv[2], {compression: true, bookSST: process.argv[3] === 'shared'});
"""


def by_openpyxl(directory: Path) -> list[Path]:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "records"
    for row in TABLE:
        sheet.append(row)
    path = directory / "openpyxl.xlsx"
    book.save(path)
    return [path]


def by_xlsxwriter(directory: Path) -> list[Path]:
    import xlsxwriter

    paths = []
    for constant in (False, True):
        path = directory / f"xlsxwriter-{constant}.xlsx"
        book = xlsxwriter.Workbook(str(path), {"constant_memory": constant})
        sheet = book.add_worksheet("records")
        for number, row in enumerate(TABLE):
            sheet.write_row(number, 0, row)
        book.close()
        paths.append(path)
    return paths


def by_libreoffice(directory: Path) -> list[Path]:
    if not shutil.which("soffice"):
        raise ImportError("soffice")
    source = by_openpyxl(directory)[0]
    out = directory / "libreoffice"
    command = ["soffice", "--headless", f"-env:UserInstallation=file://{directory}/profile"]
    command += ["--convert-to", "xlsx", "--outdir", str(out), str(source)]
    subprocess.run(command, check=True, capture_output=True, timeout=180)
    return [out / "openpyxl.xlsx"]


def by_sheetjs(directory: Path) -> list[Path]:
    probe = ["node", "-e", "require('xlsx')"]
    if not shutil.which("node") or subprocess.run(probe, capture_output=True).returncode != 0:
        raise ImportError("node with the package xlsx")
    paths = []
    for strings in ("shared", "inline"):
        path = directory / f"sheetjs-{strings}.xlsx"
        command = ["node", "-e", SHEETJS, json.dumps(TABLE), str(path), strings]
        subprocess.run(command, check=True, env=os.environ)
        paths.append(path)
    return paths


def read(tool: str, path: Path) -> dict:
    done = subprocess.run([tool, str(path)], check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


def expected_table() -> list[object]:
    rows = []
    for number, row in enumerate(TABLE, 1):
        cells = [reader_property.shown(value) for value in row]
        while cells[-1] == ["", ""]:
            cells.pop()
        rows.append([number, cells])
    return rows


def main(tool: str, workbooks: list[str]) -> int:
    failed = 0
    with tempfile.TemporaryDirectory() as name:
        for write in (by_openpyxl, by_xlsxwriter, by_libreoffice, by_sheetjs):
            try:
                paths = write(Path(name))
            except ImportError as error:
                print(f"{write.__name__}: left out, {error} is not installed")
                continue
            for path in paths:
                answer = read(tool, path)
                tabs = reader_property.trimmed(answer.get("tabs", {}))
                what = answer.get("error") or (
                    reader_property.difference(tabs, {next(iter(tabs)): expected_table()})
                )
                print(f"{write.__name__} {path.name}: {what or 'the same'}")
                failed += bool(what)
    for workbook in workbooks:
        answer = read(tool, Path(workbook))
        theirs = reader_property.expected(Path(workbook).read_bytes())
        what = answer.get("error") or reader_property.difference(
            reader_property.trimmed(answer["tabs"]), theirs
        )
        print(f"{Path(workbook).name}: {what or 'the same'}")
        failed += bool(what)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
