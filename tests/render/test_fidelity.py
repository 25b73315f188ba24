"""Nothing of a template is lost, and strict readers accept what comes out."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import office
import ooxml_check
import openpyxl
import pytest
import xlsx_differential
import xlsxwriter
from fidelity import lost, render
from templates import FEATURES, START_COLUMN, START_ROW, read_parts, write_parts

ROWS: list[list[Any]] = [
    ["first", date(2020, 2, 3), 1.5, None, True, "=1+1"],
    ["", datetime(2021, 3, 4, 5, 6, 7), Decimal("1.10"), "x" * 40, False],
    [],
    [None, time(1, 2, 3), 2**40, " padded ", None, "é😀", timedelta(hours=30)],
    ["ragged"],
    *([f"row {number}", number, number / 7] for number in range(30)),
]

# What the peer cannot fill, and why.
_NOT_FOR_OPENPYXL = {
    "strict_namespaces": "openpyxl knows one namespace",
    "strict_namespaces_without_styles": "openpyxl knows one namespace",
    "other_names_and_relative_targets": "openpyxl looks for styles in one place",
    "styled_empty_cells_without_dimension": "it can, but takes its time for 55,000 cells",
}


@pytest.mark.parametrize("feature", FEATURES)
def test_a_template_keeps_all_that_rows_do_not_replace(
    render_rows: Path, tmp_path: Path, feature: str
) -> None:
    template, output = tmp_path / "template.xlsx", tmp_path / "output.xlsx"
    FEATURES[feature](template)
    done = render(render_rows, template, ROWS, output)
    assert done.returncode == 0, done.stderr
    assert lost(template, output) == []
    assert ooxml_check.faults(output) == []


@pytest.mark.parametrize("feature", [name for name in FEATURES if name not in _NOT_FOR_OPENPYXL])
def test_openpyxl_reads_what_it_would_have_written_itself(
    render_rows: Path, tmp_path: Path, feature: str
) -> None:
    template, ours, theirs = (tmp_path / f"{name}.xlsx" for name in ("template", "ours", "theirs"))
    FEATURES[feature](template)
    assert render(render_rows, template, ROWS, ours).returncode == 0
    xlsx_differential.fill_with_openpyxl(str(template), ROWS, START_ROW, START_COLUMN, str(theirs))
    assert xlsx_differential.compare(str(ours), str(theirs)) == []


def test_formulas_of_the_template_are_computed_over_the_rows(
    render_rows: Path, tmp_path: Path
) -> None:
    template, output = tmp_path / "template.xlsx", tmp_path / "output.xlsx"
    FEATURES["formulas_with_results"](template)
    rows = [["x", None, 10.5], ["y", None, 20]]
    assert render(render_rows, template, rows, output).returncode == 0
    stored = openpyxl.load_workbook(output, data_only=True)
    assert [stored["Summary"][f"A{row}"].value for row in range(1, 5)] == [None] * 4
    assert stored["Data"]["H1"].value is None
    assert openpyxl.load_workbook(output).calculation.fullCalcOnLoad
    (summary,) = office.to_csv([output], tmp_path / "csv", "Summary")
    computed = [["30.5", "7", "a constant"], ["charge", "", ""], ["0.0327868852459016"], ["TRUE"]]
    assert [row[: len(wanted)] for row, wanted in zip(summary, computed)] == computed


@pytest.mark.parametrize("feature", ["prefixed_namespaces", "stale_dimension", "no_shared_strings"])
def test_readers_that_stream_see_every_row(render_rows: Path, tmp_path: Path, feature: str) -> None:
    template, output = tmp_path / "template.xlsx", tmp_path / "output.xlsx"
    FEATURES[feature](template)
    assert render(render_rows, template, ROWS, output).returncode == 0
    book = openpyxl.load_workbook(output, read_only=True)
    values = [[cell.value for cell in row] for row in book["Data"].iter_rows(min_row=START_ROW)]
    book.close()
    assert len(values) == len(ROWS)
    assert values[-1][1:4] == ["row 29", 29, 29 / 7]


@pytest.mark.parametrize(
    "feature",
    [
        *("autofilter_and_frozen_panes", "prefixed_namespaces", "strict_namespaces", "mac_dates"),
        *("widths_column_styles_row_styles_hidden_columns", "tables_and_defined_names"),
        "very_hidden_sheet_and_info_already_there",
    ],
)
def test_further_sheets_of_rows_are_good_ones(
    render_rows: Path, tmp_path: Path, feature: str
) -> None:
    template, output = tmp_path / "template.xlsx", tmp_path / "output.xlsx"
    FEATURES[feature](template)
    done = render(render_rows, template, ROWS, output, start_row=1_048_570)
    assert done.returncode == 0, done.stderr
    assert lost(template, output) == []
    assert ooxml_check.faults(output) == []
    if feature == "strict_namespaces":
        return
    book = openpyxl.load_workbook(output)
    fit = 1_048_576 - 1_048_570 + 1
    for number, row in enumerate(ROWS):
        sheet, place = divmod(number, fit)
        name = "Data" if sheet == 0 else f"Data ({sheet + 1})"
        if row and isinstance(row[0], str) and row[0]:
            assert book[name].cell(1_048_570 + place, START_COLUMN).value == row[0]


def _over_a_table(path: Path) -> None:
    """A table whose header is in the second row, under a title."""
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("Data")
        sheet.write(0, 0, "A title")
        columns = [{"header": name} for name in ("Name", "Day", "Sum")]
        sheet.add_table("B2:D9", {"name": "People", "columns": columns})


def test_columns_of_a_table_take_the_names_that_rows_write_into_its_header(
    render_rows: Path, tmp_path: Path
) -> None:
    template, output = tmp_path / "template.xlsx", tmp_path / "output.xlsx"
    _over_a_table(template)
    rows = [["", "anything"], ["left", "Who <&>", None, "Ümsatz"], ["x", "a", 1, 2]]
    done = render(render_rows, template, rows, output, start_row=1, start_col=1)
    assert done.returncode == 0, done.stderr
    assert ooxml_check.faults(output) == []
    table = openpyxl.load_workbook(output)["Data"].tables["People"]
    assert table.column_names == ["Who <&>", "Day", "Ümsatz"]


def test_a_table_that_rows_do_not_reach_keeps_its_bytes(render_rows: Path, tmp_path: Path) -> None:
    template, output = tmp_path / "template.xlsx", tmp_path / "output.xlsx"
    _over_a_table(template)
    for rows, start in (([["a"]], 1), ([["a"], [None, None], ["b"]], 1), ([["a"]], 3)):
        assert render(render_rows, template, rows, output, start_row=start).returncode == 0
        assert read_parts(output)["xl/tables/table1.xml"] == (
            read_parts(template)["xl/tables/table1.xml"]
        )


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        (["Name", 5], "column 2: found a value that is no text, expected the name of a column"),
        ([""], 'column 1: found header "", expected 1 to 255 characters'),
        (["#N/A"], 'column 1: found header "#N/A"'),
        (["sum"], 'two headers "Sum"'),
    ],
)
def test_what_cannot_be_the_header_of_a_table_is_refused(
    render_rows: Path, tmp_path: Path, header: list[Any], reason: str
) -> None:
    template, output = tmp_path / "template.xlsx", tmp_path / "output.xlsx"
    _over_a_table(template)
    done = render(render_rows, template, [header], output, start_row=2)
    assert done.returncode == 1
    assert f'row 1: header of the template\'s table "People": {reason}' in done.stderr


_LOSSES: dict[str, tuple[str, str, str]] = {
    "a part": ("xl/media/image1.png", "", "xl/media/image1.png is gone"),
    "bytes of a part": ("xl/drawings/drawing1.xml", "<xdr:to>", "has other bytes"),
    "what is behind the rows": ("xl/worksheets/sheet1.xml", "<drawing ", "behind the rows"),
    "what is before them": ("xl/worksheets/sheet1.xml", "<sheetView ", "before the rows"),
    "a sheet": ("xl/workbook.xml", 'name="Data"', "is gone"),
    "a content type": ("[Content_Types].xml", "image/png", "is gone"),
    "a relationship": ("xl/_rels/workbook.xml.rels", "theme/theme1.xml", "is gone"),
    "a style": ("xl/styles.xml", "<b/>", "fonts has changed"),
}


@pytest.mark.parametrize("loss", _LOSSES)
def test_a_loss_would_be_seen(render_rows: Path, tmp_path: Path, loss: str) -> None:
    template, output = tmp_path / "template.xlsx", tmp_path / "output.xlsx"
    FEATURES["images_shapes_and_sparklines"](template)
    assert render(render_rows, template, ROWS, output).returncode == 0
    parts = read_parts(output)
    name, old, told = _LOSSES[loss]
    if old:
        assert old.encode() in parts[name]
        parts[name] = parts[name].replace(old.encode(), re.sub(r"\w(?=\W*$)", "z", old).encode())
    else:
        del parts[name]
    write_parts(output, parts)
    assert any(told in line for line in lost(template, output))
