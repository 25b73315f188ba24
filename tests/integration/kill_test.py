"""kill -9 at a random moment of a run: the next run is right and nothing is left behind.

CARREL_KILL_ROUNDS sets the number of rounds (default 20).
"""

from __future__ import annotations

import os
import random
import signal
import time
from pathlib import Path

from carrel_runner import Carrel
from git_http_server import GitHttpServer
from git_repo import GitRepo
from report_repos import python_repo

ROUNDS = int(os.environ.get("CARREL_KILL_ROUNDS", "20"))
BODY = """\
import time
for n in range(40):
    progress(n, 40)
    time.sleep(0.01)
    yield (n, 'x' * 9000)
"""
EXPECTED = b"".join(b'"%d";"%s"\r\n' % (n, b"x" * 9000) for n in range(40))
GONE_WITHIN_S = 60.0


def descendants(pid: int) -> set[int]:
    """Every process below `pid` now."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except (OSError, IndexError):
                continue
            children.setdefault(parent, []).append(int(entry.name))
    found: set[int] = set()
    stack = [pid]
    while stack:
        for child in children.get(stack.pop(), []):
            found.add(child)
            stack.append(child)
    return found


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except (OSError, IndexError):
        return False


def mounts() -> list[str]:
    return sorted(Path("/proc/self/mounts").read_text().splitlines())


def test_a_killed_run_leaves_nothing_and_the_next_one_is_right(
    carrel: Carrel, git_root: Path, git_http: GitHttpServer
) -> None:
    repository = GitRepo.from_files(python_repo(BODY), git_root / "demo.git")
    words = ["run", git_http.url("demo.git"), "demo"]
    before = mounts()
    start = time.monotonic()
    carrel.ok(*words)
    length = time.monotonic() - start
    chance = random.Random(ROUNDS)
    for turn in range(ROUNDS):
        if turn % 4 == 0:  # with work for the fetch, the checkout and the validation too
            repository.commit_files({**python_repo(BODY), "turn.txt": f"{turn}\n"})
        process = carrel.start(*words, start_new_session=True)
        time.sleep(chance.uniform(0, length * 1.1))
        family = descendants(process.pid)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        deadline = time.monotonic() + GONE_WITHIN_S
        while any(map(is_running, family)) and time.monotonic() < deadline:
            time.sleep(0.02)
        assert [pid for pid in family if is_running(pid)] == [], f"round {turn}"

        (carrel.work / "demo.csv").unlink(missing_ok=True)
        carrel.ok(*words)
        assert (carrel.work / "demo.csv").read_bytes() == EXPECTED, f"round {turn}"
        assert carrel.integrity() == "ok"
        assert carrel.leftovers() == [], f"round {turn}"
        assert mounts() == before
    states = {report["status"] for report in carrel.reports()}
    assert "deploying" not in states
    for report in carrel.reports():
        assert report["attempts"] <= 3
