"""Random workbooks, read by Carrel and by openpyxl: reader_property.py DUMP_ROWS [COUNT] [SEED].

Each workbook is written by openpyxl or XlsxWriter, and some are then rewritten so that their XML
looks as other programs write it: prefixed names, no references, comments, CDATA, other quotes."""

from __future__ import annotations

import datetime as dt
import io
import json
import math
import random
import re
import subprocess
import sys
import tempfile
import zipfile
from decimal import Decimal
from pathlib import Path

import openpyxl
import xlsxwriter
from openpyxl.utils.exceptions import IllegalCharacterError

TEXTS = (
    "plain",
    "with <angle> & ampersand",
    "  spaces  ",
    "line\nbreak",
    "tab\there",
    "Größe, Ünïcödé",
    "日本語テキスト",
    "emoji \U0001f600 end",
    "]]> end of cdata",
    "_x",
    "a_x0041",
    "quote \" and ' apostrophe",
    "x" * 300,
    "=not a formula",
    "1e400",
    "0123",
    "TRUE",
    "٣",
)
ERRORS = ("#REF!", "#N/A", "#DIV/0!", "#VALUE!", "#NAME?", "#NULL!", "#NUM!")


def random_text(chance: random.Random) -> str:
    if chance.random() < 0.4:
        return chance.choice(TEXTS)
    alphabet = "abcdefghij 0123456789_-.,;:<>&'\"äé中\U0001f4a9]"
    return "".join(chance.choice(alphabet) for _ in range(chance.randrange(1, 40)))


def random_number(chance: random.Random) -> float | int:
    kind = chance.randrange(6)
    if kind == 0:
        return chance.randrange(-1000, 1000)
    if kind == 1:
        return chance.randrange(10**6) / 100
    if kind == 2:
        return chance.uniform(-1e6, 1e6)
    if kind == 3:
        return chance.choice((0.58, 0.1 + 0.2, 1e15, 123456789012345, 1e-7, 5e-5, 1e16, 2**53))
    if kind == 4:
        return chance.uniform(0, 1) * 10 ** chance.randrange(-10, 20)
    return chance.randrange(10**15)


def random_date(chance: random.Random) -> dt.datetime | dt.date:
    day = dt.datetime(1904, 1, 2) + dt.timedelta(days=chance.randrange(70_000))
    if chance.random() < 0.3:
        return day.date()
    return day + dt.timedelta(milliseconds=chance.randrange(86_400_000))


def random_value(chance: random.Random) -> object:
    kind = chance.randrange(10)
    if kind < 3:
        return random_text(chance)
    if kind < 6:
        return random_number(chance)
    if kind == 6:
        return random_date(chance)
    if kind == 7:
        return chance.random() < 0.5
    if kind == 8:
        return chance.choice(ERRORS)
    return None


def random_rows(chance: random.Random) -> dict[tuple[int, int], object]:
    columns = chance.choice((1, 3, 12, 30))
    density = chance.choice((0.1, 0.6, 1.0))
    same = [random_value(chance) for _ in range(columns)]
    cells: dict[tuple[int, int], object] = {}
    row = chance.choice((1, 1, 1, 4))
    for _ in range(chance.choice((1, 5, 40, 120))):
        for column in range(1, columns + 1):
            if chance.random() > density:
                continue
            # Columns mostly keep their type, as in real files.
            like = same[column - 1]
            value = like if chance.random() < 0.3 else random_value(chance)
            cells[row, column] = value
        row += 1 if chance.random() < 0.95 else chance.randrange(1, 50)
    return cells


def by_openpyxl(chance: random.Random, cells: dict[tuple[int, int], object]) -> bytes:
    book = openpyxl.Workbook()
    if chance.random() < 0.3:
        book.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
    sheet = book.active
    sheet.title = chance.choice(("records", "Räume & <Co>", "Sheet 1"))
    for (row, column), value in cells.items():
        cell = sheet.cell(row=row, column=column)
        try:
            if isinstance(value, str) and value.startswith("=") and value not in ERRORS:
                cell.value = value
                cell.data_type = "s"
            else:
                cell.value = value
        except IllegalCharacterError:
            cell.value = None
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def by_xlsxwriter(chance: random.Random, cells: dict[tuple[int, int], object]) -> bytes:
    out = io.BytesIO()
    options = {"in_memory": True, "constant_memory": chance.random() < 0.5}
    book = xlsxwriter.Workbook(out, options)
    formats = [book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss.000"}), book.add_format()]
    formats[1].set_bold()
    sheet = book.add_worksheet("records")
    for (row, column), value in sorted(cells.items()):
        at = (row - 1, column - 1)
        if isinstance(value, bool):
            sheet.write_boolean(*at, value)
        elif isinstance(value, (dt.datetime, dt.date)):
            sheet.write_datetime(*at, value, formats[0])
        elif isinstance(value, (int, float)):
            sheet.write_number(*at, value)
        elif value in ERRORS:
            sheet.write_formula(*at, "=A1", None, value)
        elif isinstance(value, str) and len(value) > 3 and chance.random() < 0.1:
            sheet.write_rich_string(*at, value[:2], formats[1], value[2:])
        elif isinstance(value, str):
            sheet.write_string(*at, value, formats[1] if chance.random() < 0.2 else None)
        else:
            sheet.write_blank(*at, None, formats[1])
    book.close()
    return out.getvalue()


def prefixed(xml: str) -> str:
    xml = re.sub(r"<(/?)(?!\?|!)([A-Za-z])", r"<\1x:\2", xml)
    names = 'xmlns{}="http://schemas.openxmlformats.org/spreadsheetml'
    return xml.replace(names.format(""), names.format(":x"), 1)


def without_references(xml: str) -> str:
    """Only where nothing is left out: every row and cell follows the one before."""
    expected_row = 0
    for row in re.finditer(r'<row r="(\d+)"[^>]*?(/>|>(.*?)</row>)', xml, re.S):
        expected_row += 1
        if int(row[1]) != expected_row:
            return xml
        for i, cell in enumerate(re.finditer(r'<c r="([A-Z]+)\d+"', row[3] or "")):
            if openpyxl.utils.column_index_from_string(cell[1]) != i + 1:
                return xml
    return re.sub(r'<(row|c) r="[A-Z0-9]+"', r"<\1", xml)


def with_comments(xml: str) -> str:
    return xml.replace("<row ", "<!-- a <row> --><row ").replace("</c>", "</c><!-- c -->", 3)


def with_cdata(xml: str) -> str:
    def wrapped(match: re.Match[str]) -> str:
        text = match[1]
        if not text or "]]" in text or "\r" in text:
            return match[0]
        return f"<t><![CDATA[{text}]]></t>"

    return re.sub(r"<t>([^<&]*)</t>", wrapped, xml)


def other_quotes(xml: str) -> str:
    return re.sub(r"""(<(?:c|row) [^>]*>)""", lambda m: m[1].replace('"', "'"), xml)


def with_spaces(xml: str) -> str:
    xml = xml.replace("<row", "\n  <row").replace("</row>", "\r\n  </row>")
    return xml.replace("<c ", "\n    <c  ")


REWRITES = (prefixed, without_references, with_comments, with_cdata, other_quotes, with_spaces)


def rewrite(chance: random.Random, data: bytes) -> bytes:
    change = chance.choice(REWRITES)
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(out, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            if name.startswith("xl/worksheets/") or name == "xl/sharedStrings.xml":
                content = change(content.decode()).encode()
            method = chance.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))
            target.writestr(zipfile.ZipInfo(name), content, method)
    return out.getvalue()


def as_decimal(value: float | int) -> Decimal:
    """The shortest decimal, or the 15 digits of a formula's result that are next to it."""
    shortest = Decimal(repr(value)).normalize()
    if len(shortest.as_tuple().digits) >= 17 and value != int(value):
        near = float(f"{value:.14e}")
        if near == math.nextafter(value, near):
            return Decimal(f"{value:.14e}").normalize()
    return shortest


def shown(value: object) -> list[str]:
    if value is None or value == "":
        return ["", ""]
    if isinstance(value, bool):
        return ["bool", "1" if value else "0"]
    if isinstance(value, dt.datetime):
        text = value.isoformat(sep=" ")
        return ["day", text]
    if isinstance(value, dt.time):
        return ["time", str(value)]
    if isinstance(value, (int, float)):
        number = as_decimal(value)
        return ["number", "0" if number == 0 else f"{number:f}"]
    if value in ERRORS:
        return ["error", str(value)]
    return ["text", str(value)]


def expected(data: bytes) -> dict[str, list[object]]:
    book = openpyxl.load_workbook(io.BytesIO(data), data_only=True)
    tabs: dict[str, list[object]] = {}
    for sheet in book.worksheets:
        rows: list[object] = []
        for number, row in enumerate(sheet.iter_rows(values_only=True), 1):
            cells = [shown(value) for value in row]
            while cells and cells[-1] == ["", ""]:
                cells.pop()
            if cells:
                rows.append([number, cells])
        tabs[sheet.title] = rows
    return tabs


def trimmed(tabs: dict[str, list[list]]) -> dict[str, list[object]]:
    out: dict[str, list[object]] = {}
    for name, rows in tabs.items():
        kept = []
        for number, cells in rows:
            cells = [["", ""] if kind == "" else [kind, text] for kind, text in cells]
            while cells and cells[-1] == ["", ""]:
                cells.pop()
            if cells:
                kept.append([number, cells])
        out[name] = kept
    return out


def difference(ours: dict, theirs: dict) -> str:
    if ours.keys() != theirs.keys():
        return f"tabs {list(ours)} and {list(theirs)}"
    for name in ours:
        for a, b in zip(ours[name], theirs[name], strict=False):
            if a != b:
                pairs = [(x, y) for x, y in zip(a[1], b[1], strict=False) if x != y]
                return f"row {a[0]}/{b[0]}: {pairs[:2] or (len(a[1]), len(b[1]))}"
        if len(ours[name]) != len(theirs[name]):
            return f"{len(ours[name])} and {len(theirs[name])} rows"
    return ""


def main(tool: str, count: int, seed: int) -> int:
    reader = subprocess.Popen([tool], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert reader.stdin and reader.stdout
    failed = 0
    with tempfile.TemporaryDirectory() as directory:
        for i in range(count):
            chance = random.Random(seed + i)
            cells = random_rows(chance)
            write = chance.choice((by_openpyxl, by_xlsxwriter))
            data = write(chance, cells)
            theirs = expected(data)
            if chance.random() < 0.5:
                data = rewrite(chance, data)
            path = Path(directory) / "book.xlsx"
            path.write_bytes(data)
            reader.stdin.write(f"{path}\n")
            reader.stdin.flush()
            answer = json.loads(reader.stdout.readline())
            what = answer.get("error") or difference(trimmed(answer["tabs"]), theirs)
            if what:
                failed += 1
                print(f"workbook {seed + i} ({write.__name__}): {what}")
                kept = Path(tempfile.gettempdir()) / f"carrel-workbook-{seed + i}.xlsx"
                kept.write_bytes(data)
                if failed == 10:
                    break
    reader.stdin.close()
    reader.wait()
    print(f"{count} workbooks, {failed} differ")
    return 1 if failed else 0


if __name__ == "__main__":
    arguments = [int(argument) for argument in sys.argv[2:]]
    sys.exit(main(sys.argv[1], *(arguments + [200, 1][len(arguments) :])))
