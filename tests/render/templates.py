"""Workbook templates, one for each feature that templates in the wild have.

Made with openpyxl and XlsxWriter, and by hand where both cannot: `FEATURES` has a function for each
that writes the file. Rows go to B3 of the sheet Data on (START_ROW, START_COLUMN).
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import xlsxwriter
from openpyxl.chart import BarChart, Reference
from openpyxl.comments import Comment
from openpyxl.formatting.rule import CellIsRule, ColorScaleRule
from openpyxl.styles import Font, NamedStyle, PatternFill, Protection
from openpyxl.utils.datetime import MAC_EPOCH
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.pagebreak import Break
from openpyxl.worksheet.table import Table, TableStyleInfo

START_ROW, START_COLUMN = 3, 2
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154"
    "08d763f8cfc0000003010100c9fe92ef0000000049454e44ae426082"
)
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_X14 = "http://schemas.microsoft.com/office/spreadsheetml/2009/9/main"
_XM = "http://schemas.microsoft.com/office/excel/2006/main"
_SHEET, _RELS = "xl/worksheets/sheet1.xml", "xl/worksheets/_rels/sheet1.xml.rels"
_TYPES, _WORKBOOK, _WORKBOOK_RELS = (
    *("[Content_Types].xml", "xl/workbook.xml"),
    "xl/_rels/workbook.xml.rels",
)

Parts = dict[str, bytes]
Maker = Callable[[Path], None]
FEATURES: dict[str, Maker] = {}


def _feature(maker: Maker) -> Maker:
    FEATURES[maker.__name__.removeprefix("_")] = maker
    return maker


def _with_openpyxl(change: Callable[[Any, Any], None]) -> Maker:
    """A feature that openpyxl can write: `change(book, sheet)` adds it."""

    def make(path: Path) -> None:
        book = openpyxl.Workbook()
        sheet = book.active
        sheet.title = "Data"
        for column in range(1, 7):
            sheet.cell(1, column, f"Column {column}").font = Font(bold=True)
        change(book, sheet)
        book.save(path)

    make.__name__ = change.__name__
    return _feature(make)


def _with_xlsxwriter(change: Callable[[Any, Any], None]) -> Maker:
    def make(path: Path) -> None:
        with xlsxwriter.Workbook(path) as book:
            sheet = book.add_worksheet("Data")
            sheet.write_row(0, 0, ["Name", "Day", "Sum"], book.add_format({"bold": True}))
            change(book, sheet)

    make.__name__ = change.__name__
    return _feature(make)


def _by_hand(change: Callable[[Parts], None]) -> Maker:
    """A plain workbook of XlsxWriter whose parts `change` edits."""

    def make(path: Path) -> None:
        with xlsxwriter.Workbook(path) as book:
            sheet = book.add_worksheet("Data")
            bold = book.add_format({"bold": True})
            sheet.write_row(0, 0, ["Name", "Day", "Sum"], bold)
            sheet.write_row(2, 1, ["old", 5, 6], book.add_format({"num_format": "0.000"}))
            book.add_worksheet("Other").write(0, 0, "x")
        parts = read_parts(path)
        change(parts)
        write_parts(path, parts)

    make.__name__ = change.__name__
    return _feature(make)


def read_parts(path: Path) -> Parts:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def write_parts(path: Path, parts: Parts) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0)), data, 8)


def _edit(parts: Parts, name: str, old: str, new: str) -> None:
    text = parts[name].decode()
    assert old in text, f"{name} has no {old}"
    parts[name] = text.replace(old, new, 1).encode()


def _add(parts: Parts, name: str, data: bytes, kind: str, source: str, media: str) -> None:
    """A part, its relationship from the sheet or the workbook (`source`) and its content type."""
    parts[name] = data
    rels = _RELS if source == _SHEET else _WORKBOOK_RELS
    if rels not in parts:
        root = "http://schemas.openxmlformats.org/package/2006/relationships"
        parts[rels] = f'<Relationships xmlns="{root}"></Relationships>'.encode()
    kind = kind if "/" in kind else f"{_RELATIONS}/{kind}"
    link = f'<Relationship Id="rIdX{len(parts)}" Type="{kind}" Target="/{name}"/>'
    _edit(parts, rels, "</Relationships>", link + "</Relationships>")
    override = f'<Override PartName="/{name}" ContentType="{media}"/></Types>'
    _edit(parts, _TYPES, "</Types>", override)


# ---- sheets and their order


@_with_openpyxl
def hidden_sheet_before_data(book: Any, sheet: Any) -> None:
    book.create_sheet("Lists", 0)["A1"] = "hidden"
    book["Lists"].sheet_state = "hidden"
    book.active = 1


@_with_openpyxl
def very_hidden_sheet_and_info_already_there(book: Any, sheet: Any) -> None:
    book.create_sheet("Info")["A1"] = "mine"
    book.create_sheet("Deep")["A1"] = "=Data!A1"
    book["Deep"].sheet_state = "veryHidden"


@_with_openpyxl
def thirty_sheets_after_data(book: Any, sheet: Any) -> None:
    for number in range(30):
        book.create_sheet(f"S & <{number}>")["A1"] = number


@_with_xlsxwriter
def chart_sheet(book: Any, sheet: Any) -> None:
    chart = book.add_chart({"type": "line"})
    chart.add_series({"values": "=Data!$C$3:$C$9"})
    book.add_chartsheet("Chart").set_chart(chart)


# ---- rows, columns, cells


@_with_openpyxl
def widths_column_styles_row_styles_hidden_columns(book: Any, sheet: Any) -> None:
    for letter, width in (("A", 3.5), ("B", 40), ("D", 12)):
        sheet.column_dimensions[letter].width = width
    sheet.column_dimensions["B"].font = Font(italic=True)
    sheet.column_dimensions["C"].hidden = True
    sheet.column_dimensions["D"].number_format = "dd/mm/yyyy"
    sheet.column_dimensions.group("E", "G", hidden=True)
    sheet.row_dimensions[4].fill = PatternFill("solid", start_color="FFEEDD00")
    sheet.row_dimensions[4].height = 44
    sheet.row_dimensions[5].hidden = True
    sheet.row_dimensions.group(8, 9, outline_level=1)


@_with_openpyxl
def custom_number_formats(book: Any, sheet: Any) -> None:
    formats = ("#,##0.00 [$€-407]", '"x"0', "[Red]-0;[Blue]0", "yyyy\\-mm", "[h]:mm", "@", "0.0%")
    for row in range(3, 8):
        for column, text in enumerate(formats, 2):
            sheet.cell(row, column).number_format = text


@_feature
def styled_empty_cells_without_dimension(path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Data"
    fill = PatternFill("solid", start_color="FFDDEEFF")
    for row in range(2, 1002):
        for column in range(1, 56):
            sheet.cell(row, column).fill = fill
    book.save(path)
    parts = read_parts(path)
    parts[_SHEET] = re.sub(rb"<dimension[^>]*>", b"", parts[_SHEET])
    write_parts(path, parts)


@_with_openpyxl
def rows_and_merged_cells_below(book: Any, sheet: Any) -> None:
    sheet.merge_cells("A1:F1")
    sheet["A40"] = "Total"
    sheet["B40"] = "=SUM(B3:B39)"
    sheet.merge_cells("C40:F42")
    sheet["C40"] = "below"
    sheet["H3"] = "beside"
    sheet["A4"] = "left"


@_with_openpyxl
def named_styles_and_protection(book: Any, sheet: Any) -> None:
    style = NamedStyle("Mine", font=Font(color="FF112233"), number_format="0.0000")
    book.add_named_style(style)
    for row in range(3, 7):
        sheet.cell(row, 2).style = "Mine"
        sheet.cell(row, 3).protection = Protection(locked=False, hidden=True)
    sheet.protection.sheet = True
    sheet.protection.password = "secret"


@_with_openpyxl
def mac_dates(book: Any, sheet: Any) -> None:
    book.epoch = MAC_EPOCH
    sheet["H1"] = date(2020, 2, 3)


# ---- what belongs to a sheet


@_with_openpyxl
def autofilter_and_frozen_panes(book: Any, sheet: Any) -> None:
    sheet.auto_filter.ref = "A1:F1"
    sheet.auto_filter.add_filter_column(0, ["a"])
    sheet.freeze_panes = "C2"
    sheet.sheet_view.zoomScale = 85
    sheet.sheet_properties.tabColor = "FF00AA00"


@_with_openpyxl
def conditional_formatting(book: Any, sheet: Any) -> None:
    fill = PatternFill(bgColor="FFFFC7CE")
    sheet.conditional_formatting.add("B3:B99", CellIsRule("greaterThan", ["5"], fill=fill))
    scale = ColorScaleRule(start_type="min", start_color="FFFF0000", end_type="max",
                           end_color="FF00FF00")  # fmt: skip
    sheet.conditional_formatting.add("C3:C99", scale)


@_by_hand
def data_validation_with_extension(parts: Parts) -> None:
    validation = (
        '<dataValidations count="1"><dataValidation type="list" sqref="D3:D9"><formula1>"a,b"'
        "</formula1></dataValidation></dataValidations>"
    )
    extension = (
        f'<extLst><ext uri="{{CCE6A557-97BC-4b89-ADB6-D9C93CAAB3DF}}" xmlns:x14="{_X14}">'
        f'<x14:dataValidations count="1" xmlns:xm="{_XM}"><x14:dataValidation type="list">'
        "<x14:formula1><xm:f>Other!$A$1:$A$9</xm:f></x14:formula1><xm:sqref>C3:C9</xm:sqref>"
        "</x14:dataValidation></x14:dataValidations></ext></extLst>"
    )
    _edit(parts, _SHEET, "<pageMargins", validation + "<pageMargins")
    _edit(parts, _SHEET, "</worksheet>", extension + "</worksheet>")


@_with_openpyxl
def data_validation_hyperlinks_and_breaks(book: Any, sheet: Any) -> None:
    check = DataValidation(type="whole", operator="between", formula1="1", formula2="9")
    check.add("C3:C50")
    sheet.add_data_validation(check)
    sheet["A1"].hyperlink = "https://example.com/?a=1&b=2"
    sheet["F30"].hyperlink = "#Data!A1"
    sheet.row_breaks.append(Break(20))
    sheet.oddHeader.center.text = "&P of &N"
    sheet.print_title_rows = "1:2"
    sheet.print_area = "A1:F20"
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr = openpyxl.worksheet.properties.PageSetupProperties(
        fitToPage=True
    )


@_with_openpyxl
def comments(book: Any, sheet: Any) -> None:
    sheet["A1"].comment = Comment("what this is", "Ann")
    sheet["C4"].comment = Comment("on a cell that a row replaces", "Bob")


@_by_hand
def threaded_comments(parts: Parts) -> None:
    space = "http://schemas.microsoft.com/office/spreadsheetml/2018/threadedcomments"
    office = "http://schemas.microsoft.com/office/2017/10/relationships"
    person = "{11111111-1111-1111-1111-111111111111}"
    note = "{22222222-2222-2222-2222-222222222222}"
    people = f'<personList xmlns="{space}"><person displayName="Ann" id="{person}"/></personList>'
    thread = (
        f'<ThreadedComments xmlns="{space}"><threadedComment ref="A1" dT="2020-01-01T00:00:00.00" '
        f'personId="{person}" id="{note}"><text>Hello</text></threadedComment></ThreadedComments>'
    )
    media = "application/vnd.ms-excel"
    _add(parts, "xl/persons/person.xml", people.encode(), f"{office}/person", _WORKBOOK,
         f"{media}.person+xml")  # fmt: skip
    _add(parts, "xl/threadedComments/threadedComment1.xml", thread.encode(),
         f"{office}/threadedComment", _SHEET, f"{media}.threadedcomments+xml")  # fmt: skip


@_by_hand
def printer_settings(parts: Parts) -> None:
    media = "application/vnd.openxmlformats-officedocument.spreadsheetml.printerSettings"
    _add(parts, "xl/printerSettings/printerSettings1.bin", bytes(range(256)) * 5,
         "printerSettings", _SHEET, media)  # fmt: skip
    link = re.search(r'Id="(rIdX\d+)"', parts[_RELS].decode())
    assert link
    setup = f'<pageSetup paperSize="9" xmlns:r="{_RELATIONS}" r:id="{link[1]}"/></worksheet>'
    _edit(parts, _SHEET, "</worksheet>", setup)


@_with_openpyxl
def tables_and_defined_names(book: Any, sheet: Any) -> None:
    table = Table(displayName="Rows", ref="A1:F20")
    table.tableStyleInfo = TableStyleInfo("TableStyleMedium9", showRowStripes=True)
    sheet.add_table(table)
    for name, text in (("Rate", "0.19"), ("Area", "Data!$B$3:$F$99")):
        book.defined_names.append(DefinedName(name, attr_text=text))
    book.defined_names.append(DefinedName("Local", localSheetId=0, attr_text="Data!$A$1"))


@_with_openpyxl
def charts(book: Any, sheet: Any) -> None:
    chart = BarChart()
    chart.add_data(Reference(sheet, min_col=3, min_row=1, max_row=20), titles_from_data=True)
    sheet.add_chart(chart, "H2")
    other = book.create_sheet("Charts")
    again = BarChart()
    again.add_data(Reference(sheet, min_col=4, min_row=1, max_row=20))
    other.add_chart(again, "A1")


@_with_xlsxwriter
def images_shapes_and_sparklines(book: Any, sheet: Any) -> None:

    sheet.insert_image("H2", "logo.png", {"image_data": io.BytesIO(PNG)})
    sheet.set_header("&C&G", {"image_center": "h.png", "image_data_center": io.BytesIO(PNG)})
    sheet.insert_textbox("H9", "a text box")
    sheet.add_sparkline("A4", {"range": "Data!B4:D4"})
    sheet.conditional_format("D3:D40", {"type": "data_bar", "data_bar_2010": True})
    sheet.write_comment("B1", "a note")
    sheet.ignore_errors({"number_stored_as_text": "B3:B40"})


@_with_xlsxwriter
def rich_text_header(book: Any, sheet: Any) -> None:
    bold, red = book.add_format({"bold": True}), book.add_format({"color": "red"})
    sheet.write_rich_string("A1", "Na", bold, "me ", red, "in red")
    sheet.write_string("B2", "  spaced  ")


# ---- formulas


@_feature
def formulas_shared_formulas_and_calculation_chain(path: Path) -> None:
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("Data")
        sheet.write_row(0, 0, ["Name", "Day", "Sum"])
        for row in range(2, 12):
            sheet.write_formula(row, 7, f"=B{row + 1}*2", None, 0)
        sheet.write_array_formula("K3:K5", "{=B3:B5*2}")
        sheet.write_formula(4, 2, "=1+1", None, 2)
    parts = read_parts(path)
    for row in range(3, 13):
        old = f"<f>B{row}*2</f>"
        shared = '<f t="shared" ref="H3:H12" si="0">B3*2</f>'
        _edit(parts, _SHEET, old, shared if row == 3 else '<f t="shared" si="0"/>')
    cells = [*(f"H{row}" for row in range(3, 13)), "K3", "C5"]
    chain = "".join(f'<c r="{cell}" i="1"/>' for cell in cells)
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    text = f'<calcChain xmlns="{space}">{chain}</calcChain>'
    media = "application/vnd.openxmlformats-officedocument.spreadsheetml.calcChain+xml"
    _add(parts, "xl/calcChain.xml", text.encode(), "calcChain", _WORKBOOK, media)
    write_parts(path, parts)


@_feature
def formulas_that_rows_do_not_touch(path: Path) -> None:
    FEATURES["formulas_shared_formulas_and_calculation_chain"](path)
    parts = read_parts(path)
    _edit(parts, "xl/calcChain.xml", '<c r="C5" i="1"/>', "")
    _edit(parts, _SHEET, '<c r="C5"><f>1+1</f><v>2</v></c>', "")
    write_parts(path, parts)


@_with_xlsxwriter
def formulas_with_results(book: Any, sheet: Any) -> None:
    total = book.add_format({"num_format": "0.00", "bold": True})
    sheet.write_formula("H1", "=SUM(D3:D1000)", total, 0)
    summary = book.add_worksheet("Summary")
    summary.write_formula("A1", "=SUM(Data!D3:D1000)", total, 0)
    summary.write_formula("A2", '=IF(A1>0,"charge","nothing due")', None, "nothing due")
    summary.write_formula("A3", "=1/A1", None, "#DIV/0!")
    summary.write_formula("A4", "=A1>0", None, False)
    summary.write_row("B1", [7, "a constant"])
    book.add_worksheet("Constants").write_row("A1", [1, "<f>", True])


# ---- how a file can be written


@_by_hand
def no_shared_strings(parts: Parts) -> None:
    texts = re.findall(r"<t[^>]*>([^<]*)</t>", parts.pop("xl/sharedStrings.xml").decode())
    for name in (_SHEET, "xl/worksheets/sheet2.xml"):
        inline = lambda match: f't="inlineStr"><is><t>{texts[int(match[1])]}</t></is>'  # noqa: E731
        parts[name] = re.sub(r't="s"><v>(\d+)</v>', inline, parts[name].decode()).encode()
    for name in (_TYPES, _WORKBOOK_RELS):
        parts[name] = re.sub(rb"<[^<>]*sharedStrings[^<>]*>", b"", parts[name])


@_by_hand
def custom_xml(parts: Parts) -> None:
    item = b'<?xml version="1.0"?><root xmlns="urn:mine"><a b="c"/></root>'
    _add(parts, "customXml/item1.xml", item, "customXml", _WORKBOOK, "application/xml")


@_by_hand
def custom_properties_and_thumbnail(parts: Parts) -> None:
    space = "http://schemas.openxmlformats.org/officeDocument/2006/custom-properties"
    parts["docProps/custom.xml"] = f'<Properties xmlns="{space}"/>'.encode()
    parts["docProps/thumbnail.png"] = PNG
    package = "http://schemas.openxmlformats.org/package/2006/relationships/metadata/thumbnail"
    links = (
        f'<Relationship Id="rId8" Type="{_RELATIONS}/custom-properties" '
        f'Target="docProps/custom.xml"/><Relationship Id="rId9" Type="{package}" '
        'Target="docProps/thumbnail.png"/></Relationships>'
    )
    _edit(parts, "_rels/.rels", "</Relationships>", links)
    media = "application/vnd.openxmlformats-officedocument.custom-properties+xml"
    types = (
        '<Default Extension="png" ContentType="image/png"/>'
        f'<Override PartName="/docProps/custom.xml" ContentType="{media}"/></Types>'
    )
    _edit(parts, _TYPES, "</Types>", types)


@_by_hand
def external_link(parts: Parts) -> None:
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    link = f'<externalLink xmlns="{space}"><externalBook xmlns:r="{_RELATIONS}" r:id="rId1"/>'
    media = "application/vnd.openxmlformats-officedocument.spreadsheetml.externalLink+xml"
    name = "xl/externalLinks/externalLink1.xml"
    _add(parts, name, f"{link}</externalLink>".encode(), "externalLink", _WORKBOOK, media)
    parts["xl/externalLinks/_rels/externalLink1.xml.rels"] = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f'<Relationship Id="rId1" Type="{_RELATIONS}/externalLinkPath" Target="other.xlsx" '
        'TargetMode="External"/></Relationships>'
    ).encode()
    number = re.search(r'Id="(rIdX\d+)"', parts[_WORKBOOK_RELS].decode())
    assert number
    reference = f'</sheets><externalReferences><externalReference r:id="{number[1]}"/>'
    _edit(parts, _WORKBOOK, "</sheets>", reference + "</externalReferences>")


@_by_hand
def prefixed_namespaces(parts: Parts) -> None:
    for name in (_SHEET, _WORKBOOK, "xl/styles.xml"):
        text = re.sub(r"<(/?)([a-zA-Z])", r"<\1x:\2", parts[name].decode())
        parts[name] = text.replace(' xmlns="', ' xmlns:x="').encode()
    for name in (_TYPES, _WORKBOOK_RELS):
        text = re.sub(r"<(/?)([a-zA-Z])", r"<\1p:\2", parts[name].decode())
        parts[name] = text.replace(' xmlns="', ' xmlns:p="').encode()


def _make_strict(parts: Parts) -> None:
    replaced = (
        ("http://schemas.openxmlformats.org/spreadsheetml/2006/main",
         "http://purl.oclc.org/ooxml/spreadsheetml/main"),
        ("http://schemas.openxmlformats.org/officeDocument/2006/relationships",
         "http://purl.oclc.org/ooxml/officeDocument/relationships"),
        ("http://schemas.openxmlformats.org/officeDocument/2006/extended-properties",
         "http://purl.oclc.org/ooxml/officeDocument/extendedProperties"),
        ("http://schemas.openxmlformats.org/officeDocument/2006/docPropsVTypes",
         "http://purl.oclc.org/ooxml/officeDocument/docPropsVTypes"),
        ("http://schemas.openxmlformats.org/drawingml/2006/main",
         "http://purl.oclc.org/ooxml/drawingml/main"),
    )  # fmt: skip
    for name in parts:
        text = parts[name].decode()
        for old, new in replaced:
            text = text.replace(old, new)
        parts[name] = text.encode()
    _edit(parts, _WORKBOOK, "<workbook ", '<workbook conformance="strict" ')


@_by_hand
def strict_namespaces(parts: Parts) -> None:
    _make_strict(parts)


@_by_hand
def strict_namespaces_without_styles(parts: Parts) -> None:
    _make_strict(parts)
    del parts["xl/styles.xml"]
    for name, gone in (
        (_TYPES, rb'<Override [^>]*"/xl/styles.xml"[^>]*/>'),
        (_WORKBOOK_RELS, rb'<Relationship [^>]*Target="[^"]*styles.xml"[^>]*/>'),
        (_SHEET, rb' (s|style)="[0-9]+"'),
    ):
        parts[name], count = re.subn(gone, b"", parts[name])
        assert count > 0, f"{name} has no {gone!r}"


@_by_hand
def other_names_and_relative_targets(parts: Parts) -> None:
    parts["xl/tabs/data tab.xml"] = parts.pop(_SHEET)
    parts["xl/STYLES/looks.xml"] = parts.pop("xl/styles.xml")
    _edit(parts, _WORKBOOK_RELS, "worksheets/sheet1.xml", "tabs/../tabs/data tab.xml")
    _edit(parts, _WORKBOOK_RELS, '"styles.xml', '"/xl/STYLES/looks.xml')
    _edit(parts, _TYPES, "/xl/worksheets/sheet1.xml", "/xl/tabs/data tab.xml")
    _edit(parts, _TYPES, "/xl/styles.xml", "/xl/STYLES/looks.xml")


@_by_hand
def marks_comments_and_no_references(parts: Parts) -> None:
    text = parts[_SHEET].decode()
    text = re.sub(r' r="[A-Z]*\d+"', "", text).replace("<sheetData>", "<!-- a < b --><sheetData>\n")
    # Without references rows and cells count from the first on: none may be left out.
    text = text.replace("</row><row", "</row>\n<row/>\n<row")
    text = text.replace("\n<row spans", "\n<row spans").replace('<c s="2"', '<c/><c s="2"', 1)
    parts[_SHEET] = b"\xef\xbb\xbf" + text.replace("<dimension", "<?p i?><dimension").encode()


@_by_hand
def stale_dimension(parts: Parts) -> None:
    parts[_SHEET] = re.sub(rb'<dimension ref="[^"]*"', b'<dimension ref="A1"', parts[_SHEET])


@_feature
def stored_entries_folders_and_data_descriptors(path: Path) -> None:
    FEATURES["stale_dimension"](path)
    parts = read_parts(path)

    class Unseekable:
        def __init__(self) -> None:
            self.file = open(path, "wb")

        def write(self, data: bytes) -> int:
            return self.file.write(data)

        def flush(self) -> None:
            self.file.flush()

    target = Unseekable()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:  # type: ignore[arg-type]
        archive.writestr("xl/", b"")
        for number, (name, data) in enumerate(parts.items()):
            archive.writestr(name, data, zipfile.ZIP_STORED if number % 2 else None)
    target.file.close()
