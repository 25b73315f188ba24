"""Usage files over the sample catalogue, and what the store says of them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from decimal import Context, Decimal
from pathlib import Path

from carrel_runner import ROOT, Carrel

VENDOR, DISTRIBUTOR = "VA-111-222", "PA-100-200"
HEADER = (
    "record_id,item_search_criteria,item_search_value,quantity,start_time_utc,end_time_utc,"
    "asset_search_criteria,asset_search_value"
)
# Of each schema a product that the sample catalogue has: product, contract, asset, item.
QT = ("PRD-100-200-300", "CRD-10000-20000-30000", "AS-1000-2000-0001", "OC-CPU-H")
TR = ("PRD-100-200-301", "CRD-10000-20000-30000", "AS-1000-2000-0003", "OS-GB")


def row(record_id: str, quantity: object = "0.01", **changed: str) -> str:
    """A good line of CSV below HEADER."""
    values = {
        "record_id": record_id,
        "criteria": "item.mpn",
        "item": QT[3],
        "quantity": str(quantity),
        "start": "2026-11-01",
        "end": "2026-11-02",
        "asset_criteria": "asset.id",
        "asset": QT[2],
        **changed,
    }
    return ",".join(values.values())


@dataclass(frozen=True)
class Stored:
    """What the store holds of one file, seen without the program."""

    status: str
    counted: int  # by the file's own figures
    records: int  # that the file shows
    different: int  # record ids among them
    closed: int
    hidden: int  # records of loads that the file does not show
    loads: int
    chunks: int  # records in chunks
    chunks_closed: int
    uploads: frozenset[str]  # names in the file's directory
    upload: str  # the name that the file has for its own

    def is_whole(self) -> bool:
        return self.counted == self.records == self.different

    def is_tidy(self) -> bool:
        own = frozenset({self.upload} - {""})
        return self.hidden == 0 and self.loads == (1 if self.records else 0) and self.uploads == own


class Desk:
    """`carrel usage` over one data directory."""

    def __init__(self, carrel: Carrel) -> None:
        self.carrel = carrel
        carrel.ok("catalog", "import", ROOT / "examples/catalogue/catalogue.json")

    def create(self, kind: tuple[str, str, str, str] = QT, **options: str) -> str:
        words = ["--name", "November", "--product", kind[0], "--contract", kind[1]]
        given = {"from": "2026-11-01", "to": "2026-11-30", **options}
        words += [word for name, value in given.items() for word in (f"--{name}", value)]
        return str(self.carrel.ok("usage", "create", *words, "--json").json["id"])

    def sheet(self, name: str, lines: Iterable[str], header: str = HEADER) -> Path:
        path = self.carrel.work / name
        with path.open("w", encoding="utf-8") as out:
            out.write(header + "\n")
            out.writelines(line + "\n" for line in lines)
        return path

    def ready(self, sheet: Path) -> str:
        file = self.create()
        done = self.carrel.ok("usage", "upload", file, sheet, "--json").json
        assert done["status"] == "ready", done
        return file

    def query(self, sql: str, *values: object) -> list[tuple]:
        with closing(sqlite3.connect(self.carrel.data / "carrel.db", timeout=60)) as database:
            return database.execute(sql, values).fetchall()

    def stored(self, file: str) -> Stored | None:
        """Nothing when there is no such file."""
        found = self.query(
            "SELECT key, status, load, records_all, records_closed, upload FROM usage_files "
            "WHERE id = ?",
            file,
        )
        directory = self.carrel.data / "usage" / file
        uploads = frozenset(p.name for p in directory.iterdir()) if directory.exists() else None
        if not found:
            assert uploads is None, f"{file} is gone and its spreadsheet is not"
            return None
        key, status, load, counted, closed, upload = found[0]
        of_load = "FROM usage_records WHERE key > ? << 32 AND key < (? + 1) << 32"
        [(records, different, shut)] = self.query(
            f"SELECT COUNT(*), COUNT(DISTINCT record_id), SUM(state = 7) {of_load}", load, load
        )
        assert (shut or 0) == closed, f"{file} counts {closed} closed records and has {shut}"
        [(hidden,)] = self.query(
            "SELECT COUNT(*) FROM usage_records WHERE load NOT IN (SELECT load FROM usage_files)"
        )
        [(loads,)] = self.query("SELECT COUNT(*) FROM usage_loads WHERE file_key = ?", key)
        [(chunks, chunks_closed)] = self.query(
            "SELECT TOTAL(records), TOTAL(records_closed) FROM usage_chunks WHERE file_key = ?", key
        )
        return Stored(
            status=status,
            counted=counted,
            records=records,
            different=different,
            closed=closed,
            hidden=hidden,
            loads=loads,
            chunks=int(chunks),
            chunks_closed=int(chunks_closed),
            uploads=uploads or frozenset(),
            upload=upload,
        )

    def sums(self, file: str) -> tuple[Decimal, Decimal]:
        """Exact sums of the quantities and amounts in the file's stored totals."""
        totals = self.query(
            "SELECT t.quantity, t.amount FROM usage_totals t JOIN usage_files f ON f.load = t.load "
            "WHERE f.id = ?",
            file,
        )
        exact = Context(prec=200)
        quantity = amount = Decimal()
        for a, b in totals:
            quantity, amount = exact.add(quantity, Decimal(a)), exact.add(amount, Decimal(b))
        return quantity, amount
