"""Workbooks that no writer would write, for what must be refused."""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Iterable
from html import escape
from pathlib import Path

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
# Style 1 is a date and time.
STYLES = (
    f'<styleSheet xmlns="{MAIN}"><cellXfs><xf numFmtId="0"/><xf numFmtId="22"/></cellXfs>'
    "</styleSheet>"
)
Tabs = list[tuple[str, str]]  # name and XML of the sheet


def text(value: object) -> str:
    return f'<c t="inlineStr"><is><t>{escape(str(value))}</t></is></c>'


def number(value: str) -> str:
    return f"<c><v>{value}</v></c>"


def day(value: str) -> str:
    """A cell that is shown as a date."""
    return f'<c s="1"><v>{value}</v></c>'


def row(cells: Iterable[str]) -> str:
    """Cells that are not XML yet are texts."""
    return "<row>" + "".join(c if c.startswith("<c") else text(c) for c in cells) + "</row>"


def sheet(rows: Iterable[Iterable[str]]) -> str:
    body = "".join(map(row, rows))
    return f'<worksheet xmlns="{MAIN}"><sheetData>{body}</sheetData></worksheet>'


def parts(tabs: Tabs) -> dict[str, str]:
    names = "".join(
        f'<sheet name="{escape(name)}" sheetId="{n}" r:id="rId{n}"/>'
        for n, (name, _) in enumerate(tabs, 1)
    )

    def relation(number: int, kind: str, target: str) -> str:
        return f'<Relationship Id="rId{number}" Type="{RELATIONS}/{kind}" Target="{target}"/>'

    sheets = [relation(n, "worksheet", f"worksheets/sheet{n}.xml") for n in range(1, len(tabs) + 1)]
    sheets.append(relation(len(tabs) + 1, "styles", "styles.xml"))
    document = relation(1, "officeDocument", "xl/workbook.xml")
    return {
        "[Content_Types].xml": "<Types/>",
        "_rels/.rels": f'<Relationships xmlns="{PACKAGE}">{document}</Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{RELATIONS}">'
        f"<sheets>{names}</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}">{"".join(sheets)}'
        "</Relationships>",
        "xl/styles.xml": STYLES,
        **{f"xl/worksheets/sheet{n}.xml": xml for n, (_, xml) in enumerate(tabs, 1)},
    }


def write(path: Path, tabs: Tabs, **changed: str) -> Path:
    """`changed` replaces parts by the last step of their name without its ending."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts(tabs).items():
            stem = name.rpartition("/")[2].removesuffix(".xml")
            archive.writestr(name, changed.get(stem, content))
    return path


def write_long(path: Path, header: list[str], lines: Iterable[list[str]]) -> Path:
    """A sheet of any length, in memory that does not grow with it."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, content in parts([("records", "")]).items():
            if name != "xl/worksheets/sheet1.xml":
                archive.writestr(name, content)
        with archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as out:
            out.write(f'<worksheet xmlns="{MAIN}"><sheetData>{row(header)}'.encode())
            for line in lines:
                out.write(row(line).encode())
            out.write(b"</sheetData></worksheet>")
    return path


def write_bomb(path: Path, inflated: int, piece: bytes) -> Path:
    """A records sheet that is `piece` again and again, about `inflated` bytes of it."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)

    def packed(piece: bytes) -> bytes:
        return packer.compress(piece) + packer.flush(zlib.Z_FULL_FLUSH)

    head = packed(f'<worksheet xmlns="{MAIN}"><sheetData>'.encode())
    pieces = piece * ((1 << 20) // len(piece))
    body = packed(pieces) + packed(pieces) * (inflated // len(pieces))
    data = head + body + packer.compress(b"</sheetData></worksheet>") + packer.flush()
    name = "xl/worksheets/sheet1.xml"
    with zipfile.ZipFile(path, "w") as archive:
        for other, content in parts([("records", "")]).items():
            archive.writestr(other, data if other == name else content)
        at = archive.getinfo(name).header_offset
    # Stored so far; what it says of itself is changed where it stands.
    bytes_ = bytearray(path.read_bytes())
    size = struct.pack("<I", min(inflated, 0xFFFFFFF0))
    central = bytes_.rfind(name.encode(), 0) - 46
    for method, length in ((at + 8, at + 22), (central + 10, central + 24)):
        bytes_[method : method + 2] = struct.pack("<H", zipfile.ZIP_DEFLATED)
        bytes_[length : length + 4] = size
    path.write_bytes(bytes_)
    return path
