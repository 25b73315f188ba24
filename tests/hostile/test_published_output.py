"""What the host keeps of a report that writes its own end: only a file that is what was said of it.

The worker's word for its output (rows, bytes, hash) is a claim. These reports make false claims,
change the file behind a true one, or choose what the host's file looks like to others.
"""

from __future__ import annotations

import hashlib
import os
import stat
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
for _directory in ("tests/integration", "tests/support"):
    sys.path.insert(0, str(ROOT / _directory))

from carrel_runner import Carrel, Done  # noqa: E402
from report_repos import python_repo, write  # noqa: E402

BUILD = Path(os.environ.get("CARREL_BUILD", ROOT / "build")).resolve()
PROBE = (ROOT / "tests/hostile/probes/probe.py").read_text()
UNPRIVILEGED = 65533  # the user of the host, where these tests run as root
IDENTITIES = ("root", "user") if os.geteuid() == 0 else ("user",)

CLAIM = """
import hashlib, os, time
from probe import OUTCOME, frame, send
def claim(content, **changes):
    os.ftruncate(4, 0)
    os.pwrite(4, content, 0)
    truth = {"status": "ok", "rows": 1, "bytes": len(content),
             "sha256": hashlib.sha256(content).hexdigest(),
             "finish_time": "2025-01-01T00:00:00+00:00"}
    send(frame(OUTCOME, {**truth, **changes}))
"""


class Host(Carrel):
    """The program under one identity."""

    def __init__(self, base: Path, identity: str) -> None:
        super().__init__(BUILD / "bin/carrel", base / "data", base / "work")
        self.work.mkdir()
        self.user = UNPRIVILEGED if identity == "user" and os.geteuid() == 0 else None
        base.chmod(0o755)
        if self.user is not None:
            for path in (base, self.work):
                os.chown(path, self.user, self.user)

    def start(self, *words: object, **options: Any) -> Any:
        if self.user is not None:
            options |= {"user": self.user, "group": self.user, "extra_groups": []}
        return super().start(*words, **options)

    def run_body(self, body: str, **options: Any) -> Done:
        source = self.work.parent / "repo"
        write({**python_repo(body), "probe.py": PROBE}, source)
        return self("run", source, "demo", "--output", "out.csv", "--json", **options)

    @property
    def artifacts(self) -> list[Path]:
        return [p for p in (self.data / "artifacts").rglob("*") if p.is_file()]


@pytest.fixture(params=IDENTITIES)
def host(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Host:
    base = tmp_path_factory.mktemp("host")
    for parent in base.parents:
        if parent.stat().st_uid == os.geteuid() and str(parent) != "/":
            parent.chmod(parent.stat().st_mode | 0o011)
    return Host(base, request.param)


def assert_nothing_was_kept(host: Host, done: Done) -> None:
    assert done.code == 1, done.err
    assert not (host.work / "out.csv").exists()
    assert host.artifacts == []
    assert host.reports()[0]["status"] == "failed"


def assert_kept_as_it_is(host: Host, done: Done) -> bytes:
    """What is stored, what was copied out and what is said of both agree."""
    assert done.code == 0, done.err
    data = (host.work / "out.csv").read_bytes()
    assert [p.read_bytes() for p in host.artifacts] == [data]
    said = host.ok("report", "show", host.reports()[0]["id"], "--json").out
    assert hashlib.sha256(data).hexdigest() in said
    return data


FALSE_CLAIMS = {
    "another hash": 'sha256="0" * 64',
    "a hash in capitals": 'sha256=hashlib.sha256(b"x").hexdigest().upper()',
    "no hash": "sha256=None",
    "a hash that is a number": "sha256=0",
    "an empty hash": 'sha256=""',
    "a hash with a path": 'sha256="../../../../etc/passwd"',
    "too many bytes": "bytes=1 << 40",
    "too few bytes": "bytes=1",
    "negative bytes": "bytes=-1",
    "bytes as text": 'bytes="9"',
    "more rows than there can be": "rows=(1 << 64) - 1",
}


@pytest.mark.parametrize("claim", FALSE_CLAIMS.values(), ids=FALSE_CLAIMS.keys())
def test_a_false_claim_is_a_violation_and_nothing_is_kept(host: Host, claim: str) -> None:
    done = host.run_body(CLAIM + f'claim(b"some text", {claim})\nos._exit(0)\nyield (1,)')
    assert_nothing_was_kept(host, done)
    assert "protocol error" in done.err, done.err


def test_a_file_that_changes_behind_its_hash_is_not_kept(host: Host) -> None:
    body = CLAIM + (
        'claim(b"some text")\n'
        'os.pwrite(4, b"other text, and longer", 0)\n'
        "os._exit(0)\nyield (1,)"
    )
    done = host.run_body(body)
    assert_nothing_was_kept(host, done)


def test_a_mapping_that_outlives_the_outcome_changes_nothing_that_is_kept(host: Host) -> None:
    body = CLAIM + (
        "import mmap, threading\n"
        "content = bytes(range(256)) * 4096\n"
        "claim(content)\n"
        "view = mmap.mmap(4, len(content))\n"
        "while True:\n"
        "    view[0:8] = os.urandom(8)\n"
        "yield (1,)"
    )
    done = host.run_body(body)
    if done.code == 0:
        assert_kept_as_it_is(host, done)
    else:
        assert_nothing_was_kept(host, done)


def test_threads_that_write_beside_the_renderer_cannot_make_the_record_wrong(host: Host) -> None:
    body = (
        "import os, threading\n"
        "def scribble():\n"
        "    while True:\n"
        "        os.pwrite(4, os.urandom(64), 0)\n"
        "for _ in range(4):\n"
        "    threading.Thread(target=scribble, daemon=True).start()\n"
        "for number in range(20000):\n"
        "    yield (number,)"
    )
    done = host.run_body(body)
    if done.code == 0:
        assert_kept_as_it_is(host, done)
    else:
        assert_nothing_was_kept(host, done)


def test_an_output_that_was_another_file_is_not_kept(host: Host) -> None:
    body = (
        "import os\n"
        "os.dup2(os.open('/tmp/other', os.O_RDWR | os.O_CREAT), 4)\n"
        "for number in range(1000):\n"
        "    yield (number, 'x' * 100)"
    )
    assert_nothing_was_kept(host, host.run_body(body))


def test_an_output_emptied_at_the_end_is_kept_as_what_it_is(host: Host) -> None:
    body = (
        "import os\n"
        "try:\n"
        "    for number in range(20000):\n"
        "        yield (number, 'x' * 50)\n"
        "finally:\n"
        "    os.ftruncate(4, 0)\n"
    )
    done = host.run_body(body)
    if done.code == 0:
        assert len(assert_kept_as_it_is(host, done)) < 3 << 20
    else:
        assert_nothing_was_kept(host, done)


def test_the_mode_of_what_is_kept_is_the_hosts(host: Host) -> None:
    body = (
        "import os\n"
        "told = []\n"
        "for mode in (0o4777, 0o777, 0o666):\n"
        "    try:\n"
        "        os.fchmod(4, mode)\n"
        "        told.append('changed')\n"
        "    except PermissionError:\n"
        "        told.append('EPERM')\n"
        "yield ('#!/bin/sh', *told)"
    )
    done = host.run_body(body)
    data = assert_kept_as_it_is(host, done)
    assert b"changed" not in data and data.count(b"EPERM") == 3
    for path in (*host.artifacts, host.work / "out.csv"):
        mode = stat.S_IMODE(path.stat().st_mode)
        assert mode & (stat.S_ISUID | stat.S_ISGID | 0o111 | stat.S_IWOTH) == 0, oct(mode)
    for path in host.artifacts:
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path


def test_a_sparse_output_costs_no_more_than_it_says(host: Host) -> None:
    body = CLAIM + (
        "os.ftruncate(4, 8 << 20)\n"
        "size = 8 << 20\n"
        "send(frame(OUTCOME, {'status': 'ok', 'rows': 1, 'bytes': size, 'finish_time': '',\n"
        "    'sha256': hashlib.sha256(bytes(size)).hexdigest()}))\n"
        "os._exit(0)\nyield (1,)"
    )
    done = host.run_body(body)
    if done.code == 0:
        assert len(assert_kept_as_it_is(host, done)) == 8 << 20


def test_blocks_beyond_the_end_are_not_kept(host: Host) -> None:
    body = (
        "from probe import syscall\n"
        "for offset in range(16):\n"
        "    syscall(285, 4, 1, offset << 26, 1 << 26)\n"
        "yield (1,)"
    )
    source = host.work.parent / "repo"
    write({**python_repo(body), "probe.py": PROBE}, source)
    host("run", source, "demo", "--output", "out.csv", "--limit", "output_mb=4")
    used = sum(p.stat().st_blocks * 512 for p in host.data.rglob("*") if p.is_file())
    assert used < 32 << 20, f"{used >> 20} MiB of the host's disk for an output of a few bytes"
