"""Every file of cases/, under every identity at the same time: two hosts that share nothing."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from case import Case, all_cases
from harness import Harness


def problem_of(harness: Harness, case: Case) -> str:
    """What went wrong, for the reader; empty when nothing did."""
    try:
        try:
            harness.run_case(case)
        finally:
            harness.restart_if_dead()
        harness.assert_unharmed()
    except Exception as error:  # noqa: BLE001 - whatever it is, the other identity is told of too
        return f"as {harness.identity}: {type(error).__name__}: {error}"
    return ""


@pytest.mark.parametrize("case", all_cases(), ids=lambda case: case.path.name)
def test_case(harnesses: list[Harness], case: Case) -> None:
    with ThreadPoolExecutor(len(harnesses)) as pool:
        problems = list(pool.map(lambda harness: problem_of(harness, case), harnesses))
    if any(problems):
        pytest.fail("\n".join(filter(None, problems)), pytrace=False)
