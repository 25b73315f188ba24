"""Accepted usage as a FOCUS 1.2 dataset: one row a usage record, read and written one by one.

Columns, types, nullability and allowed values follow the FinOps Open Cost and Usage Specification
1.2 (github.com/FinOps-Open-Cost-and-Usage-Spec/FOCUS_Spec, tag v1.2, specification/columns and
specification/attributes). README.md says what each column holds, and which are left out and why.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from lib.focus_services import CATEGORY_OF, OTHER
from lib.usage import (
    Item,
    Row,
    amount_of,
    billed_records,
    connect,
    name_of,
    quantity_of,
    render,
)

COLUMNS = (
    "BilledCost",
    "BillingAccountId",
    "BillingAccountName",
    "BillingAccountType",
    "BillingCurrency",
    "BillingPeriodEnd",
    "BillingPeriodStart",
    "ChargeCategory",
    "ChargeClass",
    "ChargeDescription",
    "ChargeFrequency",
    "ChargePeriodEnd",
    "ChargePeriodStart",
    "ConsumedQuantity",
    "ConsumedUnit",
    "ContractedCost",
    "EffectiveCost",
    "InvoiceId",
    "InvoiceIssuerName",
    "ListCost",
    "PricingQuantity",
    "PricingUnit",
    "ProviderName",
    "PublisherName",
    "ResourceId",
    "ResourceName",
    "ResourceType",
    "ServiceCategory",
    "ServiceName",
    "ServiceSubcategory",
    "SkuId",
    "SkuMeter",
    "x_UsageRecordId",
    "x_UsageFileId",
    "x_UsageSchema",
    "x_RecordStatus",
    "x_CategoryName",
    "x_ItemMpn",
    "x_SubscriptionExternalId",
    "x_MarketplaceName",
)

TIERS = ("customer", "tier1", "tier2")
ACCOUNT_TYPES = ("Customer", "Tier 1 Reseller", "Tier 2 Reseller")
# FOCUS wants a unit wherever there is a quantity; this is its own word for a count.
UNNAMED_UNIT = "Units"
_WORD = re.compile(r"\b[a-z]+\b")


class Services:
    """The service category of each product, as the parameter says: {"PRD-1": "Containers"}."""

    def __init__(self, text: str | None) -> None:
        given = json.loads(text) if text else {}
        if not isinstance(given, dict) or not all(isinstance(n, str) for n in given.values()):
            raise RuntimeError('services: expected {"<product id>": "<service subcategory>"}')
        unknown = sorted(set(given.values()) - set(CATEGORY_OF))
        if unknown:
            raise RuntimeError(f"services: not in FOCUS 1.2: {', '.join(unknown)}")
        self._chosen: dict[str, str] = given
        self._category_of_name: dict[str, str] = {}

    def of(self, product: Item) -> tuple[str, str]:
        """Category and subcategory; one name never has two categories."""
        subcategory = self._chosen.get(product["id"], OTHER)
        category = CATEGORY_OF[subcategory]
        name = product["name"]
        if self._category_of_name.setdefault(name, category) != category:
            raise RuntimeError(f"services: products named {name} have different categories")
        return category, subcategory


def generate(
    client: Any,
    parameters: dict[str, Any],
    progress_callback: Callable[[int, int], None],
    renderer_type: str,
    extra_context_callback: Callable[[Any], None],
) -> Iterator[Any]:
    services = Services(parameters.get("services"))
    tier = int(parameters.get("tier", 0))
    period = (parameters["period"]["after"], parameters["period"]["before"])
    found = billed_records(
        connect(client),
        parameters,
        period,
        tier,
        progress_callback,
        # Files of schema QT have quantities only: without an amount there is no charge.
        file_filters=["ne(schema,qt)"],
    )
    rows = (_row(file, record, tier, services) for file, record in found)
    yield from render(COLUMNS, rows, renderer_type, json_name=str)


def _row(file: Item, record: Item, tier: int, services: Services) -> Row:
    return {
        **_cost(file, record),
        **_parties(file, record, tier),
        **_periods(file, record),
        **_service(file, record, services),
        **_own_columns(file, record),
    }


def _cost(file: Item, record: Item) -> Row:
    """The file has one amount a record and no unit prices: all four costs are that amount."""
    amount = _needed(amount_of(record), record, "amount")
    quantity = _needed(quantity_of(record), record, "quantity")
    unit = _unit(record["item"])
    return {
        "BilledCost": amount,
        "EffectiveCost": amount,
        "ListCost": amount,
        "ContractedCost": amount,
        "BillingCurrency": _needed(file.get("currency"), record, "currency"),
        "PricingQuantity": quantity,
        "PricingUnit": unit,
        "ConsumedQuantity": quantity,
        "ConsumedUnit": unit,
        "InvoiceId": record.get("external_billing_id") or None,
    }


def _unit(item: Item) -> str:
    """The item's unit with the capitals that FOCUS wants of every word but `b`, the bit."""
    unit = item.get("unit") or UNNAMED_UNIT
    return _WORD.sub(lambda word: word[0] if word[0] == "b" else word[0].capitalize(), unit)


def _parties(file: Item, record: Item, tier: int) -> Row:
    """Each account buys from the next one above it, the last one from the distributor.

    As in the specification's scenario of a managed service provider (appendix Origination of Cost
    Data, 2.1) who sells is both provider and invoice issuer; the vendor is the publisher.
    """
    tiers = record["asset"].get("tiers") or {}
    account = _needed(tiers.get(TIERS[tier]), record, f"account {TIERS[tier]}")
    distributor = _needed(name_of(file.get("provider")), record, "distributor")
    above = (name_of(tiers.get(name)) for name in TIERS[tier + 1 :])
    seller = next(filter(None, above), distributor)
    return {
        "BillingAccountId": account["id"],
        "BillingAccountName": _needed(name_of(account), record, "account name"),
        "BillingAccountType": ACCOUNT_TYPES[tier],
        "InvoiceIssuerName": seller,
        "ProviderName": seller,
        "PublisherName": _needed(name_of(file.get("vendor")), record, "vendor"),
    }


def _periods(file: Item, record: Item) -> Row:
    start, end = _bounds(record["start_date"], record["end_date"])
    file_start, file_end = _bounds(file["period"]["from"], file["period"]["to"])
    amount = amount_of(record) or Decimal(0)
    # Money back for time that an earlier file was about.
    corrects = amount < 0 and end <= file_start
    return {
        "BillingPeriodStart": _utc_text(file_start),
        "BillingPeriodEnd": _utc_text(file_end),
        "ChargePeriodStart": _utc_text(start),
        "ChargePeriodEnd": _utc_text(end),
        "ChargeCategory": "Usage",
        "ChargeClass": "Correction" if corrects else None,
        "ChargeFrequency": "Usage-Based",
    }


def _bounds(start_text: str, end_text: str) -> tuple[datetime, datetime]:
    """From the first second to the one behind the last: the ends of FOCUS are exclusive.

    Usage files say the last second of an hour, as in 23:59:59, or the one behind it.
    """
    start = _utc(start_text).replace(microsecond=0)
    end = _utc(end_text)
    if end.microsecond:
        end = end.replace(microsecond=0) + timedelta(seconds=1)
    elif (end.minute, end.second) == (59, 59) or end == start:
        end += timedelta(seconds=1)
    return start, end


def _utc(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _utc_text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _service(file: Item, record: Item, services: Services) -> Row:
    item, asset, product = record["item"], record["asset"], file["product"]
    service = _needed(name_of(product), record, "product name")
    category, subcategory = services.of(product)
    meter = item.get("name") or item.get("mpn")
    kind = name_of(record.get("category"))
    return {
        "ChargeDescription": f"{meter} ({kind})" if meter and kind else meter,
        "ResourceId": asset["id"],
        "ResourceName": asset.get("name") or None,
        "ResourceType": "Subscription",
        "ServiceCategory": category,
        "ServiceName": service,
        "ServiceSubcategory": subcategory,
        "SkuId": item["id"],
        "SkuMeter": meter,
    }


def _own_columns(file: Item, record: Item) -> Row:
    return {
        "x_UsageRecordId": record["id"],
        "x_UsageFileId": file["id"],
        "x_UsageSchema": file["schema"].upper(),
        "x_RecordStatus": record["status"],
        "x_CategoryName": name_of(record.get("category")),
        "x_ItemMpn": record["item"].get("mpn"),
        "x_SubscriptionExternalId": record["asset"].get("external_id"),
        "x_MarketplaceName": name_of(file.get("marketplace")),
    }


def _needed(value: Any, record: Item, what: str) -> Any:
    """FOCUS does not let these be null, and a made-up value would be worse than no file."""
    if value is None or value == "":
        raise RuntimeError(f"record {record['id']} has no {what}: FOCUS 1.2 needs it")
    return value
