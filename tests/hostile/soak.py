"""Thousands of hostile and benign reports through one host, and what is left of them: nothing.

    CARREL_BUILD=build /usr/bin/python3 tests/hostile/soak.py [--runs 10000] [--seed N] [--user]

Takes the cases that are over at once, in random order, several at a time, with benign reports in
between. Ends with 1 when anything is left over or a benign report fails.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from case import Case, all_cases  # noqa: E402
from harness import BENIGN, BENIGN_ROWS, Harness  # noqa: E402

AT_ONCE = 4
# A case that takes longer than this once is left out.
QUICK_S = 0.25
BENIGN_SHARE = 0.2
# What the host may gain over all runs: fragments of its allocator.
GROWTH_KB = 32 * 1024


def quick_cases(harness: Harness) -> list[tuple[Case, dict[str, Any]]]:
    """Each case with its prepared checkout, as far as it is quick and says what is expected."""
    found = []
    for case in all_cases():
        run = harness.prepare(case, case.renderers[0])
        started = time.monotonic()
        result = harness.run({**run, "parameters": harness.parameters()})
        if result.verdict in case.verdicts and time.monotonic() - started <= QUICK_S:
            found.append((case, run))
    return found


def one_batch(
    harness: Harness,
    cases: list[tuple[Case, dict[str, Any]]],
    seed: random.Random,
    verdicts: Counter[str],
) -> None:
    chosen: list[Case | None] = []
    runs = []
    for _ in range(AT_ONCE):
        if seed.random() < BENIGN_SHARE:
            language = seed.choice(list(BENIGN))
            chosen.append(None)
            runs.append({"checkout": f"checkouts/benign-{language}", "language": language})
        else:
            case, run = seed.choice(cases)
            chosen.append(case)
            instance = seed.randrange(int(case.header.get("runs", "1").split()[0]))
            runs.append({**run, "parameters": harness.parameters(instance)})
    for case, result in zip(chosen, harness.run_together(runs), strict=True):
        verdicts[result.verdict] += 1
        if case is None:
            assert result.verdict == "ok" and result.table() == BENIGN_ROWS, result.answer
        else:
            assert result.verdict in case.verdicts, (case.name, result.answer)


def soak(harness: Harness, runs: int, number: int) -> int:
    """Prints what became of it; the exit code."""
    seed = random.Random(number)
    cases = quick_cases(harness)
    print(f"{len(cases)} cases, seed {number}", flush=True)
    for _ in range(100):  # until every part of the host has been as large as it gets
        one_batch(harness, cases, seed, Counter())
    harness.assert_settled()
    rss_kb = harness.status()["rss_kb"]
    verdicts: Counter[str] = Counter()
    started = time.monotonic()
    while verdicts.total() < runs:
        one_batch(harness, cases, seed, verdicts)
    taken = time.monotonic() - started
    harness.run_benign("python")
    harness.run_benign("lua")
    failed = False
    try:
        harness.assert_settled()
    except AssertionError as error:
        print(error)
        failed = True
    touched = harness.canaries.touched()
    state, before = harness.state(), harness.before
    files = len(list(harness.outputs.iterdir()))
    grown = harness.status()["rss_kb"] - rss_kb
    print(f"{verdicts.total()} runs in {taken:.0f} s, {verdicts.total() / taken:.0f} runs/s")
    print("verdicts:", ", ".join(f"{name} {count}" for name, count in verdicts.most_common()))
    print(
        f"left over: {state.children - before.children} processes, "
        f"{state.mounts - before.mounts} mounts, {state.cgroups - before.cgroups} control groups, "
        f"{state.fds - before.fds} descriptors, {state.threads - before.threads} threads, "
        f"{files} temporary files; canaries touched: {len(touched)}"
    )
    print(f"resident memory of the host: {grown:+} KiB")
    return 1 if failed or touched or files or grown > GROWTH_KB else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    parser.add_argument("--user", action="store_true", help="the host of root runs as a user")
    options = parser.parse_args()
    harness = Harness("user" if options.user else "root")
    try:
        return soak(harness, options.runs, options.seed)
    finally:
        harness.close()


if __name__ == "__main__":
    sys.exit(main())
