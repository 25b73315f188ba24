"""Lets the tests in this folder, and the servers, import each other by plain name."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
