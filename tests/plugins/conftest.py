"""Fixtures of the tests of `plugins/`; see `usage_host.py`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

_TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(_TESTS / name) for name in ("plugins", "support", "integration")]

import usage_data
from connect_api import ConnectApi
from usage_host import API_KEY, UsageHost, make_host


@pytest.fixture(scope="session")
def host(tmp_path_factory: pytest.TempPathFactory) -> UsageHost:
    """The data set of the golden files."""
    return make_host(tmp_path_factory.mktemp("usage"), usage_data.make())


@pytest.fixture
def watched_host(tmp_path: Path) -> Iterator[UsageHost]:
    """The same data from a server, which knows what it was asked."""
    data = usage_data.make()
    with ConnectApi(data.collections(), api_key=API_KEY) as api:
        yield make_host(tmp_path, data, api)


@pytest.fixture
def host_of(tmp_path: Path) -> Iterator[Callable[[usage_data.UsageData], UsageHost]]:
    """`host_of(data)`: a host with a data set of its own, which may be one that no store holds."""
    servers: list[ConnectApi] = []

    def start(data: usage_data.UsageData) -> UsageHost:
        servers.append(ConnectApi(data.collections(), api_key=API_KEY))
        servers[-1].start()
        return make_host(tmp_path, data, servers[-1])

    yield start
    for server in servers:
        server.stop()
