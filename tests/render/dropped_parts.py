"""Renders xlsx templates as we do and as the peer does, and prints what only we keep.

    dropped_parts.py --build build TEMPLATE_OR_DIRECTORY...

For each template: whether openpyxl reads equal cells from both outputs, whether ours has lost
anything or has a fault, and the parts of the template that openpyxl (hence the peer) drops.
The exit code is 1 when cells differ or something of ours is lost.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
import warnings
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

_HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(_HERE), str(_HERE.parent / "support"), str(_HERE.parent / "unit/render")]

import ooxml_check
import openpyxl
import xlsx_differential
from fidelity import dropped_by, lost, render
from templates import read_parts

_ROWS: list[list[Any]] = [
    ["text", 1, 1.5, None, True, date(2020, 1, 2), datetime(2021, 3, 4, 5, 6, 7)] * 9,
    *([f"row {number}", Decimal("1.10"), None] * 18 for number in range(60)),
]


def _is_new_date(line: str, template: Path) -> bool:
    """A date where the template has no cell looks like other such cells, style 0, but for its
    number format. openpyxl leaves out the alignment of style 0."""
    match = re.match(r"Data!([A-Z]+\d+): {'alignment': ", line)
    return bool(match) and not openpyxl.load_workbook(template)["Data"][match[1]].has_style


def _examine(program: Path, template: Path, folder: Path) -> tuple[list[str], list[str]]:
    """(what is wrong, what the peer drops)."""
    ours, theirs = folder / "ours.xlsx", folder / "theirs.xlsx"
    done = render(program, template, _ROWS, ours, start_row=2, start_col=1)
    if done.returncode != 0:
        return [done.stderr.strip()], []
    xlsx_differential.fill_with_openpyxl(str(template), _ROWS, 2, 1, str(theirs))
    differ = xlsx_differential.compare(str(ours), str(theirs))
    wrong = [f"cells: {line}" for line in differ if not _is_new_date(line, template)]
    wrong += [f"lost: {line}" for line in lost(template, ours)]
    own = set(ooxml_check.faults(template))
    wrong += [f"fault: {line}" for line in ooxml_check.faults(ours) if line not in own]
    dropped = dropped_by(theirs, template)
    missing = [part for part in dropped if part not in read_parts(ours)]
    return wrong + [f"dropped by us too: {part}" for part in missing], dropped


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=Path, required=True)
    parser.add_argument("paths", type=Path, nargs="+")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    templates = [
        found
        for path in options.paths
        for found in (sorted(path.rglob("*.xlsx")) if path.is_dir() else [path])
    ]
    failures = 0
    with tempfile.TemporaryDirectory(prefix="carrel-parts-") as folder:
        for template in templates:
            wrong, dropped = _examine(
                options.build.resolve() / "tests/render_rows", template.resolve(), Path(folder)
            )
            failures += bool(wrong)
            print(f"{template}: {'equal' if not wrong else '; '.join(wrong[:5])}")
            for part in dropped:
                print(f"    only we keep {part}")
    print(f"{len(templates)} templates, {failures} with differences")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
