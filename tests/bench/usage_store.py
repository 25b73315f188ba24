"""Usage files up to stored records: usage_store.py BUILD [ROWS] [DIRECTORY] [KINDS].

The files are those of read_data.py (written first unless DIRECTORY has them); KINDS names some of
records.csv, shared.xlsx, inline.xlsx. Each stage contains those before it: reading, reading and
checking (read_bench), and `carrel usage upload`, which also copies and syncs the spreadsheet and
stores the records with their index. Beside it a Python pipeline, openpyxl or csv into sqlite3."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import read_data

ROUNDS = 3
PRODUCT, CONTRACT = "PRD-900-100-001", "CRD-90000-10000-00001"
PEER_ROWS = 1_000_000  # more are not waited for


def catalogue() -> dict[str, object]:
    """The items and assets that the rows of read_data.py name."""
    product = {"id": PRODUCT}
    return {
        "accounts": [
            {"id": "VA-900-100", "name": "Vendor", "role": "vendor"},
            {"id": "PA-900-100", "name": "Distributor", "role": "distributor"},
        ],
        "marketplaces": [{"id": "MP-90001", "name": "Market", "owner": {"id": "PA-900-100"}}],
        "products": [
            {
                "id": PRODUCT,
                "name": "Product",
                "vendor": {"id": "VA-900-100"},
                "capabilities": {"ppu": {"schema": "CR"}},
            }
        ],
        "contracts": [
            {
                "id": CONTRACT,
                "name": "Contract",
                "vendor": {"id": "VA-900-100"},
                "provider": {"id": "PA-900-100"},
                "marketplace": {"id": "MP-90001"},
            }
        ],
        "items": [
            {
                "id": f"{PRODUCT}-{number + 1:04}",
                "product": product,
                "mpn": f"MPN-{number:03d}",
                "local_id": f"item_{number}",
                "name": f"Item {number}",
                "unit": "unit",
                "precision": "decimal_2",
                "type": "ppu",
                "period": "monthly",
            }
            for number in range(read_data.ITEMS)
        ],
        "assets": [
            {
                "id": f"AS-{number:012d}",
                "status": "active",
                "product": product,
                "marketplace": {"id": "MP-90001"},
                "contract": {"id": CONTRACT},
                "environment": "production",
                "parameters": {"subscription_id": f"sub-{number:06d}"},
            }
            for number in range(read_data.ASSETS)
        ],
    }


class Host:
    """The program over a data directory with the catalogue."""

    def __init__(self, build: Path, data: Path) -> None:
        self.program = build / "bin/carrel"
        self.data = data
        path = data.with_suffix(".json")
        path.write_text(json.dumps(catalogue()))
        self.run("catalog", "import", str(path))

    def run(self, *words: str) -> str:
        environment = {**os.environ, "CARREL_DATA": str(self.data)}
        command = [str(self.program), *words]
        done = subprocess.run(command, env=environment, capture_output=True, text=True)
        if done.returncode != 0:
            raise SystemExit(f"{' '.join(words)}: {done.stdout[:500]}{done.stderr[:500]}")
        return done.stdout

    def new_file(self) -> str:
        words = ["--name", "Bench", "--product", PRODUCT, "--contract", CONTRACT]
        words += ["--currency", "EUR", "--from", "2026-01-01", "--to", "2026-01-31", "--json"]
        return str(json.loads(self.run("usage", "create", *words))["id"])

    def upload(self, path: Path) -> tuple[float, float]:
        """Seconds, and MiB of the program at its peak."""
        file = self.new_file()
        environment = {**os.environ, "CARREL_DATA": str(self.data)}
        command = [str(self.program), "usage", "upload", file, str(path), "--json"]
        begin = time.perf_counter()
        with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE) as process:
            peak = watch_memory(process.pid)
            assert process.stdout
            out = process.stdout.read()
        seconds = time.perf_counter() - begin
        if process.returncode != 0:
            raise SystemExit(f"upload of {path.name}: exit {process.returncode}")
        self.stored = json.loads(out)["records"]["valid"]
        self.run("usage", "delete", file)
        return seconds, peak


def watch_memory(pid: int) -> float:
    """The highest resident memory until the process is a zombie, in MiB."""
    peak = 0.0
    while True:
        try:
            lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        except OSError:
            return peak
        found = [line.split()[1] for line in lines if line.startswith("VmHWM:")]
        if not found:
            return peak
        peak = max(peak, int(found[0]) / 1024)
        time.sleep(0.02)


def staged(build: Path, mode: str, path: Path) -> tuple[float, int]:
    """read_bench: seconds of the best round on two threads, and rows."""
    command = [str(build / "bench/read_bench"), mode, str(path), "2", str(ROUNDS)]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split("\n")
    rounds = [line.split() for line in lines if line]
    return min(float(r[0]) for r in rounds), int(rounds[0][2])


def python_rows(path: Path) -> Iterator[tuple[object, ...]]:
    if path.suffix == ".csv":
        import csv

        with path.open(newline="", encoding="utf-8") as file:
            yield from map(tuple, csv.reader(file))
        return
    import openpyxl

    yield from (
        openpyxl.load_workbook(path, read_only=True).worksheets[0].iter_rows(values_only=True)
    )


def python_pipeline(path: Path, database: Path) -> float:
    """Rows as they stand into one table with one index: less than what the upload does."""
    begin = time.perf_counter()
    with sqlite3.connect(database) as out:
        out.execute("PRAGMA journal_mode = WAL")
        names = ", ".join(f"c{number}" for number in range(len(read_data.HEADERS)))
        out.execute(f"CREATE TABLE records ({names})")
        out.execute("CREATE UNIQUE INDEX ids ON records (c0)")
        places = ", ".join("?" * len(read_data.HEADERS))
        out.executemany(f"INSERT INTO records VALUES ({places})", python_rows(path))
    return time.perf_counter() - begin


def disk_speed(directory: Path, size: int) -> float:
    """MiB/s of writing and syncing one file of that size."""
    piece = os.urandom(1 << 20)
    path = directory / "disk"
    begin = time.perf_counter()
    with path.open("wb") as out:
        for _ in range(size >> 20):
            out.write(piece)
        out.flush()
        os.fsync(out.fileno())
    seconds = time.perf_counter() - begin
    path.unlink()
    return (size >> 20) / seconds


def measure(build: Path, path: Path, scratch: Path) -> None:
    size = path.stat().st_size
    read, lines = staged(build, "read", path)
    check, rows = staged(build, "check", path)
    host = Host(build, scratch / "data")
    disk = disk_speed(scratch, max(size, 1 << 20))
    runs = [host.upload(path) for _ in range(ROUNDS)]
    shutil.rmtree(host.data)
    whole = min(seconds for seconds, _ in runs)
    peak = max(memory for _, memory in runs)
    assert host.stored == rows == lines - 1, (host.stored, rows, lines)
    print(f"{path.name}: {rows:,} records of 12 columns, {size >> 20} MiB; disk {disk:.0f} MiB/s")
    print(f"  read                     {read:8.2f} s")
    print(f"  read, check              {check:8.2f} s  {rows / check / 1e3:8.0f} k records/s")
    print(f"  copy, read, check, store {whole:8.2f} s  {rows / whole / 1e3:8.0f} k records/s")
    print(f"  peak memory              {peak:8.0f} MiB")
    if rows <= PEER_ROWS:
        peer = python_pipeline(path, scratch / "peer.db")
        print(f"  Python, read and store   {peer:8.2f} s  {peer / whole:8.1f}x our time")


def main(build: Path, rows: int, directory: Path, kinds: list[str]) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    for kind in kinds:
        path = directory / kind
        if not path.exists() and kind == "records.csv":
            read_data.write_csv(path, rows)
        elif not path.exists():
            read_data.write_xlsx(path, rows, kind == "inline.xlsx")
        with tempfile.TemporaryDirectory(dir=directory) as scratch:
            measure(build, path, Path(scratch))


if __name__ == "__main__":
    arguments = sys.argv[1:]
    row_count = int(arguments[1]) if len(arguments) > 1 else 500_000
    chosen = arguments[3].split(",") if len(arguments) > 3 else ["records.csv", "shared.xlsx"]
    if len(arguments) > 2:
        main(Path(arguments[0]).resolve(), row_count, Path(arguments[2]), chosen)
    else:
        with tempfile.TemporaryDirectory() as made:
            main(Path(arguments[0]).resolve(), row_count, Path(made), chosen)
