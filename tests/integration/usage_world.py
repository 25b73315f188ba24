"""Subscriptions and their usage, put into a carrel through its command line, and what a report of
usage per subscription must say of them: computed from the store by SQL, without the runtime.

More active subscriptions than a page of a client has; subscriptions without a hub, without
resellers, of other states; usage files closed, accepted, rejected and pending; usage that begins or
ends outside of its file's month.
"""

from __future__ import annotations

import csv
import json
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import openpyxl

SUBSCRIPTIONS = 560
PRODUCTS = ("PRD-700-000-001", "PRD-700-000-002")
FEBRUARY = {"after": "2025-02-01T00:00:00+00:00", "before": "2025-03-01T00:00:00+00:00"}
_STATES = ("active", "active", "active", "active", "suspended", "active", "terminated")
# Product, month, last step of the file.
_FILES = (
    (0, 1, "close"),
    (0, 2, "close"),
    (0, 2, "accept"),
    (0, 3, "accept"),
    (1, 2, "accept"),
    (0, 2, "reject"),
    (1, 2, "submit"),
)
_HEADER = (
    "record_id,item_search_criteria,item_search_value,quantity,start_time_utc,end_time_utc,"
    "asset_search_criteria,asset_search_value,amount"
)
_DATES = (3, 4)  # columns of a row

Runner = Callable[..., Any]  # carrel's words -> what it said, failing unless it ended with 0
Row = tuple[str, ...]


def fill(run: Runner, work: Path) -> None:
    """`run("usage", "list")` calls the program; files that it reads go below `work`."""
    catalogue = work / "subscriptions.json"
    catalogue.write_text(json.dumps(_catalogue()), encoding="utf-8")
    run("catalog", "import", catalogue)
    for number, (product, month, step) in enumerate(_FILES):
        _add_file(run, work, number, product, month, step)


def _catalogue() -> dict[str, Any]:
    capabilities = {"ppu": {"schema": "CR", "late": True, "future": True}}
    item = {"mpn": "GB", "name": "Storage", "precision": "decimal_2", "type": "ppu"}
    return {
        "accounts": [
            {"id": "VA-700-001", "name": "Müller & Söhne", "role": "vendor"},
            {"id": "PA-700-001", "name": 'The "Best" Distributor', "role": "distributor"},
        ],
        "hubs": [{"id": "HB-7000-0001", "name": "Hub"}],
        "marketplaces": [{"id": "MP-70001", "name": "日本"}],
        "products": [
            {
                "id": product,
                "name": f"Product {product}",
                "vendor": {"id": "VA-700-001"},
                "capabilities": capabilities,
            }
            for product in PRODUCTS
        ],
        "items": [
            {**item, "id": f"{product}-0001", "product": {"id": product}} for product in PRODUCTS
        ],
        "contracts": [
            {
                "id": "CRD-70000-00000-00001",
                "name": "Distribution",
                "provider": {"id": "PA-700-001"},
                "marketplace": {"id": "MP-70001"},
            }
        ],
        "assets": [_asset(number) for number in range(SUBSCRIPTIONS * 7 // 5)],
    }


def _asset(number: int) -> dict[str, Any]:
    tiers = {
        name: {
            "id": f"TA-{level}-{number % 90}",
            "name": f"{name} {number % 90}",
            "external_id": f"ext-{level}-{number}" if number % 4 else "",
        }
        for level, name in enumerate(("customer", "tier1", "tier2")[: 1 + number % 3])
    }
    asset: dict[str, Any] = {
        "id": _asset_id(number),
        "external_id": f"sub-{number}",
        "status": _STATES[number % len(_STATES)],
        "product": {"id": PRODUCTS[number % 2]},
        "marketplace": {"id": "MP-70001"},
        "contract": {"id": "CRD-70000-00000-00001"},
        "environment": "production",
        "tiers": tiers,
    }
    if number % 5:
        asset["hub"] = {"id": "HB-7000-0001"}
    if number % 2:
        created = f"2024-{1 + number % 12:02}-01T10:20:30.5+02:00"
        updated = f"2025-{1 + number % 12:02}-28T23:59:59Z"
        asset["events"] = {"created": {"at": created}, "updated": {"at": updated}}
    return asset


def _asset_id(number: int) -> str:
    return f"AS-7000-{number // 10000:04}-{number % 10000:04}"


def _add_file(run: Runner, work: Path, number: int, product: int, month: int, step: str) -> None:
    sheet = work / f"usage-{number}.csv"
    lines = [_HEADER, *(_record(number, product, month, line) for line in range(300))]
    sheet.write_text("\n".join(lines) + "\n", encoding="utf-8")
    words = ["--name", f"File {number}", "--product", PRODUCTS[product], "--currency", "EUR"]
    words += ["--contract", "CRD-70000-00000-00001"]
    words += ["--from", f"2025-{month:02}-01", "--to", f"2025-{month:02}-28"]
    file = run("usage", "create", *words, "--json").json["id"]
    run("usage", "upload", file, sheet)
    run("usage", "submit", file)
    if step in ("accept", "close"):
        run("usage", "accept", file, "--note", "as agreed")
    if step == "close":
        run("usage", "close", file, "--billing-id", f"INV-{number}")
    if step == "reject":
        run("usage", "reject", file, "--note", "no")


def _record(file: int, product: int, month: int, line: int) -> str:
    asset = _asset_id(2 * (line * (file + 3) % 350) + product)
    start, end = {
        0: (f"2025-{month:02}-01", f"2025-{month:02}-02"),
        1: (f"2025-{month:02}-28 23:59:59", f"2025-{month + 1:02}-01 00:00:00"),
        2: ("2024-12-30", f"2025-{month:02}-01 00:00:00"),
        3: ("2024-12-30", "2025-12-30"),
    }[line % 4]
    return f"r{file}-{line},item.mpn,GB,1.25,{start},{end},asset.id,{asset},10.10"


def expected_rows(
    database: Path, period: dict[str, str], products: list[str] | None = None
) -> list[Row]:
    """Sorted. Active subscriptions with the accepted and closed files that hold usage of the
    period: begun in it or ended in it, the first day in, the day after the last out."""
    after, before = (_micros(period[name]) for name in ("after", "before"))
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as store:
        store.row_factory = sqlite3.Row
        files: dict[int, list[str]] = {}
        for record in store.execute(
            "SELECT r.asset_key, f.id FROM usage_records r JOIN usage_files f ON f.load = r.load "
            "WHERE f.status IN ('accepted', 'closed') AND ((r.start_us >= :after AND "
            "r.start_us < :before) OR (r.end_us >= :after AND r.end_us < :before)) ORDER BY r.key",
            {"after": after, "before": before},
        ):
            of_asset = files.setdefault(record["asset_key"], [])
            if record["id"] not in of_asset:
                of_asset.append(record["id"])
        assets = store.execute(
            "SELECT a.*, p.id AS product_id, p.name AS product_name, v.id AS vendor_id, "
            "v.name AS vendor_name, d.id AS provider_id, d.name AS provider_name, h.id AS hub_id, "
            "h.name AS hub_name FROM assets a JOIN products p ON p.key = a.product_key "
            "JOIN accounts v ON v.key = p.vendor_key JOIN contracts c ON c.key = a.contract_key "
            "JOIN accounts d ON d.key = c.provider_key LEFT JOIN hubs h ON h.key = a.hub_key "
            "WHERE a.status = 'active'"
        ).fetchall()
    return sorted(
        _row(asset, files.get(asset["key"], []))
        for asset in assets
        if products is None or asset["product_id"] in products
    )


def _row(asset: sqlite3.Row, files: list[str]) -> Row:
    tiers = []
    for tier in ("customer", "tier1", "tier2"):
        values = [asset[f"{tier}_{name}"] for name in ("id", "name", "external_id")]
        tiers += values if values[0] else ["-"] * 3
    hub = [asset["hub_id"], asset["hub_name"]] if asset["hub_id"] else ["-", "-"]
    references = [
        f"{of}_{name}" for of in ("provider", "vendor", "product") for name in ("id", "name")
    ]
    return (
        asset["id"],
        asset["external_id"],
        asset["status"],
        _plain(asset["created"]),
        _plain(asset["updated"]),
        *tiers,
        *(asset[name] for name in references),
        *hub,
        str(len(files)),
        ", ".join(files),
    )


def _micros(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp()) * 1_000_000


def _plain(micros: int) -> str:
    return datetime.fromtimestamp(micros / 1_000_000, tz=UTC).strftime("%Y-%m-%d %H:%M:%S")


def read_rows(output: Path) -> list[Row]:
    """The rows of a report as text, sorted: csv and a workbook begin with a header."""
    if output.suffix == ".csv":
        with output.open(encoding="utf-8", newline="") as file:
            rows: list[Any] = list(csv.reader(file, delimiter=";"))[1:]
    elif output.suffix == ".json":
        rows = [list(row.values()) for row in json.loads(output.read_bytes())]
    else:
        rows = list(openpyxl.load_workbook(output)["Data"].iter_rows(min_row=2, values_only=True))
    return sorted(tuple(_text(cell, column) for column, cell in enumerate(row)) for row in rows)


def _text(cell: Any, column: int) -> str:
    if cell is None:
        return ""
    text = str(cell)
    return text.replace("T", " ") if column in _DATES else text
