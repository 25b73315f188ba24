#!/usr/bin/env python3
"""What the sandbox costs: start to first line, kills, neighbours, memory and reports a second.

The peers are processes and sandboxes that do nothing; one that this machine lacks, or does not let
run, is left out and said so."""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PYTHON = "/usr/bin/python3"

NOOP_PYTHON = """\
import time

STAMP = time.clock_gettime_ns(time.CLOCK_MONOTONIC)


def generate(client, parameters, progress):
    yield [STAMP]


def spin(client, parameters, progress):
    print("spinning")
    while True:
        pass
    yield [STAMP]
"""

NOOP_LUA = """\
print("begun")

local report = {}

function report.generate()
  return {{0}}
end

function report.spin()
  print("spinning")
  while true do end
end

return report
"""

# What the ratios are taken to.
BASES = {
    "`/bin/true`": "/bin/true",
    "`python3 -c pass`": f"{PYTHON} -c pass",
}
BUBBLEWRAP = "bwrap --unshare-all --ro-bind / /"
FIREJAIL = "firejail --quiet --noprofile --net=none --private-tmp --seccomp"
NSJAIL = "nsjail --quiet --mode o --chroot / --"
PEERS = {
    "`python3`, the modules of a report": f'{PYTHON} -c "import json,csv,datetime,decimal,jinja2"',
    "bubblewrap, `true`": f"{BUBBLEWRAP} /bin/true",
    "bubblewrap, `python3 -c pass`": f"{BUBBLEWRAP} {PYTHON} -c pass",
    "firejail, `true`": f"{FIREJAIL} /bin/true",
    "firejail, `python3 -c pass`": f"{FIREJAIL} {PYTHON} -c pass",
    "nsjail, `true`": f"{NSJAIL} /bin/true",
    "nsjail, `python3 -c pass`": f"{NSJAIL} {PYTHON} -c pass",
}


def runs_here(name: str, command: str) -> bool:
    """Whether a peer is there and works; says so when not."""
    program = command.split()[0]
    if shutil.which(program) is None:
        print(f"{program} is not installed: {name} is left out", file=sys.stderr)
        return False
    done = subprocess.run(command, shell=True, check=False, capture_output=True, text=True)
    if done.returncode != 0:
        reason = (done.stderr.strip() or f"status {done.returncode}").splitlines()[-1]
        print(f"{name} does not run here and is left out: {reason}", file=sys.stderr)
    return done.returncode == 0


def make_store(store: Path) -> None:
    store.chmod(0o755)
    noop = store / "noop"
    noop.mkdir()
    (noop / "report.py").write_text(NOOP_PYTHON)
    (noop / "report.lua").write_text(NOOP_LUA)
    (noop / "README.md").write_text("A report that does nothing.\n")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=Path, required=True)
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--reports", type=int, default=3000)
    parser.add_argument("--only", choices=["sandbox", "throughput"])
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="carrel-bench-") as directory:
        store, data = Path(directory) / "store", Path(directory) / "data"
        Path(directory).chmod(0o755)
        store.mkdir()
        data.mkdir()
        make_store(store)
        common = ["--worker", options.build / "bin" / "carrel-worker", "--packages",
                  ROOT / "sdk" / "python" / "packages", "--store", store]
        starts = [options.build / "bench" / "sandbox_bench", *common, "--runs", str(options.runs)]
        for flag, peers in (("--base", BASES), ("--peer", PEERS)):
            for name, command in peers.items():
                if options.only != "throughput" and runs_here(name, command):
                    starts += [flag, name, command]
        throughput = [options.build / "bench" / "throughput_bench", *common, "--data", data,
                      "--reports", str(options.reports)]
        status = 0
        if options.only != "throughput":
            status = subprocess.run(starts, check=False).returncode
            print(flush=True)
        if options.only != "sandbox":
            status = subprocess.run(throughput, check=False).returncode or status
        return status


if __name__ == "__main__":
    sys.exit(main())
