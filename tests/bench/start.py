#!/usr/bin/env python3
"""Start to first row: the example reports in our workers, against a bare `python3 -c pass` and
against a new Python process per report that loads the same report with connect-reports-core.

The last one needs connect-reports-core from the package index; without it that row is left out and
said so."""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import peers

ROOT = Path(__file__).resolve().parents[2]

PYTHON_PARAMETERS = {
    "principal": "10000.00",
    "annual_rate": "4.5",
    "first_payment": "2026-01-01",
    "term": "12",
}
LUA_PARAMETERS = {
    "period": {"after": "2026-01-01T00:00:00+00:00", "before": "2026-02-01T00:00:00+00:00"},
    "rows": "all",
}
ENTRYPOINTS = {
    "python": ("reports.amortisation.entrypoint.generate", "1", PYTHON_PARAMETERS),
    "lua": ("reports.working_days.entrypoint.generate", "2", LUA_PARAMETERS),
}


def job(language: str) -> str:
    entrypoint, spec, parameters = ENTRYPOINTS[language]
    return json.dumps(
        {
            "kind": "report",
            "entrypoint": entrypoint,
            "spec": spec,
            "renderer": {"type": "csv", "template": "", "args": None},
            "parameters": json.dumps(parameters),
            "info": {},
        }
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=Path, required=True)
    parser.add_argument("--runs", type=int, default=60)
    peers.add_cache_option(parser)
    options = parser.parse_args()
    python = peers.core(options.cache)
    with tempfile.TemporaryDirectory(prefix="carrel-bench-") as directory:
        store = Path(directory)
        store.chmod(0o755)
        command = [options.build / "bench" / "start_bench", "--worker",
                   options.build / "bin" / "carrel-worker", "--packages",
                   ROOT / "sdk" / "python" / "packages", "--store", store, "--runs",
                   str(options.runs)]
        for language in ("python", "lua"):
            shutil.copytree(ROOT / "examples" / f"{language}-reports", store / language)
            command += ["--job", f"{language} example, parked worker", language,
                        language, job(language)]
        command += ["--peer", "`python3 -c pass`", "/usr/bin/python3 -c pass"]
        if python is None:
            print("connect-reports-core could not be installed: its row is left out",
                  file=sys.stderr)
        else:
            parameters = store / "parameters.json"
            parameters.write_text(json.dumps(PYTHON_PARAMETERS))
            script = ROOT / "tests" / "bench" / "peer_first_row.py"
            command += ["--peer", "connect-reports-core, a new Python a report",
                        f"{python} {script} {store / 'python'} {parameters}"]
        return subprocess.run(command, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
