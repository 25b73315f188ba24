"""What FOCUS 1.2 asks of single values: the attributes NumericFormat, DateTimeFormat, ...

Each check gives the ids of the requirements that a value breaks, none when it is good. Source:
specification/attributes of the FOCUS specification at tag v1.2; see `focus_model.py`.
"""

from __future__ import annotations

import json
import re
from datetime import datetime
from decimal import Decimal, InvalidOperation

from focus_model import CURRENCIES, SIZE_WORDS, SIZES, SKU_PROPERTIES, UNIT_WORDS


class NumberText(str):
    """The digits of a number of a JSON file, as they stand there."""


_NUMBER = re.compile(r"-?(\d+(\.\d+)?|\.\d+)(E-?\d+)?")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_PLACEHOLDERS = frozenset({"", "-", "null", "none", "nil", "nan", "n/a", "na", "not applicable"})


def number_of(value: object) -> Decimal | None:
    """The number that a value in the right format is; None for every other value."""
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        return Decimal(value)
    return None


def is_decimal(value: object) -> bool:
    """Whether the value is one number, in whatever format."""
    try:
        return isinstance(value, str) and Decimal(value.strip()).is_finite()
    except InvalidOperation:
        return False


def numeric_faults(value: object) -> list[str]:
    if number_of(value) is not None:
        return []
    if not isinstance(value, str):
        return ["NumericFormat-A-002-M"]
    # The first that fits says best what is wrong.
    for rule, pattern in _NUMERIC_FAULTS:
        if re.search(pattern, value):
            return [f"NumericFormat-{rule}"]
    return ["NumericFormat-A-003-M"]


_NUMERIC_FAULTS = (
    ("A-011-M", r"^\s*\(\s*[\d.]+\s*\)\s*$|\d-$"),  # (32), 32-
    ("A-010-M", r"^\+"),
    ("A-006-M", r"\d[eE]\+\d"),
    ("A-005-M", r"\de-?\d|\d\s*[x*]\s*10\^"),
    ("A-002-M", r"[\[\]:;|]|^\s*[-\d.]+(,\s+[-\d.]+)+\s*$"),
    ("A-004-M", r"^-?[\d\s]+/\s*\d+$"),
    ("A-009-M", r"^-?\d[\d,'_]*,[\d,.'_]*$|\d['_]\d|\..*\."),
    ("A-007-M", r"[a-z]+\(|[\^*=√]"),
    ("A-008-M", r"[^\d.\s-]|\d\s+\D"),
)


def time_faults(value: object) -> list[str]:
    if isinstance(value, str) and _MOMENT.fullmatch(value):
        return [] if _is_moment(value) else ["DateTimeFormat-A-002-M"]
    text = str(value)
    faults = ["DateTimeFormat-A-003-M"]
    if not re.match(r"\d{4}-\d\d-\d\dT", text):
        faults.append("DateTimeFormat-A-004-M")
    if not text.endswith("Z"):
        faults.append("DateTimeFormat-A-006-M")
    if re.search(r"[+-](?!00:?00$)\d\d:?\d\d$", text) and "T" in text:
        faults.append("DateTimeFormat-A-001-M")
    if not re.search(r"T\d\d:\d\d:\d\d(?!\d)", text):
        faults.append("DateTimeFormat-A-005-M")
    return faults if faults[1:] else [*faults, "DateTimeFormat-A-002-M"]


def _is_moment(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def is_time(value: object) -> bool:
    """Whether the value is a date or time at all, in whatever ISO 8601 form."""
    return isinstance(value, str) and _is_moment(value)


def text_faults(value: object) -> list[str]:
    if not isinstance(value, str):
        return []
    faults = []
    if any("\ud800" <= character <= "\udfff" for character in value):
        faults.append("StringHandling-A-001-M")
    if value.strip().casefold() in _PLACEHOLDERS:
        faults.append("NullHandling-A-002-M")
    return faults


def currency_faults(value: object) -> list[str]:
    return [] if str(value) in CURRENCIES else ["CurrencyFormat-A-001-C"]


def unit_faults(value: object) -> list[str]:
    words = re.split(r"[\s/-]+", str(value))
    return ["UnitFormat-A-003-M"] if any(map(_is_odd_unit, words)) else []


def _is_odd_unit(word: str) -> bool:
    if not word or word.isdigit() or word in SIZES:
        return False
    lowered = word.lower()
    sizes = {size.lower() for size in SIZES}
    if lowered in sizes or (word.endswith("s") and word[:-1] in SIZES):
        return True  # gb, GBs
    if lowered.startswith(SIZE_WORDS) and re.search(r"(bit|byte)s?$", lowered):
        return True  # gigabytes
    for known in UNIT_WORDS:
        if lowered in (known.lower(), known.lower() + "s"):
            return word[0] != known[0] or word[1:] != lowered[1:]
    return word[0].islower()


def object_faults(value: object) -> list[str]:
    pairs = pairs_of(value)
    if pairs is None:
        return ["KeyValueFormat-A-001-M"]
    faults = []
    if len({key for key, _ in pairs}) != len(pairs):
        faults.append("KeyValueFormat-A-002-M")
    if any(isinstance(member, (list, dict)) for _, member in pairs):
        faults += ["KeyValueFormat-A-003-M", "KeyValueFormat-A-004-M"]
    return faults


class _Pairs(list[tuple[str, object]]):
    """The members of a JSON object, also those whose key comes twice."""


def pairs_of(value: object) -> list[tuple[str, object]] | None:
    """The members of a serialised JSON object; None when it is none."""
    try:
        parsed = json.loads(value, object_pairs_hook=_Pairs) if isinstance(value, str) else None
    except ValueError:
        return None
    if not isinstance(parsed, _Pairs):
        return None
    return [(key, dict(item) if isinstance(item, _Pairs) else item) for key, item in parsed]


def sku_detail_faults(value: object) -> list[str]:
    faults = set()
    known = {name.lower() for name in SKU_PROPERTIES}
    for key, member in pairs_of(value) or []:
        if key in SKU_PROPERTIES:
            number = isinstance(member, (int, float)) and not isinstance(member, bool)
            if member is not None and number != SKU_PROPERTIES[key]:
                faults.add("SkuPriceDetails-C-021-M")
        elif key.lower() in known:
            faults.add("SkuPriceDetails-C-020-M")
        elif not key.startswith("x_"):
            faults.add("SkuPriceDetails-C-017-C")
    return sorted(faults)
