"""Writes the xlsx templates of this repository: `python make_template.py`, needs openpyxl.

A template is an ordinary workbook with a sheet `Data`; draw it in any spreadsheet program if you
like. Rows of the report start below the header.
"""

from datetime import datetime
from pathlib import Path

from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter

# report -> (column title, width in characters)
TEMPLATES: dict[str, list[tuple[str, int]]] = {
    "amortisation": [
        ("No.", 6), ("Due date", 14), ("Payment", 14), ("Interest", 14), ("Principal", 14),
        ("Balance", 16),
    ],
    "subscriptions": [
        ("Subscription ID", 20), ("External ID", 20), ("Status", 12), ("Created", 20),
        ("Product ID", 18), ("Product", 30), ("Customer ID", 22), ("Customer", 30),
        ("Marketplace", 24), ("Hub", 24),
    ],
}

HEADER_FONT = Font(name="Calibri", bold=True, color="FFFFFF")
HEADER_FILL = PatternFill("solid", start_color="1F4E78")
HEADER_BORDER = Border(bottom=Side("medium", color="9DC3E6"))
HEADER_ALIGNMENT = Alignment(vertical="center", wrap_text=True)


def make_template(path: Path, columns: list[tuple[str, int]]) -> None:
    workbook = Workbook()
    # Fixed dates: making a template again changes nothing that matters.
    workbook.properties.created = workbook.properties.modified = datetime(2024, 1, 1)
    sheet = workbook.active
    sheet.title = "Data"
    for number, (title, width) in enumerate(columns, start=1):
        cell = sheet.cell(row=1, column=number, value=title)
        cell.font = HEADER_FONT
        cell.fill = HEADER_FILL
        cell.border = HEADER_BORDER
        cell.alignment = HEADER_ALIGNMENT
        sheet.column_dimensions[get_column_letter(number)].width = width
    sheet.row_dimensions[1].height = 24
    sheet.freeze_panes = "A2"
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(columns))}1"
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.print_title_rows = "1:1"
    workbook.save(path)


if __name__ == "__main__":
    reports = Path(__file__).parent / "reports"
    for report, columns in TEMPLATES.items():
        make_template(reports / report / "template.xlsx", columns)
