"""The rows of the render benchmark, made by the same rule as in bench_rows.cc.

As a program: the seconds that a loop over them takes, with nothing done to them."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

START = datetime(2020, 1, 1)
SECOND = timedelta(seconds=1)
STATUSES = ("approved", "pending", "inquiring", "failed", "tiers_setup")
TYPES = ("purchase", "change", "suspend", "resume", "cancel")
CITIES = ("Barcelona", "São Paulo", "Zürich", "Austin", "Wrocław", "Manila", "Johannesburg")
COUNTRIES = ("ES", "BR", "CH", "US", "PL", "PH", "ZA")
NAMES = tuple(f"column_{i}" for i in range(29))

PRODUCTS = [
    (
        f"PRD-{p:03}-{p * 7 % 1000:03}-{p * 13 % 1000:03}",
        f"Cloud Product {p} & Services",
        f"PA-{p % 11:03}-{p % 13:03}",
        f"Provider {p % 11} Inc.",
        f"VA-{p % 17:03}-{p % 19:03}",
        f"Vendor {p % 17} Ltd.",
        f"MP-{p % 5:05}",
        f"Marketplace {p % 5}",
        f"HB-{p % 5:04}-{p % 7:04}",
        f"Hub {p % 7}",
    )
    for p in range(50)
]
CUSTOMERS = [
    (
        f"TA-{c:04}-{c * 3 % 10000:04}-{c * 7:04}",
        f"Customer <{c}> Göteborg AB",
        str(1_000_000 + c),
        f"admin_{c}@customer{c}.example.com",
    )
    for c in range(1000)
]
NOTES = [f"Ordered by the customer in week {week}" for week in range(53)]


def tuples(count: int) -> Iterator[tuple[Any, ...]]:
    for i in range(count):
        created = START + SECOND * (i * 61)
        p1, p2, p3, p4, p5, p6, p7, p8, p9, p10 = PRODUCTS[i % 50]
        c1, c2, c3, c4 = CUSTOMERS[i * 31 % 1000]
        quantity = i % 250 + 1
        price = i % 100000 / 100.0
        yield (
            f"PR-{i // 10000:04}-{i % 10000:04}-001",
            f"AS-{i * 7:012}",
            STATUSES[i % 5],
            TYPES[i // 3 % 5],
            created,
            created + SECOND * 3599,
            START + timedelta(days=i // 24),
            p1, p2, p3, p4, p5, p6,
            c1, c2, c3, c4,
            CITIES[i % 7],
            COUNTRIES[i % 7],
            p7, p8, p9, p10,
            "existing" if i % 2 else "new",
            quantity,
            price,
            price * quantity,
            i % 7 / 7.0,
            NOTES[i % 53],
        )  # fmt: skip


def mappings(count: int) -> Iterator[dict[str, Any]]:
    for row in tuples(count):
        yield dict(zip(NAMES, row, strict=True))


def narrow(count: int) -> Iterator[tuple[Any, ...]]:
    """Ten cells: for the sheets of five million rows."""
    for i in range(count):
        yield i, i % 100000 / 100.0, *PRODUCTS[i % 50][:8]


MAKERS = {"tuples": tuples, "mappings": mappings, "narrow": narrow}


def generate(client: Any, parameters: dict[str, Any], progress: Any) -> Iterator[Any]:
    return MAKERS[parameters["maker"]](int(parameters["rows"]))


if __name__ == "__main__":
    start = time.perf_counter()
    for _ in MAKERS[sys.argv[1]](int(sys.argv[2])):
        pass
    print(time.perf_counter() - start)
