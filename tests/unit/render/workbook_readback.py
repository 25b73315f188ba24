"""Reads back with openpyxl and LibreOffice what WorkbookWriter wrote.

Usage: workbook_readback.py WRITE_BOOK

Every property that the writer offers is asked of the file: values, styles, comments, validations,
panes, filters, tables; the package by the rules of ooxml_check. LibreOffice must convert each
sheet to the same values. A million comments must not take memory.
"""

from __future__ import annotations

import csv
import datetime as dt
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from typing import Any

import openpyxl

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "support"))
import ooxml_check
import peak_memory

MICRO = 1_000_000
DAY = 86_400 * MICRO
RED, WHITE, BLUE = 0xC00000, 0xFFFFFF, 0x1F4E79
HEADER = ["record_id", "quantity", "start_time_utc", "note"]
AWKWARD = ["=1+1", " pad ", "a\nb", "_x0041_", "<&>\"'", "é😀", "#N/A", "0012"]

STYLES = [
    {"bold": True, "font_color": WHITE, "fill": BLUE, "horizontal": 2, "vertical": 2,
     "wrap": True},
    {"number_format": "0.0000", "border": 2, "border_color": RED},
    {"number_format": "yyyy-mm-dd hh:mm", "horizontal": 3},
    {"number_format": "@"},
    {"border": 1, "border_color": RED},
]  # fmt: skip

VALIDATIONS = [
    {"range": [2, 1, 1048576, 1], "list": ['item "one"', "<two>"], "prompt_title": "Which",
     "prompt": "one & only\nof these"},
    {"range": [2, 2, 1048576, 2], "minimum": "0", "error_title": "Quantity",
     "error": 'at least "0"'},
    {"range": [2, 3, 1048576, 3], "first_day": 18262, "last_day": 18627},
    {"range": [2, 4, 1048576, 4], "sheet": "it's lists", "source": [1, 1, 3, 1]},
    {"range": [2, 5, 9, 6]},
]  # fmt: skip


def text(value: str, style: int = 0, comment: str = "") -> list[Any]:
    return ["text", value, style, comment]


def book() -> dict[str, Any]:
    """One of everything."""
    rows = [
        [text(name, 1) for name in HEADER],
        [text("r-1", 4), ["decimal", "0.10", 2, "USG_007: too small\nfound 0.10"],
         ["date", 18400 * DAY], text("plain")],
        [text("0012", 4), ["decimal", "12345678901234567890.123"],
         ["datetime", 18400 * DAY + DAY // 4, 3], ["none", None, 5, "<b>&\"_x0041_' =1+1 é😀"]],
        [],
        [["int", -7], ["float", 0.5], ["bool", True], ["decimal", "1E+3", 5]],
        [["decimal", "NaN"], ["decimal", "-0.00"], ["none"], text("")],
    ]  # fmt: skip
    people = [[text("name"), text("amount, €")], [text("a"), ["decimal", "1.5"]],
              [text("b"), ["int", 2]]]  # fmt: skip
    return {
        "author": "A & B",
        "styles": STYLES,
        "sheets": [
            {"name": "it's lists", "hidden": True, "rows": [[text(v)] for v in ("x", "y", "z")]},
            {"name": "records", "columns": [[24, 0], [0, 4], [20.5, 0], [60, 0]],
             "freeze": [1, 0], "filter": "auto", "validations": VALIDATIONS, "rows": rows},
            {"name": "people", "filter": "table", "table_name": "People", "freeze": [1, 1],
             "rows": [*people, [text("c", 0, "second sheet")]]},
            {"name": "nobody", "filter": "table", "table_name": "Nobody.2", "freeze": [0, 2],
             "table_style": "TableStyleLight1", "rows": people[:1]},
            {"name": "awkward", "rows": [[text(v)] for v in AWKWARD], "filter": "auto",
             "header_row": 2},
        ],
    }  # fmt: skip


class Tool:
    """Runs write_book in a directory of its own."""

    def __init__(self, program: str, work: pathlib.Path) -> None:
        self.program = program
        self.work = work

    def try_write(
        self, job: dict[str, Any], name: str = "refused.xlsx"
    ) -> subprocess.CompletedProcess:
        (self.work / "job.json").write_text(json.dumps(job))
        command = [self.program, str(self.work / "job.json"), str(self.work / name)]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    def write(self, job: dict[str, Any], name: str = "book.xlsx") -> pathlib.Path:
        done = self.try_write(job, name)
        assert done.returncode == 0, done.stderr
        return self.work / name

    def refused(self, **changes: Any) -> str:
        """Why a workbook with one small sheet, changed so, is not written."""
        sheet = {"name": "s", "rows": [[text("a"), text("b")]], **changes}
        done = self.try_write({"sheets": [sheet]})
        assert done.returncode == 1, f"written: {changes}"
        return done.stderr.strip()


def check_values(opened: Any) -> None:
    sheet = opened["records"]
    assert [cell.value for cell in sheet[1]] == HEADER
    assert [sheet["A2"].value, sheet["A3"].value, sheet["D2"].value] == ["r-1", "0012", "plain"]
    assert sheet["C2"].value == dt.datetime(2020, 5, 18) and sheet["C2"].is_date
    assert sheet["C2"].number_format == "yyyy-mm-dd"
    assert sheet["C3"].value == dt.datetime(2020, 5, 18, 6)
    assert sheet["C3"].number_format == "yyyy-mm-dd hh:mm"
    assert [sheet.cell(5, c).value for c in (1, 2, 3, 4)] == [-7, 0.5, True, 1000]
    assert [sheet.cell(6, c).value for c in (1, 2, 3)] == [None, 0, None]
    assert [row[0].value for row in opened["awkward"].iter_rows()] == AWKWARD
    assert opened["awkward"]["A1"].data_type == "s", "no formula"
    xml = zipfile.ZipFile(opened.carrel_path).read("xl/worksheets/sheet2.xml").decode()
    for digits in ("0.10", "12345678901234567890.123", "1E+3", "-0.00"):
        assert f"<v>{digits}</v>" in xml, digits


def check_styles(opened: Any) -> None:
    sheet = opened["records"]
    head = sheet["A1"]
    assert head.font.b and head.font.color.rgb == "FFFFFFFF" and head.fill.fgColor.rgb == "FF1F4E79"
    assert head.fill.patternType == "solid"
    assert (head.alignment.horizontal, head.alignment.vertical) == ("center", "center")
    assert head.alignment.wrap_text
    bad = sheet["B2"]
    assert bad.number_format == "0.0000" and not bad.font.b
    for side in ("left", "right", "top", "bottom"):
        line = getattr(bad.border, side)
        assert (line.style, line.color.rgb) == ("medium", "FFC00000"), side
    assert sheet["A2"].number_format == "@"
    assert sheet["C3"].alignment.horizontal == "right"
    assert sheet["D3"].border.left.style == "thin" and sheet["D3"].value is None
    assert sheet["D2"].border.left.style is None


def check_comments(opened: Any) -> None:
    sheet = opened["records"]
    assert sheet["B2"].comment.text == "USG_007: too small\nfound 0.10"
    assert sheet["B2"].comment.author == "A & B"
    assert sheet["D3"].comment.text == "<b>&\"_x0041_' =1+1 é😀"
    assert opened["people"]["A4"].comment.text == "second sheet"
    noted = [c.coordinate for row in sheet.iter_rows() for c in row if c.comment]
    assert noted == ["B2", "D3"]


def check_sheets(opened: Any) -> None:
    assert opened.sheetnames == ["it's lists", "records", "people", "nobody", "awkward"]
    assert [s.sheet_state for s in opened] == ["hidden"] + ["visible"] * 4
    assert opened.active.title == "records"
    assert [s.sheet_view.tabSelected for s in opened] == [None, True, None, None, None]
    assert [s.freeze_panes for s in opened] == [None, "A2", "B2", "C1", None]
    widths = opened["records"].column_dimensions
    assert (widths["A"].width, widths["C"].width, widths["D"].width) == (24, 20.5, 60)
    assert widths["B"].number_format == "@"
    assert opened["records"].auto_filter.ref == "A1:D6"
    assert opened["awkward"].auto_filter.ref == "A2:A8"
    names = opened.defined_names.definedName
    assert not names, "the filter's name is one of its sheet"


def check_tables(opened: Any) -> None:
    table = opened["people"].tables["People"]
    assert (table.ref, table.tableStyleInfo.name) == ("A1:B4", "TableStyleMedium2")
    assert table.autoFilter.ref == "A1:B4" and table.tableStyleInfo.showRowStripes
    assert table.column_names == ["name", "amount, €"]
    empty = opened["nobody"].tables["Nobody.2"]
    assert (empty.ref, empty.tableStyleInfo.name) == ("A1:B2", "TableStyleLight1")
    assert table.id != empty.id


def check_validations(opened: Any) -> None:
    found = opened["records"].data_validations.dataValidation
    assert [v.type for v in found] == ["list", "decimal", "date", "list", "date"]
    assert [str(v.sqref) for v in found] == ["A2:A1048576", "B2:B1048576", "C2:C1048576",
                                             "D2:D1048576", "E2:F9"]  # fmt: skip
    assert found[0].formula1 == '"item ""one"",<two>"'
    assert (found[0].promptTitle, found[0].prompt) == ("Which", "one & only\nof these")
    assert (found[1].operator, found[1].formula1) == ("greaterThanOrEqual", "0")
    assert (found[1].errorTitle, found[1].error) == ("Quantity", 'at least "0"')
    assert (found[2].operator, found[2].formula1, found[2].formula2) == (None, "43831", "44196")
    assert found[3].formula1 == "'it''s lists'!$A$1:$A$3"
    assert (found[4].operator, found[4].formula1) == ("greaterThanOrEqual", "1")
    assert all(v.showErrorMessage and v.allowBlank for v in found)


def check_vml(path: pathlib.Path) -> None:
    with zipfile.ZipFile(path) as package:
        names = [name for name in package.namelist() if name.endswith(".vml")]
        boxes = {name: package.read(name).decode() for name in names}
    assert sorted(boxes) == ["xl/drawings/vmlDrawing2.vml", "xl/drawings/vmlDrawing3.vml"]
    ids: list[str] = []
    for data in boxes.values():
        ids += re.findall(r'<v:shape id="([^"]+)"', data)
    assert len(ids) == 3 and len(set(ids)) == 3, ids
    second = boxes["xl/drawings/vmlDrawing2.vml"]
    assert "<x:Row>1</x:Row><x:Column>1</x:Column>" in second
    assert "<x:Row>2</x:Row><x:Column>3</x:Column>" in second
    assert 'data="1"' in second and 'data="2"' in boxes["xl/drawings/vmlDrawing3.vml"]


def check_refusals(tool: Tool) -> None:
    """What Excel would repair is refused, with the place."""
    for name in ("", "x" * 32, "a:b", "'a", "History", "a\tb", "\uffff"):
        assert "name: found" in tool.refused(name=name), name
    table = {"filter": "table", "table_name": "T"}
    for name in ("", "1a", "A1", "r1c1", "R", "a b", "xfd1048576"):
        assert "table_name: found" in tool.refused(filter="table", table_name=name), name
    assert 'two headers "A"' in tool.refused(**table, rows=[[text("a"), text("A")]])
    assert "expected text in each cell" in tool.refused(**table, rows=[[["int", 1]]])
    assert "without line ends" in tool.refused(**table, rows=[[text("a\nb")]])
    assert "the filter's header, is empty" in tool.refused(filter="auto", header_row=4)
    at = [1, 1, 2, 2]
    for validation, message in [
        ({"range": [2, 1, 1, 1], "minimum": "0"}, "validations[0]: range: found rows 2 to 1"),
        ({"range": at, "minimum": "zero"}, 'minimum "zero": expected a number'),
        ({"range": at, "list": []}, "expected at least one value"),
        ({"range": at, "list": ["a,b"]}, 'list value "a,b": expected text without commas'),
        ({"range": at, "list": ["x" * 256]}, "at most 255 characters"),
        ({"range": at, "minimum": "0", "prompt": "x" * 256}, "expected at most 255 characters"),
        ({"range": at, "minimum": "0", "error_title": "x" * 33}, "expected at most 32 characters"),
        ({"range": at, "sheet": "gone", "source": at}, 'in sheet "gone", which the workbook'),
    ]:
        assert message in tool.refused(validations=[validation]), message
    assert "columns: found width 300" in tool.refused(columns=[[300, 0]])
    place = 'invalid: sheet "s", row 2, column B: '
    bad = [[text("a")], [text("b"), ["decimal", "1,5"]]]
    assert tool.refused(rows=bad) == place + 'found "1,5", expected a number that a workbook holds'
    assert place + "control character" in tool.refused(
        rows=[[text("a")], [text("b"), text("\x01")]]
    )
    noted = [[text("a")], [text("b"), text("c", 0, "\x02")]]
    assert place + "comment: control character U+0002" in tool.refused(rows=noted)
    assert "no visible sheet" in tool.refused(hidden=True)
    twice = {"name": "S", "rows": []}
    done = tool.try_write({"sheets": [{"name": "s", "rows": []}, twice]})
    assert "another sheet has this name" in done.stderr
    done = tool.try_write({"styles": [{"number_format": "\n"}], "sheets": [twice]})
    assert "number format" in done.stderr


def check_many_comments(tool: Tool) -> None:
    """Memory is the same for 5,000 and for 500,000 comments; all of them come back."""
    cell = ["text", "bad", 1, "USG_011: no such item"]
    peaks = []
    for count in (5_000, 500_000):
        job = {"styles": STYLES[1:2], "spill": str(tool.work),
               "sheets": [{"name": "r", "rows": [[cell] * 5], "repeat": count // 5}]}  # fmt: skip
        (tool.work / "job.json").write_text(json.dumps(job))
        command = [tool.program, str(tool.work / "job.json"), str(tool.work / f"{count}.xlsx")]
        before = set(tool.work.iterdir())
        peaks.append(peak_memory.peak_kib(command))
        assert set(tool.work.iterdir()) - before == {tool.work / f"{count}.xlsx"}
    peak_memory.check_growth(tool.program, *peaks)
    package = zipfile.ZipFile(tool.work / "500000.xlsx")
    boxes = package.read("xl/drawings/vmlDrawing1.vml").decode()
    assert len(set(re.findall(r"_x0000_s(\d+)", boxes))) == 500_000
    clusters = ",".join(str(i) for i in range(1, 500_000 // 1024 + 2))
    assert f'<o:idmap v:ext="edit" data="{clusters}"/>' in boxes
    opened = openpyxl.load_workbook(tool.work / "5000.xlsx")["r"]
    assert all(c.comment.text == cell[3] for row in opened.iter_rows() for c in row)


def check_libreoffice(tool: Tool, path: pathlib.Path) -> None:
    """Each sheet's values, as LibreOffice prints them."""
    if shutil.which("soffice") is None:
        print("left out: LibreOffice is not installed")
        return
    out = tool.work / "csv"
    option = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,false,false,false,false,-1"
    subprocess.run(
        ["soffice", f"-env:UserInstallation=file://{tool.work}/profile", "--headless",
         "--convert-to", option, "--outdir", str(out), str(path)],
        check=True, capture_output=True, timeout=300)  # fmt: skip
    read = {}
    for file in out.iterdir():
        with file.open(newline="", encoding="utf-8") as stream:
            read[file.stem.removeprefix("book-")] = list(csv.reader(stream))
    assert sorted(read) == ["awkward", "it's lists", "nobody", "people", "records"], sorted(read)
    assert read["it's lists"] == [["x"], ["y"], ["z"]]
    assert [row[0] for row in read["awkward"]] == AWKWARD
    assert read["people"][1:3] == [["a", "1.5"], ["b", "2"]]
    records = read["records"]
    assert records[0] == HEADER
    assert [records[1][0], records[1][3], records[2][0]] == ["r-1", "plain", "0012"]
    assert float(records[1][1]) == 0.1 and records[2][1] == "1.23456789012346E+19"
    assert records[4] == ["-7", "0.5", "TRUE", "1000"], records[4]


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        tool = Tool(sys.argv[1], pathlib.Path(folder))
        path = tool.write(book())
        again = tool.write(book(), "again.xlsx")
        assert path.read_bytes() == again.read_bytes(), "not deterministic"
        assert ooxml_check.faults(path) == []
        check_vml(path)
        opened = openpyxl.load_workbook(path)
        opened.carrel_path = path
        for check in (check_values, check_styles, check_comments, check_sheets, check_tables,
                      check_validations):  # fmt: skip
            check(opened)
            print("ok", check.__name__)
        check_refusals(tool)
        check_many_comments(tool)
        check_libreoffice(tool, path)
    print("ok")
    return 0


if __name__ == "__main__":
    sys.exit(main())
