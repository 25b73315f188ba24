#!/usr/bin/env python3
"""Runs reports in a worker that logs system calls that are not on the list, and prints these.

The kernel writes a record of type 1326 for each; `--repo NAME=PATH` adds the reports of a checkout,
run by the comparison of tests/compat. Exit status 1 when a call was logged."""

from __future__ import annotations

import argparse
import collections
import os
import re
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
RECORD = re.compile(r"type=1326 .*?comm=\"([^\"]*)\".*? syscall=(\d+)")
DROPPED = re.compile(r"audit_lost=(\d+)|callbacks suppressed|rate limit exceeded")

# Calls that are denied on purpose and that a library survives, with who makes them.
BY_DESIGN = {
    "socket": "urllib3 asks at its import whether there is IPv6; a report has no network",
    "bind": "follows where socket is let through, as it is here",
}

# The kernel's own limit on messages would hide records.
RATE_LIMIT = Path("/proc/sys/kernel/printk_ratelimit")

# Repository, report, its renderers, parameters.
EXAMPLES = [
    ("python-reports", "amortisation", ["default_xlsx_renderer"],
     ["principal=10000.00", "annual_rate=4.5", "first_payment=2026-01-01", "term=12"]),
    ("lua-reports", "working_days", ["xlsx", "csv", "json"],
     ['period={"after": "2026-01-01T00:00:00+00:00", "before": "2026-02-01T00:00:00+00:00"}',
      "rows=all"]),
]


class KernelLog:
    """What the kernel logs from now on; reads along, so that nothing is overwritten."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.lost = 0
        self._fd = os.open("/dev/kmsg", os.O_RDONLY | os.O_NONBLOCK)
        os.lseek(self._fd, 0, os.SEEK_END)
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._read)
        self._thread.start()

    def close(self) -> None:
        self._done.set()
        self._thread.join()
        os.close(self._fd)

    def _read(self) -> None:
        while True:
            ending = self._done.is_set()  # asked before the last look
            while self._read_one():
                pass
            if ending:
                return
            self._done.wait(0.01)

    def _read_one(self) -> bool:
        try:
            self.lines.append(os.read(self._fd, 8192).decode(errors="replace"))
        except BlockingIOError:
            return False
        except BrokenPipeError:  # overwritten before it was read
            self.lost += 1
        return True


def syscall_names() -> dict[int, str]:
    """Numbers of this machine, from the header that the compiler reads."""
    text = subprocess.run(
        ["cpp", "-dM", "-include", "sys/syscall.h", "/dev/null"],
        check=True, capture_output=True, text=True,
    ).stdout
    return {int(n): name for name, n in re.findall(r"#define __NR_(\w+) (\d+)", text)}


def run_examples(carrel: Path, environment: dict[str, str], work: Path) -> int:
    """Every example report in every format it has, counted."""
    runs = 0
    for repository, report, renderers, parameters in EXAMPLES:
        for renderer in renderers:
            command = [carrel, "run", ROOT / "examples" / repository, report, "--renderer",
                       renderer, "--output", work / f"{report}.{renderer}", "--data", work / "data"]
            for parameter in parameters:
                command += ["--param", parameter]
            done = subprocess.run(command, env=environment, capture_output=True, text=True,
                                  check=False)
            if done.returncode != 0:
                sys.exit(f"{report} as {renderer}: {done.stderr}")
            runs += 1
    return runs


def run_repositories(options: argparse.Namespace, environment: dict[str, str], work: Path) -> None:
    command = ["/usr/bin/python3", ROOT / "tests/compat/compare.py", "--carrel",
               options.build / "bin/carrel", "--work", work / "compat"]
    for repository in options.repo:
        command += ["--repo", repository]
    if options.cache:
        command += ["--cache", options.cache]
    subprocess.run(command, env=environment, check=False)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=Path, required=True)
    parser.add_argument("--repo", action="append", default=[], metavar="NAME=PATH")
    parser.add_argument("--cache", type=Path, help="of the comparison's peer environment")
    options = parser.parse_args()
    options.build = options.build.resolve()
    environment = {**os.environ, "CARREL_WORKER": str(options.build / "tests/carrel-worker-audit")}
    rate_limit = RATE_LIMIT.read_text()
    RATE_LIMIT.write_text("0")
    log = KernelLog()
    with tempfile.TemporaryDirectory(prefix="carrel-audit-") as directory:
        work = Path(directory)
        runs = run_examples(options.build / "bin/carrel", environment, work)
        if options.repo:
            run_repositories(options, environment, work)
    log.close()
    RATE_LIMIT.write_text(rate_limit)
    lost = [line for line in log.lines if DROPPED.search(line)] + ["overwritten"] * log.lost
    names = syscall_names()
    calls = collections.Counter(
        names.get(int(m[2]), m[2]) for line in log.lines if (m := RECORD.search(line))
    )
    missing = {name: count for name, count in calls.items() if name not in BY_DESIGN}
    print(f"{runs} runs of examples{' and the repositories' if options.repo else ''}: "
          f"{len(missing)} system calls that are not on the list")
    for name, count in missing.items():
        print(f"  {name}: {count}")
    for name in calls.keys() & BY_DESIGN.keys():
        print(f"  (denied by design: {name}, {calls[name]} times: {BY_DESIGN[name]})")
    for line in lost:
        print(f"  the kernel dropped records: {line}")
    return 1 if missing or lost else 0


if __name__ == "__main__":
    sys.exit(main())
