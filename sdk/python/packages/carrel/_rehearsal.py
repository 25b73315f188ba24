"""After the report of our own that a parked worker runs for practice, before there is a job.

A forked worker shares its memory with its parent until it writes to it, and each page's first write
costs. What every run writes to is written then, so that the job finds it done.
"""

import os
import sys

_ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "rehearsal")
_MODULE = "carrel_rehearsed_report"


def forget() -> None:
    """Removes every trace of that report."""
    sys.modules.pop(_MODULE, None)
    sys.path_importer_cache.pop(_ROOT, None)
    if _ROOT in sys.path:
        sys.path.remove(_ROOT)
