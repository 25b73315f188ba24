"""What every black-box test of the binary works with: the program, its data directory, servers.

The build directory comes from CARREL_BUILD (default: build in the checkout).
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/render"))  # office
sys.path.insert(0, str(ROOT / "tests/support"))
sys.path.insert(0, str(Path(__file__).parent))

from broker_bench import Bench  # noqa: E402
from carrel_runner import BUILD, Carrel  # noqa: E402
from connect_api import ConnectApi  # noqa: E402
from git_http_server import GitHttpServer  # noqa: E402
from http_fault_server import HttpFaultServer  # noqa: E402

# Of what a shell runs in the background SIGINT is ignored, under nohup SIGHUP, and a program leaves
# them so.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
    signal.signal(signal.SIGHUP, signal.SIG_DFL)

os.environ.setdefault("CARREL_GIT_TOOL", str(BUILD / "tests/carrel_git_tool"))


@pytest.fixture
def carrel(tmp_path: Path) -> Carrel:
    """The program with a data directory and a working directory of its own."""
    work = tmp_path / "work"
    work.mkdir()
    return Carrel(BUILD / "bin/carrel", tmp_path / "data", work)


@pytest.fixture
def git_root(tmp_path: Path) -> Path:
    """The directory that `git_http` serves."""
    path = tmp_path / "git"
    path.mkdir()
    return path


@pytest.fixture
def git_http(git_root: Path) -> Iterator[GitHttpServer]:
    with GitHttpServer(git_root) as server:
        yield server


@pytest.fixture
def api() -> Iterator[ConnectApi]:
    """An api that asks for the key `SU-1:secret` and holds five subscriptions."""
    assets = [
        {
            "id": f"AS-{number}",
            "external_id": f"ext-{number}",
            "status": "active" if number % 2 else "terminated",
            "events": {"created": {"at": f"2025-03-0{number}T10:00:00+00:00"}},
            "product": {"id": "PRD-1", "name": "Product"},
            "tiers": {"customer": {"id": "TA-1", "name": "Customer"}},
            "marketplace": {"id": "MP-1", "name": "Market"},
            "connection": {"hub": {"id": "HB-1", "name": "Hub"}},
        }
        for number in range(1, 6)
    ]
    with ConnectApi({"subscriptions/assets": assets, "requests": []}, api_key="SU-1:secret") as up:
        yield up


@pytest.fixture
def server() -> Iterator[HttpFaultServer]:
    with HttpFaultServer() as running:
        yield running


@pytest.fixture
def canary() -> Iterator[HttpFaultServer]:
    """A server that no report is permitted to reach."""
    with HttpFaultServer() as running:
        yield running


@pytest.fixture
def bench(carrel: Carrel, tmp_path: Path) -> Bench:
    return Bench(carrel, tmp_path)
