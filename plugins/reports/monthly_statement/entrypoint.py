"""What each customer, or reseller, is billed for a month: one line an item of a subscription, and
the total of each schema and currency.

Holds one running total in memory for each line, never the records.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import groupby
from typing import Any

from lib import exact
from lib.usage import (
    Item,
    Row,
    amount_of,
    billed_records,
    connect,
    name_of,
    quantity_of,
    render,
    rql_value,
)

COLUMNS = (
    "Month",
    "Account ID",
    "Account",
    "External ID",
    "Line",
    "Schema",
    "Currency",
    "Subscription ID",
    "Subscription external ID",
    "Product",
    "Item ID",
    "MPN",
    "Item",
    "Records",
    "Quantity",
    "Unit",
    "Amount",
)
TIERS = ("customer", "tier1", "tier2")


@dataclass
class Line:
    """One item of one subscription; `amount` is None for files that report quantities only."""

    account: Item
    file: Item
    record: Item
    records: int = 0
    quantity: Decimal = Decimal(0)
    amount: Decimal | None = None

    def add(self, record: Item) -> None:
        self.records += 1
        quantity, amount = quantity_of(record), amount_of(record)
        if quantity is not None:
            self.quantity = exact.add(self.quantity, quantity)
        if amount is not None:
            self.amount = exact.add(self.amount or Decimal(0), amount)


# Account, schema and currency; subscription and item.
Key = tuple[tuple[str, str, str], tuple[str, str]]


def generate(
    client: Any,
    parameters: dict[str, Any],
    progress_callback: Callable[[int, int], None],
    renderer_type: str,
    extra_context_callback: Callable[[Any], None],
) -> Iterator[Any]:
    month = date.fromisoformat(parameters["month"]).replace(day=1)
    lines = _read(connect(client), parameters, month, progress_callback)
    yield from render(COLUMNS, _rows(lines, f"{month:%Y-%m}"), renderer_type)


def _read(
    client: Any, parameters: dict[str, Any], month: date, progress: Callable[[int, int], None]
) -> dict[Key, Line]:
    lines: dict[Key, Line] = {}
    tier = int(parameters.get("tier", 0))
    filters = []
    if account_id := parameters.get("account"):
        filters.append(f"eq(asset.tiers.{TIERS[tier]}.id,{rql_value(account_id)})")
    period = _bounds(month)
    found = billed_records(client, parameters, period, tier, progress, record_filters=filters)
    for file, record in found:
        account = (record["asset"].get("tiers") or {}).get(TIERS[tier])
        if not account:
            raise RuntimeError(f"the subscription of record {record['id']} has no {TIERS[tier]}")
        key = (
            (account["id"], file["schema"], file.get("currency") or ""),
            (record["asset"]["id"], record["item"]["id"]),
        )
        lines.setdefault(key, Line(account, file, record)).add(record)
    return lines


def _bounds(month: date) -> tuple[str, str]:
    following = date(month.year + month.month // 12, month.month % 12 + 1, 1)
    return f"{month}T00:00:00+00:00", f"{following}T00:00:00+00:00"


def _rows(lines: dict[Key, Line], month: str) -> Iterator[Row]:
    for _, keys in groupby(sorted(lines), key=lambda key: key[0]):
        group = [lines[key] for key in keys]
        for line in group:
            yield {**_heading(line, "item", month), **_detail(line)}
        amounts = [line.amount for line in group if line.amount is not None]
        if amounts:
            total = _heading(group[0], "total", month)
            total["Records"] = sum(line.records for line in group)
            total["Amount"] = exact.total(amounts)
            yield total


def _heading(line: Line, kind: str, month: str) -> dict[str, Any]:
    """A row whose columns about an item are still empty."""
    row = dict.fromkeys(COLUMNS)
    row["Month"] = month
    row["Account ID"] = line.account["id"]
    row["Account"] = name_of(line.account)
    row["External ID"] = name_of(line.account, "external_id")
    row["Line"] = kind
    row["Schema"] = line.file["schema"]
    row["Currency"] = line.file.get("currency")
    return row


def _detail(line: Line) -> dict[str, Any]:
    asset, item = line.record["asset"], line.record["item"]
    return {
        "Subscription ID": asset["id"],
        "Subscription external ID": asset.get("external_id"),
        "Product": name_of(line.file["product"]),
        "Item ID": item["id"],
        "MPN": item.get("mpn"),
        "Item": item.get("name"),
        "Records": line.records,
        "Quantity": line.quantity,
        "Unit": item.get("unit"),
        "Amount": line.amount,
    }
