"""The names that reports import, and that importing them costs next to nothing."""

import subprocess
import sys

from sdk_loopback import CLEAN_ENVIRONMENT

NAMES = """
from connect.client import R, ClientError, ConnectClient, AsyncConnectClient, RequestLogger
from connect.client.rql import R as R2
from connect.client.rql.base import RQLQuery, R as R3
from connect.client.rql.utils import parse_kwargs, to_rql_value
from connect.client.exceptions import ClientError as E2
from connect.client.fluent import ConnectClient as C2, AsyncConnectClient as A2
from connect.client.models import (NS, Action, AsyncAction, AsyncCollection, AsyncNS, AsyncResource,
    AsyncResourceSet, Collection, NotYetEvaluatedError, Resource, ResourceSet)
from connect.client.models.base import Collection as B
from connect.client.models.resourceset import ResourceSet as S
from connect.client.utils import ContentRange, parse_content_range, resolve_attribute, get_values
from connect.client.version import get_version
import cnct, cnct.rql
assert R is R2 is R3 is RQLQuery is cnct.R is cnct.rql.R
assert cnct.ConnectClient is ConnectClient and cnct.ClientError is ClientError is E2
assert str(R()) == '' and not R()
"""


def run(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=CLEAN_ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_every_name_that_reports_import_is_there() -> None:
    run(NAMES)


def test_importing_pulls_in_nothing_heavy() -> None:
    heavy = {
        "asyncio",
        "concurrent.futures",
        "email",
        "http.client",
        "httpx",
        "logging",
        "requests",
        "socket",
        "ssl",
        "urllib.request",
    }
    loaded = run(NAMES + "import sys, carrel.http; print(*sys.modules)").split()
    assert heavy & set(loaded) == set()


def test_other_distributions_can_share_the_connect_namespace() -> None:
    assert run("import connect, connect.client; print(connect.__file__)") == "None\n"


def test_a_client_without_a_host_says_what_is_missing() -> None:
    code = """
from connect.client import ConnectClient
try:
    ConnectClient('key', connection='main').products.all().first()
except ImportError as error:
    print(error.name)
"""
    assert run(code) == "_carrel\n"
