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
from datetime import UTC, datetime, timedelta

JsonObject = dict[str, object]
Data = dict[str, list[JsonObject]]

OWN_ACCOUNT = "PA-100-100"
_START = datetime(2023, 1, 1, 0, 0, 0, tzinfo=UTC)
_NAMES = (
    "Plain Name",
    "Ünïcode & Söhne GmbH",
    "日本電気株式会社",
    'O\'Brien; "Quoted", Ltd',
    "First line\nSecond line",
    "شركة الاختبار",
    "🚀 Rocket 👩‍🔬",
    "tab\there",
    " leading and trailing ",
    "",
    None,
    "00123",
    "1e5",
    "-5",
    "<b>bold</b> &amp; ]]>",
    "NULL",
    "TRUE",
    "2023-02-30",
    "long " * 60,
    "Zażółć gęślą jaźń",
    "back\\slash / %41 {{ braces }}",
    "\u200bzero\u00a0width\u2028sep",
)
_EXTERNAL_IDS = ("100200", 9007199254740993, "99999999999999999999999", None, "", 0, 12.5, 'a;b"c')
_COUNTRIES = ("us", "es", "DE", "jp", "", "br", "xx", "FR", "in")
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
_ASSET_STATUSES = (
    "active",
    "suspended",
    "terminated",
    "processing",
    "active",
    "terminating",
    "draft",
)
_ENVIRONMENTS = ("production", "test", "preview", "production", "production")
_HUBS = ("HB-1000-0001", "HB-1000-0002", "HB-9379-5319", "HB-1000-0004")
_PRODUCTS = 12
_MARKETPLACES = 5
_ASSETS = 620


def _pick(values: tuple[object, ...], index: int) -> object:
    return values[index % len(values)]


def _stamp(index: int, *, minutes: int = 1013) -> str:
    """A moment in 2023-2025, written with an offset."""
    return (_START + timedelta(minutes=(index * minutes) % 1_500_000)).isoformat()


def _event(index: int, name: object = "Ann") -> JsonObject:
    return {"at": _stamp(index), "by": {"id": f"UR-{index % 50:03}", "name": name}}


def _product(index: int) -> JsonObject:
    number = index % _PRODUCTS
    return {
        "id": f"PRD-{number:03}-000",
        "name": f"{_pick(_NAMES[:9], number)} {number}",
        "icon": f"/media/VA-000/PRD-{number:03}-000/icon.png",
    }


def _marketplace(index: int) -> JsonObject:
    number = index % _MARKETPLACES
    return {"id": f"MP-{number:05}", "name": _pick(("España", "Ελλάδα", 'US; "Inc"'), number)}


def _contact_info(index: int) -> JsonObject:
    info: JsonObject = {
        "address_line1": f"{index} {_pick(_NAMES[:9], index)}",
        "address_line2": _pick(("", None, "2º izq."), index),
        "city": _pick(("Málaga", "São Paulo", "東京", "Łódź"), index),
        "state": _pick(("", "CA", None), index + 1),
        "postal_code": _pick(("29006", "01310-200", "00100", 8001), index),
        "country": _pick(_COUNTRIES, index),
        "contact": {
            "first_name": _pick(("Ana", "José", "", "李"), index),
            "last_name": _pick(("García", "O'Neil", "雷"), index),
            "email": f"user{index}@example.com",
            "phone_number": {
                "country_code": "+34",
                "area_code": str(index % 1000),
                "phone_number": str(600000 + index),
                "extension": _pick(("", "-12"), index),
            },
        },
    }
    if index % 6 == 0:
        del info["address_line2"]
    return info


def _party(prefix: str, index: int) -> JsonObject:
    party: JsonObject = {
        "id": f"{prefix}-{index:04}",
        "name": _pick(_NAMES, index),
        "external_id": _pick(_EXTERNAL_IDS, index),
        "contact_info": _contact_info(index),
    }
    if index % 13 == 5:
        del party["external_id"]
    return party


def _tiers(index: int) -> JsonObject:
    tiers: JsonObject = {
        "customer": _party("TA", index % 97),
        "tier1": _party("TA1", index % 31),
        "tier2": _party("TA2", index % 7),
    }
    if index % 4 == 1:
        tiers["tier2"] = {}
    if index % 4 == 2:
        del tiers["tier2"]
    return tiers


def _connection(index: int) -> JsonObject:
    connection: JsonObject = {
        "id": f"CT-{index % 20:04}",
        "type": _pick(_ENVIRONMENTS, index),
        "provider": {"id": "PA-100-200", "name": "Provider, S.A."},
        "vendor": {"id": f"VA-{index % 6:03}", "name": f"{_pick(_NAMES[:9], index % 6)} v"},
        "hub": {"id": _pick(_HUBS, index), "name": _pick(("Hub Ü", None, "None", "H;4"), index)},
    }
    return connection


def _item(index: int, position: int) -> JsonObject:
    ppu = (index + position) % 5 == 0
    quantities = ("10", "0", "1", "250", "2.5")
    return {
        "id": f"ITM-{index:04}-{position}",
        "global_id": f"PRD-{index % _PRODUCTS:03}-000-{position:04}",
        "mpn": f"MPN-{position}-Ñ",
        "display_name": _pick(
            ("Seats for Enterprise", "Team seats", "Storage - Reference", 'Größe; 10"', "A\nB"),
            index + position,
        ),
        "item_type": "PPU" if ppu else "Reservation",
        "type": _pick(("Users", "Gb", "Lizenzen"), position),
        "period": _pick(("Monthly", "Yearly", "OneTime"), index),
        "quantity": "unlimited" if ppu else _pick(quantities, index + 2 * position),
        "old_quantity": _pick(("0", "5", "10", ""), index + position),
    }


def _items(index: int) -> list[JsonObject]:
    return [_item(index, position) for position in range(1 + index % 3)]


def _plain_parameters(index: int) -> JsonObject:
    plain: JsonObject = {
        "activation_id": f"act-{index}" if index % 5 else "",
        "adobe_vip_number": f"{index:020}",
        "adobe_order_id": f"P{index:09}",
        "transfer_id": "",
        "action_type": _pick(("purchase", "transfer", "renovación"), index),
        "adobe_user_email": f"admin{index}@example.com",
        "adobe_customer_id": f"100{index}",
        "discount_group": _pick(("01A12", "12A12", "020", "", "T"), index),
        "discount_group_consumables": _pick(("T1A12", "TBA", "030"), index),
        "auto_renewal_status": _pick(
            ("active_auto_renewal_status", "inactive_auto_renewal_status", "?"), index
        ),
        "commitment_status": _pick(("COMMITTED", "", "REQUESTED"), index),
        "commitment_start_date": "2024-01-01",
        "external_reference_id": _pick(("ref;1", "ref\n2", "参照"), index),
        "renewal_date": (_START + timedelta(days=400 + index)).date().isoformat(),
    }
    if index % 4 == 0:
        del plain["renewal_date"]
    return plain


def _parameters(index: int) -> list[JsonObject]:
    listed: list[JsonObject] = [
        {
            "id": name,
            "name": name,
            "value": value,
            "constraints": {"reconciliation": name == "activation_id"},
        }
        for name, value in _plain_parameters(index).items()
    ]
    listed.append(
        {
            "id": "cb_adobe_account_subscription_list",
            "name": "cb_adobe_account_subscription_list",
            "structured_value": {"value": [{"id": index, "ñ": [None, True, 1.5]}]},
        }
    )
    listed.append(
        {
            "id": "three_years_commitment",
            "name": "three_years_commitment",
            "structured_value": {"3 Years commitment": index % 2 == 0},
        }
    )
    discount = {"mpn": "MPN-0-Ñ", "order_id": f"P{index:09}", "id": "D,1", "code": "BLACK;FRI"}
    listed.append(
        {
            "id": "cb_flex_discounts_applied",
            "name": "cb_flex_discounts_applied",
            "structured_value": {"discounts": [discount, discount] if index % 2 else []},
        }
    )
    return listed


def _asset(index: int) -> JsonObject:
    asset: JsonObject = {
        "id": f"AS-{index:04}-0000",
        "status": _pick(_ASSET_STATUSES, index),
        "external_id": _pick(_EXTERNAL_IDS, index),
        "product": _product(index),
        "marketplace": _marketplace(index),
        "connection": _connection(index),
        "contract": {"id": f"CRD-{index % 9:05}", "name": f"Contract {_pick(_NAMES[:9], index)}"},
        "tiers": _tiers(index),
        "items": _items(index),
        "params": _parameters(index),
        "configuration": {
            "params": [{"id": "Adobe_Currency", "value": _pick(("USD", "EUR", ""), index)}]
        },
        "events": {"created": _event(index), "updated": _event(index + 3)},
    }
    return asset


def _subscription(index: int) -> JsonObject:
    """An asset as the subscriptions module gives it: with billing."""
    subscription = _asset(index)
    subscription["billing"] = {
        "period": {
            "delta": _pick((1, 1.0, 2, 3.0), index),
            "uom": _pick(("monthly", "yearly"), index),
        },
        "next_date": _stamp(index + 40) if index % 3 else None,
        "anniversary": _pick(({"day": 1, "month": 12}, {"day": 31}, {}), index),
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
            "type": _pick(_REQUEST_TYPES, index),
            "status": _pick(_REQUEST_STATUSES, index),
            "created": _stamp(index),
            "updated": _stamp(index + 1 + index % 5),
            "reason": _pick(("", 'Declined: "no"; sorry\nline', None, "理由"), index // 9),
            "marketplace": _marketplace(index),
            "asset": _asset(index % _ASSETS),
            "activation_key": "secret key",
            "template": {"id": "TL-1", "name": "template"},
        }
        if index % 3:
            request["assignee"] = {"id": "UR-1", "name": "Ünal", "email": "u@example.com"}
        if index % 2:
            request["effective_date"] = _stamp(index + 2)
        made.append(request)
    return made


def _billing_requests() -> list[JsonObject]:
    made = []
    for index in range(540):
        items = [
            {**item, "billing": {"cycle_number": _pick((1, 2.5, None, 10**15), index)}}
            for item in _items(index)
        ]
        asset = _asset(index % _ASSETS)
        if index % 17 == 0:
            connection = asset["connection"]
            assert isinstance(connection, dict)
            del connection["hub"]
        made.append(
            {
                "id": f"BRP-{index:04}-0000",
                "period": {
                    "from": _stamp(index),
                    "to": _stamp(index + 5),
                    "delta": _pick((1, 0.5, None, "1.000"), index),
                    "uom": _pick(("monthly", "yearly"), index),
                },
                "asset": asset,
                "items": items,
                "events": {"created": _event(index)},
            }
        )
    return made


def _tier_accounts() -> list[JsonObject]:
    scopes = (["customer"], ["tier1"], ["tier1", "tier2"], ["customer", "tier1"], [])
    made = []
    for index in range(1100):
        account = _party("TA", index)
        account.update(
            {
                "type": "customer" if index % 5 == 0 else "reseller",
                "scopes": _pick(tuple(scopes), index),
                "hub": {"id": _pick((*_HUBS, "HB-0"), index)},
                "tax_id": _pick(("B-123", None, 100), index),
                "events": {"created": _event(index)},
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
        "status": _pick(("active", "processing", "active"), index),
        "tier_level": 1 + index % 2,
        "account": _party("TA", index),
        "product": _product(index),
        "marketplace": _marketplace(index),
        "contract": {"id": f"CRD-{index % 9:05}"},
        "connection": _connection(index),
        "events": {"created": _event(index), "updated": _event(index + 1)},
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
            "type": _pick(("setup", "update", "adjustment"), index),
            "status": _pick(_REQUEST_STATUSES, index),
            "configuration": _configuration(index),
            "events": {"created": _event(index), "updated": _event(index + 2)},
        }
        if index % 2:
            request["parent_configuration"] = _configuration(index + 1)
        made.append(request)
    return made


def _contracts() -> list[JsonObject]:
    made = []
    for index in range(140):
        events: JsonObject = {"created": _event(index)}
        if index % 2:
            events["signed"] = _event(index + 1, _pick(_NAMES, index))
        if index % 3 == 0:
            events["countersigned"] = _event(index + 2, "Bob")
        contract: JsonObject = {
            "id": f"CRD-{index:05}",
            "type": _pick(("program", "distribution", "syndication", "service"), index),
            "status": _pick(("active", "enrolling", "rejected", "pending", "terminated"), index),
            "version": index % 4,
            "latest": _pick((True, False, None), index),
            "agreement": {"id": f"AGP-{index % 10:03}", "name": _pick(_NAMES, index)},
            "issuer": {"id": "VA-000", "name": _pick(_NAMES, index + 3)},
            "events": events,
        }
        if index % 4:
            contract["marketplace"] = _marketplace(index)
        if index % 5:
            contract["sourcing"] = {"product": _product(index)}
        made.append(contract)
    return made


def _listings() -> list[JsonObject]:
    made = []
    for index in range(_PRODUCTS * _MARKETPLACES + 60):
        listing: JsonObject = {
            "id": f"LST-{index:03}-000",
            "status": "listed" if index < _PRODUCTS * _MARKETPLACES else "unlisted",
            "state": "listed" if index % 3 else "unlisted",
            "created": _stamp(index),
            "updated": _stamp(index + 2),
            "product": _product(index),
            "marketplace": _marketplace(index),
            "contract": {"id": f"CRD-{index % 9:05}", "marketplace": _marketplace(index)},
            "provider": {"id": "PA-100-200", "name": _pick(_NAMES, index)},
            "vendor": {"id": "VA-000", "name": _pick(_NAMES, index + 1)},
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
            "type": _pick(("new", "update", "remove"), index),
            "state": _pick(states, index),
            "created": _stamp(index),
            "updated": _stamp(index + 1),
            "product": _product(index),
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
        for product in range(_PRODUCTS):
            for position in range(3):
                attributes = {
                    "price": _pick(("10.25", "0.1", "1999.995", "0.00"), number + position)
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
            **_product(number),
            "owner": {"id": f"VA-{number % 6:03}", "name": _pick(_NAMES[:9], number % 6)},
            "short_description": _pick(_NAMES, number + 2),
        }
        for number in range(_PRODUCTS)
    ]
    for number in range(_PRODUCTS - 1):
        names = [str(parameter["name"]) for parameter in _parameters(number)]
        product = _product(number)["id"]
        data[f"products/{product}/parameters"] = [
            {"id": name, "name": name, "constraints": {"reconciliation": name == "activation_id"}}
            for name in names
        ]
        data[f"products/{product}/items"] = _items(number)


def _add_agreements(data: Data) -> None:
    agreements: list[JsonObject] = []
    for number in range(5):
        agreement = f"AGP-{number:03}"
        owner = OWN_ACCOUNT if number == 4 else f"PA-200-{number:03}"
        agreements.append(
            {
                "id": agreement,
                "type": "service" if number else "distribution",
                "owner": {"id": owner, "name": _pick(_NAMES[:9], number)},
            }
        )
        listed = [product for index, product in enumerate(data["products"]) if index % 5 != number]
        data[f"agreements/{agreement}/products"] = listed
        for product in listed:
            data[f"agreements/{agreement}/products/{product['id']}/marketplaces"] = [
                {**_marketplace(number), "icon": f"/media/PA-000/MP-{number:05}/icon.png"}
            ]
    data["agreements"] = agreements


def _usage_records() -> list[JsonObject]:
    made = []
    for index in range(900):
        asset = (index * 7) % _ASSETS
        made.append(
            {
                "id": f"UR-{index:05}",
                "status": _pick(("approved", "closed", "pending"), index),
                "start_date": _stamp(index),
                "end_date": _stamp(index + 2),
                "asset": {"id": f"AS-{asset:04}-0000"},
                "usagefile": {"id": f"UF-{index % 40:04}"},
            }
        )
    return made


def _cases() -> list[JsonObject]:
    made = []
    for index in range(530):
        events: JsonObject = {"created": _event(index)}
        if index % 3 == 0:
            events["resolved"] = _event(index + 9)
        made.append(
            {
                "id": f"CA-{index:03}-000",
                "type": _pick(("technical", "business"), index),
                "state": _pick(("inquiring", "pending", "resolved", "closed"), index),
                "subject": _pick(_NAMES, index),
                "priority": index % 6,
                "issuer": {
                    "account": {"id": "VA-000", "name": _pick(_NAMES, index)},
                    "agent": {"id": "UR-1", "name": "Ann"},
                },
                "receiver": {"account": {"id": "PA-100-200", "name": "Provider"}},
                "events": events,
            }
        )
    return made


def _marketplaces() -> list[JsonObject]:
    made = []
    for number in range(_MARKETPLACES):
        marketplace = _marketplace(number)
        marketplace["owner"] = {"id": f"PA-{number:03}", "name": _pick(_NAMES, number + 1)}
        if number < len(_HUBS):
            marketplace["hubs"] = [{"hub": {"id": _HUBS[number]}}, {"external_id": "no hub"}]
        made.append(marketplace)
    return made


def build() -> Data:
    subscriptions = [_subscription(index) for index in range(_ASSETS)]
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
