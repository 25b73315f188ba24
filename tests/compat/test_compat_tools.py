"""The comparison must see what differs, must not see the clock, and must have data to work on."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import make_data
import openpyxl
import parameters
import pytest
from openpyxl.styles import Font
from output_diff import Output, RunWindow, differences

_NOON = datetime(2024, 5, 6, 12, 0, 0, tzinfo=UTC)
_LATER = datetime(2024, 5, 6, 13, 0, 0, tzinfo=UTC)


def _outputs(folder: Path, one: str, other: str) -> tuple[Output, Output]:
    (folder / "one").write_text(one, newline="")
    (folder / "other").write_text(other, newline="")
    return (
        Output(folder / "one", RunWindow(_NOON, _NOON)),
        Output(folder / "other", RunWindow(_LATER, _LATER)),
    )


def _books(folder: Path, change: Callable[[openpyxl.Workbook], None]) -> tuple[Output, Output]:
    outputs = []
    for name, moment in (("one", _NOON), ("other", _LATER)):
        book = openpyxl.Workbook()
        sheet = book.active
        sheet.title = "Data"
        sheet.append(["head", "time"])
        sheet.append(["a", moment.strftime("%Y-%m-%d %H:%M:%S")])
        sheet.append([1.5, datetime(2020, 1, 1)])
        if name == "other":
            change(book)
        book.save(folder / f"{name}.xlsx")
        outputs.append(Output(folder / f"{name}.xlsx", RunWindow(moment, moment)))
    return outputs[0], outputs[1]


def test_the_time_of_the_run_is_no_difference_but_any_other_time_is(tmp_path: Path) -> None:
    same = _outputs(tmp_path, '"2024-05-06 12:00:01"\r\n', '"2024-05-06 13:00:01"\r\n')
    assert differences("csv", *same, ordered=True) == []
    other = _outputs(tmp_path, '"2024-05-06 11:00:00"\r\n', '"2024-05-06 10:00:00"\r\n')
    assert differences("csv", *other, ordered=True)


def test_one_byte_in_a_csv_is_a_difference(tmp_path: Path) -> None:
    found = differences("csv", *_outputs(tmp_path, '"a"\r\n', '"a"\n'), ordered=True)
    assert found and "record 0" in found[0]


def test_unordered_csv_rows_may_change_places_below_the_header_only(tmp_path: Path) -> None:
    one = '"h"\r\n"a\nb"\r\n"c"\r\n'
    moved = _outputs(tmp_path, one, '"h"\r\n"c"\r\n"a\nb"\r\n')
    assert differences("csv", *moved, ordered=False) == []
    assert differences("csv", *moved, ordered=True)
    header = _outputs(tmp_path, one, '"c"\r\n"a\nb"\r\n"h"\r\n')
    assert differences("csv", *header, ordered=False)


def test_unordered_json_elements_may_change_places(tmp_path: Path) -> None:
    moved = _outputs(tmp_path, '[{"a":"],"},[1]]', '[[1],{"a":"],"}]')
    assert differences("json", *moved, ordered=False) == []
    assert differences("json", *moved, ordered=True)
    spaced = _outputs(tmp_path, "[1,2]", "[1, 2]")
    assert differences("json", *spaced, ordered=True)
    shorter = _outputs(tmp_path, "[1,2]", "[1]")
    assert "3 records against 2" in differences("json", *shorter, ordered=False)[0]


def test_equal_workbooks_have_no_difference(tmp_path: Path) -> None:
    assert differences("xlsx", *_books(tmp_path, lambda book: None), ordered=True) == []


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda book: book["Data"].cell(2, 1, "b"), "Data!A2: value"),
        (lambda book: book["Data"].cell(3, 1, "1.5"), "Data!A3: "),
        (lambda book: setattr(book["Data"]["A2"], "font", Font(bold=True)), "Data!A2: style"),
        (lambda book: setattr(book["Data"]["B3"], "number_format", "yyyy"), "number format"),
        (lambda book: book["Data"].merge_cells("A1:B1"), "merged cells"),
        (lambda book: book["Data"].append(["more"]), "dimensions"),
        (lambda book: book.create_sheet("Info"), "sheets"),
        (
            lambda book: setattr(book["Data"].column_dimensions["A"], "width", 40),
            "column widths",
        ),
    ],
)
def test_any_change_of_a_workbook_is_a_difference(
    change: Callable[[openpyxl.Workbook], None], told: str, tmp_path: Path
) -> None:
    found = differences("xlsx", *_books(tmp_path, change), ordered=True)
    assert any(told in one for one in found), found


def test_the_data_set_is_the_same_every_time_and_long_enough_to_page() -> None:
    data = make_data.build()
    assert json.dumps(data) == json.dumps(make_data.build())
    for name in ("requests", "assets", "subscriptions/requests", "tier/accounts"):
        assert len(data[name]) > 500
        ids = [one["id"] for one in data[name]]
        assert len(set(ids)) == len(ids)


def test_every_request_names_a_subscription_that_exists() -> None:
    data = make_data.build()
    known = {one["id"] for one in data["subscriptions/assets"]}
    assert {request["asset"]["id"] for request in data["requests"]} <= known  # type: ignore[index]


def test_parameters_have_a_value_for_each_declared_one() -> None:
    declared = [
        {"id": "d", "type": "date_range"},
        {"id": "p", "type": "product"},
        {"id": "c", "type": "choice", "choices": [{"value": "x", "label": "X"}]},
        {"id": "s", "type": "single_line"},
    ]
    report = {"entrypoint": "reports.some.entrypoint.generate", "parameters": declared}
    values = parameters.values_for({"name": "n"}, report)
    assert set(values) == {"d", "p", "c", "s"}
    assert values["c"] == "x" and values["p"] == {"all": True, "choices": []}
    with pytest.raises(ValueError, match="wat"):
        parameters.values_for({"name": "n"}, {**report, "parameters": [{"id": "w", "type": "wat"}]})
