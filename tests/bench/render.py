#!/usr/bin/env python3
"""Rows into files: our renderers against their peers and against the generator of the rows alone,
each ratio with its target beside it, everything in one run.

Peers are connect-reports-core (from the package index), libxlsxwriter (linked into render_bench
when it is installed) and rust_xlsxwriter (built when cargo is there); one that cannot be had is
left out, and the output says so."""

from __future__ import annotations

import argparse
import itertools
import json
import math
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Any

import openpyxl
import peers
from openpyxl.styles import Font, PatternFill
from start import ROOT

BENCH = ROOT / "tests" / "bench"
COLUMNS = 29
GROWTH = (10_000, 100_000, 1_000_000, 5_000_000)
CORE = "connect-reports-core"

Samples = dict[str, dict[str, list[float]]]  # name -> figure -> a value for each run


def median(values: list[float]) -> float:
    return statistics.median(values) if values else float("nan")


def make_store(store: Path) -> None:
    store.chmod(0o755)
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Data"
    for column in range(1, COLUMNS + 1):
        cell = sheet.cell(1, column, f"Column {column}")
        cell.font = Font(bold=True, color="FFFFFF")
        cell.fill = PatternFill("solid", start_color="1565C0")
        sheet.column_dimensions[cell.column_letter].width = 18
    for language, extension in (("python", "py"), ("lua", "lua")):
        folder = store / language
        folder.mkdir()
        shutil.copy(BENCH / f"render_rows.{extension}", folder / f"report.{extension}")
        book.save(folder / "template.xlsx")


def job(kind: str, maker: str, rows: int, args: dict[str, Any] | None = None) -> str:
    template = "template.xlsx" if kind == "xlsx" else ""
    return json.dumps(
        {
            "kind": "report",
            "entrypoint": "report.generate",
            "spec": "1",
            "renderer": {"type": kind, "template": template, "args": args},
            "parameters": json.dumps({"maker": maker, "rows": str(rows)}),
            "info": {},
        }
    )


class Bench:
    def __init__(self, options: argparse.Namespace, store: Path) -> None:
        self.build: Path = options.build
        self.store = store
        self.python = peers.core(options.cache)
        self.rust = rust_peer(options.cache)
        self.samples: Samples = defaultdict(lambda: defaultdict(list))

    def add(self, name: str, **figures: float) -> None:
        for figure, value in figures.items():
            self.samples[name][figure].append(value)

    def reports(self, language: str, jobs: dict[str, str]) -> None:
        """Real workers of one language, one run of each job."""
        command = [self.build / "bench" / "report_bench", "--runs", "1", "--worker",
                   self.build / "bin" / "carrel-worker", "--packages",
                   ROOT / "sdk" / "python" / "packages", "--store", self.store]  # fmt: skip
        for name, text in jobs.items():
            command += ["--job", name, language, language, text]
        for name, run in json.loads(output(command)).items():
            self.add(name, seconds=run["seconds"][0], zip=run["zip_seconds"][0],
                     memory=run["over_idle_mb"][0], bytes=run["bytes"])  # fmt: skip

    def generator(self, maker: str, rows: int) -> None:
        program = ["/usr/bin/python3", BENCH / "render_rows.py", maker, str(rows)]
        self.add(f"generator alone: {maker}, {rows}", seconds=float(output(program)))

    def native(self, rows: int) -> None:
        program = [self.build / "bench" / "render_bench", "--runs", "1", "--rows", str(rows),
                   "--template", self.store / "python" / "template.xlsx"]  # fmt: skip
        result = json.loads(output(program))
        for name, seconds in result["seconds"].items():
            self.add(f"native {name}", seconds=seconds[0], bytes=result["bytes"][name])
        if self.rust is not None:
            self.add("native rust_xlsxwriter", seconds=float(output([self.rust, str(rows)])))

    def core(self, kind: str, rows: int) -> None:
        if self.python is None:
            return
        program = [self.python, BENCH / "render_peer.py", kind, "tuples", str(rows),
                   self.store / "python"]  # fmt: skip
        seconds, memory = map(float, output(program).split())
        self.add(f"{CORE} {kind}", seconds=seconds, memory=memory)

    def seconds(self, name: str) -> float:
        return median(self.samples[name]["seconds"]) if name in self.samples else float("nan")

    def memory(self, name: str) -> float:
        return max(self.samples[name]["memory"], default=float("nan"))


def output(command: list[Any]) -> str:
    return subprocess.run(
        [str(part) for part in command], check=True, stdout=subprocess.PIPE, text=True
    ).stdout


def rust_peer(cache: Path) -> Path | None:
    """The program of tests/bench/rust_xlsxwriter, built once; None without cargo or its crates."""
    cargo = shutil.which("cargo") or shutil.which("cargo", path=Path("~/.cargo/bin").expanduser())
    if cargo is None:
        return None
    target = cache / "rust_xlsxwriter"
    done = subprocess.run(
        [cargo, "build", "--release", "--quiet", "--manifest-path",
         BENCH / "rust_xlsxwriter" / "Cargo.toml", "--target-dir", target],
        check=False,
    )  # fmt: skip
    return target / "release" / "rust_xlsxwriter_peer" if done.returncode == 0 else None


def row(*cells: object) -> None:
    print("|", " | ".join(str(cell) for cell in cells), "|")


def number(value: float, digits: int = 2) -> str:
    return "-" if math.isnan(value) else f"{value:.{digits}f}"


def verdict(ratio: float, target: float, at_most: bool) -> str:
    if math.isnan(ratio):
        return "peer missing"
    return "met" if (ratio <= target if at_most else ratio >= target) else "MISSED"


def print_targets(bench: Bench, rows: int) -> None:
    alone = f"generator alone: tuples, {rows}"
    lines = [
        ("Python → xlsx, template", f"{CORE} xlsx", 60, False),
        ("Python → xlsx, template", alone, 2, True),
        ("Python → csv, zipped", f"{CORE} csv", 8, False),
        ("Python → csv, zipped", alone, 1.8, True),
        ("Python → json, zipped", f"{CORE} json", 6, False),
        ("Python → json, zipped", alone, 1.8, True),
        ("Lua → xlsx, template", f"{CORE} xlsx", 100, False),
        ("native xlsx, two threads", "native libxlsxwriter constant memory", 10, False),
        ("native xlsx, two threads", "native rust_xlsxwriter", 8, False),
        ("native xlsx, one thread", "native libxlsxwriter constant memory", 10, False),
        ("native xlsx, one thread", "native rust_xlsxwriter", 8, False),
    ]
    row(f"{rows:,} rows × {COLUMNS}", "s", "against", "s", "ratio", "target", "")
    row("---", "---", "---", "---", "---", "---", "---")
    for name, peer, target, at_most in lines:
        ours, theirs = bench.seconds(name), bench.seconds(peer)
        ratio = ours / theirs if at_most else theirs / ours
        row(name, number(ours), peer, number(theirs), f"{number(ratio)}×",
            f"{'≤' if at_most else '≥'} {target}×", verdict(ratio, target, at_most))  # fmt: skip


def print_memory(bench: Bench, names: list[str]) -> None:
    print()
    row("memory over the idle worker, highest", "MB", "target", "")
    row("---", "---", "---", "---")
    for name in names:
        memory = bench.memory(name)
        row(name, number(memory, 1), "≤ 30 MB", verdict(memory, 30, at_most=True))
    for kind in ("xlsx", "csv", "json"):
        row(f"{CORE} {kind}, whole process", number(bench.memory(f"{CORE} {kind}"), 0), "", "")


def print_growth(bench: Bench, rows: list[int]) -> None:
    print()
    row("growth: Python → xlsx, 10 cells", "s", "µs a row", "× generator alone", "MB over idle")
    row("---", "---", "---", "---", "---")
    for count in rows:
        name = f"growth {count}"
        seconds = bench.seconds(name)
        alone = bench.seconds(f"generator alone: narrow, {count}")
        row(f"{count:,}", number(seconds), number(seconds / count * 1e6),
            number(seconds / alone), number(bench.memory(name), 1))  # fmt: skip
    # Between one size and the next: what a row costs when the start of the worker is paid.
    seconds_of = {count: bench.seconds(f"growth {count}") for count in rows}
    slopes = [
        (seconds_of[large] - seconds_of[small]) / (large - small)
        for small, large in itertools.pairwise(rows[1:])
    ]
    if len(slopes) > 1:
        change = max(slopes) / min(slopes) - 1
        steps = ", ".join(f"{slope * 1e6:.2f}" for slope in slopes)
        print(f"\nslope from {rows[1]:,} to {rows[-1]:,} rows: {steps} µs a row, within "
              f"{change:.0%}, target 10%: {verdict(change, 0.10, at_most=True)}")  # fmt: skip


def measure_growth(bench: Bench, rows: list[int], runs: int) -> None:
    for _ in range(runs):
        for count in rows:
            bench.generator("narrow", count)
            bench.reports("python", {f"growth {count}": job("xlsx", "narrow", count)})


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=Path, required=True)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--core-runs", type=int, default=1, help="of connect-reports-core xlsx")
    parser.add_argument("--growth-rows", type=int, default=GROWTH[-1], help="0: no growth")
    peers.add_cache_option(parser)
    options = parser.parse_args()
    growth = [rows for rows in GROWTH if rows <= options.growth_rows]
    with tempfile.TemporaryDirectory(prefix="carrel-bench-") as directory:
        store = Path(directory)
        make_store(store)
        bench = Bench(options, store)
        for name, peer in ((CORE, bench.python), ("rust_xlsxwriter", bench.rust)):
            if peer is None:
                print(f"{name} could not be had: its rows are left out", file=sys.stderr)
        python_jobs = {
            "Python → xlsx, template": job("xlsx", "tuples", options.rows),
            "Python → xlsx, small": job("xlsx", "tuples", options.rows, {"compression": "small"}),
            "Python → csv, zipped": job("csv", "tuples", options.rows),
            "Python → json, zipped": job("json", "tuples", options.rows),
        }
        lua_jobs = {"Lua → xlsx, template": job("xlsx", "tuples", options.rows)}
        # Interleaved, so that a slow moment of the machine meets everybody.
        for run in range(options.runs):
            bench.generator("tuples", options.rows)
            bench.reports("python", python_jobs)
            bench.reports("lua", lua_jobs)
            bench.native(options.rows)
            for kind in ("csv", "json"):
                bench.core(kind, options.rows)
            if run < options.core_runs:
                bench.core("xlsx", options.rows)
        measure_growth(bench, growth, options.runs)
        print_targets(bench, options.rows)
        print_memory(bench, [*python_jobs, *lua_jobs])
        if growth:
            print_growth(bench, growth)
        print()
        row("file", "MB")
        row("---", "---")
        for name, figures in bench.samples.items():
            if "bytes" in figures and not name.startswith("growth"):
                row(name, number(figures["bytes"][-1] / 1e6, 1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
