"""Puts the worker's packages on the path and starts a real API for the tests that want one."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
if str(HERE) not in sys.path:
    sys.path.insert(0, str(HERE))

from sdk_loopback import PACKAGES, LoopbackApi, LoopbackHost  # noqa: E402

if str(PACKAGES) not in sys.path:
    sys.path.insert(0, str(PACKAGES))


@pytest.fixture
def api() -> Iterator[LoopbackApi]:
    with LoopbackApi().running() as running:
        yield running


@pytest.fixture
def host(api: LoopbackApi) -> Iterator[LoopbackHost]:
    with LoopbackHost(api).installed() as installed:
        yield installed


@pytest.fixture
def client(api: LoopbackApi, host: LoopbackHost):
    from connect.client import ConnectClient

    return ConnectClient("ApiKey placeholder", api.endpoint, default_limit=10, connection="main")


@pytest.fixture
def async_client(api: LoopbackApi, host: LoopbackHost):
    from connect.client import AsyncConnectClient

    return AsyncConnectClient(
        "ApiKey placeholder", api.endpoint, default_limit=10, connection="main"
    )
