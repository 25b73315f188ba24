"""The checker of workbooks accepts good ones and finds each kind of damage."""

from __future__ import annotations

import contextlib
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import ooxml_check
import pytest
import xlsxwriter

Parts = dict[str, bytes]
_SHEET, _TYPES = "xl/worksheets/sheet1.xml", "[Content_Types].xml"


def _good(path: Path) -> Parts:
    """A workbook with something of everything that the checker looks at."""
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("Data")
        bold = book.add_format({"bold": True, "num_format": "0.000"})
        sheet.add_table("A1:B4", {"columns": [{"header": "Name"}, {"header": "Sum"}]})
        sheet.write_row(1, 0, ["a", 1.5], bold)
        sheet.write_row(2, 0, [True, "=1+1"])
        sheet.merge_range("D1:E2", "merged", bold)
        red = book.add_format({"color": "red"})
        sheet.conditional_format("B2:B9", {"type": "cell", "criteria": ">", "value": 1,
                                           "format": red})  # fmt: skip
        sheet.set_column(3, 3, 20, bold)
        sheet.write_comment("A3", "a note")
        sheet.write_row(3, 0, ["b", 2])
        chart = book.add_chart({"type": "line"})
        chart.add_series({"values": "=Data!$B$2:$B$4"})
        sheet.insert_chart("G1", chart)
        book.add_worksheet("Other").write_url(0, 0, "https://example.com/")
        book.define_name("Rate", "=0.19")
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _faults(path: Path, parts: Parts) -> list[str]:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return ooxml_check.faults(path)


def test_a_good_workbook_has_no_faults(tmp_path: Path) -> None:
    _good(tmp_path / "good.xlsx")
    assert ooxml_check.faults(tmp_path / "good.xlsx") == []


def _replace(part: str, old: str, new: str) -> Callable[[Parts], None]:
    def change(parts: Parts) -> None:
        text, count = re.subn(old, new, parts[part].decode(), count=1)
        assert count == 1, f"{part} has no {old}"
        parts[part] = text.encode()

    return change


def _drop(part: str) -> Callable[[Parts], None]:
    return lambda parts: parts.pop(part) and None


_BOOK, _STYLES, _CHART = "xl/workbook.xml", "xl/styles.xml", "xl/charts/chart1.xml"
_DAMAGE = {
    "rows": (_replace(_SHEET, '<row r="2"', '<row r="9"'), "row 3 behind row 9"),
    "cells": (_replace(_SHEET, 'r="A2"', 'r="C2"'), "cell 'B2' behind column 3"),
    "a cell of another row": (_replace(_SHEET, 'r="A2"', 'r="A7"'), "cell 'A7'"),
    "no reference": (_replace(_SHEET, '<c r="A2"', "<c"), "cell '' behind column 0"),
    "style": (_replace(_SHEET, r'(r="A2") s="\d+"', r'\1 s="99"'), "style 99 of"),
    "column style": (_replace(_SHEET, r'style="\d+"', 'style="77"'), "column 4: style 77"),
    "number": (_replace(_SHEET, "<v>1.5</v>", "<v>1,5</v>"), "value '1,5' of type n"),
    "not a number": (_replace(_SHEET, "<v>1.5</v>", "<v>nan</v>"), "value 'nan' of type n"),
    "boolean": (_replace(_SHEET, r't="b"><v>1', 't="b"><v>2'), "value '2' of type b"),
    "shared string": (_replace(_SHEET, r't="s"><v>\d', 't="s"><v>999'), "value '999' of type s"),
    "order of elements": (
        _replace(_SHEET, r"(<sheetData>.*</sheetData>)(.*)(<pageMargins[^>]*>)", r"\3\1\2"),
        "sheetData behind pageMargins",
    ),
    "unknown element": (_replace(_SHEET, "<sheetData>", "<x/><sheetData>"), "unknown element"),
    "dimension": (
        _replace(_SHEET, '<dimension ref="[^"]*"', '<dimension ref="A1"'),
        "dimension A1",
    ),
    "merged cells": (
        _replace(_SHEET, '<mergeCell ref="D1:E2"/>', '<mergeCell ref="E2:D1"/>'),
        "merged cells E2:D1",
    ),
    "differential format": (_replace(_SHEET, 'dxfId="0"', 'dxfId="5"'), "dxfId 5 of"),
    "header of a table": (_replace(_SHEET, 'r="B1"', 'r="C1"'), "column 'Sum' has the header None"),
    "columns of a table": (
        _replace("xl/tables/table1.xml", "A1:B4", "A1:C4"),
        "2 columns in A1:C4",
    ),
    "two sheets of one name": (_replace(_BOOK, 'name="Other"', 'name="DATA"'), "'data', 2 times"),
    "sheet id": (_replace(_BOOK, 'sheetId="2"', 'sheetId="1"'), "sheetId 1 2 times"),
    "relationship of a sheet": (_replace(_BOOK, 'r:id="rId2"', 'r:id="rId1"'), "r:id rId1 2 times"),
    "relationship that is not there": (_replace(_BOOK, 'r:id="rId2"', 'r:id="rId77"'), "rId77"),
    "active tab": (
        _replace(_BOOK, "<workbookView ", '<workbookView activeTab="9" '),
        "activeTab 9",
    ),
    "hidden sheets": (
        lambda parts: [_replace(_BOOK, "<sheet n", '<sheet state="hidden" n')(parts) for _ in "12"],
        "no sheet is visible",
    ),
    "local name": (
        _replace(_BOOK, '<definedName name="Rate"', '<definedName localSheetId="7" name="Rate"'),
        "defined name Rate of sheet 7",
    ),
    "font": (_replace(_STYLES, r'(<cellXfs.*?)fontId="\d"', r'\1fontId="99"'), "fontId 99 of"),
    "number format": (_replace(_STYLES, 'numFmtId="164" fontId', 'numFmtId="190" fontId'), "190"),
    "count of styles": (
        _replace(_STYLES, r'cellXfs count="\d+"', 'cellXfs count="50"'),
        "count 50",
    ),
    "namespace": (
        _replace(_SHEET, "schemas.openxmlformats.org/spreadsheetml/2006", "purl.oclc.org/ooxml"),
        "another namespace",
    ),
    "not well-formed": (_replace(_SHEET, "</sheetData>", "</sheetdata>"), "not well-formed"),
    "part without content type": (
        _replace(_TYPES, '<Override PartName="/xl/tables/table1.xml"[^>]*/>', ""),
        "content type",
    ),
    "content type without part": (
        _replace(_TYPES, "</Types>", '<Override PartName="/a.xml" ContentType="b"/></Types>'),
        "/a.xml is no part",
    ),
    "part that is gone": (_drop("xl/tables/table1.xml"), "which is not there|not there"),
    "part that nobody needs": (
        lambda parts: parts.update({"xl/worksheets/sheet9.xml": b"<a/>"}),
        "sheet9.xml: no relationship leads to it",
    ),
    "relationships of nothing": (
        lambda parts: parts.update({"xl/_rels/no.xml.rels": parts["xl/_rels/workbook.xml.rels"]}),
        "relationships of a part that is not there",
    ),
    "shape ids": (
        _replace("xl/drawings/drawing1.xml", "</xdr:cNvPr>|<xdr:cNvPr[^>]*/>", r"\g<0>\g<0>"),
        "shape or comment 2 2 times",
    ),
    "comments": (
        _replace("xl/comments1.xml", "(<comment .*</comment>)", r"\1\1"),
        "shape or comment A3 2 times",
    ),
    "order in a chart": (
        _replace(_CHART, '(<c:order val="0"/>)(<c:marker>.*?</c:marker>)', r"\2\1"),
        "ser: order behind marker",
    ),
    "kept values of a chart": (
        _replace(_CHART, '<c:ptCount val="3"/>', '<c:ptCount val="2"/>'),
        r"numCache: points \[0, 1, 2\]...\[2\] of 2",
    ),
    "titles": (_replace("docProps/app.xml", "<vt:lpstr>Other</vt:lpstr>", ""), "TitlesOfParts"),
}


@pytest.mark.parametrize("damage", _DAMAGE)
def test_damage_is_found(tmp_path: Path, damage: str) -> None:
    parts = _good(tmp_path / "good.xlsx")
    change, told = _DAMAGE[damage]
    change(parts)
    found = _faults(tmp_path / "bad.xlsx", parts)
    assert any(re.search(told, fault) for fault in found), found


def test_a_calculation_chain_must_name_formulas(tmp_path: Path) -> None:
    parts = _good(tmp_path / "good.xlsx")
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    types = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    media = "application/vnd.openxmlformats-officedocument.spreadsheetml.calcChain+xml"
    link = f'<Relationship Id="rId99" Type="{types}/calcChain" Target="calcChain.xml"/>'
    override = f'<Override PartName="/xl/calcChain.xml" ContentType="{media}"/>'
    _replace("xl/_rels/workbook.xml.rels", "</Rel", link + "</Rel")(parts)
    _replace(_TYPES, "</Types>", override + "</Types>")(parts)
    for cells, expected in (("B3", []), ("B2", ["calcChain: B2 of sheet 1 has no formula"])):
        chain = f'<calcChain xmlns="{space}"><c r="{cells}" i="1"/></calcChain>'
        parts["xl/calcChain.xml"] = chain.encode()
        assert _faults(tmp_path / "chain.xlsx", parts) == expected


class _Unseekable:
    """A file that zipfile cannot go back in: sizes then follow the data."""

    def __init__(self, path: Path) -> None:
        self._file = open(path, "wb")

    def write(self, data: bytes) -> int:
        return self._file.write(data)

    def flush(self) -> None:
        self._file.flush()


def test_sizes_behind_the_data_and_repeated_entries_are_found(tmp_path: Path) -> None:
    parts = _good(tmp_path / "good.xlsx")
    path = tmp_path / "bad.xlsx"
    with zipfile.ZipFile(_Unseekable(path), "w") as archive:  # type: ignore[arg-type]
        for name, data in parts.items():
            archive.writestr(name, data)
    assert any("data descriptor" in fault for fault in ooxml_check.faults(path))
    with zipfile.ZipFile(path, "w") as archive:
        for name in (*parts, _SHEET):
            with (
                pytest.warns(UserWarning)
                if name in archive.namelist()
                else contextlib.nullcontext()
            ):
                archive.writestr(name, parts[name])
    assert any("2 entries" in fault for fault in ooxml_check.faults(path))


def test_what_is_no_archive_is_said_to_be_none(tmp_path: Path) -> None:
    path = tmp_path / "bad.xlsx"
    path.write_bytes(b"PK\x03\x04 and no more")
    assert ooxml_check.faults(path)[0].startswith("no zip archive")
