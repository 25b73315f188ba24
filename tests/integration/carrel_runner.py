"""Runs the carrel binary the way a person does, and reads what it says."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]  # of the checkout
BUILD = Path(os.environ.get("CARREL_BUILD", ROOT / "build")).resolve()
# A sanitizer takes several times the memory for the same work.
SANITIZED = b"__asan_init" in (BUILD / "bin/carrel").read_bytes()
TIMEOUT_S = 300  # far beyond what any call takes: whoever needs it hangs


@dataclass(frozen=True)
class Done:
    """One finished call."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Carrel:
    """The program with one data directory, called in one working directory."""

    def __init__(self, program: Path, data: Path, work: Path) -> None:
        self.program = program
        self.data = data
        self.work = work
        self.environment: dict[str, str] = {}

    def start(self, *words: object, **options: Any) -> subprocess.Popen[str]:
        environment = {
            "PATH": "/usr/bin:/bin",
            "HOME": str(self.work),
            "CARREL_DATA": str(self.data),
            **{k: v for k, v in os.environ.items() if k.endswith("SAN_OPTIONS")},
            **self.environment,
            **options.pop("env", {}),
        }
        return subprocess.Popen(
            [str(self.program), *map(str, words)],
            cwd=self.work,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            **options,
        )

    def __call__(self, *words: object, **options: Any) -> Done:
        process = self.start(*words, **options)
        try:
            out, err = process.communicate(timeout=TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            raise
        return Done(process.returncode, out, err)

    def ok(self, *words: object, **options: Any) -> Done:
        done = self(*words, **options)
        assert done.code == 0, f"exit {done.code}\n{done.out}\n{done.err}"
        return done

    def reports(self) -> list[dict[str, Any]]:
        """Newest first."""
        reports: list[dict[str, Any]] = self.ok("report", "list", "--json").json
        return reports

    def integrity(self) -> str:
        with sqlite3.connect(self.data / "carrel.db") as database:
            return str(database.execute("PRAGMA integrity_check").fetchone()[0])

    def leftovers(self) -> list[Path]:
        """Files below the data directory that only a run in progress may have."""
        found = [*self.data.rglob("*.part"), *self.data.rglob(".tmp-*"), *self.data.rglob("*.tmp")]
        return sorted(found)


def measured(carrel: Carrel, *words: object) -> tuple[Done, int]:
    """The call, and the most memory in KiB that the program itself had; not its workers'."""
    process = carrel.start(*words)
    highest = 0

    def watch() -> None:
        nonlocal highest
        while process.poll() is None:
            # Not ru_maxrss, which begins with what the caller had.
            try:
                status = Path(f"/proc/{process.pid}/status").read_text()
            except OSError:  # it ended since poll()
                return
            marks = [line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:")]
            highest = max([highest, *map(int, marks)])
            time.sleep(0.01)

    with ThreadPoolExecutor(1) as pool:
        watching = pool.submit(watch)
        out, err = process.communicate(timeout=TIMEOUT_S)
        watching.result()
    return Done(process.returncode, out, err), highest
