"""The FOCUS checker finds each fault that it claims to find, and finds none in good rows.

Together with `focus_unchecked.py` the faulty rows here cover every requirement of
`focus_rules.txt`: a requirement is either broken by a row below and found, or listed as one that a
file alone cannot show.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path

import focus_check
import pytest
from focus_model import COLUMNS, CRITERIA, VALID_DECIMAL, Kind
from focus_unchecked import UNCHECKED

Row = dict[str, object]

# A charge for usage with a value in every column where one may be.
USAGE: Row = {
    "AvailabilityZone": "zone-1",
    "BilledCost": "2.50",
    "BillingAccountId": "TA-1",
    "BillingAccountName": "Müller & Co",
    "BillingAccountType": "Customer",
    "BillingCurrency": "EUR",
    "BillingPeriodEnd": "2025-03-01T00:00:00Z",
    "BillingPeriodStart": "2025-02-01T00:00:00Z",
    "CapacityReservationId": "CR-1",
    "CapacityReservationStatus": "Used",
    "ChargeCategory": "Usage",
    "ChargeClass": None,
    "ChargeDescription": "Storage",
    "ChargeFrequency": "Usage-Based",
    "ChargePeriodEnd": "2025-02-02T00:00:00Z",
    "ChargePeriodStart": "2025-02-01T00:00:00Z",
    "CommitmentDiscountCategory": None,
    "CommitmentDiscountId": None,
    "CommitmentDiscountName": None,
    "CommitmentDiscountQuantity": None,
    "CommitmentDiscountStatus": None,
    "CommitmentDiscountType": None,
    "CommitmentDiscountUnit": None,
    "ConsumedQuantity": "10",
    "ConsumedUnit": "GB-Hours",
    "ContractedCost": "2.50",
    "ContractedUnitPrice": "0.25",
    "EffectiveCost": "2.50",
    "InvoiceId": "INV-1",
    "InvoiceIssuerName": "Distributor",
    "ListCost": "3.0",
    "ListUnitPrice": "0.3",
    "PricingCategory": "Standard",
    "PricingCurrency": "Credits",
    "PricingCurrencyContractedUnitPrice": "1",
    "PricingCurrencyEffectiveCost": "1E-2",
    "PricingCurrencyListUnitPrice": "1.5",
    "PricingQuantity": "10",
    "PricingUnit": "GB-Hours",
    "ProviderName": "Distributor",
    "PublisherName": "Vendor",
    "RegionId": "eu-1",
    "RegionName": "Europe",
    "ResourceId": "AS-1",
    "ResourceName": "Production",
    "ResourceType": "Subscription",
    "ServiceCategory": "Compute",
    "ServiceName": "Machines",
    "ServiceSubcategory": "Virtual Machines",
    "SkuId": "SKU-1",
    "SkuMeter": "Compute Usage",
    "SkuPriceDetails": '{"CoreCount": 4, "DiskType": "SSD", "x_Premium": true}',
    "SkuPriceId": "PRICE-1",
    "SubAccountId": "SUB-1",
    "SubAccountName": "Sub",
    "SubAccountType": "Project",
    "Tags": '{"team": "web", "valueless": true}',
    "x_Own": "anything",
}
_COMMITMENT: Row = {
    "CommitmentDiscountCategory": "Usage",
    "CommitmentDiscountId": "CD-1",
    "CommitmentDiscountName": "One year",
    "CommitmentDiscountQuantity": "10",
    "CommitmentDiscountType": "Reserved",
    "CommitmentDiscountUnit": "Hours",
    "CapacityReservationId": None,
    "CapacityReservationStatus": None,
}
USED: Row = {
    **USAGE,
    **_COMMITMENT,
    "CommitmentDiscountStatus": "Used",
    "PricingCategory": "Committed",
    "BilledCost": "0",
}
UNUSED: Row = {
    **USED,
    "CommitmentDiscountStatus": "Unused",
    "ConsumedQuantity": None,
    "ConsumedUnit": None,
    "ResourceId": "CD-1",
}
PURCHASE: Row = {
    **USAGE,
    **_COMMITMENT,
    "ChargeCategory": "Purchase",
    "ChargeFrequency": "One-Time",
    "ConsumedQuantity": None,
    "ConsumedUnit": None,
    "EffectiveCost": "0",
    "PricingCurrencyEffectiveCost": "0",
    "ResourceId": "CD-1",
}
_UNPRICED: Row = dict.fromkeys(
    (
        "ContractedUnitPrice",
        "ListUnitPrice",
        "PricingCategory",
        "PricingCurrencyContractedUnitPrice",
        "PricingCurrencyListUnitPrice",
        "PricingQuantity",
        "PricingUnit",
        "SkuId",
        "SkuMeter",
        "SkuPriceDetails",
        "SkuPriceId",
        "ConsumedQuantity",
        "ConsumedUnit",
    )
)
TAX: Row = {**USAGE, **_UNPRICED, "ChargeCategory": "Tax", "ChargeFrequency": "Recurring"}
CREDIT: Row = {
    **USAGE,
    **_UNPRICED,
    "ChargeCategory": "Credit",
    "ChargeFrequency": "One-Time",
    "BilledCost": "-2.50",
    "EffectiveCost": "-2.50",
    "ListCost": "-2.50",
    "ContractedCost": "-2.5",
}
CORRECTION: Row = {
    **USAGE,
    **_UNPRICED,
    "ChargeClass": "Correction",
    "BilledCost": "-1",
    "ListCost": "-7",
}
GOOD = {
    "usage": USAGE,
    "used": USED,
    "unused": UNUSED,
    "purchase": PURCHASE,
    "tax": TAX,
    "credit": CREDIT,
    "correction": CORRECTION,
}

# What a case is called, the row, what is changed in it, exactly the rules that are then broken.
Case = tuple[str, Row, Row, set[str]]


def _rules(column: str, *numbers: str) -> set[str]:
    return {f"{column}-{number}" for number in numbers}


CROSS_CASES: tuple[Case, ...] = (
    ("an account type without an account", USAGE, {"BillingAccountId": None},
     {"BillingAccountId-C-001-M", "BillingAccountType-C-004-C"}),
    ("an account without its type", USAGE, {"BillingAccountType": None},
     {"BillingAccountType-C-005-C"}),
    ("a billing period that ends where it starts", USAGE,
     {"BillingPeriodEnd": "2025-02-01T00:00:00Z"}, {"BillingPeriodEnd-C-004-M"}),
    ("a charge period that ends before it starts", USAGE,
     {"ChargePeriodEnd": "2025-01-31T00:00:00Z"}, {"ChargePeriodEnd-C-004-M"}),
    ("a currency that is none", USAGE, {"BillingCurrency": "XYZ"},
     {"CurrencyFormat-A-001-C", *_rules("BillingCurrency", "C-003-M", "C-006-M")}),
    ("a currency in small letters", USAGE, {"BillingCurrency": "eur"},
     {"CurrencyFormat-A-001-C", *_rules("BillingCurrency", "C-003-M", "C-006-M")}),
    ("a virtual billing currency", USAGE, {"BillingCurrency": "Tokens"},
     {"CurrencyFormat-A-001-C", *_rules("BillingCurrency", "C-003-M", "C-006-M")}),
    ("a misspelt pricing currency", USAGE, {"PricingCurrency": "Usd"},
     {"CurrencyFormat-A-001-C", "PricingCurrency-C-003-M"}),
    ("a virtual currency without a name", USAGE, {"PricingCurrency": " "},
     {"CurrencyFormat-A-002-C", "NullHandling-A-002-M",
      *_rules("PricingCurrency", "C-002-M", "C-003-M")}),
    ("a reservation without its state", USAGE, {"CapacityReservationStatus": None},
     {"CapacityReservationStatus-C-004-C"}),
    ("a reservation's state without one", USAGE, {"CapacityReservationId": None},
     {"CapacityReservationStatus-C-003-C"}),
    ("an unused reservation without its id", USAGE,
     {"CapacityReservationId": None, "CapacityReservationStatus": "Unused"},
     {"CapacityReservationStatus-C-003-C", "CapacityReservationId-C-005-C"}),
    ("a purchase by use", PURCHASE, {"ChargeFrequency": "Usage-Based"},
     {"ChargeFrequency-C-004-C"}),
    ("a purchase that is consumed", PURCHASE,
     {"ConsumedQuantity": "1", "ConsumedUnit": "Hours"}, {"ConsumedQuantity-C-004-C"}),
    ("an unused commitment that is consumed", UNUSED,
     {"ConsumedQuantity": "1", "ConsumedUnit": "Hours"}, {"ConsumedQuantity-C-004-C"}),
    ("usage without a quantity", USAGE, {"ConsumedQuantity": None, "ConsumedUnit": None},
     {"ConsumedQuantity-C-006-C"}),
    ("a quantity without a unit", USAGE, {"ConsumedUnit": None}, {"ConsumedUnit-C-006-C"}),
    ("a unit without a quantity", CORRECTION, {"ConsumedUnit": "Hours"},
     {"ConsumedUnit-C-005-C"}),
    ("a pricing quantity without a unit", USAGE, {"PricingUnit": None}, {"PricingUnit-C-006-C"}),
    ("a pricing unit without a quantity", CORRECTION, {"PricingUnit": "Hours"},
     {"PricingUnit-C-005-C"}),
    ("a commitment's columns without its id", USED, {"CommitmentDiscountId": None},
     {"CommitmentDiscountCategory-C-003-C", "CommitmentDiscountName-C-004-C",
      "CommitmentDiscountStatus-C-003-C", "CommitmentDiscountType-C-004-C",
      "CommitmentDiscountQuantity-C-007-C", "CommitmentDiscountId-C-005-C",
      "DiscountHandling-A-006-C"}),
    ("a commitment without category and type", USED,
     {"CommitmentDiscountCategory": None, "CommitmentDiscountType": None},
     {"CommitmentDiscountCategory-C-004-C", "CommitmentDiscountType-C-005-C"}),
    ("a commitment used without a state", USED,
     {"CommitmentDiscountStatus": None, "EffectiveCost": "0"},
     {"CommitmentDiscountStatus-C-004-C"}),
    ("a commitment without a quantity", USED,
     {"CommitmentDiscountQuantity": None, "CommitmentDiscountUnit": None},
     {"CommitmentDiscountQuantity-C-005-C"}),
    ("a commitment's quantity without a unit", USED, {"CommitmentDiscountUnit": None},
     {"CommitmentDiscountUnit-C-006-C"}),
    ("a commitment's unit without a quantity", USED, {"CommitmentDiscountQuantity": None},
     {"CommitmentDiscountUnit-C-005-C", "CommitmentDiscountQuantity-C-005-C"}),
    ("a commitment that a tax has a quantity of", TAX, _COMMITMENT,
     {"CommitmentDiscountQuantity-C-007-C"}),
    ("usage of a commitment at the standard price", USED, {"PricingCategory": "Standard"},
     {"PricingCategory-C-009-C"}),
    ("an unused part that is bought", UNUSED,
     {"ChargeCategory": "Purchase", "ChargeFrequency": "Recurring", "EffectiveCost": "0",
      "PricingCurrencyEffectiveCost": "0"}, {"DiscountHandling-A-018-C"}),
    ("an unused part of another resource", UNUSED, {"ResourceId": "AS-1"},
     {"DiscountHandling-A-019-C"}),
    ("a commitment bought for another resource", PURCHASE, {"ResourceId": "AS-1"},
     {"DiscountHandling-A-012-C"}),
    ("a commitment that costs twice", PURCHASE,
     {"EffectiveCost": "2.50", "PricingCurrencyEffectiveCost": "2.50"},
     {"EffectiveCost-C-005-C", "PricingCurrencyEffectiveCost-C-005-M"}),
    ("usage of a commitment that is neither used nor unused", USED,
     {"CommitmentDiscountStatus": "Half"},
     {"CommitmentDiscountStatus-C-005-M", "EffectiveCost-C-013-C"}),
    ("a list price that gives another cost", USAGE, {"ListUnitPrice": "0.4"},
     {"ListUnitPrice-C-010-C", "ListCost-C-009-C", "PricingQuantity-C-009-C"}),
    ("a contracted price that gives another cost", USAGE, {"ContractedCost": "2.49"},
     {"ContractedUnitPrice-C-011-C", "ContractedCost-C-009-C", "PricingQuantity-C-009-C"}),
    ("a credit whose costs differ", CREDIT,
     {"ListCost": "-3", "ContractedCost": "-3", "EffectiveCost": "-3"},
     {"ListCost-C-008-C", "ContractedCost-C-008-C", "EffectiveCost-C-010-C"}),
    ("a cost that someone else is paid", USAGE, {"InvoiceIssuerName": "Reseller"},
     {"BilledCost-C-005-C"}),
    ("prices below zero", CREDIT,
     {"ListUnitPrice": "-1", "ContractedUnitPrice": "-1",
      "PricingCurrencyListUnitPrice": "-1", "PricingCurrencyContractedUnitPrice": "-1"},
     {"ListUnitPrice-C-008-M", "ContractedUnitPrice-C-009-C",
      "PricingCurrencyListUnitPrice-C-008-M", "PricingCurrencyContractedUnitPrice-C-008-C"}),
    ("a priced tax", TAX, {name: USAGE[name] for name in _UNPRICED if "Consumed" not in name},
     {"ListUnitPrice-C-004-C", "ContractedUnitPrice-C-005-C", "PricingCategory-C-003-C",
      "PricingCurrencyContractedUnitPrice-C-004-C", "PricingCurrencyListUnitPrice-C-004-C",
      "PricingQuantity-C-004-C", "SkuId-C-004-C", "SkuPriceId-C-004-C"}),
    ("usage without prices", USAGE,
     {k: v for k, v in _UNPRICED.items() if "Consumed" not in k},
     {"ListUnitPrice-C-005-C", "ContractedUnitPrice-C-006-C", "PricingCategory-C-004-C",
      "PricingCurrencyContractedUnitPrice-C-005-C", "PricingCurrencyListUnitPrice-C-005-C",
      "PricingQuantity-C-005-C", "SkuId-C-005-C", "SkuPriceId-C-005-C"}),
    ("a region without a name", USAGE, {"RegionName": None}, {"RegionName-C-005-C"}),
    ("a region's name without one", USAGE, {"RegionId": None}, {"RegionName-C-004-C"}),
    ("a resource without a type", USAGE, {"ResourceType": None}, {"ResourceType-C-005-C"}),
    ("a resource's name and type without one", USAGE, {"ResourceId": None},
     {"ResourceName-C-004-C", "ResourceType-C-004-C"}),
    ("a resource named as its id", USAGE, {"ResourceName": "AS-1"}, {"ResourceName-C-006-C"}),
    ("a meter without a SKU", CORRECTION, {"SkuMeter": "Storage"}, {"SkuMeter-C-004-C"}),
    ("price details without a price", CORRECTION, {"SkuPriceDetails": "{}"},
     {"SkuPriceDetails-C-004-C"}),
    ("price details of their own kind", USAGE, {"SkuPriceDetails": '{"Premium": true}'},
     {"SkuPriceDetails-C-017-C"}),
    ("price details misspelt", USAGE, {"SkuPriceDetails": '{"coreCount": 4}'},
     {"SkuPriceDetails-C-020-M"}),
    ("price details of another type", USAGE, {"SkuPriceDetails": '{"CoreCount": "4"}'},
     {"SkuPriceDetails-C-021-M"}),
    ("a sub account without name and type", USAGE,
     {"SubAccountName": None, "SubAccountType": None},
     {"SubAccountName-C-005-C", "SubAccountType-C-005-C"}),
    ("a sub account's name and type without one", USAGE, {"SubAccountId": None},
     {"SubAccountName-C-004-C", "SubAccountType-C-004-C"}),
    ("a subcategory of another category", USAGE, {"ServiceSubcategory": "Containers2"},
     {"ServiceSubcategory-C-003-M"}),
    ("a subcategory below another category", USAGE, {"ServiceCategory": "Storage"},
     {"ServiceSubcategory-C-004-M"}),
    ("a category that is none", USAGE, {"ServiceCategory": "Computing"},
     {"ServiceCategory-C-003-M", "ServiceSubcategory-C-004-M"}),
    ("a charge class that is none", USAGE, {"ChargeClass": "Refund"}, {"ChargeClass-C-005-C"}),
    ("a charge category that is none", TAX, {"ChargeCategory": "tax"},
     {"ChargeCategory-C-003-M"}),
    ("a frequency that is none", USAGE, {"ChargeFrequency": "Hourly"},
     {"ChargeFrequency-C-003-M"}),
    ("a pricing category that is none", USAGE, {"PricingCategory": "Spot"},
     {"PricingCategory-C-007-M"}),
    ("a commitment category that is none", USED, {"CommitmentDiscountCategory": "Time"},
     {"CommitmentDiscountCategory-C-005-M"}),
    ("a reservation state that is none", USAGE, {"CapacityReservationStatus": "Idle"},
     {"CapacityReservationStatus-C-006-M"}),
)  # fmt: skip

NUMBERS = {
    "NumericFormat-A-002-M": ["[3,5,8]", "[4:5]"],
    "NumericFormat-A-003-M": ["1.", "- 3", "12 34"],
    "NumericFormat-A-004-M": ["1 1/2", "3/4"],
    "NumericFormat-A-005-M": ["35.2e-7", "35.24 x 10^7"],
    "NumericFormat-A-006-M": ["35.2E+7"],
    "NumericFormat-A-007-M": ["sqrt(2)", "2.3^3", "2*3"],
    "NumericFormat-A-008-M": ["32 GiB", "$32", "5i"],
    "NumericFormat-A-009-M": ["3,432,342", "1.234.567", "1'000"],
    "NumericFormat-A-010-M": ["+333"],
    "NumericFormat-A-011-M": ["(32)", "32-"],
}
TIMES = {
    "DateTimeFormat-A-001-M": ["2025-02-01T00:00:00+02:00"],
    "DateTimeFormat-A-002-M": ["2025-02-30T00:00:00Z", "2025-02-01T00:00:00.5Z"],
    "DateTimeFormat-A-004-M": ["2025-02-01", "2025-02-01 00:00:00Z", "01/02/2025"],
    "DateTimeFormat-A-005-M": ["2025-02-01T0:00:00Z", "2025-02-01T00:00Z"],
    "DateTimeFormat-A-006-M": ["2025-02-01T00:00:00", "2025-02-01T00:00:00+00:00"],
}
UNITS = ["gb-Hours", "GBs", "Gigabytes", "GB-hours", "HOURS", "requests", "1000 tokens/Day"]
OBJECTS = {
    "KeyValueFormat-A-001-M": ["team=web", "[1]", "{", '"text"', "7"],
    "KeyValueFormat-A-002-M": ['{"x_a": 1, "x_a": 2}'],
    "KeyValueFormat-A-003-M": ['{"x_a": {"b": 1}}'],
    "KeyValueFormat-A-004-M": ['{"x_a": [1]}'],
}


def _dataset(*rows: Row) -> focus_check.Dataset:
    return focus_check.Dataset(tuple(USAGE), rows)


def _broken(*rows: Row) -> set[str]:
    return {fault.rule for fault in focus_check.check(_dataset(*rows))}


def _of_kind(*kinds: Kind) -> list[str]:
    return [name for name, column in COLUMNS.items() if column.kind in kinds]


def _value_cases() -> Iterator[tuple[str, Row, Row, set[str]]]:
    """Cases by column and value: the rules named are among those found."""
    for name, column in COLUMNS.items():
        if column.not_null:
            yield f"{name} is null", USAGE, {name: None}, {f"{name}-{column.not_null}"}
    for name in _of_kind(Kind.DECIMAL):
        form = {f"{name}-{COLUMNS[name].format_rule}"}
        if name in VALID_DECIMAL:
            form.add(f"{name}-{VALID_DECIMAL[name]}")
        yield (
            f"{name} is no number",
            USED,
            {name: "many"},
            form | {f"{name}-{COLUMNS[name].type_rule}"},
        )
        for rule, values in NUMBERS.items():
            for value in values:
                yield f"{name} is {value}", USED, {name: value}, form | {rule}
    for name in _of_kind(Kind.TIME):
        form = {f"{name}-{COLUMNS[name].format_rule}"}
        yield (
            f"{name} is no time",
            USAGE,
            {name: "today"},
            form | {f"{name}-{COLUMNS[name].type_rule}"},
        )
        for rule, values in TIMES.items():
            for value in values:
                yield f"{name} is {value}", USAGE, {name: value}, form | {rule}
    for name in _of_kind(Kind.UNIT):
        for value in UNITS:
            yield f"{name} is {value}", USED, {name: value}, {"UnitFormat-A-003-M"}
    for name in _of_kind(Kind.OBJECT):
        for rule, values in OBJECTS.items():
            for value in values:
                wanted = {rule, f"{name}-{COLUMNS[name].format_rule}"}
                yield f"{name} is {value}", USAGE, {name: value}, wanted
    for name in _of_kind(Kind.TEXT, Kind.UNIT, Kind.CURRENCY):
        form = f"{name}-{COLUMNS[name].format_rule}"
        for value in ("", "  ", "N/A", "Not Applicable", "null"):
            yield f"{name} is {value!r}", USED, {name: value}, {"NullHandling-A-002-M", form}
        yield f"{name} is no Unicode", USED, {name: "a\udcff"}, {"StringHandling-A-001-M", form}
    for name in _of_kind(Kind.TEXT, Kind.UNIT, Kind.CURRENCY, Kind.CHOICE):
        wanted = {f"{name}-{COLUMNS[name].type_rule}"}
        for value in (focus_check.NumberText("7"), True, ["a"]):
            yield f"{name} is {value!r} of json", USED, {name: value}, wanted


def _column_faults() -> Iterator[tuple[str, set[str], focus_check.Dataset, set[str]]]:
    for name, column in COLUMNS.items():
        if column.presence:
            left = tuple(one for one in USAGE if one != name)
            rule = {f"CostAndUsage-{column.presence}"}
            yield f"no {name}", set(column.criteria), focus_check.Dataset(left, ()), rule
    for name, rule in (
        ("billedcost", "ColumnHandling-A-001-M"),
        ("Billed Cost", "ColumnHandling-A-003-M"),
        ("OurColumn", "ColumnHandling-A-010-M"),
    ):
        yield f"column {name}", set(), focus_check.Dataset((*USAGE, name), ()), {rule}
    unnamed = _dataset({**USAGE, "BillingAccountName": None})
    yield "no name", {"ACCOUNT_NAMING_SUPPORTED"}, unnamed, {"BillingAccountName-C-003-C"}


RELATIONS: tuple[tuple[str, Row, Row, str], ...] = (
    ("an account of two types", USAGE, {"BillingAccountType": "Other"},
     "BillingAccountType-C-006-M"),
    ("a sub account of two types", USAGE, {"SubAccountType": "Folder"},
     "SubAccountType-C-006-M"),
    ("a service in two categories", USAGE,
     {"ServiceCategory": "Other", "ServiceSubcategory": "Other (Other)"}, "ServiceName-C-005-C"),
    ("a price of two SKUs", USAGE, {"SkuId": "SKU-2"}, "SkuPriceId-C-008-M"),
    ("a commitment in two units", USED, {"CommitmentDiscountUnit": "Days"},
     "CommitmentDiscountUnit-C-008-M"),
)  # fmt: skip

VALUE_CASES = list(_value_cases())
COLUMN_FAULTS = list(_column_faults())


@pytest.mark.parametrize("row", GOOD.values(), ids=GOOD.keys())
def test_a_good_row_has_no_fault(row: Row) -> None:
    assert focus_check.check(_dataset(row), CRITERIA) == []


def test_all_good_rows_together_have_no_fault() -> None:
    assert focus_check.check(_dataset(*GOOD.values()), CRITERIA) == []


@pytest.mark.parametrize(
    "value", ["0", "-3", "4", "-100.2", "35.2E-7", "1E9", "12345678901234567890.123456789"]
)
def test_a_number_as_focus_writes_it_is_good(value: str) -> None:
    assert _broken({**CREDIT, **dict.fromkeys(VALID_DECIMAL, value)}) <= {
        "ConsumedQuantity-C-004-C", "CommitmentDiscountQuantity-C-007-C", "ConsumedUnit-C-006-C",
        "CommitmentDiscountUnit-C-006-C", "PricingUnit-C-006-C",
    }  # fmt: skip


@pytest.mark.parametrize(
    "unit",
    ["GB", "Kib", "GB-Hours", "GB/Day", "1000 Tokens", "Units/3 Months", "Sitzplätze", "Users"],
)
def test_a_unit_as_focus_writes_it_is_good(unit: str) -> None:
    assert _broken({**USAGE, "ConsumedUnit": unit, "PricingUnit": unit}) == set()


@pytest.mark.parametrize(
    ("name", "row", "changes", "rules"), CROSS_CASES, ids=[case[0] for case in CROSS_CASES]
)
def test_rules_over_several_columns(name: str, row: Row, changes: Row, rules: set[str]) -> None:
    assert _broken({**row, **changes}) == rules, name


def test_values_of_each_column_that_break_its_format() -> None:
    missed = []
    for name, row, changes, rules in VALUE_CASES:
        faults = focus_check.check(_dataset({**row, **changes}))
        found = {fault.rule for fault in faults if fault.column in changes}
        if not rules <= found:
            missed.append((name, sorted(rules - found), sorted(found)))
    assert missed == []


@pytest.mark.parametrize(
    ("name", "supports", "data", "rules"), COLUMN_FAULTS, ids=[case[0] for case in COLUMN_FAULTS]
)
def test_columns_that_are_missing_or_misnamed(
    name: str, supports: set[str], data: focus_check.Dataset, rules: set[str]
) -> None:
    assert {fault.rule for fault in focus_check.check(data, supports)} == rules, name


def test_conditional_columns_may_be_missing_until_the_condition_is_declared() -> None:
    mandatory = tuple(n for n, c in COLUMNS.items() if c.presence and not c.criteria)
    assert len(mandatory) == 21
    assert focus_check.check(focus_check.Dataset(mandatory, ())) == []
    found = focus_check.check(focus_check.Dataset(mandatory, ()), ["REGION_SUPPORTED"])
    assert [fault.column for fault in found] == ["RegionId", "RegionName"]
    with pytest.raises(ValueError, match="NONSENSE"):
        focus_check.check(focus_check.Dataset(mandatory, ()), ["NONSENSE"])


@pytest.mark.parametrize(("name", "row", "changes", "rule"), RELATIONS)
def test_rows_that_contradict_each_other(name: str, row: Row, changes: Row, rule: str) -> None:
    assert _broken(row, {**row, **changes}) == {rule}, name


def test_a_cost_may_be_the_rounded_product() -> None:
    assert _broken({**USAGE, "ListUnitPrice": "0.3333", "ListCost": "3.33"}) == set()
    assert "ListCost-C-009-C" in _broken({**USAGE, "ListUnitPrice": "0.3333", "ListCost": "3.34"})


def test_every_requirement_is_found_broken_or_listed_as_unchecked() -> None:
    wanted: set[str] = set()
    entity = ""
    for line in (Path(__file__).parent / "focus_rules.txt").read_text().splitlines():
        if not line.startswith("#"):
            names = line.split()
            entity = entity if line.startswith(" ") else names.pop(0)
            wanted |= {f"{entity}-{name}" for name in names}
    found: set[str] = set()
    for _, row, changes, _ in (*CROSS_CASES, *VALUE_CASES):
        found |= _broken({**row, **changes})
    for _, row, changes, _ in RELATIONS:
        found |= _broken(row, {**row, **changes})
    for _, supports, data, _ in COLUMN_FAULTS:
        found |= {fault.rule for fault in focus_check.check(data, supports)}
    assert found - wanted == set(), "rules that FOCUS does not have"
    assert wanted - found - set(UNCHECKED) == set(), "neither found nor listed"
    assert set(UNCHECKED) & found == set(), "listed but checked"
    assert set(UNCHECKED) <= wanted


def _csv(rows: list[Row], **options: object) -> str:
    out = io.StringIO()
    writer = csv.writer(out, **options)  # type: ignore[arg-type]
    writer.writerow(rows[0])
    writer.writerows(row.values() for row in rows)
    return out.getvalue()


@pytest.mark.parametrize("delimiter", [",", ";"])
def test_files_are_read_and_their_faults_printed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], delimiter: str
) -> None:
    path = tmp_path / "focus.csv"
    path.write_text(_csv([USAGE, TAX], delimiter=delimiter), encoding="utf-8")
    assert focus_check.main([str(path)]) == 0
    path.write_text(_csv([USAGE, {**TAX, "BilledCost": "+1"}]), encoding="utf-8")
    assert focus_check.main([str(path)]) == 1
    assert "row 2: BilledCost: NumericFormat-A-010-M: found '+1'" in capsys.readouterr().out


def test_json_files_keep_the_digits_of_numbers(tmp_path: Path) -> None:
    path = tmp_path / "focus.json"
    costs = dict.fromkeys(("BilledCost", "EffectiveCost"), 0.1)
    path.write_text(json.dumps([{**USAGE, **costs}, USAGE]), encoding="utf-8")
    assert focus_check.main([str(path)]) == 0
    assert focus_check.read(path).rows[0]["BilledCost"] == "0.1"


def test_a_file_that_is_not_utf_8_breaks_string_handling(tmp_path: Path) -> None:
    path = tmp_path / "focus.csv"
    path.write_bytes(_csv([USAGE]).encode("latin-1"))
    faults = focus_check.check(focus_check.read(path))
    assert ("StringHandling-A-001-M", "BillingAccountName") in {(f.rule, f.column) for f in faults}


def test_a_table_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="row 1 has 1 fields"):
        focus_check.read_csv("BilledCost,ListCost\n1\n")
    with pytest.raises(ValueError, match="twice: BilledCost"):
        focus_check.read_csv("BilledCost,BilledCost\n1,1\n")


def test_what_a_file_cannot_show_is_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert focus_check.main(["--unchecked", "--supports", "TAGGING_SUPPORTED"]) == 0
    listed = capsys.readouterr().out
    assert "BilledCost-C-007-M: " in listed
    assert "CostAndUsage-D-063-C: REGION_SUPPORTED" in listed
    assert "CostAndUsage-D-064-C" not in listed
