"""Builds the data set on which reports are compared: the same bytes on every run and machine.

The objects have the members the public report repositories read, in the shapes Connect gives
them, and values that tend to break renderers: other scripts, separators and line ends in names,
missing members, None, numbers beyond 2^53, decimals as text. Several collections are longer than a
page of 500.

`python3 make_data.py > data.json` writes the file for connect_api.py.
"""

from __future__ import annotations

import json
import sys

import objects
from objects import NAMES, JsonObject, event, pick, stamp

Data = dict[str, list[JsonObject]]

OWN_ACCOUNT = "PA-100-100"
_REQUEST_TYPES = ("purchase", "change", "suspend", "resume", "cancel", "adjustment", "renew")
_REQUEST_STATUSES = (
    "approved",
    "failed",
    "pending",
    "inquiring",
    "tiers_setup",
    "revoked",
    "scheduled",
    "draft",
    "revoking",
)


def _subscription(index: int) -> JsonObject:
    """An asset as the subscriptions module gives it: with billing."""
    subscription = objects.asset(index)
    subscription["billing"] = {
        "period": {
            "delta": pick((1, 1.0, 2, 3.0), index),
            "uom": pick(("monthly", "yearly"), index),
        },
        "next_date": stamp(index + 40) if index % 3 else None,
        "anniversary": pick(({"day": 1, "month": 12}, {"day": 31}, {}), index),
    }
    if index % 9 == 4:
        del subscription["billing"]
    if index % 11 == 3:
        del subscription["contract"]
    return subscription


def _requests() -> list[JsonObject]:
    made = []
    for index in range(640):
        request: JsonObject = {
            "id": f"PR-{index:04}-0000-001",
            "type": pick(_REQUEST_TYPES, index),
            "status": pick(_REQUEST_STATUSES, index),
            "created": stamp(index),
            "updated": stamp(index + 1 + index % 5),
            "reason": pick(("", 'Declined: "no"; sorry\nline', None, "理由"), index // 9),
            "marketplace": objects.marketplace(index),
            "asset": objects.asset(index % objects.ASSETS),
            "activation_key": "secret key",
            "template": {"id": "TL-1", "name": "template"},
        }
        if index % 3:
            request["assignee"] = {"id": "UR-1", "name": "Ünal", "email": "u@example.com"}
        if index % 2:
            request["effective_date"] = stamp(index + 2)
        made.append(request)
    return made


def _billing_requests() -> list[JsonObject]:
    made = []
    for index in range(540):
        items = [
            {**item, "billing": {"cycle_number": pick((1, 2.5, None, 10**15), index)}}
            for item in objects.items(index)
        ]
        asset = objects.asset(index % objects.ASSETS)
        if index % 17 == 0:
            connection = asset["connection"]
            assert isinstance(connection, dict)
            del connection["hub"]
        made.append(
            {
                "id": f"BRP-{index:04}-0000",
                "period": {
                    "from": stamp(index),
                    "to": stamp(index + 5),
                    "delta": pick((1, 0.5, None, "1.000"), index),
                    "uom": pick(("monthly", "yearly"), index),
                },
                "asset": asset,
                "items": items,
                "events": {"created": event(index)},
            }
        )
    return made


def _tier_accounts() -> list[JsonObject]:
    scopes = (["customer"], ["tier1"], ["tier1", "tier2"], ["customer", "tier1"], [])
    made = []
    for index in range(1100):
        account = objects.party("TA", index)
        account.update(
            {
                "type": "customer" if index % 5 == 0 else "reseller",
                "scopes": pick(tuple(scopes), index),
                "hub": {"id": pick((*objects.HUBS, "HB-0"), index)},
                "tax_id": pick(("B-123", None, 100), index),
                "events": {"created": event(index)},
            }
        )
        if index % 7 == 0:
            del account["tax_id"]
        made.append(account)
    return made


def _configuration(index: int) -> JsonObject:
    configuration: JsonObject = {
        "id": f"TC-{index:03}-000-000",
        "name": f"Configuration {index}",
        "status": pick(("active", "processing", "active"), index),
        "tier_level": 1 + index % 2,
        "account": objects.party("TA", index),
        "product": objects.product(index),
        "marketplace": objects.marketplace(index),
        "contract": {"id": f"CRD-{index % 9:05}"},
        "connection": objects.connection(index),
        "events": {"created": event(index), "updated": event(index + 1)},
    }
    if index % 8 == 0:
        del configuration["connection"]
    if index % 8 == 1:
        events = configuration["events"]
        assert isinstance(events, dict)
        del events["updated"]
    return configuration


def _configuration_requests() -> list[JsonObject]:
    made = []
    for index in range(560):
        request: JsonObject = {
            "id": f"TCR-{index:03}-000-000",
            "type": pick(("setup", "update", "adjustment"), index),
            "status": pick(_REQUEST_STATUSES, index),
            "configuration": _configuration(index),
            "events": {"created": event(index), "updated": event(index + 2)},
        }
        if index % 2:
            request["parent_configuration"] = _configuration(index + 1)
        made.append(request)
    return made


def _contracts() -> list[JsonObject]:
    made = []
    for index in range(140):
        events: JsonObject = {"created": event(index)}
        if index % 2:
            events["signed"] = event(index + 1, pick(NAMES, index))
        if index % 3 == 0:
            events["countersigned"] = event(index + 2, "Bob")
        contract: JsonObject = {
            "id": f"CRD-{index:05}",
            "type": pick(("program", "distribution", "syndication", "service"), index),
            "status": pick(("active", "enrolling", "rejected", "pending", "terminated"), index),
            "version": index % 4,
            "latest": pick((True, False, None), index),
            "agreement": {"id": f"AGP-{index % 10:03}", "name": pick(NAMES, index)},
            "issuer": {"id": "VA-000", "name": pick(NAMES, index + 3)},
            "events": events,
        }
        if index % 4:
            contract["marketplace"] = objects.marketplace(index)
        if index % 5:
            contract["sourcing"] = {"product": objects.product(index)}
        made.append(contract)
    return made


def _listings() -> list[JsonObject]:
    made = []
    for index in range(objects.PRODUCTS * objects.MARKETPLACES + 60):
        listing: JsonObject = {
            "id": f"LST-{index:03}-000",
            "status": "listed" if index < objects.PRODUCTS * objects.MARKETPLACES else "unlisted",
            "state": "listed" if index % 3 else "unlisted",
            "created": stamp(index),
            "updated": stamp(index + 2),
            "product": objects.product(index),
            "marketplace": objects.marketplace(index),
            "contract": {"id": f"CRD-{index % 9:05}", "marketplace": objects.marketplace(index)},
            "provider": {"id": "PA-100-200", "name": pick(NAMES, index)},
            "vendor": {"id": "VA-000", "name": pick(NAMES, index + 1)},
        }
        if index % 6:
            listing["pricelist"] = {"id": f"PL-{index % 8:03}"}
        made.append(listing)
    return made


def _listing_requests() -> list[JsonObject]:
    states = ("draft", "reviewing", "deploying", "completed", "canceled", "other")
    return [
        {
            "id": f"LSTR-{index:03}",
            "type": pick(("new", "update", "remove"), index),
            "state": pick(states, index),
            "created": stamp(index),
            "updated": stamp(index + 1),
            "product": objects.product(index),
            "listing": listing,
        }
        for index, listing in enumerate(_listings()[:110])
    ]


def _add_prices(data: Data) -> None:
    """Seven of eight price lists have a version in force; two of those are not in USD."""
    versions: list[JsonObject] = []
    for number in range(7):
        version = f"PLV-{number:03}-00001"
        versions.append(
            {
                "id": version,
                "status": "active",
                "pricelist": {"id": f"PL-{number:03}", "currency": "EUR" if number > 4 else "USD"},
            }
        )
        points: list[JsonObject] = []
        for product in range(objects.PRODUCTS):
            for position in range(3):
                attributes = {
                    "price": pick(("10.25", "0.1", "1999.995", "0.00"), number + position)
                }
                if position:
                    attributes["st0p"] = "7.1"
                if product % 2:
                    attributes["st1p"] = "12.3456789"
                points.append(
                    {
                        "id": f"PLP-{product}-{position}",
                        "status": "filled",
                        "item": {"global_id": f"PRD-{product:03}-000-{position:04}"},
                        "attributes": attributes,
                    }
                )
        data[f"pricing/versions/{version}/points"] = points
    data["pricing/versions"] = versions


def _add_products(data: Data) -> None:
    """The last product has no parameters collection: asking for it is an error 404."""
    data["products"] = [
        {
            **objects.product(number),
            "owner": {"id": f"VA-{number % 6:03}", "name": pick(NAMES[:9], number % 6)},
            "short_description": pick(NAMES, number + 2),
        }
        for number in range(objects.PRODUCTS)
    ]
    for number in range(objects.PRODUCTS - 1):
        names = [str(parameter["name"]) for parameter in objects.parameters(number)]
        product = objects.product(number)["id"]
        data[f"products/{product}/parameters"] = [
            {"id": name, "name": name, "constraints": {"reconciliation": name == "activation_id"}}
            for name in names
        ]
        data[f"products/{product}/items"] = objects.items(number)


def _add_agreements(data: Data) -> None:
    agreements: list[JsonObject] = []
    for number in range(5):
        agreement = f"AGP-{number:03}"
        owner = OWN_ACCOUNT if number == 4 else f"PA-200-{number:03}"
        agreements.append(
            {
                "id": agreement,
                "type": "service" if number else "distribution",
                "owner": {"id": owner, "name": pick(NAMES[:9], number)},
            }
        )
        listed = [product for index, product in enumerate(data["products"]) if index % 5 != number]
        data[f"agreements/{agreement}/products"] = listed
        for product in listed:
            data[f"agreements/{agreement}/products/{product['id']}/marketplaces"] = [
                {**objects.marketplace(number), "icon": f"/media/PA-000/MP-{number:05}/icon.png"}
            ]
    data["agreements"] = agreements


def _usage_records() -> list[JsonObject]:
    made = []
    for index in range(900):
        asset = (index * 7) % objects.ASSETS
        made.append(
            {
                "id": f"UR-{index:05}",
                "status": pick(("approved", "closed", "pending"), index),
                "start_date": stamp(index),
                "end_date": stamp(index + 2),
                "asset": {"id": f"AS-{asset:04}-0000"},
                "usagefile": {"id": f"UF-{index % 40:04}"},
            }
        )
    return made


def _cases() -> list[JsonObject]:
    made = []
    for index in range(530):
        events: JsonObject = {"created": event(index)}
        if index % 3 == 0:
            events["resolved"] = event(index + 9)
        made.append(
            {
                "id": f"CA-{index:03}-000",
                "type": pick(("technical", "business"), index),
                "state": pick(("inquiring", "pending", "resolved", "closed"), index),
                "subject": pick(NAMES, index),
                "priority": index % 6,
                "issuer": {
                    "account": {"id": "VA-000", "name": pick(NAMES, index)},
                    "agent": {"id": "UR-1", "name": "Ann"},
                },
                "receiver": {"account": {"id": "PA-100-200", "name": "Provider"}},
                "events": events,
            }
        )
    return made


def _marketplaces() -> list[JsonObject]:
    made = []
    for number in range(objects.MARKETPLACES):
        marketplace = objects.marketplace(number)
        marketplace["owner"] = {"id": f"PA-{number:03}", "name": pick(NAMES, number + 1)}
        if number < len(objects.HUBS):
            marketplace["hubs"] = [{"hub": {"id": objects.HUBS[number]}}, {"external_id": "no hub"}]
        made.append(marketplace)
    return made


def build() -> Data:
    subscriptions = [_subscription(index) for index in range(objects.ASSETS)]
    data: Data = {
        "accounts": [{"id": OWN_ACCOUNT, "name": "Own Äccount; Inc."}],
        "requests": _requests(),
        "assets": subscriptions,
        "subscriptions/assets": subscriptions,
        "subscriptions/requests": _billing_requests(),
        "tier/accounts": _tier_accounts(),
        "tier/configs": [_configuration(index) for index in range(150)],
        "tier/config-requests": _configuration_requests(),
        "contracts": _contracts(),
        "listings": _listings(),
        "listing-requests": _listing_requests(),
        "marketplaces": _marketplaces(),
        "usage/records": _usage_records(),
        "helpdesk/cases": _cases(),
    }
    _add_prices(data)
    _add_products(data)
    _add_agreements(data)
    return data


if __name__ == "__main__":
    json.dump(build(), sys.stdout, ensure_ascii=False, indent=1)
