"""Hostile and benign reports at the same time."""

from __future__ import annotations

import json
from typing import Any

from case import SANITIZED, starved
from harness import BENIGN_ROWS, Harness

PROBE = "from probe import *\n"
# What each does to the machine, and how it may end.
HOSTILE = {
    "forks": (
        "import os\ndef generate(*_):\n"
        "    while True:\n"
        "        try: os.fork()\n"
        "        except OSError: pass\n",
        {"cpu_limit"},
    ),
    "threads": (
        "import threading\ndef generate(*_):\n"
        "    threads = []\n"
        "    try:\n"
        "        while True:\n"
        "            threads.append(threading.Thread(target=threading.Event().wait, daemon=True))\n"
        "            threads[-1].start()\n"
        "    except RuntimeError: yield [len(threads) > 4]\n",
        {"ok"},
    ),
    "memory": (
        "def generate(*_):\n"
        "    kept = []\n"
        "    while True: kept.append(bytearray(b'x') * (1 << 20))\n",
        {"memory_limit"},
    ),
    "files": (
        "import os\ndef generate(*_):\n"
        "    number = 0\n"
        "    while True:\n"
        "        number += 1\n"
        "        with open(f'/tmp/{number}', 'wb') as file: file.write(bytes(1 << 16))\n",
        {"tmp_limit"},
    ),
    "prints": (
        "import os\ndef generate(*_):\n    while True: os.write(1, b'x' * 65536)\n",
        {"cpu_limit", "wall_limit"},
    ),
    "noise": (PROBE + "def generate(*_):\n    send(b'x' * (1 << 22))\n", {"protocol_violation"}),
    "crashes": (
        "import ctypes\ndef generate(*_):\n    ctypes.string_at(8)\n",
        {"crashed"},
    ),
    "loops": ("def generate(*_):\n    while True: pass\n", {"cpu_limit"}),
}
LIMITS = {"cpu_s": 1, "wall_s": 60, "idle_s": 60, "memory_mb": 64, "tmp_mb": 16, "log_kb": 64}
if SANITIZED:
    LIMITS["memory_mb"] *= 8
ROUNDS = 4


def benign(harness: Harness, count: int) -> list[dict[str, Any]]:
    languages = ("python", "lua")
    return [
        {
            "checkout": f"checkouts/benign-{languages[i % 2]}",
            "language": languages[i % 2],
            "parameters": harness.parameters(i),
        }
        for i in range(count)
    ]


def test_eight_hostile_reports_do_not_harm_eight_benign_ones(harness: Harness) -> None:
    probe = harness.prepare_probe()
    runs = []
    for name, (source, _) in HOSTILE.items():
        harness.checkout(f"crowd-{name}", {"report.py": source, **probe})
        # What waits for its reader uses no processor time.
        limits = {**LIMITS, "wall_s": 4} if name == "prints" else LIMITS
        runs.append({"checkout": f"checkouts/crowd-{name}", "limits": limits})
    harness.host.send({"parallel": [*runs, *benign(harness, 8)]})
    results = [harness.read_result(answer) for answer in harness.host.receive()]
    for result, (name, (_, verdicts)) in zip(results, HOSTILE.items(), strict=False):
        allowed = result.verdict in verdicts or starved(result, verdicts, LIMITS["cpu_s"])
        assert allowed, (name, json.dumps(result.answer)[:2000])
    for result in results[len(runs) :]:
        assert result.verdict == "ok" and result.table() == BENIGN_ROWS, result.answer
    harness.assert_unharmed()


def test_crowd_after_crowd_of_hostile_reports_leaves_the_benign_ones_right(
    harness: Harness,
) -> None:
    """What a crowd costs its neighbours in time is a figure of tests/bench/sandbox_bench.cc."""
    sources = {
        "sleeps": "import time\ndef generate(*_):\n    time.sleep(100)\n    yield []\n",
        "asks": "import os\ndef generate(*_):\n    os._exit(0)\n",
        "noise": HOSTILE["noise"][0],
        "crashes": HOSTILE["crashes"][0],
        "threads": HOSTILE["threads"][0],
        "files": HOSTILE["files"][0],
        "dies": "def generate(*_):\n    raise SystemExit\n",
        "stands": "import signal\ndef generate(*_):\n    signal.pause()\n",
    }
    for name, source in sources.items():
        harness.checkout(f"crowd-{name}", {"report.py": source, **harness.prepare_probe()})
    hostile = [
        {"checkout": f"checkouts/crowd-{name}", "limits": {**LIMITS, "wall_s": 1}}
        for name in sources
    ]
    for _ in range(ROUNDS):
        results = harness.run_together([*hostile, *benign(harness, 8)])
        for result in results[len(hostile) :]:
            assert result.verdict == "ok" and result.table() == BENIGN_ROWS, result.answer
    harness.assert_unharmed()
