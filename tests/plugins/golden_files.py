"""Outputs of the reports in a form to keep and compare: `approve.py` writes them.

csv as it is; json a row a line; a workbook's sheet `Data` a row a line, each cell with its type.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import openpyxl

GOLDEN = Path(__file__).parent / "golden"
APPROVE = "CARREL_APPROVE_GOLDEN"

FEBRUARY = {"after": "2025-02-01T00:00:00+00:00", "before": "2025-03-01T00:00:00+00:00"}
MARCH = {"after": "2025-03-01T00:00:00+00:00", "before": "2025-04-01T00:00:00+00:00"}
COMPUTE = {"all": False, "choices": ["PRD-100-200-303"]}

# Report -> parameters of its golden files.
CASES: dict[str, dict[str, Any]] = {
    "usage_by_subscription": {"period": FEBRUARY},
    "usage_by_item": {"period": FEBRUARY},
    "usage_file_ageing": {"as_of": "2025-06-01"},
    "invalid_usage_records": {},
    "monthly_statement": {"month": "2025-02-14", "product": COMPUTE},
    "focus_cost_and_usage": {
        "period": FEBRUARY,
        "product": COMPUTE,
        "services": '{"PRD-100-200-303": "Virtual Machines"}',
    },
}


def text_of(path: Path) -> str:
    if path.suffix == ".csv":
        return path.read_bytes().decode("utf-8")
    if path.suffix == ".json":
        rows = json.loads(path.read_bytes())
        return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    sheet = openpyxl.load_workbook(path)["Data"]
    lines = ([_cell(cell) for cell in row] for row in sheet.iter_rows())
    return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)


def _cell(cell: Any) -> list[str] | None:
    return None if cell.value is None else [cell.data_type, str(cell.value), cell.number_format]


def hold(report: str, output: Path) -> None:
    """Compares an output with its golden file, or makes it the golden file."""
    suffix = ".xlsx.jsonl" if output.suffix == ".xlsx" else output.suffix
    golden = GOLDEN / f"{report}{suffix}"
    text = text_of(output)
    if os.environ.get(APPROVE):
        golden.parent.mkdir(exist_ok=True)
        golden.write_bytes(text.encode())
        return
    assert golden.is_file(), f"no {golden.name}: see approve.py"
    assert text == golden.read_bytes().decode(), f"{golden.name} differs: see approve.py"
