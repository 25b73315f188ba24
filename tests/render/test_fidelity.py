"""Nothing of a template is lost, and strict readers accept what comes out."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import ooxml_check
import openpyxl
import pytest
import xlsx_differential
from fidelity import lost, render
from templates import FEATURES, START_COLUMN, START_ROW

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
    "other_names_and_relative_targets": "openpyxl looks for styles in one place",
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
