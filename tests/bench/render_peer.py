"""The rows of the render benchmark through a renderer of connect-reports-core.

Arguments: renderer type, maker of rows, number of rows, directory with template.xlsx. Prints the
seconds from the first row to the file and the peak memory in MB."""

from __future__ import annotations

import resource
import sys
import tempfile
import time

import render_rows
from connect.reports.datamodels import Account, Report
from connect.reports.renderers import get_renderer


def main() -> None:
    kind, maker, count, root = sys.argv[1:]
    renderer = get_renderer(
        kind,
        "bench",
        root,
        Account("VA-000-000", "Bench"),
        Report("bench", "Bench", "Rows", {}),
        "template.xlsx" if kind == "xlsx" else None,
        {},
    )
    # The core cuts a name at its first dot, so the folder's name must have none.
    with tempfile.TemporaryDirectory(prefix="peer_") as folder:
        start = time.perf_counter()
        renderer.render(render_rows.MAKERS[maker](int(count)), f"{folder}/report")
        seconds = time.perf_counter() - start
    print(seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


if __name__ == "__main__":
    main()
