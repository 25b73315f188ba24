"""What to look at in the results of a case, beyond its verdict. Each function is named by `check:`
of a case and is given the results in the order of the runs."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from case import Result


def no_core_file(results: Sequence[Result]) -> None:
    directories = {Path(result.file["path"]).parent.parent for result in results}
    left = [path for base in directories for path in base.rglob("core*")]
    assert not left, left


def bounded_texts(results: Sequence[Result]) -> None:
    """What a failed report says of itself is one line, and not long."""
    for result in results:
        assert result.message and not {"\n", "\r"} & set(result.message)
        assert len(result.message) <= 16 << 10 and len(result.traceback) <= 64 << 10


def bounded_log(results: Sequence[Result]) -> None:
    for result in results:
        assert 1000 < len(result.log.encode()) <= (64 << 10) + 200, len(result.log)


def all_differ(results: Sequence[Result]) -> None:
    for cells in zip(*(result.table()[0] for result in results), strict=True):
        assert len(set(cells)) == len(results), cells


def pickle_is_text(results: Sequence[Result]) -> None:
    first, second, third = results[0].table("csv")[0]
    assert first.startswith("b'\\x80\\x04\\x95") and second.startswith("b'") and third == "evil"


def extreme_cells(results: Sequence[Result]) -> None:
    """What docs/formats.md says of each."""
    csv, xlsx = (result.table(name) for result, name in zip(results, ("csv", "xlsx"), strict=True))
    assert csv[0] == ["nan", "inf", "-inf", "-0.0", "5e-324", "1.7976931348623157e+308"]
    numbers = (2**63 - 1, 2**63, -(2**63), -(2**63) - 1, 2**1000)
    assert csv[1] == [*map(str, numbers), "True"]
    assert csv[2] == ["sNaN", "NaN123", "Infinity", "-0", "1E-400", "1E+5"]
    assert csv[3][:2] == ["0001-01-01 00:00:00", "9999-12-31 23:59:59.999999"]
    assert csv[3][2:] == ["0001-01-01", "9999-12-31", "1900-02-28", ""]
    assert csv[4][0] == "2020-01-01 00:00:00" and csv[4][1] == "2020-01-01 00:00:00+00:00"
    assert csv[5][2:] == ["00000000-0000-0000-0000-000000000000", "", "1", "2"]
    assert xlsx[0][:3] == [None, None, None] and xlsx[1][0] == float(2**63 - 1)
    assert xlsx[2][0] is None and len(xlsx) == 6


def extreme_values(results: Sequence[Result]) -> None:
    for result, name in zip(results, ("json", "ndjson"), strict=True):
        rows = result.table(name)
        assert rows[0][:3] == [None, None, None]
        assert str(rows[0][3]) == "-0.0" and rows[0][4:] == [5e-324, 1.7976931348623157e308]
        assert rows[1] == [2**63 - 1, -(2**63), 2**64 - 1, True, None, ""]
        assert rows[2] == ["\0\x1f\x7f\u2028\ufeff\uffff\U0010ffff", {"": [[[]]]}]


def text_stays_text(results: Sequence[Result]) -> None:
    csv, xlsx, json = results
    given = [row[0] for row in json.table("json")]
    assert given[0].startswith("=cmd") and len(given) == 15
    assert [row[0] for row in csv.table("csv")] == given
    # Every field of csv is quoted, so that none opens as something else by its first character.
    assert csv.output.startswith(b'"=cmd') and b'"\r\n"' in csv.output
    assert [row[0] for row in xlsx.table("xlsx")] == given
    with zipfile.ZipFile(io.BytesIO(xlsx.output)) as book:
        sheets = b"".join(book.read(n) for n in book.namelist() if "worksheets/sheet" in n)
    assert b"<f>" not in sheets and b"<f " not in sheets, "a text became a formula"


def long_text(results: Sequence[Result]) -> None:
    csv, xlsx, json = results
    for result, name in ((csv, "csv"), (json, "json")):
        assert [len(row[0]) for row in result.table(name)] == [40_000, 20_000]
    lengths = [len(row[0].encode("utf-16-le")) // 2 for row in xlsx.table("xlsx")]
    assert lengths == [32_767, 32_766], lengths


def few_updates(results: Sequence[Result]) -> None:
    """At most twenty a second reach the host's own code."""
    for result in results:
        assert result.progress <= 20 * result.wall_s + 10, (result.progress, result.wall_s)


def lone_surrogates(results: Sequence[Result]) -> None:
    csv, xlsx, json = results
    assert csv.table("csv")[0][0] == xlsx.table("xlsx")[0][0] == "a\ufffdb"
    assert json.verdict == "plugin_error" and "UTF-8" in json.message


def numbers_of_lua(results: Sequence[Result]) -> None:
    names = ("json", "ndjson", "csv", "xlsx")
    columns = {
        name: [row[1] for row in result.table(name)]
        for name, result in zip(names, results, strict=True)
    }
    largest, least = 2**63 - 1, -(2**63)
    assert columns["json"] == columns["ndjson"] == [None] * 3 + [-0.0, largest, least, 1e308]
    assert b'["-0.0",-0.0]' in results[0].output
    texts = ["nan", "inf", "-inf", "-0.0", str(largest), str(least), "1e+308"]
    assert columns["csv"] == texts
    # A workbook holds the nearest double.
    assert columns["xlsx"] == [None] * 3 + [0, float(largest), float(least), 1e308]


def broken_text_is_replaced(results: Sequence[Result]) -> None:
    names = ("json", "ndjson", "csv", "xlsx")
    for name, result in zip(names, results, strict=True):
        cells = result.table(name)[0][:5]
        assert all("\ufffd" in cell for cell in cells), cells
        assert "".join(cells).replace("\ufffd", "") == "abx", cells
