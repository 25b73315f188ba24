"""Keeps modules of the zygote from doing at each fork what no fork of it needs.

Some modules make their locks anew in the child, for the case that another thread held one. The
zygote has one thread and holds none of them. What they run in vain is Python code, whose every
object is written to: in a new child, each page of that is copied.
"""

import os
import sys
from collections.abc import Callable
from typing import Any

_LOCKS_ONLY = frozenset({"concurrent.futures.thread", "logging", "threading"})

_register = os.register_at_fork


def leave_locks_alone() -> None:
    """From now on these modules register nothing for a fork when they are imported."""
    os.register_at_fork = _register_others


def restore() -> None:
    os.register_at_fork = _register


def _register_others(**callbacks: Callable[[], Any]) -> None:
    if sys._getframe(1).f_globals.get("__name__") not in _LOCKS_ONLY:
        _register(**callbacks)
