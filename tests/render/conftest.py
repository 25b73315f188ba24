"""What the tests of rendered files work with: the programs, and the folders they import from.

The build directory comes from CARREL_BUILD (default: build in the checkout).
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
_FOLDERS = ("render", "support", "compat", "integration", "unit/render")
sys.path[:0] = [str(ROOT / "tests" / folder) for folder in _FOLDERS]

from carrel_runner import Carrel

BUILD = Path(os.environ.get("CARREL_BUILD", ROOT / "build")).resolve()


@pytest.fixture
def render_rows() -> Path:
    """The renderer alone: rows from a file, no worker."""
    return BUILD / "tests/render_rows"


@pytest.fixture
def carrel(tmp_path: Path) -> Carrel:
    """The program with a data directory and a working directory of its own."""
    work = tmp_path / "work"
    work.mkdir()
    return Carrel(BUILD / "bin/carrel", tmp_path / "data", work)
