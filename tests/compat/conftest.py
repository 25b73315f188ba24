"""Lets the tests in this folder import the comparison's modules and the test servers."""

import sys
from pathlib import Path

_HERE = Path(__file__).parent
sys.path[:0] = [str(_HERE), str(_HERE.parent / "support")]
