"""The tier without namespaces: what it still promises, tried by the cases that attack it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from harness import Case, Harness, all_cases
from test_cases import problem_of


@pytest.fixture(scope="module")
def degraded() -> Iterator[Harness]:
    harness = Harness("degraded")
    yield harness
    harness.close()


@pytest.mark.parametrize("case", all_cases(), ids=lambda case: case.path.name)
def test_case_without_namespaces(degraded: Harness, case: Case) -> None:
    problem = problem_of(degraded, case)
    if problem:
        pytest.fail(problem, pytrace=False)
