"""Reading and checking usage files beside other readers: read.py BUILD [ROWS] [DIRECTORY].

Writes the files first (read_data.py) unless DIRECTORY has them. Peers that are not installed are
left out with a message: python-calamine, duckdb (pip), openpyxl, libdeflate. Every figure is the
best of its rounds, in seconds of wall clock."""

from __future__ import annotations

import csv
import ctypes
import ctypes.util
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

ROUNDS = 5


def own(build: Path, mode: str, path: Path, threads: int) -> tuple[float, int]:
    """Seconds of the best round, and MiB at the peak."""
    command = [str(build / "bench/read_bench"), mode, str(path), str(threads), str(ROUNDS)]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split("\n")
    rounds = [line.split() for line in lines if line]
    return min(float(r[0]) for r in rounds), max(int(r[3]) for r in rounds)


def timed(call: Callable[[], object], rounds: int) -> float:
    best = float("inf")
    for _ in range(rounds):
        begin = time.perf_counter()
        call()
        best = min(best, time.perf_counter() - begin)
    return best


def by_openpyxl(path: Path) -> None:
    import openpyxl

    book = openpyxl.load_workbook(path, read_only=True)
    for sheet in book.worksheets:
        for _ in sheet.iter_rows(values_only=True):
            pass


def by_calamine(path: Path) -> None:
    import python_calamine

    book = python_calamine.CalamineWorkbook.from_path(str(path))
    for _ in book.get_sheet_by_index(0).iter_rows():
        pass


def by_csv(path: Path) -> None:
    with path.open(newline="", encoding="utf-8") as file:
        for _ in csv.reader(file):
            pass


def by_duckdb(path: Path) -> None:
    import duckdb

    database = duckdb.connect(config={"threads": 1})
    columns = database.sql(f"SELECT * FROM read_csv('{path}', all_varchar=true) LIMIT 0").columns
    every = ", ".join(f'sum(length("{column}"))' for column in columns)
    database.sql(f"SELECT {every} FROM read_csv('{path}', all_varchar=true)").fetchall()


def by_libdeflate(path: Path) -> float:
    name = ctypes.util.find_library("deflate")
    if not name:
        raise ImportError("libdeflate")
    library = ctypes.CDLL(name)
    library.libdeflate_alloc_decompressor.restype = ctypes.c_void_p
    decompressor = ctypes.c_void_p(library.libdeflate_alloc_decompressor())
    parts = []
    data = path.read_bytes()
    with zipfile.ZipFile(path) as archive:
        for entry in archive.infolist():
            at = entry.header_offset
            names = int.from_bytes(data[at + 26 : at + 28], "little")
            extra = int.from_bytes(data[at + 28 : at + 30], "little")
            begin = at + 30 + names + extra
            packed = data[begin : begin + entry.compress_size]
            parts.append((packed, ctypes.create_string_buffer(entry.file_size)))

    def inflate() -> None:
        for packed, out in parts:
            code = library.libdeflate_deflate_decompress(
                decompressor,
                packed,
                ctypes.c_size_t(len(packed)),
                out,
                ctypes.c_size_t(len(out)),
                None,
            )
            if code != 0:
                raise ValueError(f"libdeflate: {code}")

    return timed(inflate, ROUNDS)


def peer(name: str, call: Callable[[Path], object], path: Path, rounds: int) -> float | None:
    try:
        seconds = call(path) if name == "libdeflate" else timed(lambda: call(path), rounds)
    except ImportError as error:
        print(f"  {name:28} left out: {error}")
        return None
    assert isinstance(seconds, float)
    return seconds


def show(name: str, seconds: float | None, base: float, note: str = "") -> None:
    if seconds is not None:
        print(f"  {name:28} {seconds:8.3f} s  {seconds / base:7.2f}x  {note}")


def workbook(build: Path, path: Path, rows: int) -> None:
    one, memory = own(build, "read", path, 1)
    print(f"{path.name}: {rows} rows of 12 columns; times as multiples of reading on one thread")
    show("read, one thread", one, one, f"{memory} MiB")
    show("read, two threads", own(build, "read", path, 2)[0], one)
    inflate = own(build, "inflate", path, 1)[0]
    show("inflate only, this build", inflate, one, f"reading is {one / inflate:.2f}x of it")
    show("inflate only, zlib", own(build, "zlib", path, 1)[0], one)
    show("inflate only, libdeflate", peer("libdeflate", by_libdeflate, path, 1), one)
    show("calamine (from Python)", peer("calamine", by_calamine, path, 2), one)
    show("openpyxl, read only", peer("openpyxl", by_openpyxl, path, 1), one)
    checked(build, path, rows, one)


def checked(build: Path, path: Path, rows: int, base: float) -> None:
    for threads, word in ((1, "one thread"), (2, "two threads")):
        seconds, memory = own(build, "check", path, threads)
        note = f"{rows / seconds / 1e6:.2f} M records/s, {memory} MiB"
        show(f"read and check, {word}", seconds, base, note)


def text(build: Path, path: Path, rows: int) -> None:
    one, memory = own(build, "read", path, 1)
    print(f"{path.name}: {rows} rows of 12 columns; times as multiples of reading on one thread")
    show("read, one thread", one, one, f"{memory} MiB")
    show("read, two threads", own(build, "read", path, 2)[0], one)
    show("DuckDB, one thread", peer("duckdb", by_duckdb, path, 3), one)
    show("Python csv", peer("csv", by_csv, path, 2), one)
    checked(build, path, rows, one)


def main(build: Path, rows: int, directory: Path) -> None:
    if not (directory / "records.csv").exists():
        maker = Path(__file__).with_name("read_data.py")
        subprocess.run([sys.executable, str(maker), str(directory), str(rows)], check=True)
    workbook(build, directory / "shared.xlsx", rows)
    workbook(build, directory / "inline.xlsx", rows)
    text(build, directory / "records.csv", rows)


if __name__ == "__main__":
    build_path = Path(sys.argv[1])
    row_count = int(sys.argv[2]) if len(sys.argv) > 2 else 500_000
    if len(sys.argv) > 3:
        main(build_path, row_count, Path(sys.argv[3]))
    else:
        with tempfile.TemporaryDirectory() as made:
            main(build_path, row_count, Path(made))
