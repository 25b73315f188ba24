"""Exact decimals: an amount is read from text and added without ever losing a digit."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Context, Decimal, Inexact, InvalidOperation, Rounded
from typing import Any

_DECIMAL = re.compile(r"-?[0-9]+(\.[0-9]+)?")
# A result that does not fit is an error, never a rounded amount.
_CONTEXT = Context(prec=400, traps=[Inexact, InvalidOperation, Rounded])


def decimal_of(value: Any) -> Decimal:
    """The number a text or an integer stands for. A binary float is refused: it is not exact."""
    if isinstance(value, int) and not isinstance(value, bool):
        return Decimal(value)
    if isinstance(value, str) and _DECIMAL.fullmatch(value):
        return Decimal(value)
    raise ValueError(f"{value!r} is not an exact decimal number")


def add(left: Decimal, right: Decimal) -> Decimal:
    return _CONTEXT.add(left, right)


def total(values: Iterable[Decimal]) -> Decimal:
    result = Decimal(0)
    for value in values:
        result = add(result, value)
    return result


def plain(value: Decimal) -> str:
    """The digits without an exponent, and no minus before zero."""
    return format(value if value else abs(value), "f")


def survives_a_double(value: Decimal) -> bool:
    """Whether a binary double, all that a workbook has, keeps every digit: it does up to 15."""
    return len(plain(value).lstrip("-").replace(".", "").strip("0")) <= 15
