"""The spreadsheets that `carrel usage` makes, as openpyxl and LibreOffice read them."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import office
import ooxml_check
import openpyxl
import pytest
from carrel_runner import ROOT, Carrel

VENDOR, DISTRIBUTOR = "VA-111-222", "PA-100-200"
PRODUCT = "PRD-100-200-301"  # schema TR, takes items of the file, asks for v.region
HEADER = [
    *("record_id", "item_search_criteria", "item_search_value", "quantity"),
    *("start_time_utc", "end_time_utc", "asset_search_criteria", "asset_search_value"),
    *("amount", "tier", "record_note", "v.region", "p.owner"),
]
INJECTION = "=cmd|'/c calc'!A1"
RED = "FFC00000"
Row = dict[str, Any]


def record(number: int, **changed: str) -> list[str]:
    row = {
        "record_id": f"{number:04}",
        "item_search_criteria": "item.mpn",
        "item_search_value": "OS-GB",
        "quantity": "1",
        "start_time_utc": "2026-11-01 00:00:00",
        "end_time_utc": "2026-11-30 23:59:59",
        "asset_search_criteria": "asset.id",
        "asset_search_value": "AS-1000-2000-0003",
        "amount": "0.10",
        "tier": "1",
        "v.region": "north",
        **{name.replace("__", "."): value for name, value in changed.items()},
    }
    return [row.get(name, "") for name in HEADER]


GOOD = [
    record(1, record_note=INJECTION, p__owner='a, "b" <c> & ü'),
    record(2, amount="-1234567890123456.123456789", quantity="17"),
    record(3, amount="9999999.99", tier="0", asset_search_value="AS-1000-2000-0006"),
]


class Files:
    """Usage files of one product, as their vendor and their distributor handle them."""

    def __init__(self, carrel: Carrel) -> None:
        self.carrel = carrel
        carrel.ok("catalog", "import", ROOT / "examples/catalogue/catalogue.json")

    def create(self) -> str:
        words = ["--name", "November", "--product", PRODUCT, "--currency", "EUR", "--as", VENDOR]
        words += ["--contract", "CRD-10000-20000-30000", "--from", "2026-11-01"]
        made = self.carrel.ok("usage", "create", *words, "--to", "2026-11-30", "--json").json
        return str(made["id"])

    def sheet(self, rows: list[list[str]]) -> Path:
        path = self.carrel.work / "november.csv"
        with open(path, "w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([HEADER, *rows])
        return path

    def upload(self, file: str, path: Path) -> str:
        self.carrel("usage", "upload", file, path, "--as", VENDOR)
        return str(self.carrel.ok("usage", "show", file, "--json").json["status"])

    def accepted(self, rows: list[list[str]]) -> str:
        file = self.create()
        assert self.upload(file, self.sheet(rows)) == "ready"
        self.carrel.ok("usage", "submit", file, "--as", VENDOR)
        self.carrel.ok("usage", "accept", file, "--note", "as agreed", "--as", DISTRIBUTOR)
        return file

    def get(self, file: str, kind: str, account: str) -> Path:
        path = self.carrel.work / f"{file}-{kind}.xlsx"
        words = ["--kind", kind] if kind != "chunk" else []
        self.carrel.ok("usage", "download", file, *words, "--output", path, "--as", account)
        return path

    def records(self, file: str) -> list[Row]:
        done = self.carrel.ok("usage", "records", file, "--filter", "ordering(id)", "--json")
        rows: list[Row] = done.json
        return rows


@pytest.fixture
def files(carrel: Carrel) -> Files:
    return Files(carrel)


def rows_of(path: Path, tab: str = "records") -> list[Row]:
    """As openpyxl reads them; no cell may be a formula."""
    sheet = openpyxl.load_workbook(path)[tab]
    assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row)
    header, *rows = sheet.iter_rows(values_only=True)
    return [dict(zip(map(str, header), row, strict=True)) for row in rows]


def office_rows(path: Path) -> list[Row]:
    [grid] = office.to_csv([path], path.parent / f"office-{path.stem}", "records")
    header, *rows = grid
    return [dict(zip(header, row, strict=True)) for row in rows]


def same_number(cell: object, expected: str) -> bool:
    """A number cell holds a binary number, of which 15 digits are sure; a text holds all."""
    if not isinstance(cell, str):
        return isinstance(cell, (int, float)) and Decimal(repr(cell)) == Decimal(expected)
    return len(Decimal(expected).normalize().as_tuple().digits) > 15 and cell == expected


def check_records(path: Path, records: list[Row]) -> list[Row]:
    """Every cell of a file for the distributor, against the records as the lists have them."""
    assert ooxml_check.faults(path) == []
    found = rows_of(path)
    assert [row["id"] for row in found] == [record["id"] for record in records]
    for row, shown in zip(found, records, strict=True):
        customer = shown["asset"]["tiers"]["customer"]
        assert same_number(row["quantity"], shown["usage"])
        assert same_number(row["amount"], shown["amount"])
        assert row["start_time_utc"] == datetime(2026, 11, 1)
        assert row["end_time_utc"] == datetime(2026, 11, 30, 23, 59, 59)
        expected = {
            "record_id": shown["record_id"],
            "record_note": shown["record_note"],
            "item_search_criteria": "item.global_id",
            "item_search_value": shown["item"]["id"],
            "item_name": shown["item"]["name"],
            "item_mpn": shown["item"]["mpn"],
            "item_type": "ppu",
            "item_unit": shown["item"]["unit"],
            "item_period": "monthly",
            "asset_search_criteria": "asset.id",
            "asset_search_value": shown["asset"]["id"],
            "asset_id": shown["asset"]["id"],
            "asset_external_id": shown["asset"]["external_id"],
            "customer_account_id": customer["id"],
            "customer_company_name": customer["name"],
            "tier": shown["tier"],
            "status": shown["status"],
            "v.region": shown["params"].get("v.region"),
            "p.owner": shown["params"].get("p.owner"),
        }
        assert {name: row[name] for name in expected} == expected
    texts = ("id", "record_id", "record_note", "item_name", "asset_id", "status", "p.owner")
    for row, seen in zip(found, office_rows(path), strict=True):
        assert {name: seen[name] for name in texts} == {name: row[name] or "" for name in texts}
        for name in ("quantity", "amount"):
            assert Decimal(seen[name]) == Decimal(str(row[name]))
    return found


def test_the_distributor_file_equals_the_records(files: Files) -> None:
    file = files.accepted(GOOD)
    found = check_records(files.get(file, "distributor", DISTRIBUTOR), files.records(file))
    assert [row["status"] for row in found] == ["approved"] * len(GOOD)
    assert found[0]["record_note"] == INJECTION
    assert found[1]["amount"] == "-1234567890123456.123456789"
    assert "external_billing_id" not in found[0]


def test_the_reconciliation_file_comes_back_with_its_bills(files: Files) -> None:
    file = files.accepted(GOOD)
    path = files.get(file, "reconciliation", DISTRIBUTOR)
    check_records(path, files.records(file))
    book = openpyxl.load_workbook(path)
    sheet = book["records"]
    places = {cell.value: cell.column for cell in sheet[1]}
    for row in range(2, sheet.max_row + 1):
        sheet.cell(row, places["external_billing_id"]).value = f"00{row}"
        sheet.cell(row, places["external_billing_note"]).value = INJECTION
        sheet.cell(row, places["external_billing_note"]).data_type = "s"
    book.save(path)
    files.carrel.ok("usage", "reconcile", file, path, "--as", DISTRIBUTOR)
    assert [row["external_billing_id"] for row in files.records(file)] == ["002", "003", "004"]
    assert files.carrel.ok("usage", "show", file, "--json").json["status"] == "closed"
    again = check_records(files.get(file, "reconciliation", DISTRIBUTOR), files.records(file))
    assert [row["external_billing_id"] for row in again] == ["002", "003", "004"]
    assert again[0]["external_billing_note"] == INJECTION


def test_each_hub_gets_its_own_chunk(files: Files) -> None:
    file = files.accepted(GOOD)
    chunks = files.carrel.ok("usage", "chunks", file, "--as", DISTRIBUTOR, "--json").json
    seen: list[str] = []
    for chunk in chunks:
        path = files.get(chunk["id"], "chunk", DISTRIBUTOR)
        own = [row for row in files.records(file) if row["hub"]["id"] == chunk["hub"]["id"]]
        assert len(check_records(path, own)) == chunk["records"]["all"]
        seen += [row["id"] for row in own]
    assert len(chunks) > 1 and sorted(seen) == [row["id"] for row in files.records(file)]
    assert files.carrel("usage", "download", chunks[0]["id"], "--as", VENDOR).code == 7
    of_a_kind = files.carrel("usage", "download", chunks[0]["id"], "--kind", "distributor")
    assert of_a_kind.code == 2 and "a chunk is of one kind" in of_a_kind.err
    assert "HB-" in files.carrel.ok("usage", "chunks", file).out


def test_a_processed_file_is_corrected_and_becomes_ready(files: Files) -> None:
    file = files.create()
    bad = [
        record(4, item_search_value="NO-SUCH", quantity="-1", record_note=INJECTION),
        record(5, tier="9", amount="1,5", asset_search_value="AS-0"),
    ]
    assert files.upload(file, files.sheet([*GOOD, *bad])) == "invalid"
    path = files.get(file, "processed", VENDOR)
    assert ooxml_check.faults(path) == []
    # What the vendor wrote, digit for digit.
    for row, sent in zip(rows_of(path), [*GOOD, *bad], strict=True):
        for name, text in zip(HEADER, sent, strict=True):
            cell = row[name]
            assert str(cell or "") == text or Decimal(repr(cell)) == Decimal(text), (name, text)
    assert [row["amount"] for row in office_rows(path)][1] == "-1234567890123456.123456789"
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == ["general", "categories", "records", "summary"]
    sheet = book["records"]
    places = {cell.value: cell.column for cell in sheet[1]}
    assert sheet.freeze_panes == "A2" and list(places)[-1] == "errors"
    outlined = {
        (row[0].row, sheet.cell(1, cell.column).value): cell.comment.text
        for row in sheet.iter_rows()
        for cell in row
        if cell.border.left.style and cell.border.left.color.rgb == RED
    }
    assert sorted(outlined) == [
        *((5, "item_search_value"), (5, "quantity")),
        *((6, "amount"), (6, "asset_search_value"), (6, "tier")),
    ]
    assert outlined[(5, "item_search_value")].startswith("USG_011: ")
    for (row, name), comment in outlined.items():
        code = comment[: comment.index(":")]
        assert f"{code} {name}: " in sheet.cell(row, places["errors"]).value
    assert {"all": 5, "valid": 3, "invalid": 2, "USG_011": 1}.items() <= {
        row["records"]: row["count"] for row in rows_of(path, "summary")
    }.items()
    for row, name, value in [
        *((5, "item_search_value", "OS-GB"), (5, "quantity", 3)),
        *((6, "tier", 2), (6, "amount", 1.5), (6, "asset_search_value", "AS-1000-2000-0003")),
    ]:
        sheet.cell(row, places[name]).value = value
    sheet.cell(5, places["record_note"]).data_type = "s"  # openpyxl would make it a formula
    sheet.cell(2, places["record_note"]).data_type = "s"
    book.save(path)
    assert files.upload(file, path) == "ready"
    after = files.records(file)
    assert [row["amount"] for row in after][:3] == [
        *("0.1", "-1234567890123456.123456789", "9999999.99"),
    ]
    assert [row["record_note"] for row in after] == [INJECTION, None, None, INJECTION, None]


def test_a_processed_file_has_only_so_many_comments(files: Files) -> None:
    file = files.create()
    rows = [record(n, item_search_value="NO", amount="x", tier="x") for n in range(4000)]
    assert files.upload(file, files.sheet(rows)) == "invalid"
    path = files.get(file, "processed", VENDOR)
    assert ooxml_check.faults(path) == []
    with zipfile.ZipFile(path) as archive:
        [comments] = [name for name in archive.namelist() if "comments" in name]
        assert archive.read(comments).count(b"<comment ") == 10_000
        [sheet] = [name for name in archive.namelist() if name.endswith("sheet3.xml")]
        cells = re.findall(rb'<c r="([A-Z]+)4001"( s="\d+")', archive.read(sheet))
    with zipfile.ZipFile(path) as archive:
        first = re.findall(rb'<c r="([A-Z]+)2"( s="\d+")', archive.read(sheet))
    assert cells == first  # outlined like those with comments
    assert all(row["errors"] for row in office_rows(path))


def test_the_template_fits_its_product(files: Files) -> None:
    path = files.carrel.work / "template.xlsx"
    files.carrel.ok("usage", "template", PRODUCT, "--output", path, "--as", VENDOR)
    assert ooxml_check.faults(path) == []
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == ["instructions", "categories", "records", "lists"]
    assert book["lists"].sheet_state == "hidden"
    sheet = book["records"]
    assert sheet.freeze_panes == "A2"
    header = [cell.value for cell in sheet[1]]
    assert {"amount", "tier", "category_id", "item_precision", "v.region"} <= set(header)
    assert all(cell.comment.text for cell in sheet[1])
    lists = {
        header[validation.sqref.ranges[0].min_col - 1]: validation.formula1
        for validation in sheet.data_validations.dataValidation
        if validation.type == "list"
    }
    assert lists["item_search_criteria"] == '"item.mpn,item.global_id,item.local_id"'
    assert lists["tier"] == '"0,1,2"'
    assert lists["category_id"].startswith("'categories'!")
    assert lists["asset_search_criteria"] == "'lists'!$A$1:$A$3"
    assert [row[0].value for row in book["lists"].iter_rows()][0] == "asset.id"
    taken = [row[0].value for row in book["instructions"].iter_rows()]
    assert set(header) <= set(taken)
    [example] = rows_of(path)
    assert (example["item_search_value"], example["quantity"]) == ("OS-GB", 0)
    assert example["asset_search_value"] in {
        asset["id"] for asset in files.carrel.ok("catalog", "list", "assets", "--json").json
    }
    [seen] = office_rows(path)
    assert seen["record_id"] == example["record_id"]
    plain = files.carrel.ok("usage", "template", "PRD-100-200-300", "--format", "csv")
    assert "PRD-100-200-300.csv" in plain.out
    text = files.carrel.ok(
        "usage", "template", "PRD-100-200-300", "--format", "csv", "--output", "-"
    ).out
    [row] = csv.DictReader(io.StringIO(text))
    assert "amount" not in row and row["item_search_value"] == "OC-CPU-H"


def test_a_download_that_is_refused_leaves_no_file(files: Files) -> None:
    file = files.accepted(GOOD)
    path = files.carrel.work / "refused.xlsx"
    words = ["usage", "download", file, "--output", path]
    denied = files.carrel(*words, "--kind", "processed", "--as", DISTRIBUTOR)
    assert denied.code == 7 and "not for the role distributor" in denied.err
    assert files.carrel(*words, "--kind", "distributor", "--as", VENDOR).code == 7
    assert files.carrel(*words, "--kind", "magic").code == 2
    assert files.carrel("usage", "download", file, "--output", files.carrel.work).code == 2
    draft = files.create()
    early = files.carrel("usage", "download", draft, "--kind", "reconciliation")
    assert early.code == 6 and "is draft: it has no reconciliation file" in early.err
    assert not path.exists()
    assert [name.name for name in (files.carrel.data / "usage").iterdir()] == [file]
