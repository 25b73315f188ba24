"""A machine that grants no namespaces: nothing runs there unless the operator has asked for it."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from carrel_runner import ROOT, TIMEOUT_S, Carrel, Done

SECCOMP_EXEC = ROOT / "tests/support/seccomp_exec.py"
NO_NAMESPACES = ROOT / "tests/support/no_namespaces.json"
# No account has this id.
ORDINARY_USER = 65530 if os.geteuid() == 0 else None
WARNING = "carrel: warning: sandbox tier degraded"


def without_namespaces(
    *command: object, home: Path, uid: int | None = ORDINARY_USER, **environment: str
) -> Done:
    words = [sys.executable, str(SECCOMP_EXEC), str(NO_NAMESPACES)]
    words += ["--uid", str(uid)] if uid is not None else []
    sanitizers = {k: v for k, v in os.environ.items() if k.endswith("SAN_OPTIONS")}
    done = subprocess.run(
        [*words, "--", *map(str, command)],
        env={"PATH": "/usr/bin:/bin", "CARREL_DATA": str(home / "data")} | sanitizers | environment,
        cwd="/",
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    return Done(done.returncode, done.stdout, done.stderr)


@pytest.fixture
def home() -> Iterator[Path]:
    """A directory of whoever runs carrel."""
    with tempfile.TemporaryDirectory(prefix="carrel-degraded-") as directory:
        Path(directory).chmod(0o1777)
        yield Path(directory)


def a_report(carrel: Carrel, home: Path, *options: str) -> tuple[object, ...]:
    return (
        *(carrel.program, "run", ROOT / "examples/python-reports", "amortisation"),
        *("--param", "principal=1000", "--param", "annual_rate=4.5"),
        *("--param", "first_payment=2026-01-31", "--param", "term=12"),
        *("--output", home / "out", *options),
    )


def test_the_degraded_tier_is_refused_unless_asked_for(carrel: Carrel, home: Path) -> None:
    for command in ((carrel.program, "doctor"), a_report(carrel, home)):
        done = without_namespaces(*command, home=home)
        assert done.code == 5, f"{done.out}\n{done.err}"
        text = done.out + done.err
        assert "sandbox/profiles/README.md" in text and "--sandbox degraded" in text, text
        assert WARNING not in done.err
    assert not (home / "out").exists()


def test_a_report_runs_in_it_says_so_and_keeps_it(carrel: Carrel, home: Path) -> None:
    done = without_namespaces(*a_report(carrel, home, "--sandbox", "degraded", "--json"), home=home)
    assert done.code == 0, f"{done.out}\n{done.err}"
    assert done.err.count(WARNING) == 1, done.err
    assert done.json["status"] == "ready" and done.json["sandbox"].startswith("degraded (Landlock")
    assert (home / "out").stat().st_size > 0
    shown = without_namespaces(carrel.program, "report", "show", done.json["id"], home=home)
    assert shown.code == 0 and "degraded (Landlock" in shown.out
    assert WARNING not in shown.err, "nothing runs"


@pytest.mark.parametrize(
    ("repository", "report", "parameters"),
    [("lua-reports", "working_days", ['period={"after":"2026-01-01","before":"2026-02-01"}'])],
)
def test_a_lua_report_runs_in_it_by_the_setting(
    carrel: Carrel, home: Path, repository: str, report: str, parameters: list[str]
) -> None:
    words = [word for parameter in parameters for word in ("--param", parameter)]
    done = without_namespaces(
        *(carrel.program, "run", ROOT / "examples" / repository, report, *words),
        *("--param", "rows=all", "--output", home / "out", "--json"),
        home=home,
        CARREL_SANDBOX_DEGRADED="on",
    )
    assert done.code == 0, f"{done.out}\n{done.err}"
    assert done.err.count(WARNING) == 1, done.err


def test_doctor_shows_what_is_missing(carrel: Carrel, home: Path) -> None:
    done = without_namespaces(carrel.program, "doctor", "--sandbox", "degraded", home=home)
    assert done.code == 0, f"{done.out}\n{done.err}"
    assert WARNING in done.err
    lines = {line.split("  ")[1]: line for line in done.out.splitlines() if line.startswith("  ")}
    assert "degraded" in lines["tier"]
    assert "no: reports run as the user" in lines["user namespaces"]


@pytest.mark.skipif(os.geteuid() != 0, reason="what root is refused")
def test_root_is_refused_even_then(carrel: Carrel, home: Path) -> None:
    done = without_namespaces(
        carrel.program, "doctor", "--sandbox", "degraded", home=home, uid=None
    )
    assert done.code == 5, f"{done.out}\n{done.err}"
    assert "not for root" in done.out + done.err


def test_where_namespaces_can_be_had_the_permission_changes_nothing(carrel: Carrel) -> None:
    done = carrel("doctor", "--sandbox", "degraded", "--json")
    assert done.code == 0 and WARNING not in done.err
    assert done.json["layers"]["tier"] in ("full", "root")
