"""One run of a report of our own in a parked worker, before there is a job.

A forked worker shares its memory with its parent until it writes to it, and each page's first write
costs. What every run writes to is written here, so that the job finds it done.
"""

import json
import os
import sys

from carrel._entrypoint import Report

_ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "rehearsal")
_MODULE = "carrel_rehearsed_report"

_JOB = {
    "root": _ROOT,
    "entrypoint": f"{_MODULE}.generate",
    "spec": "2",
    "renderer_type": "json",
    "template": "",
    "args": {},
    "parameters": {},
    "endpoint": "https://localhost",
    "api_key": "",
    "connection": "",
    "default_limit": 1,
}


def rehearse() -> None:
    """Loads and calls the report and leaves no trace of it."""
    try:
        report = Report(json.dumps(_JOB))
        report.load()
        for _ in report.call():
            pass
    finally:
        sys.modules.pop(_MODULE, None)
        sys.path_importer_cache.pop(_ROOT, None)
        if _ROOT in sys.path:
            sys.path.remove(_ROOT)
