"""The tier without namespaces: what it promises, attacked by cases of its own and by those of the
other tiers that find the same answers there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from case import CASES, Case
from harness import Harness
from test_cases import problem_of

OWN = sorted((Path(__file__).parent / "degraded").iterdir())

# At least one of each layer that is left: filter, Landlock, limits, protocol, broker, languages.
SHARED = (
    "004_environment.py",
    "005_search_own_memory.py",
    "013_file_handles.py",
    "015_remount.py",
    "019_connect_to_the_host.py",
    "020_metadata_service.py",
    "021_socket_families.py",
    "022_abstract_sockets.py",
    "025_descriptors_over_the_socket.py",
    "026_broker_to_private_addresses.py",
    "030_placeholder_key.py",
    "034_fork_bomb.py",
    "037_other_processes.py",
    "038_new_namespaces.py",
    "039_mounts.py",
    "040_io_uring.py",
    "041_kernel_programs.py",
    "042_keyrings.py",
    "048_weaker_filters.py",
    "049_descriptors.py",
    "050_garbage_on_the_socket.py",
    "051_ignores_signals.py",
    "052_new_interpreter.py",
    "053_daemon.py",
    "057_endless_loop.py",
    "059_sleeps_forever.py",
    "062_memory_growth.py",
    "081_the_system.lua",
    "201_arguments_with_high_bits.py",
    "202_threads_with_namespaces.py",
    "204_calls_that_should_kill.py",
    "247_forged_outcomes.py",
)


@pytest.fixture(scope="module")
def degraded() -> Iterator[Harness]:
    harness = Harness("degraded")
    yield harness
    harness.close()


@pytest.mark.parametrize(
    "path", [*OWN, *(CASES / name for name in SHARED)], ids=lambda path: path.name
)
def test_case_without_namespaces(degraded: Harness, path: Path) -> None:
    problem = problem_of(degraded, Case.read(path))
    if problem:
        pytest.fail(problem, pytrace=False)
