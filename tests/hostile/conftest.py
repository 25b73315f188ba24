"""One host an identity for all cases of a session."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from harness import Harness  # noqa: E402

# Root tests both: its workers run under an id of their own, an ordinary user's under the user's.
IDENTITIES = ("root", "user") if os.geteuid() == 0 else ("user",)


@pytest.fixture(scope="session", params=IDENTITIES)
def session_harness(request: pytest.FixtureRequest) -> Iterator[Harness]:
    harness = Harness(request.param)
    yield harness
    harness.close()


@pytest.fixture
def harness(session_harness: Harness) -> Harness:
    """The host, alive and at rest."""
    session_harness.restart_if_dead()
    return session_harness
