"""`carrel usage`: a usage file from its creation to the bill, and what reports see of it."""

from __future__ import annotations

import csv
import io
import signal
import sqlite3
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
from carrel_runner import ROOT, Carrel
from report_repos import python_repo, write

SAMPLES = ROOT / "examples" / "catalogue"
VENDOR, DISTRIBUTOR = "VA-111-222", "PA-100-200"
HEADER = (
    "record_id,item_search_criteria,item_search_value,quantity,start_time_utc,end_time_utc,"
    "asset_search_criteria,asset_search_value"
)
ROWS = [
    "r1,item.mpn,OC-CPU-H,12.25,2026-11-01,2026-11-02,asset.id,AS-1000-2000-0001",
    "r2,item.mpn,OC-RAM-GBH,0.00000001,2026-11-01,2026-11-02,parameter.tenant_id,tenant-002",
]


@pytest.fixture
def new_file(carrel: Carrel) -> Callable[[], str]:
    carrel.ok("catalog", "import", SAMPLES / "catalogue.json")

    def create() -> str:
        words = ["--name", "November", "--product", "PRD-100-200-300", "--as", VENDOR]
        words += ["--contract", "CRD-10000-20000-30000", "--from", "2026-11-01"]
        made = carrel.ok("usage", "create", *words, "--to", "2026-11-30", "--json").json
        assert made["status"] == "draft"
        return str(made["id"])

    return create


def sheet(carrel: Carrel, *rows: str) -> Path:
    return sheet_of(carrel, "november.csv", *rows)


def sheet_of(carrel: Carrel, name: str, *rows: str) -> Path:
    path = carrel.work / name
    path.write_text("\n".join([HEADER, *rows]) + "\n")
    return path


def test_a_file_goes_its_whole_way(carrel: Carrel, new_file: Callable[[], str]) -> None:
    file = new_file()
    uploaded = carrel.ok("usage", "upload", file, sheet(carrel, *ROWS), "--as", VENDOR, "--json")
    assert uploaded.json["status"] == "ready"
    assert uploaded.json["records"] == {"valid": 2, "invalid": 0, "closed": 0}
    assert carrel("usage", "show", file, "--as", DISTRIBUTOR).code == 7
    assert carrel.ok("usage", "submit", file, "--as", VENDOR, "--json").json["status"] == "pending"
    assert carrel("usage", "accept", file, "--note", "me", "--as", VENDOR).code == 7
    carrel.ok("usage", "accept", file, "--note", "as agreed", "--as", DISTRIBUTOR)
    records = carrel.ok("usage", "records", file, "--filter", "ordering(record_id)", "--json").json
    assert [record["usage"] for record in records] == ["12.25", "0.00000001"]
    billed = carrel.work / "billed.csv"
    billed.write_text(f"id,external_billing_id\n{records[0]['id']},INV-1\nUR-0,INV-2\n")
    refused = carrel("usage", "reconcile", file, billed, "--as", DISTRIBUTOR)
    assert refused.code == 3 and "row 3: UR-0: UR-0 is no record of" in refused.err
    assert carrel("usage", "reconcile", file, billed, "--partial", "--json").json["closed"] == 1
    closed = carrel.ok("usage", "close", file, "--billing-id", "INV-3", "--as", DISTRIBUTOR)
    assert "closed" in closed.out
    again = carrel("usage", "submit", file)
    assert again.code == 6 and "possible now: annotate" in again.err
    assert carrel.ok("usage", "list", "--filter", "status=closed", "--json").json[0]["id"] == file
    copy = carrel.work / "copy.csv"
    carrel.ok("usage", "download", file, "--output", copy)
    assert copy.read_bytes() == (carrel.work / "november.csv").read_bytes()


def test_every_error_of_every_record_is_listed(carrel: Carrel, new_file: Callable[[], str]) -> None:
    file = new_file()
    bad = 'r3,item.mpn,"NO,NE",1.234,2026-11-01,2026-11-02,asset.id,AS-0'
    done = carrel("usage", "upload", file, sheet(carrel, ROWS[0], bad))
    assert done.code == 3
    assert "1 of 2 records are invalid" in done.err
    out = carrel.ok("usage", "errors", file, "--csv").out
    rows = list(csv.DictReader(io.StringIO(out)))
    assert {row["record_id"] for row in rows} == {"r3"}
    item = next(row for row in rows if row["code"] == "USG_011")
    assert (item["row"], item["raw_value"]) == ("3", "NO,NE")
    assert len(rows) >= 2
    assert "USG_011" in carrel.ok("usage", "errors", file).out
    (record,) = carrel.ok("usage", "errors", file, "--json").json
    assert record["status"] == "invalid" and len(record["errors"]) == len(rows)
    assert (
        carrel.ok("usage", "upload", file, sheet(carrel, *ROWS), "--json").json["status"] == "ready"
    )
    assert carrel.ok("usage", "errors", file, "--json").json == []


def test_a_workbook_is_read_too(carrel: Carrel, new_file: Callable[[], str]) -> None:
    book = openpyxl.Workbook()
    book.active.title = "notes"
    records = book.create_sheet("records")
    records.append(HEADER.split(","))
    for row in ROWS:
        records.append(row.split(","))
    path = carrel.work / "november.xlsx"
    book.save(path)
    file = new_file()
    assert carrel.ok("usage", "upload", file, path, "--json").json["status"] == "ready"
    broken = carrel.work / "broken.xlsx"
    broken.write_bytes(path.read_bytes()[:500])
    assert carrel("usage", "upload", file, broken).code == 3
    shown = carrel.ok("usage", "show", file, "--json").json
    assert shown["status"] == "invalid" and shown["error_detail"]
    carrel.ok("usage", "delete", file)
    assert carrel("usage", "show", file).code == 7


def test_the_template_fits_the_product(carrel: Carrel, new_file: Callable[[], str]) -> None:
    new_file()
    path = carrel.work / "sheet.csv"
    carrel.ok("usage", "template", "PRD-100-200-301", "--output", path)
    header, example = csv.reader(path.read_text().splitlines())
    assert {"amount", "tier", "v.region", "item_precision"} <= set(header)
    assert len(example) == len(header)
    plain = carrel.ok("usage", "template", "PRD-100-200-300", "--format", "csv", "--output", "-")
    assert "amount" not in plain.out and "item_precision" not in plain.out


BODY = """
from connect.client import ConnectClient
api = ConnectClient(client.api_key, connection="local")
records = api.ns("usage").records.filter("in(status,(approved,closed))").order_by("id")
yield ("total", records.count(), "")
for record in records:
    customer = record["asset"]["tiers"]["customer"]["name"]
    yield (record["record_id"], record["usage"], customer)
"""


def test_a_report_reads_the_same_data(carrel: Carrel, new_file: Callable[[], str]) -> None:
    file = new_file()
    carrel.ok("usage", "upload", file, sheet(carrel, *ROWS))
    carrel.ok("usage", "submit", file)
    carrel.ok("usage", "accept", file, "--note", "as agreed")
    files = python_repo(BODY, permissions={"connections": ["local"]})
    out = carrel.work / "out.csv"
    carrel.ok("run", write(files, carrel.work / "reports"), "demo", "--output", out)
    rows = list(csv.reader(out.read_text().splitlines(), delimiter=";"))
    assert [row[:2] for row in rows] == [["total", "2"], ["r1", "12.25"], ["r2", "0.00000001"]]
    assert rows[1][2] == "Customer 1"


def test_a_process_that_is_killed_leaves_nothing_half_stored(
    carrel: Carrel, new_file: Callable[[], str]
) -> None:
    count = 100_000
    rows = (
        f"k{number:06},item.mpn,OC-CPU-H,0.01,2026-11-01,2026-11-02,asset.id,AS-1000-2000-0001"
        for number in range(count)
    )
    path = sheet(carrel, *rows)
    file = new_file()
    carrel.ok("usage", "upload", file, sheet_of(carrel, "first.csv", *ROWS))
    process = carrel.start("usage", "upload", file, path)
    database = sqlite3.connect(f"file:{carrel.data / 'carrel.db'}?mode=ro", uri=True)
    status = ""
    while status != "processing" and process.poll() is None:
        (status,) = database.execute("SELECT status FROM usage_files").fetchone()
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert status == "processing", "it was too fast to be killed"
    (records,) = database.execute("SELECT COUNT(*) FROM usage_records").fetchone()
    database.close()
    assert records == len(ROWS)
    done = carrel.ok("usage", "show", file, "--json")
    assert f"processing {file} again" in done.err
    assert done.json["status"] == "ready"
    assert done.json["records"] == {"valid": count, "invalid": 0, "closed": 0}
    carrel.ok("usage", "submit", file)
    (data,) = (carrel.data / "usage" / file).iterdir()
    assert data.read_bytes() == path.read_bytes()
