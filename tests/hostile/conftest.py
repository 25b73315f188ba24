"""One host an identity for all tests of a session; the program, where a test runs that."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from harness import IDENTITIES, Harness  # noqa: E402
from repositories import BUILD, Carrel, GitHttpServer  # noqa: E402


class Hosts:
    """Started when they are first asked for."""

    def __init__(self) -> None:
        self._harnesses: dict[str, Harness] = {}

    def get(self, identity: str) -> Harness:
        """The host of that identity, alive and at rest."""
        if identity not in self._harnesses:
            self._harnesses[identity] = Harness(identity)
        self._harnesses[identity].restart_if_dead()
        return self._harnesses[identity]

    def close(self) -> None:
        for harness in self._harnesses.values():
            harness.close()


@pytest.fixture(scope="session")
def hosts() -> Iterator[Hosts]:
    hosts = Hosts()
    yield hosts
    hosts.close()


@pytest.fixture(params=IDENTITIES)
def harness(request: pytest.FixtureRequest, hosts: Hosts) -> Harness:
    """For a test that runs once an identity."""
    return hosts.get(request.param)


@pytest.fixture
def harnesses(hosts: Hosts) -> list[Harness]:
    """For a test that runs them side by side."""
    return [hosts.get(identity) for identity in IDENTITIES]


@pytest.fixture
def carrel(tmp_path: Path) -> Carrel:
    work = tmp_path / "work"
    work.mkdir()
    return Carrel(BUILD / "bin/carrel", tmp_path / "data", work)


@pytest.fixture
def served(tmp_path: Path) -> Iterator[GitHttpServer]:
    root = tmp_path / "git"
    root.mkdir()
    with GitHttpServer(root) as server:
        server.root_directory = root  # type: ignore[attr-defined]
        yield server
