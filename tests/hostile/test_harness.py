"""The harness itself: a report that did get out would be seen."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest
from canaries import Canaries
from case import Case
from harness import Harness, State


@pytest.fixture
def canaries(tmp_path: Path) -> Canaries:
    store, home = tmp_path / "store", tmp_path / "home"
    return Canaries(tmp_path, store, home)


def test_a_canary_file_that_is_opened_is_seen(canaries: Canaries) -> None:
    assert canaries.touched() == []
    for path in canaries.files:
        path.read_bytes()
        assert canaries.touched()
        os.chmod(path, 0o600)
        assert canaries.touched()
        os.chmod(path, 0o644)
        canaries.touched()
    assert canaries.touched() == []
    canaries.close()


def test_a_canary_file_that_is_written_is_seen(canaries: Canaries) -> None:
    content = canaries.files[0].read_text()
    canaries.files[0].write_text("gone")
    assert "a canary file changed" in canaries.touched()
    canaries.files[0].write_text(content)
    canaries.close()


def test_every_listener_tells_who_came(canaries: Canaries) -> None:
    listeners = canaries.listeners
    abstract = "\0" + listeners.abstract_name
    for family, kind, address in (
        (socket.AF_INET, socket.SOCK_STREAM, listeners.tcp.getsockname()),
        (socket.AF_INET, socket.SOCK_DGRAM, listeners.udp.getsockname()),
        (socket.AF_UNIX, socket.SOCK_STREAM, listeners.unix_path),
        (socket.AF_UNIX, socket.SOCK_STREAM, abstract),
        (socket.AF_UNIX, socket.SOCK_DGRAM, listeners.datagram_path),
        (socket.AF_UNIX, socket.SOCK_DGRAM, abstract + "-datagram"),
    ):
        with socket.socket(family, kind) as visitor:
            visitor.connect(address)
            if kind == socket.SOCK_DGRAM:
                visitor.send(b"here")
            assert len(canaries.touched()) == 1, address
    assert canaries.touched() == []
    canaries.close()


def test_a_secret_in_an_output_is_seen(canaries: Canaries) -> None:
    for secret in canaries.secrets:
        assert canaries.seen_in(b"x", f"...{secret}...".encode()) == [secret]
    assert canaries.seen_in(b"CANARY-" + b"0" * 32) == []
    canaries.close()


def test_what_is_left_over_is_named(harness: Harness) -> None:
    state = harness.before
    more = State(state.fds + 1, state.threads, state.mounts, state.children, state.cgroups)
    assert state.differences(more) == [f"fds: {state.fds} -> {state.fds + 1}"]
    assert state.differences(state) == []


def test_a_case_that_does_otherwise_than_it_says_fails(harness: Harness, tmp_path: Path) -> None:
    body = "def generate(*_):\n    raise ValueError('escaped')\n    yield []\n"
    path = tmp_path / "900_fails.py"
    for expectation in ("ok", "plugin_error\n# kind: memory", "plugin_error\n# message: caught"):
        path.write_text(f"# 900 fails\n# expect: {expectation}\n{body}")
        with pytest.raises(AssertionError, match="escaped"):
            harness.run_case(Case.read(path))
    path.write_text(f"# 900 fails\n# expect: plugin_error\n# kind: error\n{body}")
    harness.run_case(Case.read(path))
    path.write_text("# 900 says nothing\n# expect: ok\ndef generate(*_):\n    return []\n")
    with pytest.raises(AssertionError, match="no row"):
        harness.run_case(Case.read(path))


def test_a_case_whose_header_is_not_understood_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "900_header.py"
    path.write_text("# 900 a slip\n# expect: ok\n# limit: cpu_s=1\n")
    with pytest.raises(AssertionError, match="limit"):
        Case.read(path)
    path.write_text("# 900 nothing\n")
    with pytest.raises(AssertionError, match="expect"):
        Case.read(path)
