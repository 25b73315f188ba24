"""What is wrong with the records of invalid usage files, by product, error code and column.

Holds one group in memory for each of these, never the records.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from lib.usage import Item, Row, chosen, connect, files, name_of, records, render, within

COLUMNS = (
    "Product ID",
    "Product",
    "Vendor",
    "Code",
    "Column",
    "Files",
    "Records",
    "Errors",
    "Message",
    "Example file",
    "Example record",
    "Example value",
)


@dataclass
class Group:
    """Errors of one code in one column of one product's files; the first one is the example."""

    file: Item
    record: Item
    error: Item
    files: set[str] = field(default_factory=set)
    records: int = 0
    errors: int = 0

    def row(self) -> Row:
        values = (
            self.file["product"]["id"],
            name_of(self.file["product"]),
            name_of(self.file.get("vendor")),
            self.error["code"],
            self.error.get("column"),
            len(self.files),
            self.records,
            self.errors,
            self.error.get("message"),
            self.file["id"],
            self.record.get("record_id") or self.record["id"],
            self.error.get("raw_value"),
        )
        return dict(zip(COLUMNS, values, strict=True))


def generate(
    client: Any,
    parameters: dict[str, Any],
    progress_callback: Callable[[int, int], None],
    renderer_type: str,
    extra_context_callback: Callable[[Any], None],
) -> Iterator[Any]:
    groups = _read(connect(client), parameters, progress_callback)
    rows = (groups[key].row() for key in sorted(groups))
    yield from render(COLUMNS, rows, renderer_type)


def _read(
    client: Any, parameters: dict[str, Any], progress: Callable[[int, int], None]
) -> dict[tuple[str, ...], Group]:
    groups: dict[tuple[str, ...], Group] = {}
    filters = ["eq(status,invalid)", *chosen(parameters)]
    if period := parameters.get("period"):
        filters += within("events.created.at", period["after"], period["before"])
    found = files(client, *filters)
    count = found.count()
    for number, file in enumerate(found, start=1):
        for record in records(client, file, "eq(status,invalid)"):
            _count(groups, file, record)
        progress(number, count)
    return groups


def _count(groups: dict[tuple[str, ...], Group], file: Item, record: Item) -> None:
    touched = set()
    for error in record.get("errors") or ():
        key = (file["product"]["id"], error["code"], error.get("column") or "")
        group = groups.setdefault(key, Group(file, record, error))
        group.files.add(file["id"])
        group.errors += 1
        if key not in touched:
            touched.add(key)
            group.records += 1
