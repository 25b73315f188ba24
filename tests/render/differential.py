"""Random rows through connect-reports-core and through carrel, side by side.

    differential.py --carrel build/bin/carrel [--seeds N] [--rows N] [--first N] [--approve]

csv and json must be equal in bytes, workbooks cell by cell as openpyxl reads them, but for the
rules in outcome.py; their use is counted and printed. With `--office` LibreOffice reads both
workbooks as well. `--approve` stores what the peer wrote for the seeds of test_against_peer.py in
golden.json, so that CI can compare without the peer. Its environment is that of tests/compat.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import math
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

_HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(_HERE), str(_HERE.parent / "compat"), str(_HERE.parent / "support")]

import office  # noqa: E402
import outcome  # noqa: E402
import random_rows  # noqa: E402
from compare import peer_python  # noqa: E402
from repository import REPORT, START_COLUMN, START_ROW, make_repository  # noqa: E402

GOLDEN = _HERE / "golden.json"
GOLDEN_SEEDS, GOLDEN_ROWS = range(1, 4), 1000
KINDS = ("csv", "json", "xlsx")
_START = (START_ROW, START_COLUMN)


def run_carrel(carrel: Path, repository: Path, kind: str, params: Path, output: Path) -> None:
    command = [str(carrel), "run", str(repository), REPORT, "--renderer", kind]
    command += ["--params", str(params), "--output", str(output)]
    data = {"CARREL_DATA": str(output.parent / "carrel-data")}
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **data})
    if done.returncode != 0:
        raise RuntimeError(f"carrel: {done.stdout[-1000:]}{done.stderr[-1000:]}")


def _run_peer(python: Path, repository: Path, kind: str, params: Path, output: Path) -> None:
    command = [str(python), str(_HERE.parent / "compat/peer_run.py"), "--repo", str(repository)]
    command += ["--report", REPORT, "--renderer", kind, "--params", str(params)]
    command += ["--endpoint", "http://127.0.0.1:9", "--api-key", "ApiKey x:y"]
    command += ["--account-id", "VA-000", "--account-name", "Account"]
    command += ["--output", str(output), "--summary", str(output) + ".summary"]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "TZ": "UTC"})
    if done.returncode != 0:
        raise RuntimeError(f"peer: {done.stderr[-2000:]}")


def lines_of(kind: str, path: Path, seed: int, rows: int, *, ours: bool):  # noqa: ANN201
    """(lines, uses of rules) of one output."""
    if kind == "csv":
        return outcome.csv_records(path.read_bytes()), {}
    if kind == "json":
        # Its texts hold no raw line ends, and no row begins but behind a comma.
        return path.read_bytes().split(b","), {}
    values = random_rows.values(kind, seed, rows)
    return outcome.book_lines(path, values, _START, ours=ours)


class Differential:
    """The options and places that all cases share."""

    def __init__(self, options: argparse.Namespace, work: Path) -> None:
        self._options = options
        self._work = work
        self._python = peer_python(options.cache)
        self._repository = make_repository(work / "repository")
        self.rules: Counter[str] = Counter()
        self.peer_lines: dict[tuple[str, int], list] = {}

    def case(self, kind: str, seed: int, rows: int) -> str:
        """Runs both sides; says where they differ, or "" """
        params = self._work / "params.json"
        params.write_text(json.dumps({"seed": str(seed), "rows": str(rows)}))
        ours, theirs = self._work / f"ours.{kind}", self._work / f"theirs.{kind}"
        _run_peer(self._python, self._repository, kind, params, theirs)
        run_carrel(self._options.carrel, self._repository, kind, params, ours)
        expected, _ = lines_of(kind, theirs, seed, rows, ours=False)
        found, used = lines_of(kind, ours, seed, rows, ours=True)
        self.rules.update(used)
        self.peer_lines[kind, seed] = expected
        told = outcome.first_difference(found, expected)
        if not told and kind == "xlsx" and self._options.office:
            told = self._office(ours, theirs, random_rows.values(kind, seed, rows))
        return told

    def _office(self, ours: Path, theirs: Path, values: list) -> str:
        """As LibreOffice reads them, but for texts that the peer makes formulas or escapes of."""
        grids = office.to_csv([ours, theirs], self._work / "office")
        for r, row in enumerate(values, START_ROW - 1):
            for c, value in enumerate(row, START_COLUMN - 1):
                if isinstance(value, str) and (value[:1] == "=" or "_x" in value):
                    self.rules["LibreOffice: a formula or an escape of the peer's"] += 1
                    for grid in grids:
                        if r < len(grid) and c < len(grid[r]):
                            grid[r][c] = ""
        for ours_row, theirs_row in zip(*grids, strict=False):
            for c, pair in enumerate(zip(ours_row, theirs_row, strict=False)):
                if pair[0] != pair[1] and _digits_apart(*pair):
                    self.rules["LibreOffice: numbers of the peer's have 16 digits"] += 1
                    theirs_row[c] = pair[0]
        return outcome.first_difference(*[[csv_line(row) for row in grid] for grid in grids])


def _digits_apart(ours: str, theirs: str) -> bool:
    """Numbers or times that differ by what a 17th digit does; the largest double has none less."""
    try:
        return math.isclose(float(ours), float(theirs), rel_tol=1e-14) or (
            theirs.strip("-") == "INF" and abs(float(ours)) > 1.797e308
        )
    except ValueError:
        pass
    try:
        apart = datetime.fromisoformat(ours) - datetime.fromisoformat(theirs)
    except ValueError:
        return False
    return abs(apart) <= timedelta(seconds=1)


def csv_line(row: list[str]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow(row)
    return out.getvalue()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--carrel", type=Path, required=True)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--first", type=int, default=1, help="the first seed")
    parser.add_argument("--rows", type=int, default=1000)
    parser.add_argument("--kind", choices=KINDS, action="append")
    parser.add_argument("--office", action="store_true", help="read workbooks with LibreOffice too")
    parser.add_argument("--approve", action="store_true", help="store the peer's side for CI")
    cache = Path(os.environ.get("XDG_CACHE_HOME", "~/.cache")).expanduser() / "carrel-peer"
    parser.add_argument("--cache", type=Path, default=cache)
    options = parser.parse_args()
    options.carrel = options.carrel.resolve()
    options.cache.mkdir(parents=True, exist_ok=True)
    seeds, rows = range(options.first, options.first + options.seeds), options.rows
    if options.approve:
        seeds, rows = GOLDEN_SEEDS, GOLDEN_ROWS
    failures, begun = 0, time.monotonic()
    with tempfile.TemporaryDirectory(prefix="carrel-render-") as folder:
        differential = Differential(options, Path(folder))
        for kind in options.kind or KINDS:
            for seed in seeds:
                told = differential.case(kind, seed, rows)
                failures += bool(told)
                if told:
                    print(f"{kind} seed {seed}: {told}", flush=True)
        if options.approve and not options.kind:
            golden = {
                kind: {s: outcome.digests(differential.peer_lines[kind, s]) for s in seeds}
                for kind in KINDS
            }
            GOLDEN.write_text(json.dumps(golden, indent=1) + "\n")
    for rule, count in sorted(differential.rules.items()):
        print(f"rule: {rule}: {count} cells")
    runs = len(seeds) * len(options.kind or KINDS)
    seconds = time.monotonic() - begun
    print(f"{runs} runs of {rows} rows, {failures} differ, {seconds:.0f} s")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
