"""Further files of a case's checkout. Each function is named by `with:` of a case and is given the
checkout's directory and the run, which it may change."""

from __future__ import annotations

import os
import struct
import zipfile
import zlib
from pathlib import Path
from typing import Any

Run = dict[str, Any]

_SHEET = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
_SHEET_PART = "xl/worksheets/sheet1.xml"


def loose_permissions(checkout: Path, run: Run) -> None:
    """Nothing but the mount keeps these files from being written."""
    (checkout / "loose.txt").write_text("loose")
    for path in checkout.iterdir():
        path.chmod(0o666)
    checkout.chmod(0o777)


def _workbook(checkout: Path, run: Run, sheet: bytes) -> None:
    """The usual template with another sheet `Data`."""
    path = checkout / "template.xlsx"
    with zipfile.ZipFile(path) as source:
        parts = {name: source.read(name) for name in source.namelist()}
    path.unlink()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in parts.items():
            target.writestr(name, sheet if name == _SHEET_PART else content)


def _bomb_of_blanks(checkout: Path, part: str, gibibytes: int, declared: int) -> None:
    """The template with a part that is blanks, in a zip that says it holds `declared` bytes."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = packer.compress(b" " * (1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
    head = _SHEET + b'<sheetData><row r="1">'
    start = zlib.compressobj(9, zlib.DEFLATED, -15)
    data = start.compress(head) + start.flush(zlib.Z_FULL_FLUSH) + block * (gibibytes << 10)
    data += b"\x03\0"
    path = checkout / "template.xlsx"
    with zipfile.ZipFile(path) as source:
        parts = {name: source.read(name) for name in source.namelist()}
    path.unlink()
    with open(path, "wb") as file:
        directory = b""
        for name, content in parts.items():
            method, size, check = 0, len(content), zlib.crc32(content)
            if name == part:
                method, size, content, check = 8, declared, data, 0
            fields = struct.pack("<HHHHHIII", 20, 0, method, 0, 0x21, check, len(content), size)
            entry = fields + struct.pack("<HH", len(name), 0)
            directory += b"PK\1\2\x14\0" + entry + struct.pack("<HHHII", 0, 0, 0, 0, file.tell())
            directory += name.encode()
            file.write(b"PK\3\4" + entry + name.encode() + content)
        at = file.tell()
        count = len(parts)
        file.write(directory)
        file.write(b"PK\5\6" + struct.pack("<HHHHIIH", 0, 0, count, count, len(directory), at, 0))


def workbook_bomb(checkout: Path, run: Run) -> None:
    """Three gibibytes of styles, and the zip says so."""
    _bomb_of_blanks(checkout, "xl/styles.xml", 3, 3 << 30)


def lying_workbook_bomb(checkout: Path, run: Run) -> None:
    """Three gibibytes where the zip says one mebibyte."""
    _bomb_of_blanks(checkout, _SHEET_PART, 3, 1 << 20)


def slow_workbook(checkout: Path, run: Run) -> None:
    """As much as a template may have."""
    _bomb_of_blanks(checkout, _SHEET_PART, 1, 1 << 30)


def billion_laughs(checkout: Path, run: Run) -> None:
    entities = [b'<!ENTITY a0 "ha">']
    for level in range(1, 40):
        entities.append(b'<!ENTITY a%d "%s">' % (level, b"&a%d;" % (level - 1) * 10))
    doctype = b"<?xml version='1.0'?><!DOCTYPE worksheet [" + b"".join(entities) + b"]>"
    cell = b'<sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>&a39;</t></is></c></row>'
    _workbook(checkout, run, doctype + _SHEET + cell + b"</sheetData></worksheet>")


def image_bomb(checkout: Path, run: Run) -> None:
    """A page with a PNG of 50 000 x 50 000 pixels, 2.5 GB when it is unpacked."""
    side = 50_000

    def chunk(kind: bytes, data: bytes) -> bytes:
        check = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", check)

    packer = zlib.compressobj(9)
    line = bytes(side + 1)
    pixels = b"".join(packer.compress(line) for _ in range(2_000))  # the rest is missing
    header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    png = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header)
    png += chunk(b"IDAT", pixels + packer.flush()) + chunk(b"IEND", b"")
    (checkout / "template").mkdir()
    (checkout / "template/bomb.png").write_bytes(png)
    (checkout / "template/template.html.j2").write_text('<html><img src="bomb.png"></html>')
    run["renderer"]["template"] = "template/template.html.j2"


_LUA_BYTE_CODE = b"\x1bLua\x54\x00\x19\x93\r\n\x1a\n\x04\x08\x08xV" + b"\0" * 14 + b"\x28w@\x01"


def lua_byte_code_module(checkout: Path, run: Run) -> None:
    (checkout / "compiled.lua").write_bytes(_LUA_BYTE_CODE)


def lua_byte_code_entry_point(checkout: Path, run: Run) -> None:
    path = checkout / "report.lua"
    path.unlink()
    path.write_bytes(_LUA_BYTE_CODE)


def lua_module_links(checkout: Path, run: Run) -> None:
    """As no checkout is written by the host, which refuses links: the worker refuses them too."""
    (checkout / "linked.lua").symlink_to("probe.lua")
    (checkout / "linked_outside.lua").symlink_to("/etc/passwd")
    (checkout / "linked_directory").symlink_to("/usr/lib")
    (checkout / "directory.lua").mkdir()
    os.mkfifo(checkout / "pipe.lua")
