"""Sums of random decimals equal Python's `decimal` to the last digit, wherever they can be seen.

CARREL_EXACT_ROWS sets the number of records (default 20,000, at most 1,048,575, which is what a
sheet holds); what each call took is printed. A place where sums appear is one row of SEEN.
"""

from __future__ import annotations

import csv
import os
import random
import time
from collections.abc import Callable, Iterator
from decimal import Context, Decimal
from pathlib import Path

import openpyxl
import pytest
import usage_books as books
from carrel_runner import Carrel, Done, measured
from report_repos import python_repo, write
from usage_desk import DISTRIBUTOR, HEADER, TR, Desk, row

ROWS = int(os.environ.get("CARREL_EXACT_ROWS", "20000"))
EXACT = Context(prec=200)
Sums = tuple[Decimal, Decimal]  # of quantities and of amounts


def total(numbers: Iterator[Decimal]) -> Decimal:
    out = Decimal(0)
    for number in numbers:
        out = EXACT.add(out, number)
    return out


def random_amount(chance: random.Random, digits: int, decimals: int) -> str:
    """Up to `digits` digits, up to `decimals` of them behind the point."""
    behind = chance.randrange(decimals + 1)
    ahead = min(16, digits - behind)
    whole = chance.randrange(10 ** chance.randrange(ahead + 1))
    sign = "-" if chance.random() < 0.3 else ""
    return f"{sign}{whole}.{chance.randrange(10**behind):0{behind}}" if behind else f"{sign}{whole}"


def numbers(digits: int, decimals: int) -> Iterator[tuple[str, str]]:
    chance = random.Random(ROWS)
    for _ in range(ROWS):
        quantity = f"{chance.randrange(10**11)}.{chance.randrange(10**4):04}"
        yield quantity, random_amount(chance, digits, decimals)


def records(desk: Desk, digits: int, decimals: int) -> Iterator[list[str]]:
    assets = [
        asset
        for (asset,) in desk.query(
            "SELECT a.id FROM assets a JOIN products p ON p.key = a.product_key JOIN contracts c "
            "ON c.key = a.contract_key WHERE p.id = ? AND c.id = ? AND "
            "a.environment = 'production' ORDER BY a.id",
            *TR[:2],
        )
    ]
    for number, (quantity, amount) in enumerate(numbers(digits, decimals)):
        start = row(f"e-{number}", quantity, item=TR[3], asset=assets[number % len(assets)])
        yield [*start.split(","), amount, "0", "north"]


def from_csv(desk: Desk) -> Path:
    header = f"{HEADER},amount,tier,v.region"
    return desk.sheet("exact.csv", map(",".join, records(desk, 34, 18)), header)


def from_workbook(desk: Desk) -> Path:
    """Numbers as numbers, of as many digits as a workbook keeps."""

    def cells(record: list[str]) -> list[str]:
        places = {HEADER.split(",").index("quantity"), len(record) - 3}
        return [books.number(v) if n in places else v for n, v in enumerate(record)]

    path = desk.carrel.work / "exact.xlsx"
    header = [*HEADER.split(","), "amount", "tier", "v.region"]
    return books.write_long(path, header, map(cells, records(desk, 15, 15)))


def in_totals(desk: Desk, file: str) -> Sums:
    return desk.sums(file)


def in_records(desk: Desk, file: str) -> Sums:
    found = desk.query(
        "SELECT quantity, quantity_fraction, amount, amount_fraction FROM usage_records r JOIN "
        "usage_files f ON f.load = r.load WHERE f.id = ?",
        file,
    )

    def summed(whole: int, fraction: int) -> Decimal:
        units = sum(line[whole] for line in found) * 10**18 + sum(line[fraction] for line in found)
        return EXACT.scaleb(Decimal(units), -18)

    return summed(0, 1), summed(2, 3)


AGGREGATES = """
from connect.client import ConnectClient
api = ConnectClient(client.api_key, connection="local")
for line in api.ns("usage").aggregates.all():
    [tier] = line["tiers"]  # schema TR
    yield (line["accepted"], tier["amount"])
"""


def in_aggregates(desk: Desk, file: str) -> Sums:
    """What a report reads of an accepted file."""
    assert desk.stored(file)
    files = python_repo(AGGREGATES, permissions={"connections": ["local"]})
    out = desk.carrel.work / "aggregates.csv"
    desk.carrel.ok("run", write(files, desk.carrel.work / "reports"), "demo", "--output", out)
    lines = list(csv.reader(out.read_text().splitlines(), delimiter=";"))
    return total(Decimal(line[0]) for line in lines), total(Decimal(line[1]) for line in lines)


def call(desk: Desk, *words: object) -> Done:
    """Says what the call took."""
    begin = time.monotonic()
    done, highest = measured(desk.carrel, *words)
    assert done.code == 0, done.err
    shown = " ".join(str(word) for word in words[1:] if not isinstance(word, Path))
    print(f"{time.monotonic() - begin:8.2f} s {highest / 1024:7.1f} MiB  {shown}")
    return done


def sums_of_tab(rows: Iterator[tuple]) -> tuple[int, Sums]:
    """How many rows below the header, and what they add up to."""
    header = next(rows)
    places = header.index("quantity"), header.index("amount")
    count, quantity, amount = 0, Decimal(), Decimal()
    for cells in rows:
        count += 1
        quantity = EXACT.add(quantity, Decimal(str(cells[places[0]])))
        amount = EXACT.add(amount, Decimal(str(cells[places[1]])))
    return count, (quantity, amount)


def in_workbook(desk: Desk, kind: str, *words: object) -> tuple[int, Sums]:
    """What openpyxl reads of a workbook that is downloaded."""
    path = desk.carrel.work / f"{kind}.xlsx"
    call(desk, "usage", "download", *words, "--output", path)
    book = openpyxl.load_workbook(path, read_only=True)
    count, sums = sums_of_tab(book["records"].iter_rows(values_only=True))
    if kind != "processed":  # whose summary counts errors
        _, in_summary = sums_of_tab(book["summary"].iter_rows(values_only=True))
        assert in_summary == sums, kind
    book.close()
    path.unlink()
    return count, sums


def in_file(kind: str) -> Callable[[Desk, str], Sums]:
    def sums(desk: Desk, file: str) -> Sums:
        count, found = in_workbook(desk, kind, file, "--kind", kind)
        assert count == ROWS
        return found

    return sums


def in_chunks(desk: Desk, file: str) -> Sums:
    chunks = desk.carrel.ok("usage", "chunks", file, "--json").json
    found = [in_workbook(desk, "chunk", chunk["id"]) for chunk in chunks]
    assert [count for count, _ in found] == [chunk["records"]["all"] for chunk in chunks]
    assert sum(count for count, _ in found) == ROWS
    return total(quantity for _, (quantity, _) in found), total(a for _, (_, a) in found)


SEEN: dict[str, Callable[[Desk, str], Sums]] = {
    "totals": in_totals,
    "records": in_records,
    "aggregates": in_aggregates,
    "processed file": in_file("processed"),
    "distributor file": in_file("distributor"),
    "reconciliation file": in_file("reconciliation"),
    "chunks": in_chunks,
}


@pytest.mark.parametrize(
    ("make", "digits", "decimals"), [(from_csv, 34, 18), (from_workbook, 15, 15)]
)
def test_sums_are_those_of_decimal(
    carrel: Carrel, make: Callable[[Desk], Path], digits: int, decimals: int
) -> None:
    desk = Desk(carrel)
    file = desk.create(TR, currency="EUR")
    done = call(desk, "usage", "upload", file, make(desk), "--json").json
    assert (done["status"], done["records"]["valid"]) == ("ready", ROWS), done["error_detail"]
    carrel.ok("usage", "submit", file)
    carrel.ok("usage", "accept", file, "--note", "ok", "--as", DISTRIBUTOR)
    given = list(numbers(digits, decimals))
    expected = (total(Decimal(q) for q, _ in given), total(Decimal(a) for _, a in given))
    for place, sums in SEEN.items():
        begin = time.monotonic()
        assert sums(desk, file) == expected, place
        print(f"{time.monotonic() - begin:8.2f} s in all: {place}")
    # Not only their sum: each is what it was.
    stored = desk.query("SELECT amount, amount_fraction FROM usage_records ORDER BY key LIMIT 1000")
    first = [EXACT.add(Decimal(w), EXACT.scaleb(Decimal(f), -18)) for w, f in stored]
    assert first == [Decimal(amount) for _, amount in given[:1000]]
