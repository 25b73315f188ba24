"""Our client against ``connect-openapi-client``: the same text, the same requests, the same rows.

The golden files hold what that package did (see `make_golden.py`). With ``CARREL_PEER_VENV`` naming
a virtual environment that has it, a few thousand more cases are compared live.
"""

import asyncio
import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from connect.client import AsyncConnectClient, ClientError, ConnectClient, R
from sdk_cases import cut_targets, run_case, run_expression
from sdk_loopback import LoopbackApi, LoopbackHost

HERE = Path(__file__).resolve().parent
GOLDEN = HERE / "golden"


def rql_differences(expected: dict[str, str]) -> list[tuple[str, str, str]]:
    ours = {source: run_expression(source, {"R": R}) for source in expected}
    return [
        (source, expected[source], text)
        for source, text in ours.items()
        if text != expected[source]
    ]


def request_differences(
    cases: list[dict[str, Any]], api: LoopbackApi
) -> list[tuple[dict[str, Any], Any, Any]]:
    def make_client(mode: str) -> Any:
        kind = AsyncConnectClient if mode == "async" else ConnectClient
        return kind("ApiKey placeholder", api.endpoint, default_limit=10, connection="main")

    loop = asyncio.new_event_loop()
    different = []
    for case in cases:
        api.seen.clear()
        result = run_case(case, {"R": R, "ClientError": ClientError}, make_client, loop)
        sent = cut_targets(api.seen)
        if sent != case["requests"] or result != case["result"]:
            different.append((case, sent, result))
    loop.close()
    return different


def test_filters_print_the_text_of_the_golden_file() -> None:
    expected = json.loads((GOLDEN / "rql.json").read_text())["expressions"]
    assert len(expected) > 500
    assert rql_differences(expected) == []


def test_calls_send_and_give_what_the_golden_file_says(
    api: LoopbackApi, host: LoopbackHost
) -> None:
    cases = json.loads((GOLDEN / "requests.json").read_text())["cases"]
    assert len(cases) > 300
    assert request_differences(cases, api) == []


@pytest.mark.skipif(
    "CARREL_PEER_VENV" not in os.environ,
    reason="CARREL_PEER_VENV names no virtual environment with connect-openapi-client",
)
def test_random_cases_agree_with_the_installed_peer(api: LoopbackApi, host: LoopbackHost) -> None:
    python = Path(os.environ["CARREL_PEER_VENV"]) / "bin" / "python"
    seed = int(os.environ.get("CARREL_PEER_SEED", "1"))
    printed = subprocess.run(
        [python, HERE / "make_golden.py", "--print", str(seed), "5000", "1500"],
        check=True,
        stdout=subprocess.PIPE,
        env={"PATH": os.environ["PATH"]},
    )
    expected = json.loads(printed.stdout)
    assert rql_differences(expected["rql"]) == []
    assert request_differences(expected["requests"], api) == []
