"""Whether a program needs more memory for more work."""

from __future__ import annotations

import subprocess
from pathlib import Path

_GROWTH_KIB = 3 << 10


def peak_kib(command: list[str]) -> int:
    """What the program, which must end well, prints of its own peak (peak_memory.h)."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    name, value = done.stdout.split()
    assert name == "peak_kib" and int(value) > 0, done.stdout
    return int(value)


def check_growth(program: str, less: int, more: int) -> None:
    """The peaks of `program` for less and for more work."""
    if b"__asan_init" in Path(program).read_bytes():
        print("left out: a sanitizer keeps freed memory, the bound of memory says nothing")
        return
    assert more - less < _GROWTH_KIB, (less, more)
