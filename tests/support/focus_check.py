"""Checks a csv or json file against what FOCUS 1.2 demands of a dataset (MUST and MUST NOT).

    python3 focus_check.py FILE [--supports NAME]... [--unchecked]

prints a line for each fault, named as in the FOCUS requirements model 1.2 (see `focus_model.py`),
and exits 1 when there is one. Conditions that lie outside of the file are declared: `--supports
TAGGING_SUPPORTED` asks for the column Tags. `--unchecked` lists the requirements that a file alone
cannot show.

Readings: an empty csv field is null. In json a decimal may be a number or text, as many tools lose
digits of numbers. A product matches its cost when it rounds to it at the cost's own decimals.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from focus_model import (
    ACCOUNT_NAMING,
    ALLOWED,
    CATEGORIES,
    COLUMNS,
    CRITERIA,
    NOT_NEGATIVE,
    NULL_TOGETHER,
    ONE_OF_EACH,
    PARENT,
    PRICED,
    PRODUCTS,
    VALID_DECIMAL,
    Kind,
)
from focus_unchecked import UNCHECKED
from focus_values import (
    NumberText,
    currency_faults,
    is_decimal,
    is_time,
    number_of,
    numeric_faults,
    object_faults,
    sku_detail_faults,
    text_faults,
    time_faults,
    unit_faults,
)

Row = Mapping[str, object]


@dataclass(frozen=True)
class Fault:
    """A requirement that is not met; `row` counts from 1, 0 stands for the dataset."""

    rule: str
    row: int
    column: str
    found: object = None

    def __str__(self) -> str:
        place = f"row {self.row}" if self.row else "dataset"
        return f"{place}: {self.column}: {self.rule}: found {self.found!r}"


@dataclass(frozen=True)
class Dataset:
    columns: tuple[str, ...]
    rows: tuple[Row, ...]


def read(path: Path) -> Dataset:
    text = path.read_bytes().decode("utf-8-sig", errors="surrogateescape")
    return read_json(text) if text.lstrip()[:1] == "[" else read_csv(text)


def read_csv(text: str) -> Dataset:
    header = text.partition("\n")[0]
    delimiter = max(",;\t", key=header.count)
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    columns = tuple(next(lines, ()))
    rows = []
    for number, cells in enumerate(lines, start=1):
        if len(cells) != len(columns):
            raise ValueError(f"row {number} has {len(cells)} fields, expected {len(columns)}")
        rows.append({name: cell or None for name, cell in zip(columns, cells, strict=True)})
    return _dataset(columns, rows)


def read_json(text: str) -> Dataset:
    rows = json.loads(text, parse_float=NumberText, parse_int=NumberText)
    columns = tuple(dict.fromkeys(name for row in rows for name in row))
    return _dataset(columns, rows)


def _dataset(columns: tuple[str, ...], rows: Iterable[Row]) -> Dataset:
    twice = sorted({name for name in columns if columns.count(name) > 1})
    if twice:
        raise ValueError(f"columns that are there twice: {', '.join(twice)}")
    return Dataset(columns, tuple(rows))


def check(data: Dataset, supports: Iterable[str] = ()) -> list[Fault]:
    """All faults; `supports` are the criteria that hold for the provider."""
    declared = frozenset(supports)
    if unknown := declared - CRITERIA:
        raise ValueError(f"no criteria of FOCUS 1.2: {', '.join(sorted(unknown))}")
    faults = list(_check_columns(data, declared))
    for number, row in enumerate(data.rows, start=1):
        for rules in _ROW_RULES:
            for rule, column in rules(_Known(row, data.columns)):
                faults.append(Fault(rule, number, column, row.get(column)))
        if ACCOUNT_NAMING in declared and row.get("BillingAccountName") is None:
            faults.append(Fault("BillingAccountName-C-003-C", number, "BillingAccountName"))
    faults.extend(_check_relations(data))
    return faults


# Columns -------------------------------------------------------------------------------------


def _check_columns(data: Dataset, declared: frozenset[str]) -> Iterator[Fault]:
    for name, column in COLUMNS.items():
        wanted = column.presence and declared.issuperset(column.criteria)
        if wanted and name not in data.columns:
            yield Fault(f"CostAndUsage-{column.presence}", 0, name)
    lowered = {name.lower() for name in COLUMNS}
    for name in data.columns:
        if name in COLUMNS or name.startswith("x_"):
            continue
        if name.lower() in lowered:
            yield Fault("ColumnHandling-A-001-M", 0, name)
        elif not name.isalnum():
            yield Fault("ColumnHandling-A-003-M", 0, name)
        else:
            yield Fault("ColumnHandling-A-010-M", 0, name)


# Rows: each function yields rule and column ----------------------------------------------------

Found = Iterator[tuple[str, str]]


class _Known:
    """A row that knows which columns the dataset has: rules of others do not apply."""

    def __init__(self, row: Row, columns: tuple[str, ...]) -> None:
        self._row = row
        self.columns = frozenset(columns)

    def __getitem__(self, name: str) -> object:
        return self._row.get(name)

    def has(self, *names: str) -> bool:
        return self.columns.issuperset(names)

    def number(self, name: str) -> Decimal | None:
        return number_of(self[name])

    def is_corrected(self) -> bool:
        return self["ChargeClass"] == "Correction"

    def is_bought(self) -> bool:
        return self["ChargeCategory"] in ("Usage", "Purchase")


_FORMATS: dict[Kind, Callable[[object], list[str]]] = {
    Kind.TEXT: text_faults,
    Kind.CHOICE: text_faults,
    Kind.UNIT: text_faults,
    Kind.CURRENCY: text_faults,
    Kind.DECIMAL: numeric_faults,
    Kind.TIME: time_faults,
    Kind.OBJECT: object_faults,
}


def _values(row: _Known) -> Found:
    for name, column in COLUMNS.items():
        value = row[name]
        if not row.has(name):
            continue
        if value is None:
            if column.not_null:
                yield f"{name}-{column.not_null}", name
            continue
        if not _has_type(column.kind, value) and column.kind is not Kind.OBJECT:
            yield f"{name}-{column.type_rule}", name
        faults = _FORMATS[column.kind](value)
        if column.kind is Kind.UNIT:
            faults += unit_faults(value)
        yield from ((rule, name) for rule in faults)
        if faults and column.kind is not Kind.CHOICE:
            yield f"{name}-{column.format_rule}", name
        if name in VALID_DECIMAL and number_of(value) is None:
            yield f"{name}-{VALID_DECIMAL[name]}", name


def _has_type(kind: Kind, value: object) -> bool:
    if kind is Kind.DECIMAL:
        return is_decimal(value)
    if kind is Kind.TIME:
        return is_time(value)
    return isinstance(value, str) and not isinstance(value, NumberText)


def _currencies(row: _Known) -> Found:
    billing, pricing = row["BillingCurrency"], row["PricingCurrency"]
    if billing is not None and currency_faults(billing):
        yield "CurrencyFormat-A-001-C", "BillingCurrency"
        yield "BillingCurrency-C-003-M", "BillingCurrency"
        yield "BillingCurrency-C-006-M", "BillingCurrency"
    if not isinstance(pricing, str):
        return
    # Prices may be in a virtual currency, which has no code: only misspelt codes can be told.
    is_misspelt = pricing != pricing.upper() and not currency_faults(pricing.upper())
    if is_misspelt or text_faults(pricing):
        yield f"CurrencyFormat-A-{'001' if is_misspelt else '002'}-C", "PricingCurrency"
        yield "PricingCurrency-C-003-M", "PricingCurrency"


def _choices(row: _Known) -> Found:
    for name, (rule, allowed) in ALLOWED.items():
        if row[name] is not None and row[name] not in allowed:
            yield f"{name}-{rule}", name
    category, subcategory = row["ServiceCategory"], row["ServiceSubcategory"]
    if category is not None and str(category) not in CATEGORIES:
        yield "ServiceCategory-C-003-M", "ServiceCategory"
    if subcategory is not None:
        parent = PARENT.get(str(subcategory))
        if parent is None:
            yield "ServiceSubcategory-C-003-M", "ServiceSubcategory"
        elif parent != category:
            yield "ServiceSubcategory-C-004-M", "ServiceSubcategory"
    if row["ChargeFrequency"] == "Usage-Based" and row["ChargeCategory"] == "Purchase":
        yield "ChargeFrequency-C-004-C", "ChargeFrequency"


def _nulls(row: _Known) -> Found:
    for name, other, when_null, when_not_null in NULL_TOGETHER:
        if row[other] is None and row[name] is not None:
            yield f"{name}-{when_null}", name
        if row[other] is not None and row[name] is None and when_not_null and row.has(name):
            yield f"{name}-{when_not_null}", name
    for name, when_tax, when_bought in PRICED:
        if row["ChargeCategory"] == "Tax" and row[name] is not None:
            yield f"{name}-{when_tax}", name
        if row.is_bought() and not row.is_corrected() and row[name] is None and row.has(name):
            yield f"{name}-{when_bought}", name


def _quantities(row: _Known) -> Found:
    usage = row["ChargeCategory"] == "Usage"
    measured = usage and row["CommitmentDiscountStatus"] != "Unused"
    if row["ConsumedQuantity"] is not None:
        if not measured:
            yield "ConsumedQuantity-C-004-C", "ConsumedQuantity"
    elif measured and not row.is_corrected() and row.has("ConsumedQuantity"):
        yield "ConsumedQuantity-C-006-C", "ConsumedQuantity"
    committed = row.is_bought() and row["CommitmentDiscountId"] is not None
    if row["CommitmentDiscountQuantity"] is not None:
        if not committed:
            yield "CommitmentDiscountQuantity-C-007-C", "CommitmentDiscountQuantity"
    elif committed and not row.is_corrected() and row.has("CommitmentDiscountQuantity"):
        yield "CommitmentDiscountQuantity-C-005-C", "CommitmentDiscountQuantity"


def _costs(row: _Known) -> Found:
    for name, rule in NOT_NEGATIVE.items():
        number = row.number(name)
        if number is not None and number < 0:
            yield f"{name}-{rule}", name
    quantity = row.number("PricingQuantity")
    for price_name, price_rule, cost_name, cost_rule in PRODUCTS:
        price, cost = row.number(price_name), row.number(cost_name)
        if price is None and row["ChargeCategory"] == "Credit":
            if cost != row.number("BilledCost"):
                yield f"{cost_name}-C-008-C", cost_name
        elif None not in (price, quantity, cost) and not row.is_corrected():
            if not _matches(price * quantity, cost):  # type: ignore[operator, arg-type]
                yield f"{price_name}-{price_rule}", price_name
                yield f"{cost_name}-{cost_rule}", cost_name
                yield "PricingQuantity-C-009-C", "PricingQuantity"
    if row["ChargeCategory"] == "Credit":
        if row.number("EffectiveCost") != row.number("BilledCost"):
            yield "EffectiveCost-C-010-C", "EffectiveCost"


def _payments(row: _Known) -> Found:
    """Someone else than the provider is paid, as the model reads it, when they differ by name."""
    provider, issuer = row["ProviderName"], row["InvoiceIssuerName"]
    if None not in (provider, issuer) and provider != issuer and row.number("BilledCost"):
        yield "BilledCost-C-005-C", "BilledCost"


def _matches(product: Decimal, cost: Decimal) -> bool:
    step = Decimal(1).scaleb(min(int(cost.as_tuple().exponent), 0))
    return abs(product - cost) <= step / 2


def _commitments(row: _Known) -> Found:
    """A row is about a commitment discount when it has its id."""
    committed = row["CommitmentDiscountId"]
    category, status = row["ChargeCategory"], row["CommitmentDiscountStatus"]
    if committed is None:
        if row["PricingCategory"] == "Committed":
            yield "DiscountHandling-A-006-C", "CommitmentDiscountId"
            yield "CommitmentDiscountId-C-005-C", "CommitmentDiscountId"
        return
    if category == "Usage" and status is None and row.has("CommitmentDiscountStatus"):
        yield "CommitmentDiscountStatus-C-004-C", "CommitmentDiscountStatus"
    if status == "Unused" and category != "Usage":
        yield "DiscountHandling-A-018-C", "ChargeCategory"
    if category == "Usage" and status == "Used" and row.has("PricingCategory"):
        if row["PricingCategory"] != "Committed":
            yield "PricingCategory-C-009-C", "PricingCategory"
    if row.has("ResourceId") and row["ResourceId"] != committed:
        if status == "Unused":
            yield "DiscountHandling-A-019-C", "ResourceId"
        elif category == "Purchase":
            yield "DiscountHandling-A-012-C", "ResourceId"
    if category == "Purchase":
        for name in ("EffectiveCost", "PricingCurrencyEffectiveCost"):
            if row.number(name):
                rule = "C-005-C" if name == "EffectiveCost" else "C-005-M"
                yield f"{name}-{rule}", name


def _reservations(row: _Known) -> Found:
    reserved, status = row["CapacityReservationId"], row["CapacityReservationStatus"]
    if status == "Unused" and reserved is None:
        yield "CapacityReservationId-C-005-C", "CapacityReservationId"
    if reserved is not None and status is None and row["ChargeCategory"] == "Usage":
        if row.has("CapacityReservationStatus"):
            yield "CapacityReservationStatus-C-004-C", "CapacityReservationStatus"


def _others(row: _Known) -> Found:
    for period in ("BillingPeriod", "ChargePeriod"):
        start, end = row[f"{period}Start"], row[f"{period}End"]
        # Both are in one format and UTC, or found faulty already.
        if isinstance(start, str) and isinstance(end, str) and end <= start:
            yield f"{period}End-C-004-M", f"{period}End"
    if row["ResourceName"] is not None and row["ResourceName"] == row["ResourceId"]:
        yield "ResourceName-C-006-C", "ResourceName"
    if row["SkuPriceDetails"] is not None:
        for rule in sku_detail_faults(row["SkuPriceDetails"]):
            yield rule, "SkuPriceDetails"


_ROW_RULES: tuple[Callable[[_Known], Found], ...] = (
    _values,
    _currencies,
    _choices,
    _nulls,
    _quantities,
    _costs,
    _payments,
    _commitments,
    _reservations,
    _others,
)


# Relations of rows ---------------------------------------------------------------------------


def _check_relations(data: Dataset) -> Iterator[Fault]:
    for key, name, rule in ONE_OF_EACH:
        seen: dict[object, object] = {}
        for number, row in enumerate(data.rows, start=1):
            owner, value = row.get(key), row.get(name)
            if not isinstance(owner, str) or value is None:
                continue
            if seen.setdefault(owner, value) != value:
                yield Fault(rule, number, name, value)
    sums: dict[object, Decimal] = {}
    for row in data.rows:
        committed, cost = row.get("CommitmentDiscountId"), number_of(row.get("EffectiveCost"))
        if not isinstance(committed, str) or row.get("ChargeCategory") != "Usage":
            continue
        if cost is not None and row.get("CommitmentDiscountStatus") not in ("Used", "Unused"):
            sums[committed] = sums.get(committed, Decimal(0)) + cost
    for committed, left in sums.items():
        if left:
            yield Fault("EffectiveCost-C-013-C", 0, "EffectiveCost", f"{committed}: {left}")


def undeclared(supports: Iterable[str] = ()) -> dict[str, str]:
    """Requirements that hold only under criteria which were not declared, with these."""
    declared = frozenset(supports)
    result = {
        f"CostAndUsage-{column.presence}": ", ".join(sorted(set(column.criteria) - declared))
        for column in COLUMNS.values()
        if column.presence and not declared.issuperset(column.criteria)
    }
    if ACCOUNT_NAMING not in declared:
        result["BillingAccountName-C-003-C"] = ACCOUNT_NAMING
    return result


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Check a dataset against FOCUS 1.2.")
    parser.add_argument("file", type=Path, nargs="?", help="csv or json")
    parser.add_argument("--supports", action="append", default=[], choices=sorted(CRITERIA))
    parser.add_argument("--unchecked", action="store_true", help="list what a file cannot show")
    options = parser.parse_args(arguments)
    if options.unchecked:
        for rule, reason in {**UNCHECKED, **undeclared(options.supports)}.items():
            print(f"{rule}: {reason}")
    if options.file is None:
        return 0
    faults = check(read(options.file), options.supports)
    for fault in faults:
        print(fault)
    print(f"{len(faults)} faults", file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
