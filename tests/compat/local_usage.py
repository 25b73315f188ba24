"""Runs the public report `usage_in_subscription`, unchanged, over the connection `local`.

    local_usage.py --carrel build/bin/carrel --repo PATH_TO_A_CHECKOUT_OF_connect-reports

The subscriptions and usage of tests/integration/usage_world.py are put into a fresh data directory;
the report runs in csv, json and xlsx, for all products and for one, and its rows must be those that
SQL finds in the store. A markdown table is printed; the exit code is 1 when anything differs.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

_TESTS = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(_TESTS / "integration"))

import usage_world  # noqa: E402
from carrel_runner import Carrel  # noqa: E402

_REPORT = "usage_in_subscription"
_CHOICES: tuple[list[str] | None, ...] = (None, [usage_world.PRODUCTS[0]])


def _run(carrel: Carrel, repository: str, renderer: str, products: list[str] | None) -> Path:
    given = carrel.work / "parameters.json"
    product = {"all": products is None, "choices": products or []}
    given.write_text(json.dumps({"period": usage_world.FEBRUARY, "product": product}))
    output = carrel.work / f"out.{renderer}"
    output.unlink(missing_ok=True)
    words = ("--params", given, "--renderer", renderer, "--output", output)
    carrel.ok("run", repository, _REPORT, "--endpoint", "local", *words)
    return output


def _compare(carrel: Carrel, repository: str) -> bool:
    same = True
    print("| renderer | products | rows | equal? | seconds |\n| --- | --- | --- | --- | --- |")
    for renderer in ("csv", "json", "xlsx"):
        for products in _CHOICES:
            began = time.monotonic()
            rows = usage_world.read_rows(_run(carrel, repository, renderer, products))
            seconds = time.monotonic() - began
            wanted = usage_world.expected_rows(
                carrel.data / "carrel.db", usage_world.FEBRUARY, products
            )
            same = same and rows == wanted
            chosen = "all" if products is None else ", ".join(products)
            equal = "yes" if rows == wanted else f"no: {len(wanted)} wanted"
            print(f"| {renderer} | {chosen} | {len(rows)} | {equal} | {seconds:.1f} |")
    return same


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--carrel", required=True, type=Path)
    parser.add_argument("--repo", required=True, help="a checkout, or the url of one")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="carrel-local-") as name:
        work = Path(name) / "work"
        work.mkdir()
        carrel = Carrel(options.carrel.resolve(), Path(name) / "data", work)
        usage_world.fill(carrel.ok, work)
        return 0 if _compare(carrel, options.repo) else 1


if __name__ == "__main__":
    sys.exit(main())
