"""What the tests of hostile repositories share: the program, a server, and what a refusal is."""

from __future__ import annotations

import os
import resource
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
for _directory in ("tests/integration", "tests/support"):
    sys.path.insert(0, str(ROOT / _directory))

from carrel_runner import Carrel, Done  # noqa: E402
from git_http_server import GitHttpServer  # noqa: E402
from report_repos import Files, python_repo, write  # noqa: E402

BUILD = Path(os.environ.get("CARREL_BUILD", ROOT / "build")).resolve()
# Refusing a repository may not take longer, whatever it holds.
PROMPT_S = 120.0  # a bound against hanging, not a measurement
REFUSED = {1, 2, 3, 6, 7}  # exit codes of a repository or an address that is not accepted


def bare(server: GitHttpServer, name: str = "demo.git") -> Path:
    return Path(server.root_directory) / name  # type: ignore[attr-defined]


def refused(carrel: Carrel, *words: object) -> Done:
    """The call ends soon, in a refusal that is no crash and shows nothing of the host."""
    started = time.monotonic()
    done = carrel(*words)
    assert time.monotonic() - started < PROMPT_S, words
    assert done.code in REFUSED, f"exit {done.code}\n{done.out}\n{done.err}"
    assert "root:x:0" not in done.out + done.err
    return done


def assert_good_runs(carrel: Carrel, tmp_path: Path) -> None:
    good = write(python_repo("yield (7,)"), tmp_path / "good")
    carrel.ok("run", good, "demo", "--output", "good.csv")
    assert (carrel.work / "good.csv").read_bytes() == b'"7"\r\n'
    assert carrel.leftovers() == []


def files(**changes: str) -> Files:
    return {**python_repo("yield (1,)"), **changes}


def children_within(before: int, kib: int) -> None:
    """No child since `before`, the most_memory() of that time, took more; a child seems to begin
    with what its parent had."""
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    after = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    assert after <= max(before, own, kib), f"{after} KiB"


def most_memory() -> int:
    """KiB that a child may seem to have used before it did anything: a fork begins with its
    parent's pages."""
    return max(
        resource.getrusage(who).ru_maxrss
        for who in (resource.RUSAGE_CHILDREN, resource.RUSAGE_SELF)
    )
