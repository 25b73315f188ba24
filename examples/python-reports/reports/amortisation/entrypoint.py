"""Repayment plan of a loan: every row is computed from the parameters, no API is called.

Spec 1: three arguments, one xlsx template, rows of cells.
"""

import json
from calendar import monthrange
from collections.abc import Callable, Iterator
from datetime import date
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

CENT = Decimal("0.01")
MONTHS_A_YEAR = 12

Row = tuple[int, date, Decimal, Decimal, Decimal, Decimal]


def generate(
    client: Any,
    parameters: dict[str, Any],
    progress_callback: Callable[[int, int], None],
) -> Iterator[Row]:
    """One row a month: number, due date, payment, interest, principal, balance left."""
    principal = _money(parameters, "principal")
    monthly_rate = _money(parameters, "annual_rate") / 100 / MONTHS_A_YEAR
    months = int(parameters["term"])
    first_due = date.fromisoformat(parameters["first_payment"])
    extra = _extra_payments(parameters.get("extra_payments"))

    instalment = _instalment(principal, monthly_rate, months)
    balance = principal
    for number in range(1, months + 1):
        due = _add_months(first_due, number - 1)
        interest = _round(balance * monthly_rate)
        wanted = instalment + extra.get(due.strftime("%Y-%m"), Decimal(0))
        # The last payment settles what rounding has left.
        payment = balance + interest if number == months else min(wanted, balance + interest)
        balance -= payment - interest
        yield number, due, payment, interest, payment - interest, balance
        progress_callback(number, months)
        if balance == 0:
            return


def _money(parameters: dict[str, Any], name: str) -> Decimal:
    """A single_line parameter as a number; a RuntimeError is shown to the user as it is."""
    try:
        value = Decimal(parameters[name])
    except InvalidOperation:
        raise RuntimeError(f"{name}: {parameters[name]!r} is not a number") from None
    if not value.is_finite() or value < 0:
        raise RuntimeError(f"{name}: {parameters[name]!r} must be zero or more")
    return value


def _extra_payments(text: str | None) -> dict[str, Decimal]:
    """An object parameter arrives as the JSON text that was typed: {"2025-03": 500}."""
    if not text:
        return {}
    payments = json.loads(text, parse_float=Decimal, parse_int=Decimal)
    if not isinstance(payments, dict) or not all(
        isinstance(amount, Decimal) for amount in payments.values()
    ):
        raise RuntimeError('extra_payments: expected {"YYYY-MM": amount, ...}')
    return payments


def _instalment(principal: Decimal, monthly_rate: Decimal, months: int) -> Decimal:
    if monthly_rate == 0:
        return _round(principal / months)
    return _round(principal * monthly_rate / (1 - (1 + monthly_rate) ** -months))


def _add_months(day: date, count: int) -> date:
    """The same day of a later month, or that month's last day."""
    years, month = divmod(day.month - 1 + count, MONTHS_A_YEAR)
    year, month = day.year + years, month + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def _round(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, ROUND_HALF_UP)
