"""What is left when a process of the tree is killed, and how soon a limit ends a report."""

from __future__ import annotations

import contextlib
import os
import signal
import statistics
import time
from collections.abc import Iterator

import pytest
from harness import BENIGN, IDENTITIES, Harness, cgroups

# From a limit, or the host's death, to nothing left: some milliseconds on an idle machine. A bound
# against hanging, not a measurement; those are in tests/bench.
GONE_WITHIN_S = 25.0
SLEEPS = "import time\ndef generate(*_):\n    time.sleep(1000)\n    yield ['never']\n"
BEGINS = (
    "import time, _carrel\n"
    "def generate(*_):\n"
    "    _carrel.call('default', 'GET', '/begun')\n"
    "    time.sleep(1000)\n"
    "    yield ['never']\n"
)


@pytest.fixture(params=IDENTITIES)
def own(request: pytest.FixtureRequest) -> Iterator[Harness]:
    """A host that the test may kill."""
    harness = Harness(request.param)
    yield harness
    harness.close()


def descendants(harness: Harness) -> dict[int, int]:
    """Pids below the host, with the time each was started."""
    pids = harness.ask({"status": {}})["children"]
    return {pid: started for pid in pids if (started := started_at(pid))}


def started_at(pid: int) -> int:
    """0 when there is no such process, or only what waits to be reaped is left of it."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            fields = file.read().rpartition(") ")[2].split()
    except OSError:
        return 0
    return 0 if fields[0] in "ZX" else int(fields[19])


def command_of(pid: int) -> str:
    """Empty when it is gone."""
    try:
        with open(f"/proc/{pid}/cmdline") as file:
            return file.read()
    except OSError:
        return ""


def parent_of(pid: int) -> int:
    """0 when it is gone."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            return int(file.read().rpartition(") ")[2].split()[1])
    except OSError:
        return 0


def zygote_of(tree: dict[int, int], language: str) -> dict[str, int]:
    """The helper that the host started, the init below it, and the zygote below that."""
    helper = next(p for p in tree if language in command_of(p) and parent_of(p) not in tree)
    init = next(pid for pid in tree if parent_of(pid) == helper)
    zygote = next(pid for pid in tree if parent_of(pid) == init)
    return {"helper": helper, "init": init, "zygote": zygote}


def begin_sleeping(harness: Harness) -> None:
    """A report runs, and its answer is still to come."""
    harness.checkout("begins", {"report.py": BEGINS})
    run = {"checkout": "checkouts/begins", "language": "python", "parameters": {}}
    harness.host.send({"run": run})
    deadline = time.monotonic() + 60
    while not any("/begun" in line for line, _ in harness.server.taken()):
        assert time.monotonic() < deadline, "the report does not begin"
        time.sleep(0.01)


def seconds_until_gone(processes: dict[int, int]) -> float:
    start = time.monotonic()
    while any(started_at(pid) == started for pid, started in processes.items()):
        assert time.monotonic() - start < 60, "processes are left over"
        time.sleep(0.001)
    return time.monotonic() - start


def members(groups: set[str]) -> dict[int, int]:
    """The processes of these groups, with the time each was started."""
    found = {}
    for group in groups:
        with contextlib.suppress(OSError), open(f"{group}/cgroup.procs") as file:
            found |= {int(pid): started_at(int(pid)) for pid in file.read().split()}
    return {pid: started for pid, started in found.items() if started}


def test_a_killed_host_takes_its_whole_tree_with_it(own: Harness) -> None:
    taken = []
    for _ in range(3):
        processes = descendants(own)
        assert len(processes) >= 6  # helper, init and zygote of each language
        host = own.host.process.pid
        begin_sleeping(own)
        own.host.process.kill()
        own.host.process.wait()
        taken.append(seconds_until_gone(processes | members(cgroups(host))))
        own.restart_if_dead()
        assert not cgroups(host), "control groups of the killed host are left over"
        own.run_benign()
    print("gone after", taken)
    assert statistics.median(taken) <= GONE_WITHIN_S, taken


@pytest.mark.parametrize("role", ["init", "zygote"])
def test_a_killed_zygote_fails_its_reports_and_comes_back(own: Harness, role: str) -> None:
    tree = descendants(own)
    parts = zygote_of(tree, "python")
    parked = {pid for pid in tree if parent_of(pid) == parts["zygote"]}
    begin_sleeping(own)
    os.kill(parts[role], signal.SIGKILL)
    answer = own.read_result(own.host.receive())
    assert answer.verdict == "sandbox_error", (answer.verdict, answer.message)
    seconds_until_gone({pid: tree[pid] for pid in {*parts.values(), *parked}})
    # The other language's goes on, this one's is started again.
    own.assert_unharmed(*BENIGN)


def wait_for_a_benign_run(harness: Harness, language: str) -> None:
    run = {"checkout": f"checkouts/benign-{language}", "language": language}
    deadline = time.monotonic() + 120
    answer = harness.ask({"run": run})
    while answer.get("verdict") != "ok":
        # While the next start is waited for, the host says so.
        assert "error" in answer or answer["verdict"] == "sandbox_error", answer
        assert time.monotonic() < deadline, answer
        time.sleep(0.1)
        answer = harness.ask({"run": run})


def test_zygotes_that_die_again_and_again_come_back(own: Harness) -> None:
    for _ in range(4):
        for language in BENIGN:
            tree = descendants(own)
            if any(language in command_of(pid) for pid in tree):
                os.kill(zygote_of(tree, language)["zygote"], signal.SIGKILL)
        wait_for_a_benign_run(own, "python")
    for language in BENIGN:
        for _ in range(4):  # parked workers outlive their zygote, until the host has seen it die
            wait_for_a_benign_run(own, language)
    for path in own.outputs.iterdir():
        path.unlink()
    own.assert_unharmed(*BENIGN)


def test_a_report_ends_soon_after_its_limit(harness: Harness) -> None:
    harness.checkout("sleeps", {"report.py": SLEEPS})
    run = {"checkout": "checkouts/sleeps", "language": "python", "limits": {"wall_s": 1}}
    results = harness.run_together([run] * 8)
    assert {result.verdict for result in results} == {"wall_limit"}
    late = sorted(result.wall_s - 1 for result in results)
    print("after the limit", late)
    assert all(0 <= seconds <= GONE_WITHIN_S for seconds in late), late
    harness.assert_unharmed()


def test_a_limit_ends_threads_that_are_busy_in_the_kernel(harness: Harness) -> None:
    source = (
        "import os, threading\n"
        "def fill():\n"
        "    data = bytes(1 << 20)\n"
        "    while True:\n"
        "        with open(f'/tmp/{threading.get_ident()}', 'wb') as file:\n"
        "            for _ in range(4): file.write(data)\n"
        "def generate(*_):\n"
        "    for _ in range(6): threading.Thread(target=fill, daemon=True).start()\n"
        "    fill()\n"
    )
    harness.checkout("busy", {"report.py": source})
    limits = {"wall_s": 1, "tmp_mb": 64, "cpu_s": 60, "memory_mb": 256}
    result = harness.run({"checkout": "checkouts/busy", "language": "python", "limits": limits})
    assert result.verdict == "wall_limit", result.answer
    assert result.wall_s <= 1 + GONE_WITHIN_S, result.wall_s
    harness.assert_unharmed()
