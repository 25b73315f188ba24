"""Requirements of FOCUS 1.2 that a file alone cannot show, by the reason why."""

from __future__ import annotations

_BY_REASON: dict[str, str] = {
    "needs the invoice": """
        BilledCost-C-007-M BillingCurrency-C-005-M InvoiceId-C-004-C InvoiceId-C-005-C
        InvoiceId-C-007-C PricingUnit-C-009-C
        """,
    "needs the currency that amounts were computed in": """
        BilledCost-C-006-M ContractedCost-C-005-M ContractedUnitPrice-C-010-C EffectiveCost-C-006-M
        ListCost-C-005-M ListUnitPrice-C-009-M PricingCurrencyContractedUnitPrice-C-009-C
        PricingCurrencyEffectiveCost-C-006-M PricingCurrencyListUnitPrice-C-009-M
        """,
    "needs all objects of the provider": """
        BillingAccountId-C-004-M CapacityReservationId-C-008-M CommitmentDiscountId-C-007-M
        ResourceId-C-007-M
        """,
    "needs to know what the charge is for": """
        AvailabilityZone-C-003-C CapacityReservationId-C-004-C CapacityReservationStatus-C-007-C
        CapacityReservationStatus-C-008-C CommitmentDiscountId-C-004-C RegionId-C-004-C
        ResourceId-C-004-C ResourceId-C-005-C SkuId-C-011-C SkuPriceId-C-012-C SubAccountId-C-004-C
        SubAccountId-C-005-C
        """,
    "needs the real bounds of the period": "BillingPeriodStart-C-004-M ChargePeriodStart-C-004-M",
    "needs to know what was invoiced before": "ChargeClass-C-003-C ChargeClass-C-004-C",
    "needs the charges that it was computed from": """
        ContractedCost-C-007-C EffectiveCost-C-009-C ListCost-C-007-C
        """,
    "needs the contract of the commitment discount": """
        CommitmentDiscountName-C-006-C CommitmentDiscountQuantity-C-011-C
        CommitmentDiscountQuantity-C-012-C CommitmentDiscountQuantity-C-014-C
        CommitmentDiscountQuantity-C-015-C CommitmentDiscountUnit-C-009-M DiscountHandling-A-002-C
        DiscountHandling-A-003-C DiscountHandling-A-004-C DiscountHandling-A-005-C
        DiscountHandling-A-008-C DiscountHandling-A-009-C DiscountHandling-A-010-C
        DiscountHandling-A-013-C DiscountHandling-A-014-C DiscountHandling-A-015-C
        DiscountHandling-A-016-C DiscountHandling-A-017-C DiscountHandling-A-020-C
        """,
    "needs the whole term of the commitment discount": """
        DiscountHandling-A-011-C EffectiveCost-C-012-C
        """,
    "needs how prices are made": """
        PricingCategory-C-008-C PricingCategory-C-010-C PricingCategory-C-011-C
        """,
    "needs the price list": """
        PricingUnit-C-008-M SkuId-C-008-M SkuId-C-009-M SkuId-C-010-M SkuPriceDetails-C-007-M
        SkuPriceDetails-C-008-M SkuPriceDetails-C-010-C SkuPriceDetails-C-018-C
        SkuPriceDetails-C-022-C SkuPriceId-C-009-M SkuPriceId-C-010-M SkuPriceId-C-013-M
        SkuPriceId-C-014-C SkuPriceId-C-015-C
        """,
    "needs the names that objects had at the time": """
        ResourceName-C-005-C StringHandling-A-003-M StringHandling-A-004-M StringHandling-A-005-M
        StringHandling-A-006-M
        """,
    "needs the purpose of the service": "ServiceName-C-006-C",
    "needs the tag schemes and how tags are finalized": """
        Tags-C-004-M Tags-C-005-M Tags-C-008-M Tags-C-010-C Tags-C-012-M Tags-C-015-C Tags-C-016-C
        Tags-C-017-M
        """,
    "asks for a judgement of names": """
        ColumnHandling-A-002-M ColumnHandling-A-006-M ColumnHandling-A-008-M
        """,
    "needs to know whether there is a value": "NullHandling-A-001-C",
    "is about the published definition of the data": "NumericFormat-A-012-M",
}

UNCHECKED: dict[str, str] = {
    rule: reason for reason, rules in _BY_REASON.items() for rule in rules.split()
}
