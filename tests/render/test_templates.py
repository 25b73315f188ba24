"""Files that are no template: refused with words that say what they are."""

from __future__ import annotations

import io
import subprocess
import zipfile
from pathlib import Path

import ooxml_check
import pytest
from carrel_runner import Carrel
from fidelity import render
from report_repos import python_repo, write
from templates import FEATURES, read_parts, write_parts

_COMPOUND = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(2040)
_MAIN = b"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"


def _archive(**entries: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, text in entries.items():
            archive.writestr(name.replace("__", "/").replace("_dot_", "."), text)
    return out.getvalue()


def _of_type(path: Path, media: bytes) -> Path:
    FEATURES["comments"](path)
    parts = read_parts(path)
    assert _MAIN in parts["[Content_Types].xml"]
    parts["[Content_Types].xml"] = parts["[Content_Types].xml"].replace(_MAIN, media)
    write_parts(path, parts)
    return path


def _refused(program: Path, template: Path, reason: str) -> subprocess.CompletedProcess[str]:
    done = render(program, template, [["a"]], template.with_name("output.xlsx"))
    assert done.returncode != 0
    assert f"template {template.name}: " in done.stderr and reason in done.stderr
    return done


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "not a zip archive"),
        (b"a;b;c\r\n", "not a zip archive"),
        (b"%PDF-1.7\n" + bytes(100), "not a zip archive"),
        (_COMPOUND, "a workbook with a password or of Excel 97-2003, expected .xlsx"),
        (_archive(mimetype="application/vnd.oasis.opendocument.spreadsheet"), "not an Excel"),
    ],
    ids=["empty", "text", "pdf", "encrypted", "ods"],
)
def test_a_file_that_is_no_workbook_is_refused(
    render_rows: Path, tmp_path: Path, content: bytes, reason: str
) -> None:
    template = tmp_path / "template.xlsx"
    template.write_bytes(content)
    _refused(render_rows, template, reason)


@pytest.mark.parametrize("tenths", range(1, 10))
def test_a_truncated_template_is_refused(render_rows: Path, tmp_path: Path, tenths: int) -> None:
    template = tmp_path / "template.xlsx"
    FEATURES["images_shapes_and_sparklines"](template)
    content = template.read_bytes()
    template.write_bytes(content[: len(content) * tenths // 10])
    _refused(render_rows, template, "not a zip archive")


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("sheet.macroEnabled.main+xml", "a workbook with macros (.xlsm), expected .xlsx"),
        ("template.macroEnabled.main+xml", "a workbook with macros (.xlsm), expected .xlsx"),
        ("sheet.binary.macroEnabled.main", "a binary workbook (.xlsb), expected .xlsx"),
    ],
)
def test_a_workbook_of_another_kind_is_refused_whatever_its_name(
    render_rows: Path, tmp_path: Path, kind: str, reason: str
) -> None:
    template = _of_type(tmp_path / "template.xlsx", b"application/vnd.ms-excel." + kind.encode())
    _refused(render_rows, template, reason)


def test_validation_says_the_same(carrel: Carrel, tmp_path: Path) -> None:
    xlsx = {"id": "x", "type": "xlsx", "description": "d", "template": "t.xlsx"}
    source = write(python_repo("yield 'a',", renderers=[xlsx]), tmp_path / "repository")
    (source / "t.xlsx").write_bytes(_COMPOUND)
    done = carrel("validate", source)
    assert done.code == 1 and "a workbook with a password or of Excel 97-2003" in done.out


def test_a_template_file_of_excel_becomes_a_workbook(render_rows: Path, tmp_path: Path) -> None:
    """Excel opens no .xlsx whose content type says that it is an .xltx."""
    media = _MAIN.replace(b"sheet.main", b"template.main")
    template, output = _of_type(tmp_path / "template.xlsx", media), tmp_path / "output.xlsx"
    assert render(render_rows, template, [["a"]], output).returncode == 0
    types = read_parts(output)["[Content_Types].xml"]
    assert _MAIN in types and media not in types
    assert ooxml_check.faults(output) == []
