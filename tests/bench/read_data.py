"""Writes the files of read_bench: read_data.py DIRECTORY [ROWS].

500,000 records of 12 columns as XlsxWriter writes them, with shared strings (shared.xlsx) and
without (inline.xlsx), and the same as CSV (records.csv)."""

from __future__ import annotations

import csv
import random
import sys
from collections.abc import Iterator
from pathlib import Path

import xlsxwriter

HEADERS = (
    "record_id",
    "item_search_criteria",
    "item_search_value",
    "quantity",
    "start_time_utc",
    "end_time_utc",
    "asset_search_criteria",
    "asset_search_value",
    "amount",
    "record_note",
    "v.region",
    "v.usage",
)
ITEMS = 50
ASSETS = 20_000


def records(rows: int) -> Iterator[tuple[str | float | int, ...]]:
    """The same for the same number of rows. tests/bench/read_bench.cc knows items and assets."""
    chance = random.Random(1)
    for i in range(rows):
        day = chance.randrange(1, 28)
        asset = chance.randrange(ASSETS)
        item = (asset * 7 + chance.randrange(3)) % ITEMS  # an asset uses three items
        yield (
            f"rec-{i:07d}-{chance.randrange(1 << 32):08x}",
            "item.mpn",
            f"MPN-{item:03d}",
            chance.randrange(100_000) / 100,
            f"2026-01-{day:02d} 00:00:00",
            f"2026-01-{day + 1:02d} 00:00:00",
            "parameter.subscription_id" if i % 2 else "asset.id",
            f"sub-{asset:06d}" if i % 2 else f"AS-{asset:012d}",
            chance.randrange(10_000_000) / 100,
            f"usage of day {day}",
            chance.choice(("eu-west", "eu-central", "us-east", "ap-south")),
            chance.randrange(1_000_000),
        )


def write_xlsx(path: Path, rows: int, constant_memory: bool) -> None:
    book = xlsxwriter.Workbook(str(path), {"constant_memory": constant_memory})
    sheet = book.add_worksheet("records")
    sheet.write_row(0, 0, HEADERS)
    for number, record in enumerate(records(rows), 1):
        for column, value in enumerate(record):
            if isinstance(value, str):
                sheet.write_string(number, column, value)
            else:
                sheet.write_number(number, column, value)
    book.close()


def write_csv(path: Path, rows: int) -> None:
    with path.open("w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out)
        writer.writerow(HEADERS)
        writer.writerows(records(rows))


def main(directory: Path, rows: int) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    write_csv(directory / "records.csv", rows)
    write_xlsx(directory / "shared.xlsx", rows, False)
    write_xlsx(directory / "inline.xlsx", rows, True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 500_000)
