"""How Python values and keyword lookups are written in RQL."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

COMP = ("eq", "ne", "lt", "le", "gt", "ge")
SEARCH = ("like", "ilike")
LIST = ("in", "out")
NULL = "null"
EMPTY = "empty"

KEYWORDS = (*COMP, *SEARCH, *LIST, NULL, EMPTY)


def to_rql_value(op: str, value: Any) -> str:
    """The text of `value` as an operand of `op`; TypeError when the operator does not take it."""
    if op in LIST:
        if isinstance(value, (list, tuple)):
            return ",".join(value)
    elif isinstance(value, str):
        return value
    elif isinstance(value, bool):
        return str(value).lower()
    elif isinstance(value, (int, float, Decimal)):
        return str(value)
    elif isinstance(value, (date, datetime)):
        return value.isoformat()
    raise TypeError(f"the `{op}` operator doesn't support the {type(value)} type.")


def render(op: str, field: str, value: Any) -> str:
    """One term. For null and empty, `value` is the truth of the test."""
    if op in (NULL, EMPTY):
        return f"{'eq' if value else 'ne'}({field},{op}())"
    text = to_rql_value(op, value)
    return f"{op}({field},({text}))" if op in LIST else f"{op}({field},{text})"


def parse_kwargs(lookups: dict[str, Any]) -> list[str]:
    """``a__b__ge=1`` style lookups as terms, in the order given."""
    return [_parse_lookup(lookup, value) for lookup, value in lookups.items()]


def _parse_lookup(lookup: str, value: Any) -> str:
    *path, last = lookup.split("__")
    if not path or last not in KEYWORDS:
        return render("eq", ".".join((*path, last)), value)
    if last in (NULL, EMPTY):
        value = value is True
    return render(last, ".".join(path), value)
