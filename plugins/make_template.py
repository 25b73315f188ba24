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
    "requests_by_status": [
        ("Product ID", 20), ("Product", 32), ("Type", 14), ("Status", 16), ("Requests", 12),
        ("First created", 20), ("Last created", 20),
    ],
    "usage_by_subscription": [
        ("Subscription ID", 24), ("External ID", 24), ("Product ID", 24), ("Product", 32),
        ("Marketplace", 15), ("Customer ID", 24), ("Customer", 32), ("Tier", 12), ("Currency", 12),
        ("Usage files", 15), ("Records", 12), ("Amount", 18), ("First usage", 20),
        ("Last usage", 20),
    ],
    "usage_by_item": [
        ("Period", 12), ("Product ID", 24), ("Product", 32), ("Item ID", 24), ("MPN", 20),
        ("Item", 32), ("Unit", 12), ("Tier", 12), ("Currency", 12), ("Subscriptions", 17),
        ("Records", 12), ("Quantity", 16), ("Amount", 18),
    ],
    "usage_file_ageing": [
        ("File ID", 24), ("File", 32), ("Status", 12), ("Environment", 15), ("Vendor", 32),
        ("Distributor", 32), ("Product ID", 24), ("Product", 32), ("Period from", 15),
        ("Period to", 13), ("Currency", 12), ("Open chunks", 15), ("Created", 20),
        ("Last step", 20), ("Days since last step", 24), ("Days since period", 21),
        ("Age group", 13),
    ],
    "invalid_usage_records": [
        ("Product ID", 24), ("Product", 32), ("Vendor", 32), ("Code", 12), ("Column", 12),
        ("Files", 12), ("Records", 12), ("Errors", 12), ("Message", 48), ("Example file", 24),
        ("Example record", 24), ("Example value", 24),
    ],
    "monthly_statement": [
        ("Month", 12), ("Account ID", 24), ("Account", 32), ("External ID", 24), ("Line", 12),
        ("Schema", 12), ("Currency", 12), ("Subscription ID", 24), ("Subscription external ID", 24),
        ("Product", 32), ("Item ID", 24), ("MPN", 20), ("Item", 32), ("Records", 12),
        ("Quantity", 16), ("Unit", 12), ("Amount", 18),
    ],
    "focus_cost_and_usage": [
        (name, 24)
        for name in (
            "BilledCost", "BillingAccountId", "BillingAccountName", "BillingAccountType",
            "BillingCurrency", "BillingPeriodEnd", "BillingPeriodStart", "ChargeCategory",
            "ChargeClass", "ChargeDescription", "ChargeFrequency", "ChargePeriodEnd",
            "ChargePeriodStart", "ConsumedQuantity", "ConsumedUnit", "ContractedCost",
            "EffectiveCost", "InvoiceId", "InvoiceIssuerName", "ListCost", "PricingQuantity",
            "PricingUnit", "ProviderName", "PublisherName", "ResourceId", "ResourceName",
            "ResourceType", "ServiceCategory", "ServiceName", "ServiceSubcategory", "SkuId",
            "SkuMeter", "x_UsageRecordId", "x_UsageFileId", "x_UsageSchema", "x_RecordStatus",
            "x_CategoryName", "x_ItemMpn", "x_SubscriptionExternalId", "x_MarketplaceName",
        )
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
