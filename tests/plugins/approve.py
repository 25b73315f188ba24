"""Makes the present outputs of the reports the golden ones: `python3 tests/plugins/approve.py`.

Read the difference (`git diff tests/plugins/golden`) before you commit it. CARREL_BUILD names the
build directory (default: build).
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from golden_files import APPROVE

if __name__ == "__main__":
    here = Path(__file__).parent
    tests = [str(here / "usage_reports_test.py"), "-k", "golden"]
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *tests]
    sys.exit(subprocess.call(command, env={**os.environ, APPROVE: "1"}))
