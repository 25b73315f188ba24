"""The FOCUS export meets FOCUS 1.2, and says what the usage data says."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from decimal import Context, Decimal
from pathlib import Path
from typing import Any

import focus_check
import focus_model
import openpyxl
import pytest
import usage_data
from golden_files import FEBRUARY, MARCH
from usage_host import PLUGINS, UsageHost

Item = dict[str, Any]
REPORT = "focus_cost_and_usage"
BOTH = {"after": FEBRUARY["after"], "before": MARCH["before"]}
# What holds for usage files; see the report's README for the others.
SUPPORTS = (
    "ACCOUNT_NAMING_SUPPORTED",
    "BILLING_BASED_ON_PROVISIONED_RESOURCES_SUPPORTED",
    "MULTIPLE_BILLING_ACCOUNT_TYPES_SUPPORTED",
    "RESOURCE_TYPE_ASSIGNMENT_SUPPORTED",
    "USAGE_MEASUREMENT_SUPPORTED",
)


def _text(cell: object) -> str:
    return format(Decimal(repr(cell)), "f") if isinstance(cell, float) else str(cell)


def _workbook(path: Path) -> focus_check.Dataset:
    """The sheet as text: a workbook holds numbers, with the digits that it has."""
    rows = list(openpyxl.load_workbook(path)["Data"].iter_rows(values_only=True))
    texts = [[None if cell is None else _text(cell) for cell in row] for row in rows[1:]]
    columns = tuple(map(str, rows[0]))
    return focus_check.Dataset(columns, tuple(dict(zip(columns, t, strict=True)) for t in texts))


@pytest.mark.parametrize("tier", ["0", "1", "2"])
@pytest.mark.parametrize("renderer", ["csv", "json", "xlsx"])
def test_the_export_meets_focus(host: UsageHost, renderer: str, tier: str) -> None:
    services = '{"PRD-100-200-301": "Messaging", "PRD-100-200-302": "Object Storage"}'
    output = host.run(REPORT, {"period": BOTH, "tier": tier, "services": services}, renderer)
    data = _workbook(output) if renderer == "xlsx" else focus_check.read(output)
    assert len(data.rows) > 10
    assert [str(fault) for fault in focus_check.check(data, SUPPORTS)] == []


def test_the_checker_would_see_a_fault_of_the_export(host: UsageHost) -> None:
    data = focus_check.read(host.run(REPORT, {"period": FEBRUARY}, "csv"))
    broken = ({**data.rows[0], "ProviderName": None}, *data.rows[1:])
    [fault] = focus_check.check(focus_check.Dataset(data.columns, broken), SUPPORTS)
    assert fault.rule == "ProviderName-C-003-M"


def test_columns_of_focus_come_first_and_own_ones_are_marked(host: UsageHost) -> None:
    columns = focus_check.read(host.run(REPORT, {"period": FEBRUARY}, "csv")).columns
    own = [name for name in columns if name.startswith("x_")]
    assert list(columns) == [*(name for name in columns if name in focus_model.COLUMNS), *own]
    mandatory = [n for n, c in focus_model.COLUMNS.items() if c.presence and not c.criteria]
    assert set(mandatory) <= set(columns)


@pytest.mark.parametrize("tier", [0, 1, 2])
def test_every_rated_record_is_a_row_with_its_amount(host: UsageHost, tier: int) -> None:
    rows = host.rows(REPORT, {"period": BOTH, "tier": str(tier)})
    records = [
        record
        for month in ("2025-02", "2025-03")
        for record in host.data.billed(month)
        if record["usagefile"]["schema"] != "qt" and (record.get("tier") or 0) == tier
    ]
    expected = {record["id"]: (record["amount"], record["usage"]) for record in records}
    found = {row["x_UsageRecordId"]: (row["BilledCost"], row["ConsumedQuantity"]) for row in rows}
    assert len(found) == len(rows)
    assert found == expected
    context = Context(prec=200)
    total = Decimal(0)
    for row in rows:
        assert row["EffectiveCost"] == row["ListCost"] == row["ContractedCost"] == row["BilledCost"]
        total = context.add(total, Decimal(row["BilledCost"]))
    for record in records:
        total = context.subtract(total, Decimal(record["amount"]))
    assert total == 0


def test_decimals_have_no_exponent(host: UsageHost) -> None:
    data = focus_check.read(host.run(REPORT, {"period": BOTH}, "csv"))
    for row in data.rows:
        for name in ("BilledCost", "ConsumedQuantity", "PricingQuantity"):
            assert re.fullmatch(r"-?\d+(\.\d+)?", str(row[name]))


def test_the_parties_of_each_tier(host: UsageHost) -> None:
    assets = {asset["id"]: asset["tiers"] for asset in host.data.assets}
    files = {file["id"]: file for file in host.data.files}
    issuers = set()
    for tier, (payer, kind) in enumerate(
        [("customer", "Customer"), ("tier1", "Tier 1 Reseller"), ("tier2", "Tier 2 Reseller")]
    ):
        for row in host.rows(REPORT, {"period": FEBRUARY, "tier": str(tier)}):
            tiers, file = assets[row["ResourceId"]], files[row["x_UsageFileId"]]
            above = [tiers[name]["name"] for name in ("tier1", "tier2")[tier:] if name in tiers]
            issuers.add(len(above))
            assert row["BillingAccountId"] == tiers[payer]["id"]
            assert row["BillingAccountType"] == kind
            assert row["InvoiceIssuerName"] == [*above, file["provider"]["name"]][0]
            assert row["ProviderName"] == row["InvoiceIssuerName"]
            assert row["PublisherName"] == file["vendor"]["name"]
            assert row["InvoiceId"].startswith("INV-2025-02")
    assert issuers == {0, 1, 2}


def _one_record(start: str, end: str, amount: str = "1.00", **changes: Any) -> usage_data.UsageData:
    data = usage_data.make(records_a_file=1)
    file = copy.deepcopy(data.files[2])
    [record] = [r for r in data.records if r["usagefile"]["id"] == file["id"]]
    record = {**copy.deepcopy(record), "start_date": start, "end_date": end, "amount": amount}
    return usage_data.UsageData(files=[file], records=[{**record, **changes}])


@pytest.mark.parametrize(
    ("start", "end", "charge_start", "charge_end"),
    [
        ("2025-02-01T00:00:00+00:00", "2025-02-28T23:59:59+00:00", "01T00:00:00", "28T24:00:00"),
        ("2025-02-01T00:00:00+00:00", "2025-02-02T00:00:00+00:00", "01T00:00:00", "02T00:00:00"),
        ("2025-02-01T00:00:00+00:00", "2025-02-01T00:00:00+00:00", "01T00:00:00", "01T00:00:01"),
        ("2025-02-01T02:00:00+02:00", "2025-02-01T11:59:59+00:00", "01T00:00:00", "01T12:00:00"),
        ("2025-02-01T00:00:00Z", "2025-02-01T23:59:59.999999Z", "01T00:00:00", "02T00:00:00"),
        ("2025-02-01T00:00:00.5Z", "2025-02-01T12:30:59Z", "01T00:00:00", "01T12:30:59"),
    ],
)
def test_ends_of_charges_are_exclusive(
    host_of: Callable[..., UsageHost], start: str, end: str, charge_start: str, charge_end: str
) -> None:
    [row] = host_of(_one_record(start, end)).rows(REPORT, {"period": FEBRUARY})
    wanted = f"2025-02-{charge_end}Z".replace("2025-02-28T24", "2025-03-01T00")
    assert row["ChargePeriodStart"] == f"2025-02-{charge_start}Z"
    assert row["ChargePeriodEnd"] == wanted
    assert row["BillingPeriodStart"] == "2025-02-01T00:00:00Z"
    assert row["BillingPeriodEnd"] == "2025-03-01T00:00:00Z"


@pytest.mark.parametrize(
    ("day", "amount", "charge_class"),
    [
        ("2025-01-31", "-1.00", "Correction"),
        ("2025-01-31", "1.00", None),
        ("2025-02-01", "-1.00", None),
        ("2025-01-31", "0", None),
    ],
)
def test_money_back_for_an_earlier_period_is_a_correction(
    host_of: Callable[..., UsageHost], day: str, amount: str, charge_class: str | None
) -> None:
    data = _one_record(f"{day}T00:00:00+00:00", f"{day}T23:59:59+00:00", amount)
    [row] = host_of(data).rows(REPORT, {"period": FEBRUARY})
    assert row["ChargeClass"] == charge_class
    assert row["BilledCost"] == amount


@pytest.mark.parametrize(
    ("unit", "found"),
    [("users", "Users"), ("GB/hour", "GB/Hour"), ("b", "b"), (None, "Units"), ("", "Units")],
)
def test_units_are_written_as_focus_does(
    host_of: Callable[..., UsageHost], unit: str | None, found: str
) -> None:
    data = _one_record("2025-02-01T00:00:00Z", "2025-02-02T00:00:00Z")
    data.records[0]["item"]["unit"] = unit
    [row] = host_of(data).rows(REPORT, {"period": FEBRUARY})
    assert (row["ConsumedUnit"], row["PricingUnit"]) == (found, found)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"amount": None}, "has no amount"),
        ({"usage": None}, "has no quantity"),
        ({"amount": 1.5}, "amount of record"),
        ({"asset": {"id": "AS-1", "tiers": {}}}, "has no account customer"),
        ({"asset": {"id": "AS-1", "tiers": {"customer": {"id": "TA-1"}}}}, "has no account name"),
    ],
)
def test_a_null_that_focus_forbids_fails_the_report(
    host_of: Callable[..., UsageHost], changes: Item, message: str
) -> None:
    data = _one_record("2025-02-01T00:00:00Z", "2025-02-02T00:00:00Z", **changes)
    done, output = host_of(data).try_report(REPORT, {"period": FEBRUARY}, "csv")
    assert done.code == 1
    assert message in done.err
    assert not output.exists()


@pytest.mark.parametrize(
    ("services", "message"),
    [
        ('{"PRD-1": "Cloud"}', "not in FOCUS 1.2: Cloud"),
        ('{"PRD-1": ["Containers"]}', "expected"),
        ("[]", "expected"),
    ],
)
def test_services_that_focus_does_not_have_are_refused(
    host: UsageHost, services: str, message: str
) -> None:
    done, _ = host.try_report(REPORT, {"period": FEBRUARY, "services": services}, "json")
    assert done.code == 1
    assert message in done.err


def test_one_service_name_has_one_category(host_of: Callable[..., UsageHost]) -> None:
    data = _one_record("2025-02-01T00:00:00Z", "2025-02-02T00:00:00Z")
    other = {**copy.deepcopy(data.files[0]), "id": "UF-other"}
    other["product"]["id"] = "PRD-other"
    data.files.append(other)
    record = {**copy.deepcopy(data.records[0]), "id": "UR-other"}
    record["usagefile"]["id"] = "UF-other"
    data.records.append(record)
    services = '{"PRD-other": "Containers"}'
    done, _ = host_of(data).try_report(REPORT, {"period": FEBRUARY, "services": services}, "json")
    assert done.code == 1
    assert "have different categories" in done.err


def test_the_service_categories_are_those_of_the_checker() -> None:
    namespace: dict[str, Any] = {}
    source = (PLUGINS / "lib/focus_services.py").read_text(encoding="utf-8")
    exec(compile(source, "focus_services.py", "exec"), namespace)
    assert namespace["CATEGORY_OF"] == focus_model.PARENT
