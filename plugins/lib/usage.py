"""What the Python reports over usage data share: the connection, filters, rows.

The collections are those of `/usage`: files and records under the names that usage clients know.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from connect.client import ConnectClient
from lib.exact import decimal_of, plain, survives_a_double

Item = Mapping[str, Any]
# Column title -> cell.
Row = Mapping[str, Any]

# Parameter id -> property that it filters, of files and records alike.
_CHOSEN = {"product": "product.id", "marketplace": "marketplace.id"}
_LAST_SECOND = re.compile(r"(.*T23:59:59)(Z|\+00:00)?")
_PLAIN_VALUE = re.compile(r"[A-Za-z0-9_.:+-]+")


def connect(client: ConnectClient) -> ConnectClient:
    """The host's own usage data."""
    return ConnectClient(client.api_key, default_limit=500, connection="local")


def rql_value(value: str) -> str:
    """A value as RQL takes it; one that holds more than the characters of an id is quoted."""
    if _PLAIN_VALUE.fullmatch(value):
        return value
    marks = [mark for mark in "\"'" if mark not in value]
    if not marks:
        raise RuntimeError(f"a value with both kinds of quotes: {value}")
    return f"{marks[0]}{quote(value, safe='')}{marks[0]}"


def chosen(parameters: Item) -> list[str]:
    """Filters for the products and marketplaces that were chosen."""
    filters = []
    for parameter, field in _CHOSEN.items():
        choice = parameters.get(parameter)
        if choice and not choice["all"]:
            values = ",".join(map(rql_value, choice["choices"]))
            filters.append(f"in({field},({values}))")
    return filters


def within(field: str, after: str, before: str) -> list[str]:
    """Filters for times in a period: `after` counts in, `before` out.

    Periods which meet share nothing. A `before` without a time comes as the last second of its
    day, which counts whole; times have microseconds.
    """
    if last_second := _LAST_SECOND.fullmatch(before):
        ending = f"le({field},{last_second[1]}.999999Z)"
    else:
        ending = f"lt({field},{before})"
    return [f"ge({field},{after})", ending]


def files(client: ConnectClient, *filters: str) -> Any:
    """A set of usage files, in the order of their ids."""
    return client.ns("usage").files.filter(",".join(filters)).order_by("id")


def records(client: ConnectClient, file: Item, *filters: str) -> Any:
    """A set of one file's records, in the order of their ids."""
    of_file = f"eq(usagefile.id,{rql_value(file['id'])})"
    return client.ns("usage").records.filter(",".join((of_file, *filters))).order_by("id")


def billed_records(
    client: ConnectClient,
    parameters: Item,
    period: tuple[str, str],
    tier: int,
    progress: Callable[[int, int], None],
    *,
    file_filters: Iterable[str] = (),
    record_filters: Iterable[str] = (),
) -> Iterator[tuple[Item, Item]]:
    """Files of a billing period and their accepted records that `tier` pays, one by one.

    A file belongs to the period in which its own begins, so that no file is in two that meet.
    """
    found = files(
        client,
        "in(status,(accepted,closed))",
        "eq(environment,production)",
        *within("period.from", *period),
        *chosen(parameters),
        *file_filters,
    )
    count = found.count()
    for number, file in enumerate(found, start=1):
        of_file = records(client, file, "in(status,(approved,closed))", *record_filters)
        yield from ((file, record) for record in of_file if tier_of(record) == tier)
        progress(number, count)


def tier_of(record: Item) -> int:
    """Who pays a record: 0 the customer, 1 and 2 the resellers.

    Only files of schema TR say so; a record of any other schema has one amount, the customer's.
    """
    tier = record.get("tier")
    return 0 if tier is None else int(tier)


def amount_of(record: Item) -> Decimal | None:
    return _number(record, "amount")


def quantity_of(record: Item) -> Decimal | None:
    return _number(record, "usage")


def _number(record: Item, name: str) -> Decimal | None:
    value = record.get(name)
    if value is None:
        return None
    try:
        return decimal_of(value)
    except ValueError as error:
        raise ValueError(f"{name} of record {record['id']}: {error}") from None


def name_of(item: Item | None, name: str = "name") -> Any:
    return item.get(name) if item else None


def snake_case(title: str) -> str:
    return title.lower().replace(" ", "_")


def render(
    columns: Iterable[str],
    rows: Iterable[Row],
    renderer_type: str,
    json_name: Callable[[str], str] = snake_case,
) -> Iterator[Any]:
    """Rows as the renderer takes them: csv begins with the titles, json names each value.

    Decimals are text, which keeps every digit; in a workbook numbers, as long as that does too.
    """
    titles = tuple(columns)
    if renderer_type == "csv":
        yield titles
    for row in rows:
        cells = [_cell(row[title], renderer_type) for title in titles]
        if renderer_type == "json":
            yield dict(zip(map(json_name, titles), cells, strict=True))
        else:
            yield tuple(cells)


def _cell(value: Any, renderer_type: str) -> Any:
    if not isinstance(value, Decimal) or (renderer_type == "xlsx" and survives_a_double(value)):
        return value
    return plain(value)
