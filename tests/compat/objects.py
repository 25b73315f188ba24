"""The objects that several collections of the data set hold: products, parties, items, assets.

A number makes each of them, and always the same one.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

JsonObject = dict[str, object]

_START = datetime(2023, 1, 1, 0, 0, 0, tzinfo=UTC)
NAMES = (
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
HUBS = ("HB-1000-0001", "HB-1000-0002", "HB-9379-5319", "HB-1000-0004")
PRODUCTS = 12
MARKETPLACES = 5
ASSETS = 620


def pick(values: tuple[object, ...], index: int) -> object:
    return values[index % len(values)]


def stamp(index: int, *, minutes: int = 1013) -> str:
    """A moment in 2023-2025, written with an offset."""
    return (_START + timedelta(minutes=(index * minutes) % 1_500_000)).isoformat()


def event(index: int, name: object = "Ann") -> JsonObject:
    return {"at": stamp(index), "by": {"id": f"UR-{index % 50:03}", "name": name}}


def product(index: int) -> JsonObject:
    number = index % PRODUCTS
    return {
        "id": f"PRD-{number:03}-000",
        "name": f"{pick(NAMES[:9], number)} {number}",
        "icon": f"/media/VA-000/PRD-{number:03}-000/icon.png",
    }


def marketplace(index: int) -> JsonObject:
    number = index % MARKETPLACES
    return {"id": f"MP-{number:05}", "name": pick(("España", "Ελλάδα", 'US; "Inc"'), number)}


def contact_info(index: int) -> JsonObject:
    info: JsonObject = {
        "address_line1": f"{index} {pick(NAMES[:9], index)}",
        "address_line2": pick(("", None, "2º izq."), index),
        "city": pick(("Málaga", "São Paulo", "東京", "Łódź"), index),
        "state": pick(("", "CA", None), index + 1),
        "postal_code": pick(("29006", "01310-200", "00100", 8001), index),
        "country": pick(_COUNTRIES, index),
        "contact": {
            "first_name": pick(("Ana", "José", "", "李"), index),
            "last_name": pick(("García", "O'Neil", "雷"), index),
            "email": f"user{index}@example.com",
            "phone_number": {
                "country_code": "+34",
                "area_code": str(index % 1000),
                "phone_number": str(600000 + index),
                "extension": pick(("", "-12"), index),
            },
        },
    }
    if index % 6 == 0:
        del info["address_line2"]
    return info


def party(prefix: str, index: int) -> JsonObject:
    party: JsonObject = {
        "id": f"{prefix}-{index:04}",
        "name": pick(NAMES, index),
        "external_id": pick(_EXTERNAL_IDS, index),
        "contact_info": contact_info(index),
    }
    if index % 13 == 5:
        del party["external_id"]
    return party


def tiers(index: int) -> JsonObject:
    tiers: JsonObject = {
        "customer": party("TA", index % 97),
        "tier1": party("TA1", index % 31),
        "tier2": party("TA2", index % 7),
    }
    if index % 4 == 1:
        tiers["tier2"] = {}
    if index % 4 == 2:
        del tiers["tier2"]
    return tiers


def connection(index: int) -> JsonObject:
    connection: JsonObject = {
        "id": f"CT-{index % 20:04}",
        "type": pick(_ENVIRONMENTS, index),
        "provider": {"id": "PA-100-200", "name": "Provider, S.A."},
        "vendor": {"id": f"VA-{index % 6:03}", "name": f"{pick(NAMES[:9], index % 6)} v"},
        "hub": {"id": pick(HUBS, index), "name": pick(("Hub Ü", None, "None", "H;4"), index)},
    }
    return connection


def item(index: int, position: int) -> JsonObject:
    ppu = (index + position) % 5 == 0
    quantities = ("10", "0", "1", "250", "2.5")
    return {
        "id": f"ITM-{index:04}-{position}",
        "global_id": f"PRD-{index % PRODUCTS:03}-000-{position:04}",
        "mpn": f"MPN-{position}-Ñ",
        "display_name": pick(
            ("Seats for Enterprise", "Team seats", "Storage - Reference", 'Größe; 10"', "A\nB"),
            index + position,
        ),
        "item_type": "PPU" if ppu else "Reservation",
        "type": pick(("Users", "Gb", "Lizenzen"), position),
        "period": pick(("Monthly", "Yearly", "OneTime"), index),
        "quantity": "unlimited" if ppu else pick(quantities, index + 2 * position),
        "old_quantity": pick(("0", "5", "10", ""), index + position),
    }


def items(index: int) -> list[JsonObject]:
    return [item(index, position) for position in range(1 + index % 3)]


def plain_parameters(index: int) -> JsonObject:
    plain: JsonObject = {
        "activation_id": f"act-{index}" if index % 5 else "",
        "adobe_vip_number": f"{index:020}",
        "adobe_order_id": f"P{index:09}",
        "transfer_id": "",
        "action_type": pick(("purchase", "transfer", "renovación"), index),
        "adobe_user_email": f"admin{index}@example.com",
        "adobe_customer_id": f"100{index}",
        "discount_group": pick(("01A12", "12A12", "020", "", "T"), index),
        "discount_group_consumables": pick(("T1A12", "TBA", "030"), index),
        "auto_renewal_status": pick(
            ("active_auto_renewal_status", "inactive_auto_renewal_status", "?"), index
        ),
        "commitment_status": pick(("COMMITTED", "", "REQUESTED"), index),
        "commitment_start_date": "2024-01-01",
        "external_reference_id": pick(("ref;1", "ref\n2", "参照"), index),
        "renewal_date": (_START + timedelta(days=400 + index)).date().isoformat(),
    }
    if index % 4 == 0:
        del plain["renewal_date"]
    return plain


def parameters(index: int) -> list[JsonObject]:
    listed: list[JsonObject] = [
        {
            "id": name,
            "name": name,
            "value": value,
            "constraints": {"reconciliation": name == "activation_id"},
        }
        for name, value in plain_parameters(index).items()
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


def asset(index: int) -> JsonObject:
    asset: JsonObject = {
        "id": f"AS-{index:04}-0000",
        "status": pick(_ASSET_STATUSES, index),
        "external_id": pick(_EXTERNAL_IDS, index),
        "product": product(index),
        "marketplace": marketplace(index),
        "connection": connection(index),
        "contract": {"id": f"CRD-{index % 9:05}", "name": f"Contract {pick(NAMES[:9], index)}"},
        "tiers": tiers(index),
        "items": items(index),
        "params": parameters(index),
        "configuration": {
            "params": [{"id": "Adobe_Currency", "value": pick(("USD", "EUR", ""), index)}]
        },
        "events": {"created": event(index), "updated": event(index + 3)},
    }
    return asset
