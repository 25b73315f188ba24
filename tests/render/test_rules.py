"""Where we differ from connect-reports-core on purpose; each rule of runtime/docs/formats.md.

The peer's side of each is in the comment: it refuses the report, or writes what no reader takes.
"""

from __future__ import annotations

import enum
import re
import textwrap
import uuid
import zipfile
from dataclasses import dataclass
from datetime import datetime, time
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from carrel_runner import Carrel
from report_repos import python_repo, write

_IMPORTS = """\
import enum, uuid
from datetime import datetime, time, timedelta, timezone
from decimal import Decimal
class Color(enum.Enum): RED = 'r'
"""
_XLSX = {"id": "x", "type": "xlsx", "description": "d", "template": "t.xlsx"}
_RENDERERS = [
    {"id": "csv", "type": "csv", "description": "d", "default": True},
    {"id": "json", "type": "json", "description": "d"},
    _XLSX,
]


class Color(enum.Enum):
    RED = "r"


def _repository(directory: Path, body: str) -> Path:
    write(python_repo(_IMPORTS + body, renderers=_RENDERERS), directory)
    book = openpyxl.Workbook()
    book.active.title = "Data"
    book.active["B2"].number_format = "0.00"
    book.active.merge_cells("D2:E2")
    book.save(directory / "t.xlsx")
    return directory


def _sheet(carrel: Carrel, cells: str) -> Any:
    """The sheet that one row of these cells gives."""
    source = _repository(carrel.work / "repository", f"yield [{cells}]")
    carrel.ok("run", source, "demo", "--renderer", "x", "--output", carrel.work / "o.xlsx")
    return openpyxl.load_workbook(carrel.work / "o.xlsx")["Data"]


def _refusal(carrel: Carrel, cells: str) -> str:
    source = _repository(carrel.work / "repository", f"yield ['fine']\nyield ['a', {cells}]")
    done = carrel("run", source, "demo", "--renderer", "x", "--output", carrel.work / "o.xlsx")
    assert done.code != 0 and not (carrel.work / "o.xlsx").exists()
    return done.out + done.err


@dataclass(frozen=True)
class _Kept:
    """A cell, what reads back from A2, and its type for a spreadsheet."""

    cell: str
    value: Any
    kind: str


_KEPT = {
    # The peer writes a formula, which the reader's program evaluates.
    "text that begins with = stays text": _Kept("'=1+1'", "=1+1", "s"),
    # The peer writes 0.3: 16 digits.
    "a float keeps its last digit": _Kept("0.1 + 0.2", 0.1 + 0.2, "n"),
    "an integer beyond 2^53 is the nearest double": _Kept("2**63 - 1", 2**63, "n"),
    # The peer refuses these.
    "a time with a zone is converted to UTC": _Kept(
        "datetime(2020, 1, 1, tzinfo=timezone(timedelta(hours=2)))", datetime(2019, 12, 31, 22), "d"
    ),
    "an offset of seconds is not lost": _Kept(
        "datetime(1890, 1, 1, 12, tzinfo=timezone(timedelta(seconds=2048)))",
        datetime(1890, 1, 1, 11, 25, 52),
        "d",
    ),
    "a time of day with a zone": _Kept("time(12, tzinfo=timezone.utc)", time(12), "d"),
    "an enum is its text": _Kept("Color.RED", str(Color.RED), "s"),
    "a uuid is its text": _Kept("uuid.UUID(int=5)", str(uuid.UUID(int=5)), "s"),
    "a lone surrogate becomes the replacement character": _Kept(r"'a\ud800b'", "a\ufffdb", "s"),
    # The peer cuts after 32,767 characters: 65,534 units, which Excel calls damage.
    "text is cut by UTF-16 units": _Kept("'😀' * 20_000", "😀" * 16_383, "s"),
}


@pytest.mark.parametrize("rule", _KEPT)
def test_a_cell_of_a_workbook_differs_from_the_peer_by_rule(carrel: Carrel, rule: str) -> None:
    wanted = _KEPT[rule]
    cell = _sheet(carrel, wanted.cell)["A2"]
    assert cell.data_type == wanted.kind
    assert cell.value == wanted.value


_REFUSED = {
    # The peer decodes bytes as UTF-8.
    "bytes": ("b'x'", "cannot convert bytes to an xlsx cell"),
    # The peer writes what no XML reader takes.
    "U+FFFE": (r"'a\ufffe'", "character U+FFFE cannot be stored in xlsx"),
    # The peer leaves the cell empty, and the sum is wrong.
    "a decimal beyond doubles": ("Decimal('1E+400')", "too large for xlsx"),
    # The peer refuses these too, without the place.
    "an integer beyond doubles": ("10**400", "too large for xlsx"),
    "a control character": (r"'a\x0bb'", "control character U+000B cannot be stored in xlsx"),
    "a dict": ("{}", "cannot convert dict to an xlsx cell"),
    "a list": ("[1]", "cannot convert list to an xlsx cell"),
}


@pytest.mark.parametrize("what", _REFUSED)
def test_a_cell_that_no_workbook_holds_is_refused_with_its_place(carrel: Carrel, what: str) -> None:
    cell, reason = _REFUSED[what]
    told = _refusal(carrel, cell)
    assert f"row 2: column 2: {reason}" in told or ("row 2: column 2" in told and reason in told)


def test_not_a_number_is_an_empty_cell_with_the_style_it_had(carrel: Carrel) -> None:
    sheet = _sheet(carrel, "1, float('nan'), float('-inf')")
    assert [cell.value for cell in sheet[2]][:3] == [1, None, None]
    assert sheet["B2"].number_format == "0.00"


def test_a_value_goes_into_merged_cells_where_the_peer_fails(carrel: Carrel) -> None:
    sheet = _sheet(carrel, "1, 2, 3, 4, 5, 6")
    assert sheet["D2"].value == 4 and sheet["F2"].value == 6
    assert [str(area) for area in sheet.merged_cells.ranges] == ["D2:E2"]


def test_text_that_looks_like_an_escape_is_none_for_readers_that_know_escapes(
    carrel: Carrel,
) -> None:
    assert _sheet(carrel, "'a_x0041_b'")["A2"].value == "a_x0041_b"
    with zipfile.ZipFile(carrel.work / "o.xlsx") as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml").decode()
    assert "0041" in sheet and not re.search(r"_x[0-9A-Fa-f]{4}_", sheet)


def test_a_time_in_json_keeps_the_zeros_that_orjson_loses(carrel: Carrel) -> None:
    source = _repository(carrel.work / "repository", "yield [time(1, 2, 3, 60_805)]")
    carrel.ok("run", source, "demo", "--renderer", "json", "--output", carrel.work / "o.json")
    assert (carrel.work / "o.json").read_text() == '[["01:02:03.060805"]]'


def test_csv_has_the_replacement_character_where_the_peer_fails(carrel: Carrel) -> None:
    source = _repository(carrel.work / "repository", r"yield ['\udc80']")
    carrel.ok("run", source, "demo", "--renderer", "csv", "--output", carrel.work / "o.csv")
    assert (carrel.work / "o.csv").read_bytes() == '"\ufffd"\r\n'.encode()


def test_csv_prints_offsets_with_their_seconds_as_python_does(carrel: Carrel) -> None:
    body = "yield [datetime(1890, 1, 1, tzinfo=timezone(timedelta(seconds=-1)))]"
    source = _repository(carrel.work / "repository", body)
    carrel.ok("run", source, "demo", "--renderer", "csv", "--output", carrel.work / "o.csv")
    assert (carrel.work / "o.csv").read_text().strip() == '"1890-01-01 00:00:00-00:00:01"'


def test_a_date_that_is_none_is_an_empty_cell_and_its_text_in_csv(carrel: Carrel) -> None:
    """pandas has such a value, which counts as a datetime but equals nothing."""
    body = """
    class Never(datetime):
        __eq__ = lambda self, other: False
        __str__ = lambda self: "NaT"
    yield ["a", Never(1, 1, 1)]
    """
    source = _repository(carrel.work / "repository", textwrap.dedent(body))
    for renderer, name in (("csv", "o.csv"), ("x", "o.xlsx")):
        output = carrel.work / name
        carrel.ok("run", source, "demo", "--renderer", renderer, "--output", output)
    assert (carrel.work / "o.csv").read_bytes() == b'"a";"NaT"\r\n'
    sheet = openpyxl.load_workbook(carrel.work / "o.xlsx")["Data"]
    assert [sheet["A2"].value, sheet["B2"].value] == ["a", None]
