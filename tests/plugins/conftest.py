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
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[UsageHost]:
    """The data set of the golden files."""
    data = usage_data.make()
    with ConnectApi(data.collections(), api_key=API_KEY) as api:
        yield make_host(tmp_path_factory.mktemp("usage"), data, api)


@pytest.fixture
def host_of(tmp_path: Path) -> Iterator[Callable[[usage_data.UsageData], UsageHost]]:
    """`host_of(data)`: a host with a data set of its own."""
    servers: list[ConnectApi] = []

    def start(data: usage_data.UsageData) -> UsageHost:
        servers.append(ConnectApi(data.collections(), api_key=API_KEY))
        servers[-1].start()
        return make_host(tmp_path, data, servers[-1])

    yield start
    for server in servers:
        server.stop()
