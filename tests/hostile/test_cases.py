"""Every file of cases/, under every identity."""

from __future__ import annotations

import pytest
from harness import Case, Harness, all_cases


@pytest.mark.parametrize("case", all_cases(), ids=lambda case: case.name)
def test_case(harness: Harness, case: Case) -> None:
    try:
        harness.run_case(case)
    finally:
        harness.restart_if_dead()
    harness.assert_unharmed()
