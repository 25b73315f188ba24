"""Charts of xlsx reports, read back with openpyxl and LibreOffice.

Usage: xlsx_charts.py RENDER_ROWS

The template has a chart of its own on the sheet Data, a sheet named Charts and header cells of
every kind (shared, inline, formatted runs, a formula). Its parts must stay as they are; the
report's charts must refer to exactly the rows that were written.
"""

from __future__ import annotations

import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from typing import Any

import openpyxl
from openpyxl.chart import BarChart, Reference

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "support"))
import ooxml_check

CHARTS = [
    {"type": "bar", "title": "Amount & <tax>", "x": "Month", "y": ["Amount", "Tax (€)"],
     "anchor": "C3"},
    {"type": "line", "x": "When", "y": "Amount"},
    {"type": "pie", "title": "Share", "x": "Month", "y": "Amount", "anchor": "XFD1048576"},
]  # fmt: skip
DAY = 86_400_000_000


def make_template(path: pathlib.Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Data"
    for column, name in enumerate(["Month", "Amount", "Tax (€)", "When"], 2):
        sheet.cell(3, column, name)
    own = BarChart()
    own.add_data(Reference(sheet, min_col=3, min_row=3, max_row=9), titles_from_data=True)
    sheet.add_chart(own, "K2")
    book.create_sheet("Charts")["A1"] = "taken"
    book.save(path)


class Tool:
    def __init__(self, program: str, work: pathlib.Path) -> None:
        self.program = program
        self.work = work

    def run(self, charts: Any, rows: list[Any], **args: Any) -> subprocess.CompletedProcess:
        job = {"type": "xlsx", "root": str(self.work), "template": "template.xlsx",
               "args": {"start_row": 4, "start_col": 2, "charts": charts, **args},
               "finish_time": "2020-10-14T10:25:00+00:00"}  # fmt: skip
        (self.work / "job.json").write_text(json.dumps(job))
        (self.work / "rows.jsonl").write_text("\n".join(json.dumps(row) for row in rows))
        names = ("job.json", "rows.jsonl", "out.xlsx")
        command = [self.program, *(str(self.work / name) for name in names)]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    def render(self, charts: Any, rows: list[Any], **args: Any) -> pathlib.Path:
        done = self.run(charts, rows, **args)
        assert done.returncode == 0, done.stderr
        return self.work / "out.xlsx"


def make_rows(count: int) -> list[Any]:
    return [[["text", f"m{i}"], ["decimal", f"{i}.50"], ["int", i * 7], ["date", (18000 + i) * DAY]]
            for i in range(count)]  # fmt: skip


def series_of(chart: Any) -> list[tuple[str, str, str]]:
    found = []
    for series in chart.series:
        labels = series.cat.numRef or series.cat.strRef
        found.append((series.tx.strRef.f, labels.f, series.val.numRef.f))
    return found


def points_of(cells: Any) -> list[tuple[int, Any]]:
    kept = cells.strCache if hasattr(cells, "strCache") else cells.numCache
    return [(point.idx, point.v) for point in kept.pt]


def check_kept_values(tool: Tool) -> None:
    """What previews draw: as many points as are kept, and nothing for what is no number."""
    rows = make_rows(1200)
    rows[1] = [["text", "<none>"], ["text", "n/a"], ["float", "nan"], ["none"]]
    path = tool.render(CHARTS, rows)
    assert ooxml_check.faults(path) == []
    bar, line, _ = openpyxl.load_workbook(path)["Charts1"]._charts
    amount, tax = bar.series
    assert points_of(amount.tx.strRef) == [(0, "Amount")]
    labels = points_of(amount.cat.strRef)
    assert labels[:3] == [(0, "m0"), (1, "<none>"), (2, "m2")] and len(labels) == 1000
    assert amount.cat.strRef.strCache.ptCount == 1000
    assert points_of(amount.val.numRef)[:2] == [(0, 0.5), (2, 2.5)]
    assert points_of(tax.val.numRef)[-1] == (999, 999 * 7)
    days = line.series[0].cat.numRef
    assert days.numCache.formatCode == "yyyy-mm-dd"
    assert points_of(days)[:2] == [(0, 18000 + 25569), (2, 18002 + 25569)]


def check_read_back(tool: Tool) -> None:
    path = tool.render(CHARTS, make_rows(6))
    assert ooxml_check.faults(path) == []
    with zipfile.ZipFile(path) as made, zipfile.ZipFile(tool.work / "template.xlsx") as template:
        for name in template.namelist():
            if "chart" in name or "drawing" in name:
                assert made.read(name) == template.read(name), name
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == ["Data", "Charts", "Charts1", "Info"]
    assert len(book["Data"]._charts) == 1, "the template's own"
    bar, line, pie = book["Charts1"]._charts
    assert [type(c).__name__ for c in (bar, line, pie)] == ["BarChart", "LineChart", "PieChart"]
    labels = "'Data'!$B$4:$B$9"
    assert series_of(bar) == [("'Data'!$C$3", labels, "'Data'!$C$4:$C$9"),
                              ("'Data'!$D$3", labels, "'Data'!$D$4:$D$9")]  # fmt: skip
    assert series_of(line) == [("'Data'!$C$3", "'Data'!$E$4:$E$9", "'Data'!$C$4:$C$9")]
    assert line.series[0].cat.numRef is not None and bar.series[0].cat.strRef is not None
    assert line.x_axis.numFmt.formatCode == "yyyy-mm-dd"
    assert series_of(pie) == [("'Data'!$C$3", labels, "'Data'!$C$4:$C$9")]
    assert bar.title.tx.rich.p[0].r[0].t == "Amount & <tax>" and line.title is None
    corners = [(c.anchor._from.col, c.anchor._from.row) for c in (bar, line, pie)]
    assert corners == [(2, 2), (1, 22), (16374, 1048555)], corners
    assert pie.anchor.to.col < 16384 and pie.anchor.to.row < 1048576
    again = path.read_bytes()
    assert tool.render(CHARTS, make_rows(6)).read_bytes() == again, "not deterministic"


def check_edges(tool: Tool) -> None:
    """No rows, and more rows than one sheet has."""
    book = openpyxl.load_workbook(tool.render(CHARTS[:1], []))
    assert series_of(book["Charts1"]._charts[0])[0][2] == "'Data'!$C$4:$C$4"
    template = tool.work / "template.xlsx"
    kept = template.read_bytes()
    deep = openpyxl.Workbook()
    deep.active.title = "Data"
    for column, name in enumerate(["Month", "Amount", "Tax (€)"], 2):
        deep.active.cell(1_048_574, column, name)
    deep.save(template)
    book = openpyxl.load_workbook(tool.render(CHARTS[:1], make_rows(4), start_row=1_048_575))
    assert book.sheetnames == ["Data", "Data (2)", "Charts", "Info"]
    values = series_of(book["Charts"]._charts[0])[0][2]
    assert values == "'Data'!$C$1048575:$C$1048576", values
    template.write_bytes(kept)


def check_headers(tool: Tool) -> None:
    """Names are found in whatever way a cell holds its text."""
    template = tool.work / "template.xlsx"
    kept = template.read_bytes()
    with zipfile.ZipFile(template) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    sheet = parts["xl/worksheets/sheet1.xml"].decode()
    cells = (
        '<c r="B3" t="inlineStr"><is><r><t>Mo</t></r><r><t>nth</t></r></is></c>'
        '<c r="C3" t="str"><f>A1</f><v>Amount</v></c><c r="D3"><v>2024</v></c>'
        '<c r="F3" t="s"><v>1</v></c>'
    )
    sheet = re.sub(r'(<row r="3"[^>]*>).*?</row>', lambda m: m[1] + cells + "</row>", sheet)
    parts["xl/worksheets/sheet1.xml"] = sheet.encode()
    strings = (
        '<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>no</t></si>'
        '<si><r><t>A &amp; </t></r><r><t>B</t></r><rPh sb="0" eb="1"><t>hint</t></rPh></si></sst>'
    )
    parts["xl/sharedStrings.xml"] = strings.encode()
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    for part, closing, added in [
        ("xl/_rels/workbook.xml.rels", b"</Relationships>",
         f'<Relationship Id="s" Type="{office}/sharedStrings" Target="sharedStrings.xml"/>'),
        ("[Content_Types].xml", b"</Types>",
         '<Override PartName="/xl/sharedStrings.xml" ContentType="application/vnd.openxmlformats-'
         'officedocument.spreadsheetml.sharedStrings+xml"/>'),
    ]:  # fmt: skip
        parts[part] = parts[part].replace(closing, added.encode() + closing)
    with zipfile.ZipFile(template, "w") as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    chart = {"type": "bar", "x": "Month", "y": ["Amount", "2024", "A & B"]}
    book = openpyxl.load_workbook(tool.render([chart], make_rows(2)))
    names = [name for name, _, _ in series_of(book["Charts1"]._charts[0])]
    assert names == ["'Data'!$C$3", "'Data'!$D$3", "'Data'!$F$3"], names
    template.write_bytes(kept)


def check_refusals(tool: Tool) -> None:
    for charts, args, message in [
        ([{"type": "bar", "x": "Mont", "y": "Amount"}], {},
         'template template.xlsx: args.charts[0].x: found "Mont", expected one of the columns '
         '"Month", "Amount", "Tax (€)", "When"; did you mean \'Month\'?'),
        ([{"type": "bar", "x": "Month", "y": "Month", "anchor": "2H"}], {},
         'args.charts[0].anchor: expected a cell such as "H2", found "2H"'),
        (CHARTS, {"start_row": 1}, "args.charts: start_row is 1"),
        (CHARTS, {"start_row": 9}, "expected one of the columns no column at all"),
    ]:  # fmt: skip
        done = tool.run(charts, [], **args)
        assert done.returncode == 1 and message in done.stderr, done.stderr


def check_libreoffice(tool: Tool) -> None:
    """It draws each chart: an object of its own in the document it makes of the workbook."""
    if shutil.which("soffice") is None:
        print("left out: LibreOffice is not installed")
        return
    path = tool.render(CHARTS, make_rows(6))
    subprocess.run(
        ["soffice", f"-env:UserInstallation=file://{tool.work}/profile", "--headless",
         "--convert-to", "ods", "--outdir", str(tool.work), str(path)],
        check=True, capture_output=True, timeout=300)  # fmt: skip
    with zipfile.ZipFile(tool.work / "out.ods") as archive:
        objects = [n for n in archive.namelist() if re.fullmatch(r"Object \d+/content.xml", n)]
        drawn = [archive.read(name).decode() for name in objects]
    assert len(drawn) == 4, objects
    kinds = sorted(re.findall(r'chart:class="chart:(\w+)"', " ".join(drawn)))
    assert {"bar", "line", "circle"} <= set(kinds), kinds
    values = " ".join(drawn)
    assert "m5" in values and "5.5" in values and "Amount &amp; &lt;tax&gt;" in values


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        tool = Tool(sys.argv[1], pathlib.Path(folder))
        make_template(tool.work / "template.xlsx")
        for check in (check_read_back, check_kept_values, check_edges, check_headers,
                      check_refusals, check_libreoffice):  # fmt: skip
            check(tool)
            print("ok", check.__name__)
    return 0


if __name__ == "__main__":
    sys.exit(main())
