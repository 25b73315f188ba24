"""Workbook templates, good ones and bombs, made without the program under test."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib

RELS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
SHEET = "xl/worksheets/sheet1.xml"


def _rel(number: int, kind: str, target: str) -> str:
    return f'<Relationship Id="rId{number}" Type="{RELS}/{kind}" Target="{target}"/>'


def parts(sheet: str = "<worksheet><sheetData/></worksheet>") -> dict[str, bytes]:
    """The least that is a workbook with a sheet `Data`."""
    texts = {
        "[Content_Types].xml": "<Types/>",
        "_rels/.rels": f"<R>{_rel(1, 'officeDocument', 'xl/workbook.xml')}</R>",
        "xl/workbook.xml": f'<workbook xmlns:r="{RELS}"><sheets>'
        '<sheet name="Data" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": "<R>"
        + _rel(1, "worksheet", "worksheets/sheet1.xml")
        + _rel(2, "styles", "styles.xml")
        + "</R>",
        "xl/styles.xml": "<styleSheet><cellXfs><xf/><xf/></cellXfs></styleSheet>",
        SHEET: sheet,
    }
    return {name: text.encode() for name, text in texts.items()}


def pack(content: dict[str, bytes], stored: str = "") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in content.items():
            archive.writestr(name, data, zipfile.ZIP_STORED if name == stored else None)
    return out.getvalue()


def workbook(**changed: str | bytes) -> bytes:
    """Parts by their last name: `workbook(styles="<a/>")`, `sheet1=...`, `Content_Types=...`."""
    content = parts()
    for key, value in changed.items():
        endings = (f"/{key}.xml", f"[{key}].xml")
        [name] = [name for name in content if name.endswith(endings)]
        content[name] = value.encode() if isinstance(value, str) else value
    return pack(content)


def with_part(name: str, data: bytes) -> bytes:
    return pack({**parts(), name: data})


def zeros(size: int) -> bytes:
    """A workbook with a part that inflates to `size` zeros, a thousandth of that packed."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts().items():
            archive.writestr(name, data)
        with archive.open("xl/media/image1.png", "w", force_zip64=True) as part:
            piece = bytes(1 << 20)
            for _ in range(size >> 20):
                part.write(piece)
    return out.getvalue()


def billion_laughs() -> str:
    dtd = '<!ENTITY l0 "lol">'
    for level in range(1, 10):
        dtd += f'<!ENTITY l{level} "{f"&l{level - 1};" * 10}">'
    return f"<!DOCTYPE lolz [{dtd}]><lolz>&l9;</lolz>"


def png(side: int) -> bytes:
    """A valid PNG of `side` x `side` black pixels, one bit each in the file, four bytes decoded."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    packer = zlib.compressobj(9)
    line = bytes(1 + (side + 7) // 8)
    pixels = b"".join([packer.compress(line) for _ in range(side)] + [packer.flush()])
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    )
