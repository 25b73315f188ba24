"""After the report of our own that is run for practice, before there is a job.

A forked worker shares its memory with its parent until it writes to it, and each page's first write
costs. What is made once, such as caches, is made by the zygote; what every run writes to is written
by a parked worker, so that the job finds it done.
"""

import gc
import os
import sys

from carrel import _entrypoint

_ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "rehearsal")
_MODULE = "carrel_rehearsed_report"


def forget() -> None:
    """Removes every trace of that report."""
    sys.modules.pop(_MODULE, None)
    sys.path_importer_cache.pop(_ROOT, None)
    if _ROOT in sys.path:
        sys.path.remove(_ROOT)


def settle() -> None:
    """In the zygote, after the practice: what is there stays, and no collection looks at it."""
    _entrypoint.forget_streams()
    gc.collect()
    gc.freeze()
