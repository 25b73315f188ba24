"""What FOCUS 1.2 says of each column, as tables: types, presence, nullability, allowed values.

Source: FinOps Open Cost and Usage Specification 1.2 (github.com/FinOps-Open-Cost-and-Usage-Spec/
FOCUS_Spec, tag v1.2, commit 7296e3146fb931ee32b6496fa6e4200e7f4384f7, specification/columns and
specification/attributes). Rules are named as in the FinOps Foundation's requirements model 1.2
(github.com/finopsfoundation/focus_validator, focus_validator/rules/model-1.2.json), where
`BilledCost-C-003-M` is the third requirement of the column BilledCost.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Kind(Enum):
    """What a column holds; CURRENCY and UNIT are texts with a format of their own."""

    TEXT = "String"
    CURRENCY = "String, CurrencyFormat"
    UNIT = "String, UnitFormat"
    CHOICE = "String, allowed values"
    DECIMAL = "Decimal"
    TIME = "Date/Time"
    OBJECT = "JSON"


@dataclass(frozen=True)
class Column:
    """`presence` and the others are rule numbers: D-006-M of the dataset, C-001-M of the column."""

    kind: Kind
    presence: str = ""
    criteria: tuple[str, ...] = ()
    type_rule: str = "C-001-M"
    format_rule: str = "C-002-M"
    not_null: str = ""


def _column(kind: Kind, presence: str, *criteria: str, **rules: str) -> Column:
    return Column(kind, presence, criteria, **rules)


_COMMITMENT = "COMMITMENT_DISCOUNT_SUPPORTED"
_RESERVATION = "CAPACITY_RESERVATION_SUPPORTED"
_RESOURCES = "BILLING_BASED_ON_PROVISIONED_RESOURCES_SUPPORTED"
_PRICE_LIST = ("PUBLIC_PRICE_LIST_SUPPORTED", "UNIT_PRICING_SUPPORTED")
_VIRTUAL = ("PUBLIC_PRICE_LIST_SUPPORTED", "VIRTUAL_CURRENCY_SUPPORTED")
_TEXT, _DECIMAL, _CHOICE = Kind.TEXT, Kind.DECIMAL, Kind.CHOICE

# A column without `presence` is recommended or optional. With criteria it must be there when the
# provider supports all of them.
COLUMNS: dict[str, Column] = {
    "AvailabilityZone": _column(_TEXT, ""),
    "BilledCost": _column(_DECIMAL, "D-006-M", not_null="C-003-M"),
    "BillingAccountId": _column(
        _TEXT, "D-024-M", type_rule="C-002-M", format_rule="C-003-M", not_null="C-001-M"
    ),
    "BillingAccountName": _column(_TEXT, "D-005-M"),
    "BillingAccountType": _column(_TEXT, "D-007-C", "MULTIPLE_BILLING_ACCOUNT_TYPES_SUPPORTED"),
    "BillingCurrency": _column(Kind.CURRENCY, "D-035-M", not_null="C-004-M"),
    "BillingPeriodEnd": _column(Kind.TIME, "D-010-M", not_null="C-003-M"),
    "BillingPeriodStart": _column(Kind.TIME, "D-009-M", not_null="C-003-M"),
    "CapacityReservationId": _column(_TEXT, "D-065-C", _RESERVATION),
    "CapacityReservationStatus": _column(_CHOICE, "D-020-C", _RESERVATION),
    "ChargeCategory": _column(_CHOICE, "D-008-M", not_null="C-002-M"),
    "ChargeClass": _column(_CHOICE, "D-026-M"),
    "ChargeDescription": _column(_TEXT, "D-025-M"),
    "ChargeFrequency": _column(_CHOICE, "", not_null="C-002-M"),
    "ChargePeriodEnd": _column(Kind.TIME, "D-028-M", not_null="C-003-M"),
    "ChargePeriodStart": _column(Kind.TIME, "D-037-M", not_null="C-003-M"),
    "CommitmentDiscountCategory": _column(_CHOICE, "D-016-C", _COMMITMENT),
    "CommitmentDiscountId": _column(_TEXT, "D-013-C", _COMMITMENT),
    "CommitmentDiscountName": _column(_TEXT, "D-012-C", _COMMITMENT),
    "CommitmentDiscountQuantity": _column(_DECIMAL, "D-018-C", _COMMITMENT),
    "CommitmentDiscountStatus": _column(_CHOICE, "D-017-C", _COMMITMENT),
    "CommitmentDiscountType": _column(_TEXT, "D-014-C", _COMMITMENT),
    "CommitmentDiscountUnit": _column(Kind.UNIT, "D-015-C", _COMMITMENT),
    "ConsumedQuantity": _column(_DECIMAL, "D-011-C", "USAGE_MEASUREMENT_SUPPORTED"),
    "ConsumedUnit": _column(Kind.UNIT, "D-066-C", "USAGE_MEASUREMENT_SUPPORTED"),
    "ContractedCost": _column(_DECIMAL, "D-030-M", not_null="C-003-M"),
    "ContractedUnitPrice": _column(
        _DECIMAL,
        "D-034-C",
        "NEGOTIATED_PRICING_SUPPORTED",
        type_rule="C-002-M",
        format_rule="C-003-M",
    ),
    "EffectiveCost": _column(_DECIMAL, "D-031-M", not_null="C-003-M"),
    "InvoiceId": _column(_TEXT, ""),
    "InvoiceIssuerName": _column(_TEXT, "D-023-M", not_null="C-003-M"),
    "ListCost": _column(_DECIMAL, "D-032-M", not_null="C-003-M"),
    "ListUnitPrice": _column(_DECIMAL, "D-004-C", "PUBLIC_PRICE_LIST_SUPPORTED"),
    "PricingCategory": _column(_CHOICE, "D-022-C", "MULTIPLE_PRICING_CATEGORIES_SUPPORTED"),
    "PricingCurrency": _column(
        Kind.CURRENCY,
        "D-045-C",
        "PRICING_BILLING_CURRENCY_DIFFERENCES_SUPPORTED",
        not_null="C-004-M",
    ),
    "PricingCurrencyContractedUnitPrice": _column(_DECIMAL, "D-047-C", *_VIRTUAL),
    "PricingCurrencyEffectiveCost": _column(_DECIMAL, "D-051-C", *_VIRTUAL, not_null="C-003-M"),
    "PricingCurrencyListUnitPrice": _column(_DECIMAL, "D-055-C", *_VIRTUAL),
    "PricingQuantity": _column(_DECIMAL, "D-036-M"),
    "PricingUnit": _column(Kind.UNIT, "D-068-M"),
    "ProviderName": _column(_TEXT, "D-038-M", not_null="C-003-M"),
    "PublisherName": _column(_TEXT, "D-021-M", not_null="C-003-M"),
    "RegionId": _column(_TEXT, "D-063-C", "REGION_SUPPORTED"),
    "RegionName": _column(_TEXT, "D-062-C", "REGION_SUPPORTED"),
    "ResourceId": _column(_TEXT, "D-043-C", _RESOURCES),
    "ResourceName": _column(_TEXT, "D-044-C", _RESOURCES),
    "ResourceType": _column(_TEXT, "D-039-C", _RESOURCES, "RESOURCE_TYPE_ASSIGNMENT_SUPPORTED"),
    "ServiceCategory": _column(_CHOICE, "D-040-M", not_null="C-002-M"),
    "ServiceName": _column(_TEXT, "D-041-M", not_null="C-003-M"),
    "ServiceSubcategory": _column(_CHOICE, "", not_null="C-002-M"),
    "SkuId": _column(_TEXT, "D-060-C", *_PRICE_LIST),
    "SkuMeter": _column(_TEXT, "D-059-C", *_PRICE_LIST),
    "SkuPriceDetails": _column(Kind.OBJECT, "D-061-C", *_PRICE_LIST, format_rule="C-001-M"),
    "SkuPriceId": _column(_TEXT, "D-058-C", *_PRICE_LIST),
    "SubAccountId": _column(_TEXT, "D-019-C", "SUB_ACCOUNT_SUPPORTED"),
    "SubAccountName": _column(_TEXT, "D-029-C", "SUB_ACCOUNT_SUPPORTED"),
    "SubAccountType": _column(_TEXT, "D-067-C", "MULTIPLE_SUB_ACCOUNT_TYPES_SUPPORTED"),
    "Tags": _column(Kind.OBJECT, "D-064-C", "TAGGING_SUPPORTED", format_rule="C-001-M"),
}

ACCOUNT_NAMING = "ACCOUNT_NAMING_SUPPORTED"
CRITERIA = {name for column in COLUMNS.values() for name in column.criteria} | {ACCOUNT_NAMING}

# Column -> rule, its values.
ALLOWED: dict[str, tuple[str, tuple[str, ...]]] = {
    "ChargeCategory": ("C-003-M", ("Usage", "Purchase", "Tax", "Credit", "Adjustment")),
    "ChargeClass": ("C-005-C", ("Correction",)),
    "ChargeFrequency": ("C-003-M", ("One-Time", "Recurring", "Usage-Based")),
    "PricingCategory": ("C-007-M", ("Standard", "Dynamic", "Committed", "Other")),
    "CommitmentDiscountCategory": ("C-005-M", ("Spend", "Usage")),
    "CommitmentDiscountStatus": ("C-005-M", ("Used", "Unused")),
    "CapacityReservationStatus": ("C-006-M", ("Used", "Unused")),
}

# Column, the column it goes with, rule when that is null, rule when that is not null.
NULL_TOGETHER: tuple[tuple[str, str, str, str], ...] = (
    ("BillingAccountType", "BillingAccountId", "C-004-C", "C-005-C"),
    ("CapacityReservationStatus", "CapacityReservationId", "C-003-C", ""),
    ("CommitmentDiscountCategory", "CommitmentDiscountId", "C-003-C", "C-004-C"),
    ("CommitmentDiscountName", "CommitmentDiscountId", "C-004-C", ""),
    ("CommitmentDiscountStatus", "CommitmentDiscountId", "C-003-C", ""),
    ("CommitmentDiscountType", "CommitmentDiscountId", "C-004-C", "C-005-C"),
    ("CommitmentDiscountUnit", "CommitmentDiscountQuantity", "C-005-C", "C-006-C"),
    ("ConsumedUnit", "ConsumedQuantity", "C-005-C", "C-006-C"),
    ("PricingUnit", "PricingQuantity", "C-005-C", "C-006-C"),
    ("RegionName", "RegionId", "C-004-C", "C-005-C"),
    ("ResourceName", "ResourceId", "C-004-C", ""),
    ("ResourceType", "ResourceId", "C-004-C", "C-005-C"),
    ("SkuMeter", "SkuId", "C-004-C", ""),
    ("SkuPriceDetails", "SkuPriceId", "C-004-C", ""),
    ("SubAccountName", "SubAccountId", "C-004-C", "C-005-C"),
    ("SubAccountType", "SubAccountId", "C-004-C", "C-005-C"),
)

# Column, rule that it is null for Tax, rule that it is not null for Usage and Purchase (but for
# corrections).
PRICED: tuple[tuple[str, str, str], ...] = (
    ("ContractedUnitPrice", "C-005-C", "C-006-C"),
    ("ListUnitPrice", "C-004-C", "C-005-C"),
    ("PricingCategory", "C-003-C", "C-004-C"),
    ("PricingCurrencyContractedUnitPrice", "C-004-C", "C-005-C"),
    ("PricingCurrencyListUnitPrice", "C-004-C", "C-005-C"),
    ("PricingQuantity", "C-004-C", "C-005-C"),
    ("SkuId", "C-004-C", "C-005-C"),
    ("SkuPriceId", "C-004-C", "C-005-C"),
)

NOT_NEGATIVE = {
    "ContractedUnitPrice": "C-009-C",
    "ListUnitPrice": "C-008-M",
    "PricingCurrencyContractedUnitPrice": "C-008-C",
    "PricingCurrencyListUnitPrice": "C-008-M",
}

VALID_DECIMAL = {
    "BilledCost": "C-004-M",
    "CommitmentDiscountQuantity": "C-009-M",
    "ConsumedQuantity": "C-008-C",
    "ContractedCost": "C-004-M",
    "EffectiveCost": "C-004-M",
    "ListCost": "C-004-M",
    "PricingCurrencyEffectiveCost": "C-004-M",
    "PricingQuantity": "C-008-M",
}

# Unit price, its rule, cost, its rule: price times PricingQuantity is the cost.
PRODUCTS: tuple[tuple[str, str, str, str], ...] = (
    ("ListUnitPrice", "C-010-C", "ListCost", "C-009-C"),
    ("ContractedUnitPrice", "C-011-C", "ContractedCost", "C-009-C"),
)

# Column, the column that may have one value of it only, rule.
ONE_OF_EACH: tuple[tuple[str, str, str], ...] = (
    ("BillingAccountId", "BillingAccountType", "BillingAccountType-C-006-M"),
    ("SubAccountId", "SubAccountType", "SubAccountType-C-006-M"),
    ("CommitmentDiscountId", "CommitmentDiscountUnit", "CommitmentDiscountUnit-C-008-M"),
    ("ServiceName", "ServiceCategory", "ServiceName-C-005-C"),
    ("SkuPriceId", "SkuId", "SkuPriceId-C-008-M"),
)

_SUBCATEGORIES = """
AI and Machine Learning: AI Platforms, Bots, Generative AI, Machine Learning, Natural Language Processing
Analytics: Analytics Platforms, Business Intelligence, Data Processing, Search, Streaming Analytics
Business Applications: Productivity and Collaboration
Compute: Containers, End User Computing, Quantum Compute, Serverless Compute, Virtual Machines
Databases: Caching, Data Warehouses, Ledger Databases, NoSQL Databases, Relational Databases, Time Series Databases
Developer Tools: Developer Platforms, Continuous Integration and Deployment, Development Environments, Source Code Management, Quality Assurance
Identity: Identity and Access Management
Integration: API Management, Messaging, Workflow Orchestration
Internet of Things: IoT Analytics, IoT Platforms
Management and Governance: Architecture, Compliance, Cost Management, Data Governance, Disaster Recovery, Endpoint Management, Observability, Support
Media: Content Creation, Gaming, Media Streaming, Mixed Reality
Migration: Data Migration, Resource Migration
Mobile:
Multicloud: Multicloud Integration
Networking: Application Networking, Content Delivery, Network Connectivity, Network Infrastructure, Network Routing, Network Security
Security: Secret Management, Security Posture Management, Threat Detection and Response
Storage: Backup Storage, Block Storage, File Storage, Object Storage, Storage Platforms
Web: Application Platforms
Other:
"""  # noqa: E501

# Subcategory -> its one category.
PARENT: dict[str, str] = {}
for _line in _SUBCATEGORIES.strip().splitlines():
    _category, _, _names = _line.partition(":")
    for _name in [name.strip() for name in _names.split(",") if name.strip()]:
        PARENT[_name] = _category
    PARENT[f"Other ({_category})"] = _category
CATEGORIES = frozenset(PARENT.values())

# FOCUS-defined properties of SkuPriceDetails -> whether the value is a number.
SKU_PROPERTIES: dict[str, bool] = {
    "CoreCount": True,
    "DiskMaxIops": True,
    "DiskSpace": True,
    "DiskType": False,
    "GpuCount": True,
    "InstanceType": False,
    "InstanceSeries": False,
    "MemorySize": True,
    "NetworkMaxIops": True,
    "NetworkMaxThroughput": True,
    "OperatingSystem": False,
    "Redundancy": False,
    "StorageClass": False,
}

# Words of UnitFormat whose capitals are given, singular; sizes have no plural.
UNIT_WORDS = (
    "Count Unit Request Token Connection Certificate Domain Core Year Month Day Hour Minute Second"
).split()
SIZES = frozenset(
    f"{prefix}{unit}" for prefix in ("", *"KMGTPE", *(f"{p}i" for p in "KMGTPE")) for unit in "bB"
)
SIZE_WORDS = ("bit", "byte", "kilo", "mega", "giga", "tera", "peta", "exa", "kibi", "mebi", "gibi")

# ISO 4217 alphabetic codes of currencies in use.
CURRENCIES = frozenset(
    """
AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BOV BRL BSD BTN BWP
BYN BZD CAD CDF CHE CHF CHW CLF CLP CNY COP COU CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR
FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES
KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR
MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF
SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS
UAH UGX USD USN UYI UYU UYW UZS VED VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG
""".split()
)
