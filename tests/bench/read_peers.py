"""One reader over one usage file: read_peers.py READER FILE ROUNDS. Prints the seconds of the best
round and the peak memory in MiB."""

from __future__ import annotations

import csv
import ctypes
import ctypes.util
import resource
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path


def by_openpyxl(path: Path) -> None:
    import openpyxl

    book = openpyxl.load_workbook(path, read_only=True)
    for sheet in book.worksheets:
        for _ in sheet.iter_rows(values_only=True):
            pass


def by_pandas(path: Path) -> None:
    import pandas

    if path.suffix == ".csv":
        pandas.read_csv(path, dtype=str)
    else:
        pandas.read_excel(path, dtype=str)


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


class Libdeflate:
    """Inflates every entry and does nothing with it: the floor of reading a workbook."""

    def __init__(self, path: Path) -> None:
        name = ctypes.util.find_library("deflate")
        if not name:
            raise ImportError("no libdeflate")
        self.library = ctypes.CDLL(name)
        self.library.libdeflate_alloc_decompressor.restype = ctypes.c_void_p
        self.decompressor = ctypes.c_void_p(self.library.libdeflate_alloc_decompressor())
        self.parts = []
        data = path.read_bytes()
        with zipfile.ZipFile(path) as archive:
            for entry in archive.infolist():
                at = entry.header_offset
                names = int.from_bytes(data[at + 26 : at + 28], "little")
                extra = int.from_bytes(data[at + 28 : at + 30], "little")
                begin = at + 30 + names + extra
                packed = data[begin : begin + entry.compress_size]
                self.parts.append((packed, ctypes.create_string_buffer(entry.file_size)))

    def __call__(self, _: Path) -> None:
        for packed, out in self.parts:
            code = self.library.libdeflate_deflate_decompress(
                self.decompressor,
                packed,
                ctypes.c_size_t(len(packed)),
                out,
                ctypes.c_size_t(len(out)),
                None,
            )
            if code != 0:
                raise ValueError(f"libdeflate: {code}")


READERS: dict[str, Callable[[Path], None]] = {
    "openpyxl": by_openpyxl,
    "pandas": by_pandas,
    "calamine": by_calamine,
    "csv": by_csv,
    "duckdb": by_duckdb,
}


def main() -> None:
    name, file, rounds = sys.argv[1:]
    path = Path(file)
    read = Libdeflate(path) if name == "libdeflate" else READERS[name]
    best = float("inf")
    for _ in range(int(rounds)):
        begin = time.perf_counter()
        read(path)
        best = min(best, time.perf_counter() - begin)
    print(best, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)


if __name__ == "__main__":
    main()
