#!/usr/bin/env python3
"""Usage files read and checked, beside other readers of spreadsheets, everything in one run.

Peers come from the package indexes (calamine, DuckDB, openpyxl, pandas, SheetJS) or are installed
(libdeflate); one that cannot be had is left out, and the output says so. Every figure is the best
of its rounds, in seconds of wall clock; the slow peers have one round."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import peers

BENCH = Path(__file__).resolve().parent
ROUNDS = 5
PACKAGES = ("python-calamine", "duckdb", "openpyxl", "pandas")


@dataclass
class Figure:
    seconds: float
    mib: int


class Readers:
    """Runs a reader over a file in a process of its own."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.program = options.build / "bench" / "read_bench"
        self.python = peers.venv(options.cache, "venv-read", *PACKAGES)
        self.node_modules = peers.node_modules(options.cache, "node-read", "xlsx")

    def own(self, mode: str, path: Path, threads: int) -> Figure:
        text = _output([self.program, mode, path, threads, ROUNDS])
        rounds = [line.split() for line in text.splitlines() if line]
        return Figure(min(float(r[0]) for r in rounds), max(int(r[3]) for r in rounds))

    def peer(self, name: str, path: Path, rounds: int) -> Figure | None:
        if name == "sheetjs":
            if self.node_modules is None:
                return None
            environment = {**os.environ, "NODE_PATH": str(self.node_modules)}
            command = ["node", "--max-old-space-size=8192", BENCH / "read_peer.js", path, rounds]
            text = _output(command, environment)
        else:
            if self.python is None:
                return None
            text = _output([self.python, BENCH / "read_peers.py", name, path, rounds])
        if not text:
            return None
        seconds, mib = text.split()
        return Figure(float(seconds), int(mib))


def _output(command: list[object], environment: dict[str, str] | None = None) -> str:
    """What it prints; empty, with its last words shown, when it fails."""
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True,
                          env=environment, check=False)
    if done.returncode != 0:
        print("\n".join(done.stderr.splitlines()[-1:]), file=sys.stderr)
        return ""
    return done.stdout


def row(name: str, figure: Figure | None, base: Figure, target: str = "") -> None:
    if figure is None:
        print(f"| {name} | left out | | | |")
    else:
        ratio = figure.seconds / base.seconds
        print(f"| {name} | {figure.seconds:.3f} | {ratio:.2f}× | {figure.mib} | {target} |")


def head(path: Path, rows: int) -> None:
    print(f"\n| {path.name}, {rows:,} records × 12 | s | our read, one thread takes × | MiB at the "
          "peak | target |")
    print("| --- | --- | --- | --- | --- |")


def checked(readers: Readers, path: Path, rows: int, base: Figure) -> None:
    for threads, word, target in ((1, "one thread", 1.5), (2, "two threads", 2.0)):
        figure = readers.own("check", path, threads)
        rate = rows / figure.seconds / 1e6
        row(f"read and check, {word}", figure, base,
            f"{rate:.2f} M records/s, ≥ {target}: {verdict(rate >= target)}")


def verdict(met: bool) -> str:
    return "met" if met else "MISSED"


def at_least(figure: Figure | None, base: Figure, times: float) -> str:
    if figure is None:
        return ""
    return f"≥ {times:g}×: {verdict(figure.seconds >= times * base.seconds)}"


def workbook(readers: Readers, path: Path, rows: int) -> None:
    head(path, rows)
    base = readers.own("read", path, 1)
    inflate = readers.own("inflate", path, 1)
    row("read, one thread", base, base)
    row("read, two threads", readers.own("read", path, 2), base)
    ratio = base.seconds / inflate.seconds
    row("inflate only, ISA-L", inflate, base,
        f"reading is {ratio:.2f}× of it, ≤ 1.7×: {verdict(ratio <= 1.7)}")
    row("inflate only, zlib", readers.own("zlib", path, 1), base)
    row("inflate only, libdeflate", readers.peer("libdeflate", path, ROUNDS), base)
    calamine = readers.peer("calamine", path, 2)
    row("calamine, from Python", calamine, base, at_least(calamine, base, 7))
    openpyxl = readers.peer("openpyxl", path, 1)
    row("openpyxl, read only", openpyxl, base, at_least(openpyxl, base, 80))
    row("pandas", readers.peer("pandas", path, 1), base)
    row("SheetJS", readers.peer("sheetjs", path, 1), base)
    checked(readers, path, rows, base)


def text(readers: Readers, path: Path, rows: int) -> None:
    head(path, rows)
    base = readers.own("read", path, 1)
    row("read, one thread", base, base)
    row("read, two threads", readers.own("read", path, 2), base)
    duckdb = readers.peer("duckdb", path, 3)
    row("DuckDB, one thread", duckdb, base, at_least(duckdb, base, 8))
    row("Python csv", readers.peer("csv", path, 2), base)
    row("pandas", readers.peer("pandas", path, 2), base)
    checked(readers, path, rows, base)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=Path, required=True)
    parser.add_argument("--rows", type=int, default=500_000)
    parser.add_argument("--files", type=Path, help="where they were made before (read_data.py)")
    peers.add_cache_option(parser)
    options = parser.parse_args()
    readers = Readers(options)
    with tempfile.TemporaryDirectory(prefix="carrel-bench-") as made:
        files = options.files or Path(made)
        if not (files / "records.csv").exists():
            maker = [sys.executable, BENCH / "read_data.py", files, str(options.rows)]
            subprocess.run(maker, check=True)
        workbook(readers, files / "shared.xlsx", options.rows)
        workbook(readers, files / "inline.xlsx", options.rows)
        text(readers, files / "records.csv", options.rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
