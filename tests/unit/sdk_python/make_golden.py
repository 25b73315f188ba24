"""Writes what ``connect-openapi-client`` prints, sends and returns, for our package to be held to.

python3 -m venv /tmp/venv-peer && /tmp/venv-peer/bin/pip install connect-openapi-client
/tmp/venv-peer/bin/python make_golden.py            writes golden/rql.json, golden/requests.json
/tmp/venv-peer/bin/python make_golden.py --print SEED EXPRESSIONS CASES      to stdout, for one
                                                    live comparison with another seed
"""

import asyncio
import json
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

from connect.client import AsyncConnectClient, ClientError, ConnectClient, R
from sdk_cases import FIXED_CASES, Generator, cut_targets, run_case, run_expression
from sdk_loopback import LoopbackApi

GOLDEN = Path(__file__).resolve().parent / "golden"
SEED, EXPRESSIONS, CASES = 20200101, 700, 260


def peer_rql(seed: int, count: int) -> dict[str, str]:
    generator = Generator(seed)
    sources = (generator.expression(1 + index % 4) for index in range(count))
    return {source: run_expression(source, {"R": R}) for source in sources}


def peer_requests(seed: int, count: int) -> list[dict[str, Any]]:
    generator = Generator(seed)
    kinds = (
        generator.sync_case,
        generator.sync_case,
        generator.async_case,
        generator.sequence_case,
    )
    cases = FIXED_CASES + [kinds[index % len(kinds)]() for index in range(count)]
    loop = asyncio.new_event_loop()
    answers = []
    with LoopbackApi().running() as api:

        def make_client(mode: str) -> Any:
            kind = AsyncConnectClient if mode == "async" else ConnectClient
            return kind(
                "ApiKey placeholder",
                api.endpoint,
                default_limit=10,
                max_retries=0,
                resourceset_append=False,
            )

        for case in cases:
            api.seen.clear()
            result = run_case(case, {"R": R, "ClientError": ClientError}, make_client, loop)
            answers.append({**case, "requests": cut_targets(api.seen), "result": result})
    return answers


def main(arguments: list[str]) -> None:
    if arguments[:1] == ["--print"]:
        seed, expressions, cases = map(int, arguments[1:])
        json.dump(
            {"rql": peer_rql(seed, expressions), "requests": peer_requests(seed, cases)}, sys.stdout
        )
        return
    GOLDEN.mkdir(exist_ok=True)
    made_with = f"connect-openapi-client {version('connect-openapi-client')}"
    for name, key, value in (
        ("rql.json", "expressions", peer_rql(SEED, EXPRESSIONS)),
        ("requests.json", "cases", peer_requests(SEED, CASES)),
    ):
        rows = (
            [f"{json.dumps(source)}: {json.dumps(text)}" for source, text in value.items()]
            if isinstance(value, dict)
            else [json.dumps(row) for row in value]
        )
        opening, closing = "{}" if isinstance(value, dict) else "[]"
        (GOLDEN / name).write_text(
            f'{{"made_with": {json.dumps(made_with)}, "{key}": {opening}\n'
            + ",\n".join(rows)
            + f"\n{closing}}}\n"
        )


if __name__ == "__main__":
    main(sys.argv[1:])
