"""`carrel catalog`: files into the store, lists and single objects out of it."""

from __future__ import annotations

import json
from pathlib import Path

from carrel_runner import Carrel

SAMPLES = Path(__file__).resolve().parents[2] / "examples" / "catalogue"
