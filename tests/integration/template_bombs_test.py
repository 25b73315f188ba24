"""Templates that mean harm: refused with a reason, cheaply, or copied without a look inside."""

from __future__ import annotations

import resource
import zipfile
from pathlib import Path
from typing import Any

import pytest
import workbooks
from carrel_runner import SANITIZED, Carrel, measured
from report_repos import manifest, python_repo, report, write

TEMPLATE = "templates/t.xlsx"
XLSX = {"id": "x", "type": "xlsx", "description": "d", "template": TEMPLATE}
HOST_RSS_KB = (1024 if SANITIZED else 200) * 1024


def repository(directory: Path, template: bytes, body: str = "yield ('a', 1)") -> Path:
    write(python_repo(body, renderers=[XLSX]), directory)
    (directory / "templates").mkdir()
    (directory / TEMPLATE).write_bytes(template)
    return directory


def _processor_time() -> float:
    """Of all children that have ended: a busy machine does not count."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def refused(carrel: Carrel, source: Path, reason: str) -> None:
    done, host_rss = measured(carrel, "validate", source)
    assert done.code == 1, done.out + done.err
    assert TEMPLATE in done.out and reason in done.out, done.out + done.err
    assert len(done.out) < 4000
    assert host_rss < HOST_RSS_KB


def nested(depth: int) -> bytes:
    return b"<a>" * depth + b"</a>" * depth


BOMBS: dict[str, tuple[Any, str]] = {
    "zeros": (lambda: workbooks.zeros(2 << 30), "inflates to more than 512.0 MiB"),
    "laughs in a sheet": (
        lambda: workbooks.workbook(sheet1=workbooks.billion_laughs()),
        "xl/worksheets/sheet1.xml: XML with a document type declaration is not read",
    ),
    "laughs in styles": (
        lambda: workbooks.workbook(styles=workbooks.billion_laughs()),
        "xl/styles.xml: XML with a document type declaration is not read",
    ),
    "laughs in shared strings": (
        lambda: workbooks.with_part("xl/sharedStrings.xml", workbooks.billion_laughs().encode()),
        "xl/sharedStrings.xml: XML with a document type declaration is not read",
    ),
    "nesting in content types": (
        lambda: workbooks.workbook(Content_Types=nested(1_000_000)),
        "[Content_Types].xml: XML elements nested more than 128 deep",
    ),
    "nesting in a cell": (
        lambda: workbooks.workbook(
            sheet1=b"<worksheet><sheetData><row><c>"
            + nested(1_000_000)
            + b"</c></row></sheetData></worksheet>"
        ),
        "nested more than 128 deep",
    ),
    "ten million elements": (
        lambda: workbooks.workbook(styles=b"<styleSheet>" + b"<a/>" * 8_000_000 + b"</styleSheet>"),
        "xl/styles.xml: XML of more than 1000000 nodes",
    ),
    "a gigantic attribute": (
        lambda: workbooks.workbook(sheet1=b'<worksheet a="' + b"x" * (100 << 20) + b'"/>'),
        "an XML tag or comment of more than 1 MiB",
    ),
    "UTF-16": (
        lambda: workbooks.workbook(sheet1="<worksheet/>".encode("utf-16")),
        "XML encoding UTF-16 or UTF-32: only UTF-8 is read",
    ),
    "cut XML": (
        lambda: workbooks.workbook(sheet1="<worksheet><sheetData><row><c><v>1"),
        "not well-formed XML: it ends before </v>",
    ),
    "rows out of order": (
        lambda: workbooks.workbook(
            sheet1='<worksheet><sheetData><row r="9"/><row r="2"/></sheetData></worksheet>'
        ),
        "its rows are out of order after row 9",
    ),
    "a style that is not there": (
        lambda: workbooks.workbook(
            sheet1='<worksheet><sheetData><row r="9"><c r="B9" s="4294967295"/></row></sheetData>'
            "</worksheet>"
        ),
        "cell B9 has style 4294967295, the workbook has styles 0 to 1",
    ),
    "an image that is damaged": (
        lambda: workbooks.pack({**workbooks.parts(), "a.png": b"image"}, stored="a.png").replace(
            b"image", b"imago"
        ),
        "a.png: checksum does not match",
    ),
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_template_that_is_a_bomb_is_refused_with_its_reason(
    carrel: Carrel, tmp_path: Path, bomb: str
) -> None:
    make, reason = BOMBS[bomb]
    refused(carrel, repository(tmp_path / "repo", make()), reason)


def test_a_bomb_is_named_among_good_templates_and_read_once(carrel: Carrel, tmp_path: Path) -> None:
    reports = [
        report(f"r{number}", renderers=[{**XLSX, "template": f"templates/{name}.xlsx"}])
        for number, name in enumerate(["good", "bad", *["bad"] * 60])
    ]
    files = {"reports.json": manifest(*reports), "readme.md": "", "reports/__init__.py": ""}
    for number in range(len(reports)):
        files[f"reports/r{number}/entrypoint.py"] = "def generate(a, b, c, d, e): pass\n"
    source = write(files, tmp_path / "repo")
    (source / "templates").mkdir()
    (source / "templates/good.xlsx").write_bytes(workbooks.workbook())
    (source / "templates/bad.xlsx").write_bytes(workbooks.zeros(1 << 30))
    before = _processor_time()
    done = carrel("validate", source, "--json")
    assert _processor_time() - before < 60
    faults = [fault for fault in done.json["faults"] if fault["severity"] == "error"]
    assert len(faults) == 61 and all("bad.xlsx" in fault["message"] for fault in faults)


def test_what_validates_also_renders(carrel: Carrel, tmp_path: Path) -> None:
    sheet = (
        '<worksheet><cols><col min="1" max="1" style="1"/></cols><sheetData>'
        '<row r="1"><c r="A1" s="1"/></row><row r="7" s="1"><c r="C7" s="1"/></row>'
        "</sheetData></worksheet>"
    )
    source = repository(tmp_path / "repo", workbooks.workbook(sheet1=sheet))
    carrel.ok("validate", source, "--strict")
    carrel.ok("run", source, "demo")


def test_an_image_of_a_workbook_is_copied_and_never_decoded(carrel: Carrel, tmp_path: Path) -> None:
    image = workbooks.png(50_000)
    source = repository(tmp_path / "repo", workbooks.with_part("xl/media/image1.png", image))
    carrel.ok("validate", source)
    done, host_rss = measured(carrel, "run", source, "demo", "--limit", "memory_mb=64")
    assert done.code == 0, done.err
    assert host_rss < HOST_RSS_KB
    with zipfile.ZipFile(carrel.work / "demo.xlsx") as archive:
        assert archive.read("xl/media/image1.png") == image


# The pdf renderer does decode. An image that Pillow takes for a bomb is left out and named in the
# log; one just below that costs what the limit allows and no more.
@pytest.mark.parametrize(
    ("side", "verdict", "message"),
    [
        (50_000, "ok", "Failed to load image"),
        (13_000, "memory_limit", "used more than memory_mb"),
    ],
)
def test_an_image_bomb_in_a_pdf_costs_the_host_nothing(
    carrel: Carrel, tmp_path: Path, side: int, verdict: str, message: str
) -> None:
    pdf = {"id": "p", "type": "pdf", "description": "d", "template": "templates/p.html.j2"}
    page = '<img src="i.png">{{ data|list }}'
    files = {**python_repo("yield ('a', 1)", renderers=[pdf]), "templates/p.html.j2": page}
    source = write(files, tmp_path / "repo")
    (source / "i.png").write_bytes(workbooks.png(side))
    done, host_rss = measured(carrel, "run", source, "demo", "--json")
    assert host_rss < HOST_RSS_KB
    assert done.json["verdict"] == verdict and message in done.err, done.out + done.err


def test_rows_of_jinja2_and_pdf_reports_are_counted(carrel: Carrel, tmp_path: Path) -> None:
    page = {"type": "jinja2", "description": "d", "template": "templates/p.html.j2"}
    renderers = [{**page, "id": "j"}, {**page, "id": "p", "type": "pdf"}]
    body = "for i in range(7): yield (i,)"
    source = write(python_repo(body, renderers=renderers), tmp_path / "repo")
    (source / "templates").mkdir()
    (source / "templates/p.html.j2").write_text("{% for row in data %}{{ row[0] }}{% endfor %}")
    for renderer in ("j", "p"):
        done = carrel.ok("run", source, "demo", "--renderer", renderer, "--json")
        assert done.json["rows"] == 7


def test_a_jinja2_extension_with_a_space_is_a_fault(carrel: Carrel, tmp_path: Path) -> None:
    def source(name: str) -> Path:
        page = {"id": "j", "type": "jinja2", "description": "d", "template": f"my pages/{name}"}
        files = python_repo("yield (1,)", renderers=[page])
        return write({**files, f"my pages/{name}": "x"}, tmp_path / name)

    done = carrel("validate", source("page.my html.j2"))
    assert done.code == 1 and "letters, digits, '-' and '_' only" in done.out
    carrel.ok("run", source("my page.html.j2"), "demo")
    assert (carrel.work / "demo.html").read_text() == "x"
