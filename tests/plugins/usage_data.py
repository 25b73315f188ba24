"""Usage data as a distributor's host holds it, made from a seed: the same on every machine.

Two months of files for products of each schema in several currencies; three tiers of TR; names in
many scripts, ids with quotes, zero quantities, negative and very large amounts, late records,
files in each state. `collections()` is what an API serves, by path.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

SEED = 20250301
Item = dict[str, Any]

DISTRIBUTORS = [
    {"id": "PA-100-001", "name": "Nord & Söhne Distribution"},
    {"id": "PA-100-002", "name": '"Best" Cloud Distribution, S.A.'},
]
MARKETPLACES = [{"id": "MP-10001", "name": "Europe"}, {"id": "MP-10002", "name": "日本"}]
# Product id, name, vendor, schema, currencies of its files.
PRODUCTS = [
    ("PRD-100-200-301", "Fallout Mail", "Vault-Tec", "tr", ("EUR", "USD")),
    ("PRD-100-200-302", "Хранилище Plus", "ООО «Облако»", "cr", ("USD",)),
    ("PRD-100-200-303", "Compute; Standard", "=Sum(Compute)", "pr", ("JPY", "KWD")),
    ("PRD-100-200-304", "Seats", "Vault-Tec", "qt", (None,)),
]
# Of each product: name, unit, decimals of a quantity.
ITEMS = [("Storage", "GB-hours", 8), ("Requests", "1000 requests", 0), ("Sitzplätze", "users", 2)]
CUSTOMERS = [
    "Ann Onymous",
    "Müller & Töchter GmbH",
    "株式会社テスト",
    'The "Quoted" Company',
    "O'Neill; Sons",
    "=HYPERLINK(1)",
    "شركة الاختبار",
]
DECIMALS_OF_CURRENCY = {"EUR": 2, "USD": 4, "JPY": 0, "KWD": 3}
# State of a file -> events it has been through, and the state of its records.
STATES: dict[str, tuple[tuple[str, ...], str]] = {
    "draft": (("created",), ""),
    "uploading": (("created", "uploaded"), ""),
    "invalid": (("created", "uploaded", "invalid"), "invalid"),
    "ready": (("created", "uploaded", "ready"), "valid"),
    "pending": (("created", "uploaded", "ready", "submitted"), "valid"),
    "rejected": (("created", "uploaded", "ready", "submitted", "rejected"), "rejected"),
    "accepted": (("created", "uploaded", "ready", "submitted", "accepted"), "approved"),
    "closed": (("created", "uploaded", "ready", "submitted", "accepted", "closed"), "closed"),
}
FAULTS = [
    ("USG_011", "item_search_value", "the item is not known", "MPN-'404'"),
    ("USG_014", "quantity", "more decimals than the item has", "1.123456789"),
    ("USG_014", "amount", "not a number", "=1+1"),
    ("USG_020", "asset_search_value", "no such subscription", 'AS-"0"'),
]


@dataclass
class UsageData:
    """The objects by kind; see `make`."""

    files: list[Item] = field(default_factory=list)
    records: list[Item] = field(default_factory=list)
    chunks: list[Item] = field(default_factory=list)
    assets: list[Item] = field(default_factory=list)

    def collections(self) -> dict[str, list[Item]]:
        return {
            "usage/files": self.files,
            "usage/records": self.records,
            "usage/chunks": self.chunks,
            "subscriptions/assets": self.assets,
        }

    def accepted(self, after: str, before: str) -> list[Item]:
        """Accepted records of production files whose usage began in the period."""
        return [
            record
            for record in self.records
            if record["status"] in ("approved", "closed")
            and record["usagefile"]["environment"] == "production"
            and after <= record["start_date"] < before
        ]

    def billed(self, month: str) -> list[Item]:
        """Accepted records of production files whose period begins in the month."""
        files = {
            file["id"]
            for file in self.files
            if file["status"] in ("accepted", "closed")
            and file["environment"] == "production"
            and file["period"]["from"].startswith(month)
        }
        return [
            record
            for record in self.records
            if record["usagefile"]["id"] in files and record["status"] in ("approved", "closed")
        ]


def make(seed: int = SEED, records_a_file: int = 24) -> UsageData:
    maker = _Maker(random.Random(seed), records_a_file)
    for number in range(21):
        maker.add_asset(number)
    for month in ("2025-02", "2025-03"):
        for index, (_, _, _, _, currencies) in enumerate(PRODUCTS):
            for currency in currencies:
                state = "closed" if month == "2025-02" else "accepted"
                maker.add_file(month, index, currency, state)
    for index, state in enumerate(STATES):
        maker.add_file("2025-03", index % len(PRODUCTS), "USD", state)
    maker.add_file("2025-02", 0, "EUR", "accepted", environment="preview")
    maker.add_file("2025-03", 2, "KWD", "invalid")
    return maker.data


class _Maker:
    def __init__(self, dice: random.Random, records_a_file: int) -> None:
        self.data = UsageData()
        self._dice = dice
        self._records_a_file = records_a_file

    def add_asset(self, number: int) -> None:
        customer = number % len(CUSTOMERS)
        tiers = {"customer": _account("TA-0", customer, CUSTOMERS[customer])}
        if number % 3:
            tiers["tier1"] = _account("TA-1", number % 3, f"Reseller №{number % 3}")
        if number % 3 == 2:
            tiers["tier2"] = _account("TA-2", 1, "Über-Reseller")
        product = PRODUCTS[number % len(PRODUCTS)]
        self.data.assets.append(
            {
                "id": f"AS-1000-2000-{number:04}",
                "external_id": f"ext'{number}\"",
                "external_uid": f"00000000-0000-4000-8000-{number:012}",
                "status": "active",
                "product": {"id": product[0], "name": product[1]},
                "marketplace": MARKETPLACES[number % 2],
                "tiers": tiers,
            }
        )

    def add_file(
        self,
        month: str,
        product_index: int,
        currency: str | None,
        state: str,
        environment: str = "production",
    ) -> None:
        product_id, product, vendor, schema, _ = PRODUCTS[product_index]
        number = len(self.data.files) + 1
        events, record_state = STATES[state]
        last_day = {"2025-02": 28, "2025-03": 31}[month]
        item: Item = {
            "id": f"UF-{month}-1000-{number:04}",
            "name": f"{product} {month} #{number}",
            "status": state,
            "environment": environment,
            "vendor": {"id": f"VA-10{product_index}-001", "name": vendor},
            "provider": DISTRIBUTORS[number % 2],
            "product": {"id": product_id, "name": product},
            "marketplace": MARKETPLACES[number % 2],
            "contract": {"id": f"CRD-10000-{number:05}", "name": "Distribution"},
            "schema": schema,
            "period": {
                "from": f"{month}-01T00:00:00+00:00",
                "to": f"{month}-{last_day}T23:59:59+00:00",
            },
            "events": {
                name: {"at": f"2025-04-{self._dice.randint(1, 4) + 5 * step:02}T08:30:00+00:00"}
                for step, name in enumerate(events)
            },
        }
        if schema != "qt":
            item["currency"] = currency
        self.data.files.append(item)
        if record_state:
            self._add_records(item, record_state)
        if state in ("accepted", "closed"):
            self._add_chunks(item)

    def _add_chunks(self, file: Item) -> None:
        for number in (1, 2, 3):
            open_status = ("draft", "ready", "closed")[number - 1]
            status = "closed" if file["status"] == "closed" else open_status
            self.data.chunks.append(
                {
                    "id": f"UFC-{file['id'][3:]}-{number:03}",
                    "status": status,
                    "usagefile": {"id": file["id"], "name": file["name"]},
                    "hub": {"id": f"HB-1000-{number:04}", "name": f"Hub {number}"},
                }
            )

    def _add_records(self, file: Item, state: str) -> None:
        assets = [one for one in self.data.assets if one["product"] == file["product"]]
        for number in range(self._records_a_file):
            usage = self._usage(file, self._dice.choice(assets), number, state)
            tiers = [None]
            if file["schema"] == "tr":
                names = ("customer", "tier1", "tier2")
                tiers = [n for n, name in enumerate(names) if name in usage["asset"]["tiers"]]
            for tier in tiers:
                self._add_record(file, usage, number, tier)

    def _usage(self, file: Item, asset: Item, number: int, state: str) -> Item:
        index = self._dice.randrange(len(ITEMS))
        name, unit, decimals = ITEMS[index]
        late = number % 11 == 10
        month = "2025-01" if late else file["period"]["from"][:7]
        first = self._dice.randint(1, 27)
        usage: Item = {
            "start_date": f"{month}-{first:02}T00:00:00+00:00",
            "end_date": f"{month}-{first:02}T23:59:59+00:00",
            "item": {
                "id": f"{file['product']['id']}-{index + 1:04}",
                "mpn": f"MPN-{index}",
                "local_id": f"item_{index}",
                "name": name,
                "unit": unit,
                "type": "ppu",
            },
            "asset": {k: v for k, v in asset.items() if k not in ("product", "marketplace")},
            "product": file["product"],
            "marketplace": file["marketplace"],
            "contract": file["contract"],
            "usage": self._number(decimals, zero=number % 7 == 3),
            "status": "valid" if state == "invalid" and number % 3 else state,
        }
        if number % 5 == 0:
            usage["end_date"] = usage["start_date"]
        if number % 4 == 0:
            usage["category"] = {"id": "c1", "name": "Nächte"}
        if state == "closed":
            usage["external_billing_id"] = f"INV-{file['id'][3:10]}-{asset['id'][-2:]}"
        if usage["status"] == "invalid":
            faults = self._dice.sample(FAULTS, self._dice.randint(1, 3))
            names = ("code", "column", "message", "raw_value")
            usage["errors"] = [dict(zip(names, fault, strict=True)) for fault in faults]
        return usage

    def _add_record(self, file: Item, usage: Item, number: int, tier: int | None) -> None:
        serial = len(self.data.records) + 1
        keys = ("id", "name", "schema", "currency", "environment", "period")
        record = {
            "id": f"UR-{file['id'][3:]}-0000-{serial:04}",
            "record_id": f"rec '{serial}\"",
            "usagefile": {key: file[key] for key in keys if key in file},
            **usage,
        }
        if tier is not None:
            record["tier"] = tier
        if file["schema"] != "qt":
            late = record["start_date"] < file["period"]["from"]
            decimals = DECIMALS_OF_CURRENCY[file["currency"]]
            large = 16 if number == 1 else 5
            sign = "-" if late and number % 2 == 0 else ""
            record["amount"] = sign + self._number(decimals, digits=large)
        self.data.records.append(record)

    def _number(self, decimals: int, *, digits: int = 4, zero: bool = False) -> str:
        """Plain digits, without zeros at the end: as the runtime writes what it has stored."""
        if zero:
            return "0"
        value = Decimal(self._dice.randrange(1, 10 ** (digits + decimals))).scaleb(-decimals)
        return format(value.normalize(), "f")


def _account(prefix: str, number: int, name: str) -> Item:
    return {
        "id": f"{prefix}-1000-2000-{number:04}",
        "name": name,
        "external_id": f"acc-{prefix}-{number}",
    }
