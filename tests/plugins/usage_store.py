"""Usage data in the store of a carrel, as its own connection `local` then answers with it.

The catalogue comes in by `carrel catalog import`. Usage files do not come in by spreadsheets here:
their ids, times and states are those of the data set, which the runtime would choose itself.
"""

from __future__ import annotations

import json
import sqlite3
from datetime import datetime
from decimal import Decimal
from typing import Any

from carrel_runner import Carrel
from usage_data import DISTRIBUTORS, ITEMS, MARKETPLACES, PRODUCTS, UsageData

Item = dict[str, Any]

_RECORDS_IN_LOAD = 1 << 32
_FRACTION = 10**18
# As runtime/usage/record_state.h numbers them.
_VALIDATED, _INVALID, _PENDING, _ACCEPTED, _REJECTED, _CLOSED = 2, 3, 4, 5, 6, 7
_STATE_IN_FILE = {
    "pending": _PENDING,
    "accepted": _ACCEPTED,
    "closed": _ACCEPTED,
    "rejected": _REJECTED,
}
_STATE_OF_RECORD = {"invalid": _INVALID, "closed": _CLOSED}
_TIERS = ("customer", "tier1", "tier2")


def fill(carrel: Carrel, data: UsageData) -> None:
    catalogue = carrel.work / "catalogue.json"
    catalogue.write_text(json.dumps(_catalogue(data)), encoding="utf-8")
    carrel.ok("catalog", "import", catalogue)
    with sqlite3.connect(carrel.data / "carrel.db") as store:
        store.execute("PRAGMA foreign_keys = ON")
        writer = _Writer(store)
        for load, file in enumerate(data.files, start=1):
            records = [r for r in data.records if r["usagefile"]["id"] == file["id"]]
            writer.add_file(load, file, records)
        for chunk in data.chunks:
            writer.add_chunk(chunk)
    store.close()


def _catalogue(data: UsageData) -> dict[str, list[Item]]:
    vendors = {file["vendor"]["id"]: file["vendor"] for file in data.files}
    vendor_of = {file["product"]["id"]: file["vendor"]["id"] for file in data.files}
    hubs = {chunk["hub"]["id"]: chunk["hub"] for chunk in data.chunks}
    precisions = {0: "integer", 2: "decimal_2", 8: "decimal_8"}
    contracts = [_contract(file["contract"], file) for file in data.files]
    return {
        "accounts": [
            *({**vendor, "role": "vendor"} for vendor in vendors.values()),
            *({**account, "role": "distributor"} for account in DISTRIBUTORS),
        ],
        "hubs": list(hubs.values()),
        "marketplaces": MARKETPLACES,
        "products": [
            {
                "id": product,
                "name": name,
                "vendor": {"id": vendor_of[product]},
                "capabilities": {"ppu": {"schema": schema.upper()}},
            }
            for product, name, _, schema, _ in PRODUCTS
        ],
        "items": [
            {
                "id": f"{product[0]}-{number:04}",
                "product": {"id": product[0]},
                "mpn": f"MPN-{number - 1}",
                "local_id": f"item_{number - 1}",
                "name": name,
                "unit": unit,
                "precision": precisions[decimals],
                "type": "ppu",
            }
            for product in PRODUCTS
            for number, (name, unit, decimals) in enumerate(ITEMS, start=1)
        ],
        "contracts": contracts,
        "assets": [
            {**asset, "contract": {"id": contracts[0]["id"]}, "environment": "production"}
            for asset in data.assets
        ],
    }


def _contract(contract: Item, file: Item) -> Item:
    parties = {name: {"id": file[name]["id"]} for name in ("provider", "marketplace")}
    return {"id": contract["id"], "name": contract["name"], **parties}


class _Writer:
    def __init__(self, store: sqlite3.Connection) -> None:
        self._store = store

    def _key(self, table: str, item: Item | None) -> int | None:
        if item is None:
            return None
        found = self._store.execute(f"SELECT key FROM {table} WHERE id = ?", (item["id"],))
        return int(found.fetchone()[0])

    def _insert(self, table: str, row: Item) -> None:
        places = ", ".join("?" * len(row))
        self._store.execute(
            f"INSERT INTO {table} ({', '.join(row)}) VALUES ({places})", tuple(row.values())
        )

    def add_file(self, load: int, file: Item, records: list[Item]) -> None:
        texts = ("description", "external_id", "note", "acceptance_note", "rejection_note")
        unused = ("error_detail", "upload", "upload_name", "upload_sha256", "reconciliation")
        closed = sum(record["status"] == "closed" for record in records)
        row = {
            "id": file["id"],
            "name": file["name"],
            **dict.fromkeys((*texts, *unused), ""),
            "status": file["status"],
            "previous_status": "draft",
            "environment": file["environment"],
            "vendor_key": self._key("accounts", file["vendor"]),
            "provider_key": self._key("accounts", file["provider"]),
            "marketplace_key": self._key("marketplaces", file["marketplace"]),
            "contract_key": self._key("contracts", file["contract"]),
            "product_key": self._key("products", file["product"]),
            "usage_schema": file["schema"],
            "currency": file.get("currency", ""),
            "period_from": _micros(file["period"]["from"]),
            "period_to": _micros(file["period"]["to"]),
            "load": load,
            "record_state": _STATE_IN_FILE.get(file["status"], _VALIDATED),
            "records_all": len(records),
            "records_valid": sum(record["status"] != "invalid" for record in records),
            "records_closed": closed,
            "records_billed": closed,
            "upload_size": 0,
            "events": json.dumps(file["events"]),
            "created": _micros(file["events"]["created"]["at"]),
        }
        self._insert("usage_files", row)
        for id, name in {tuple(r["category"].values()) for r in records if "category" in r}:
            row = {"load": load, "number": 0, "id": id, "name": name, "description": ""}
            self._insert("usage_categories", row)
        for record in records:
            self._insert("usage_records", self._record(load, record))

    def _record(self, load: int, record: Item) -> Item:
        number = int(record["id"][-9:].replace("-", ""))
        quantity, quantity_fraction = _number(record["usage"])
        amount, amount_fraction = _number(record.get("amount"))
        errors = record.get("errors")
        return {
            "key": load * _RECORDS_IN_LOAD + number,
            "load": load,
            "record_id": record["record_id"],
            "state": _STATE_OF_RECORD.get(record["status"], _VALIDATED),
            "sheet_row": number + 1,
            "item_key": self._key("items", record["item"]),
            "asset_key": self._key("assets", record["asset"]),
            "category": 0 if "category" in record else None,
            "tier": record.get("tier"),
            "quantity": quantity,
            "quantity_fraction": quantity_fraction,
            "amount": amount,
            "amount_fraction": amount_fraction,
            "start_us": _micros(record["start_date"]),
            "end_us": _micros(record["end_date"]),
            "errors": json.dumps(errors) if errors else None,
            "billing_id": record.get("external_billing_id"),
        }

    def add_chunk(self, chunk: Item) -> None:
        row = {
            "id": chunk["id"],
            "file_key": self._key("usage_files", chunk["usagefile"]),
            "hub_key": self._key("hubs", chunk["hub"]),
            "records": 1,
            "records_closed": int(chunk["status"] == "closed"),
            "status": chunk["status"],
        }
        self._insert("usage_chunks", row)


def _number(text: str | None) -> tuple[int | None, int | None]:
    """A whole part, rounded down, and a fraction of 10^-18."""
    if text is None:
        return None, None
    return divmod(int(Decimal(text).scaleb(18)), _FRACTION)


def _micros(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp()) * 1_000_000
