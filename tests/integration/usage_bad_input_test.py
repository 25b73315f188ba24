"""What people upload by mistake or in malice: each file is refused as the page of codes says,
within bounds of memory, and nothing else is touched."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator
from pathlib import Path

import openpyxl
import pytest
import usage_books as books
from carrel_runner import SANITIZED, Carrel, measured
from usage_desk import DISTRIBUTOR, HEADER, TR, VENDOR, Desk, row

COLUMNS = HEADER.split(",")
GOOD = row("good-1").split(",")
MEMORY_KIB = 256 << (13 if SANITIZED else 10)
LONGEST_SHEET = 1_048_576


@pytest.fixture
def desk(carrel: Carrel) -> Desk:
    return Desk(carrel)


def refused(desk: Desk, file: str, path: Path) -> dict:
    """The file after an upload that makes it invalid."""
    done, memory = measured(desk.carrel, "usage", "upload", file, path, "--json")
    assert done.code == 3, f"exit {done.code}\n{done.out}\n{done.err}"
    assert memory < MEMORY_KIB, f"{memory} KiB"
    assert done.json["status"] == "invalid"
    assert "internal" not in done.err
    return done.json


def codes(desk: Desk, file: str) -> list[str]:
    records = desk.carrel.ok("usage", "errors", file, "--json").json
    return [f"{e['code']} {e['column']}" for record in records for e in record["errors"]]


@pytest.fixture
def untouched(desk: Desk) -> Iterator[None]:
    """An accepted file of the same product is the same afterwards."""
    other = desk.ready(desk.sheet("other.csv", (row(f"other-{n}") for n in range(10))))
    desk.carrel.ok("usage", "submit", other)
    desk.carrel.ok("usage", "accept", other, "--note", "ok", "--as", DISTRIBUTOR)
    before, sums = desk.stored(other), desk.sums(other)
    yield
    assert (desk.stored(other), desk.sums(other)) == (before, sums)
    assert desk.carrel.leftovers() == [] and desk.carrel.integrity() == "ok"


def csv_file(content: str | bytes) -> Callable[[Path], Path]:
    def make(directory: Path) -> Path:
        path = directory / "bad.csv"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return make


def book(*tabs: tuple[str, str], **changed: str) -> Callable[[Path], Path]:
    return lambda directory: books.write(directory / "bad.xlsx", list(tabs), **changed)


def bomb(piece: bytes) -> Callable[[Path], Path]:
    return lambda directory: books.write_bomb(directory / "bad.xlsx", 3 << 30, piece)


def lines(*texts: str) -> str:
    return "".join(f"{text}\n" for text in texts)


RECORDS = books.sheet([COLUMNS, GOOD])
FILES: dict[str, tuple[str, Callable[[Path], Path]]] = {
    "a required header is missing": (
        "USG_055",
        csv_file(lines(HEADER.replace("quantity,", ""), row("a"))),
    ),
    "an unknown header": ("USG_056", csv_file(lines(f"{HEADER},colour", f"{row('a')},red"))),
    "a header twice": ("USG_057", csv_file(lines(f"{HEADER},quantity", f"{row('a')},1"))),
    "no header": ("USG_054", csv_file("\n\n")),
    "no rows": ("USG_058", csv_file(lines(HEADER))),
    "no rows in the workbook": ("USG_058", book(("records", books.sheet([COLUMNS])))),
    "no such tab": ("USG_052", book(("data", RECORDS))),
    "two tabs whose names differ in case": (
        "USG_053",
        book(("Records", RECORDS), ("RECORDS", RECORDS)),
    ),
    "the old and the new name of the tab": (
        "USG_053",
        book(("records", RECORDS), ("usage_records", RECORDS)),
    ),
    "categories without an id": (
        "USG_059",
        book(("records", RECORDS), ("categories", books.sheet([["category_name"], ["x"]]))),
    ),
    "not a zip": ("USG_051", csv_file(b"PK\x03\x04 and then something else")),
    "an encrypted workbook": (
        "USG_051",
        csv_file(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(4096)),
    ),
    "a workbook without its parts": ("USG_051", book(("records", RECORDS), workbook="<a/>")),
    "broken XML": ("USG_051", book(("records", RECORDS.replace("</row>", "</raw>", 1)))),
    "XML that ends early": ("USG_051", book(("records", RECORDS[:-40]))),
    "a DTD": (
        "USG_051",
        book(("records", f'<!DOCTYPE a [<!ENTITY b "c">]>{RECORDS.replace("good-1", "&b;")}')),
    ),
    "a DTD in the workbook": ("USG_051", book(("records", RECORDS), workbook="<!DOCTYPE a><a/>")),
    "a zip bomb of rows": ("USG_051", bomb(b"<row></row>")),
    "a zip bomb of spaces": ("USG_051", bomb(b" ")),
    "a gzip bomb": ("USG_051", csv_file(gzip.compress(b"\n" * (1 << 20)) * 3000)),
    "a cell without end": ("USG_051", csv_file(lines(HEADER, row("x" * (2 << 20))))),
    "a row without end": ("USG_051", csv_file(lines(HEADER, ",".join(["x" * 1000] * 10_000)))),
    "16,385 columns": ("USG_051", csv_file(lines(HEADER, "," * 16_384))),
    "a quote that is never closed": ("USG_051", csv_file(lines(HEADER, '"a'))),
    "a control character": ("USG_051", csv_file(lines(HEADER, row("a\0b")))),
    "UTF-16 that ends within a character": (
        "USG_051",
        csv_file(lines(HEADER, row("a")).encode("utf-16") + b"\0"),
    ),
    "a value without a header": ("USG_056", csv_file(lines(HEADER, f"{row('a')},stray"))),
}


@pytest.mark.parametrize("case", FILES)
def test_a_bad_file_is_refused_as_a_whole(desk: Desk, untouched: None, case: str) -> None:
    code, make = FILES[case]
    file = desk.ready(desk.sheet("before.csv", [row("before")]))
    after = refused(desk, file, make(desk.carrel.work))
    assert after["error_detail"].startswith(code), after["error_detail"]
    stored = desk.stored(file)
    assert stored and stored.records == 0 and stored.is_tidy()
    done = desk.carrel.ok("usage", "upload", file, desk.sheet("good.csv", [row("again")]), "--json")
    assert done.json["status"] == "ready" and done.json["error_detail"] == ""


def with_cell(column: str, cell: str) -> list[str]:
    return [cell if name == column else value for name, value in zip(COLUMNS, GOOD, strict=True)]


QUANTITY, START = "quantity", "start_time_utc"
# The column, the cell of CSV or of a workbook, and the codes that its record gets.
CELLS: list[tuple[str, str, list[str]]] = [
    (QUANTITY, '"1,5"', ["USG_005"]),
    (QUANTITY, "1e400", ["USG_008"]),
    (QUANTITY, "1.0000000000000000000001", ["USG_007"]),
    (QUANTITY, "0.000000000000000000000000000000000000001", ["USG_009"]),
    (QUANTITY, "٣", ["USG_005"]),
    (QUANTITY, "-0.01", ["USG_006"]),
    (QUANTITY, "NaN", ["USG_005"]),
    (QUANTITY, "0x10", ["USG_005"]),
    (QUANTITY, books.number("1e400"), ["USG_008"]),
    (QUANTITY, books.number("1.0000000000000000000001"), []),  # 1, as spreadsheets keep numbers
    (QUANTITY, books.number("1,5"), ["USG_005"]),
    (QUANTITY, '<c t="e"><v>#REF!</v></c>', ["USG_029"]),
    (QUANTITY, "<c><f>1+1</f></c>", ["USG_030"]),
    (QUANTITY, "<c><f>1+1</f><v>2</v></c>", []),
    (QUANTITY, '<c t="b"><v>1</v></c>', ["USG_031"]),
    (START, "1899-12-31", ["USG_016"]),
    (START, "1900-01-01", []),
    (START, "1900-02-29", ["USG_015"]),
    (START, "9999-12-31 23:59:59", ["USG_017", "USG_019"]),
    (START, "10000-01-01", ["USG_014"]),
    (START, "2026-02-30", ["USG_015"]),
    (START, "2026-11-01T00:00:00+02:00", ["USG_014"]),
    (START, "01/11/2026", ["USG_014"]),
    (START, books.day("0"), ["USG_016"]),
    (START, books.day("-1"), ["USG_016"]),
    (START, books.day("1"), []),
    (START, books.day("60"), ["USG_015"]),  # Excel's 29 February 1900
    (START, books.day("61"), []),
    (START, books.day("2958465"), ["USG_017", "USG_019"]),  # 9999-12-31
    (START, books.day("2958466"), ["USG_016"]),
    (START, books.day("1e400"), ["USG_016"]),
    (START, books.number("45000"), ["USG_031"]),
]


@pytest.mark.parametrize(("column", "cell", "expected"), CELLS)
def test_a_bad_cell_is_its_records_error(
    desk: Desk, column: str, cell: str, expected: list[str]
) -> None:
    file = desk.create()
    cells = with_cell(column, cell)
    work = desk.carrel.work
    if cell.startswith("<c"):
        path = books.write(work / "cell.xlsx", [("records", books.sheet([COLUMNS, cells]))])
    else:
        path = desk.sheet("cell.csv", [",".join(cells)])
    if not expected:
        assert desk.carrel.ok("usage", "upload", file, path, "--json").json["status"] == "ready"
        return
    after = refused(desk, file, path)
    assert after["error_detail"].startswith("1 of 1 records are invalid")
    assert codes(desk, file) == [f"{code} {column}" for code in expected]
    if expected[0] in ("USG_029", "USG_030"):
        assert "records!D2" in after["error_detail"]


@pytest.mark.parametrize(
    ("amount", "expected"),
    [
        ("1.0000000000000000000001", "USG_009"),
        ("1e400", "USG_008"),
        ("100000000000000000000", "USG_008"),
        ("-10000000000000000.01", "USG_008"),
        ('"1,5"', "USG_005"),
        ("٣", "USG_005"),
        ("", "USG_001"),
    ],
)
def test_a_bad_amount_is_its_records_error(desk: Desk, amount: str, expected: str) -> None:
    file = desk.create(TR, currency="EUR")
    good, bad = (
        row(name, asset=TR[2], item=TR[3]) + f",{value},0,north"
        for name, value in (("good", "10"), ("bad", amount))
    )
    after = refused(desk, file, desk.sheet("a.csv", [good, bad], f"{HEADER},amount,tier,v.region"))
    assert after["records"] == {"valid": 1, "invalid": 1, "closed": 0}
    assert codes(desk, file) == [f"{expected} amount"]


@pytest.mark.parametrize(
    ("currency", "expected"),
    [
        *((["--currency", code], "is no ISO 4217 code") for code in ("XYZ", "eur", "€", "EURO")),
        (["--currency", ""], "currency: is missing"),
        ([], "currency: is missing"),
    ],
)
def test_a_currency_that_does_not_exist_is_refused(
    desk: Desk, currency: list[str], expected: str
) -> None:
    words = ["--name", "x", "--product", TR[0], "--contract", TR[1], *currency]
    done = desk.carrel("usage", "create", *words, "--from", "2026-11-01", "--to", "2026-11-30")
    assert done.code == 3 and expected in done.err
    assert desk.query("SELECT COUNT(*) FROM usage_files") == [(0,)]


def test_a_sheet_with_one_row_too_many_is_refused(desk: Desk, untouched: None) -> None:
    cells = [books.text(cell) for cell in GOOD[1:]]
    rows = ([books.number(str(n)), *cells] for n in range(LONGEST_SHEET))
    path = books.write_long(desk.carrel.work / "long.xlsx", COLUMNS, rows)
    file = desk.create()
    after = refused(desk, file, path)
    assert after["error_detail"].startswith("USG_051") and "1048576" in after["error_detail"]
    assert desk.query("SELECT COUNT(*) FROM usage_records WHERE load <> 1") == [(0,)]


def test_an_empty_file_is_no_upload(desk: Desk) -> None:
    file = desk.ready(desk.sheet("before.csv", [row("before")]))
    before = desk.stored(file)
    done = desk.carrel("usage", "upload", file, csv_file(b"")(desk.carrel.work))
    assert done.code == 3 and "0 bytes" in done.err
    assert desk.stored(file) == before


def test_the_same_upload_twice_at_once_is_stored_once(desk: Desk) -> None:
    path = desk.sheet("twice.csv", (row(f"twice-{n}") for n in range(20_000)))
    file = desk.create()
    for _ in range(3):
        both = [desk.carrel.start("usage", "upload", file, path, "--json") for _ in range(2)]
        outputs = [process.communicate(timeout=300) for process in both]
        ends = sorted(process.returncode for process in both)
        assert ends in ([0, 6], [0, 0]), outputs
        stored = desk.stored(file)
        assert stored and stored.status == "ready" and stored.records == 20_000
        assert stored.is_whole() and stored.is_tidy(), stored


def cut_sheets(desk: Desk) -> dict[str, Path]:
    rows = [row(f"cut-{n:04}", f"{n}.25").split(",") for n in range(400)]
    plain = desk.sheet("whole.csv", (",".join(line) for line in rows))
    packed = desk.carrel.work / "whole.csv.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    workbook = openpyxl.Workbook()
    workbook.active.title = "records"
    for line in [COLUMNS, *rows]:
        workbook.active.append(line)
    path = desk.carrel.work / "whole.xlsx"
    workbook.save(path)
    return {"csv": plain, "gzip": packed, "workbook": path}


@pytest.mark.parametrize("kind", ["csv", "gzip", "workbook"])
def test_a_file_cut_at_any_tenth_is_never_taken_for_whole(desk: Desk, kind: str) -> None:
    whole = cut_sheets(desk)[kind]
    content = whole.read_bytes()
    file = desk.create()
    for tenth in range(1, 10):
        part = content[: len(content) * tenth // 10]
        cut = desk.carrel.work / f"cut{whole.suffix}"
        cut.write_bytes(part)
        after = refused(desk, file, cut)
        if kind == "csv":  # the line at the cut is not a record; those before it are
            assert after["records"]["valid"] == part.count(b"\n") - 1
            assert after["records"]["invalid"] == 1
        else:
            assert after["error_detail"].startswith("USG_051"), (tenth, after)
            stored = desk.stored(file)
            assert stored and stored.records == 0 and stored.is_tidy()
    done = desk.carrel.ok("usage", "upload", file, whole, "--json", "--as", VENDOR).json
    assert (done["status"], done["records"]["valid"]) == ("ready", 400)


def test_items_without_end_are_refused(desk: Desk) -> None:
    """A dynamic product takes items from its files, as many as their ids have room for."""
    header = f"{HEADER},amount,tier,v.region,item_name,item_unit,item_mpn,item_precision"

    def line(number: int) -> str:
        start = row(f"item-{number}", asset=TR[2], item=f"NEW-{number}")
        return f"{start},1,0,north,Item {number},unit,NEW-{number},decimal(2)"

    file = desk.create(TR, currency="EUR")
    after = refused(desk, file, desk.sheet("items.csv", map(line, range(12_000)), header))
    assert "no room for more than 9999 items" in after["error_detail"]
    assert desk.query("SELECT COUNT(*) FROM items WHERE mpn LIKE 'NEW-%'") == [(0,)]
    path = desk.sheet("few.csv", map(line, range(2_000)), header)
    assert desk.carrel.ok("usage", "upload", file, path, "--json").json["status"] == "ready"
    assert desk.query(
        "SELECT COUNT(*) FROM usage_records r JOIN items i ON i.key = r.item_key "
        "WHERE i.mpn = REPLACE(r.record_id, 'item', 'NEW')"
    ) == [(2_000,)]
