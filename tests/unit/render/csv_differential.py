"""Compares the csv renderer byte by byte with csv.writer used as connect-reports-core uses it.

Usage: csv_differential.py RENDER_ROWS
"""

from __future__ import annotations

import csv
import datetime as dt
import json
import math
import pathlib
import random
import struct
import subprocess
import sys
import tempfile
from decimal import Decimal
from typing import Any

from xlsx_differential import EPOCH, MICRO, to_cell

TEXTS = ["a", "", ";", '"', 'say ""', "a\nb", "a\r\nb", "\r", " a ", "é😀", "'", "x,y",
         "\x00\x01"]


def random_float(rng: random.Random) -> float:
    """Any bit pattern, or a short decimal."""
    if rng.random() < 0.3:
        return float(f"{rng.randint(-999, 999)}e{rng.randint(-20, 20)}")
    return struct.unpack("<d", rng.randbytes(8))[0]


def random_value(rng: random.Random) -> Any:
    """A value of any kind."""
    moment = dt.datetime(1, 1, 1) + dt.timedelta(days=rng.randint(0, 3_652_058),
                                                 seconds=rng.randint(0, 86399),
                                                 microseconds=rng.choice([0, 1, 500_000]))
    zone = dt.timezone(dt.timedelta(minutes=rng.randint(-1439, 1439)))
    return rng.choice([
        None, True, False, rng.randint(-(2**63), 2**63 - 1), 2**80, random_float(rng),
        random_float(rng), math.nan, math.inf, -math.inf, -0.0,
        Decimal(f"{rng.randint(-999, 999)}E{rng.randint(-9, 9)}"), rng.choice(TEXTS), moment,
        moment.replace(tzinfo=zone), moment.date(), moment.time(),
        moment.time().replace(tzinfo=zone),
        dt.timedelta(days=rng.randint(-3, 3), seconds=rng.randint(0, 86399),
                     microseconds=rng.choice([0, 7])),
        {"k": [1, '"']}, ("a", 1),
    ])


def cell(value: Any) -> list[Any]:
    """The form that render_rows reads, with zones and values that are no cells."""
    if isinstance(value, (dict, tuple)):
        return ["other", str(value), type(value).__name__]
    if isinstance(value, (dt.datetime, dt.time)) and value.tzinfo is not None:
        naive = value.replace(tzinfo=None)
        if isinstance(naive, dt.time):
            naive = dt.datetime.combine(EPOCH.date(), naive)
        kind = "datetime" if isinstance(value, dt.datetime) else "time"
        return [kind, (naive - EPOCH) // MICRO, value.utcoffset() // dt.timedelta(minutes=1)]
    return to_cell(value)


def main() -> int:
    """0 when all bytes are equal."""
    rng = random.Random(7)
    rows = [[random_value(rng) for _ in range(rng.randint(0, 8))] for _ in range(20_000)]
    failures = 0
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "rows.jsonl").write_text(
            "".join(json.dumps([cell(v) for v in row]) + "\n" for row in rows))
        for quoting, constant in (("all", csv.QUOTE_ALL), ("minimal", csv.QUOTE_MINIMAL)):
            job = {"type": "csv", "args": {"quoting": quoting}}
            (folder / "job.json").write_text(json.dumps(job))
            subprocess.run([sys.argv[1], folder / "job.json", folder / "rows.jsonl",
                            folder / "ours.csv"], check=True)
            with open(folder / "theirs.csv", "w", encoding="utf-8") as file:
                writer = csv.writer(file, delimiter=";", quotechar='"', quoting=constant)
                writer.writerows(rows)
            ours = (folder / "ours.csv").read_bytes()
            theirs = (folder / "theirs.csv").read_bytes()
            if ours != theirs:
                failures += 1
                pairs = zip(ours, theirs, strict=False)
                at = next((i for i, (x, y) in enumerate(pairs) if x != y), -1)
                print(f"{quoting}: differs at byte {at}: {ours[at - 40:at + 40]!r} "
                      f"!= {theirs[at - 40:at + 40]!r}")
    print(f"{len(rows)} rows, {failures} differences")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
