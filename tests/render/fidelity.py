"""Renders rows into a template and tells what became of the template.

`lost(template, output)` is the promise of runtime/docs/formats.md, part by part: what has nothing
to do with the rows keeps its bytes, but for the results of formulas, and of the parts that are
written anew nothing is gone.
"""

from __future__ import annotations

import json
import posixpath
import re
import subprocess
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ooxml_check import Package, resolve
from ooxml_order import local
from templates import START_COLUMN, START_ROW, read_parts
from xlsx_differential import FINISH, PARAMETERS, START, to_cell

Parts = dict[str, bytes]


def render(
    program: Path, template: Path, rows: list[list[Any]], output: Path, **args: Any
) -> subprocess.CompletedProcess[str]:
    """One run of render_rows, the renderer without workers and hosts."""
    place = {"start_row": START_ROW, "start_col": START_COLUMN, **args}
    info = {
        **{"account_id": "PA-1", "account_name": "Ac é <&>", "report_id": "R-1"},
        **{"report_name": "Name", "environment": "env", "start_time": START},
        "parameters": PARAMETERS,
    }
    job = {"type": "xlsx", "args": place, "root": str(template.parent), "template": template.name}
    files = [output.with_suffix(".json"), output.with_suffix(".jsonl"), output]
    files[0].write_text(json.dumps({**job, "info": info, "finish_time": FINISH}))
    files[1].write_text("".join(json.dumps([to_cell(v) for v in row]) + "\n" for row in rows))
    command = [str(program), *map(str, files)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120)


def _data_part(package: Package) -> str:
    book = package.one("", "officeDocument")
    for sheet in package.xml[book].iter():
        if local(sheet) == "sheet" and sheet.get("name") == "Data":
            number = next(value for key, value in sheet.attrib.items() if key[0] == "{")
            return package.relations[book][number][1]
    raise ValueError("no sheet Data")


def _package(parts: Parts) -> Package:
    class Archive:
        def namelist(self) -> list[str]:
            return list(parts)

        def read(self, name: str) -> bytes:
            return parts[name]

    return Package(Archive())  # type: ignore[arg-type]


def lost(template: Path, output: Path) -> list[str]:
    """What the output lacks of its template, one line each."""
    before, after = read_parts(template), read_parts(output)
    package = _package(before)
    book, data = package.one("", "officeDocument"), _data_part(package)
    rels = posixpath.join(posixpath.dirname(book), "_rels", posixpath.basename(book) + ".rels")
    app, chain = package.one("", "extended-properties"), package.one(book, "calcChain")
    styles = package.one(book, "styles")
    found = []
    for name, content in before.items():
        rewritten = name in (book, rels, app, data, styles, "[Content_Types].xml")
        if name.endswith("/") or (name == chain and name not in after):
            continue
        if name not in after:
            found.append(f"{name} is gone")
        elif not rewritten and after[name] not in (content, _without_results(content)):
            found.append(f"{name} has other bytes")
    if any("is gone" in line for line in found):
        return found
    found += _lost_around_rows(before[data], after[data])
    for name in (book, rels, "[Content_Types].xml", app):
        if name and name in before:
            gone = _lost_elements(before[name], after[name], chain)
            found += [f"{name}: {line}" for line in gone]
    return found + list(_lost_styles(before[styles], after[styles]) if styles else ())


def _without_results(sheet: bytes) -> bytes:
    """Cells with a formula lack their value and its type."""

    def formula_alone(cell: re.Match[bytes]) -> bytes:
        tag = re.sub(rb"\s+t=([\"']).*?\1", b"", cell["tag"])
        return tag + re.sub(rb"<(\w+:)?v\b.*?</(\w+:)?v>", b"", cell["content"])

    cell = rb"(?P<tag><(?:\w+:)?c\b[^>]*>)(?P<content><(?:\w+:)?f\b.*?</(?:\w+:)?c>)"
    return re.sub(cell, formula_alone, sheet, flags=re.DOTALL)


def _split(sheet: bytes) -> tuple[bytes, bytes]:
    """What is before and behind the rows; <dimension> and <sheetData/> are told apart by nobody."""
    head, _, rest = re.sub(rb"<(\w+:)?dimension[^>]*>", b"", sheet).partition(b"sheetData")
    tail = rest.rpartition(b"sheetData>")[2] if b"sheetData>" in rest else rest.partition(b">")[2]
    return head, tail


def _lost_around_rows(before: bytes, after: bytes) -> Iterator[str]:
    old, new = _split(before), _split(after)
    if old[0] != new[0]:
        yield f"other bytes before the rows: {old[0][:400]!r} {new[0][:400]!r}"
    if old[1] != new[1]:
        yield f"other bytes behind the rows: {old[1][:400]!r} {new[1][:400]!r}"


def _flat(root: ET.Element) -> list[tuple[object, ...]]:
    def told(element: ET.Element) -> tuple[object, ...]:
        # Set when there are formulas, whose results are gone.
        kept = {key: value for key, value in element.attrib.items() if key != "fullCalcOnLoad"}
        return (
            element.tag,
            tuple(sorted(kept.items())),
            (element.text or "").strip(),
            tuple(told(child) for child in element),
        )

    return [told(element) for element in root.iter() if len(element) == 0]


def _lost_elements(before: bytes, after: bytes, chain: str) -> Iterator[str]:
    """Leaves of the tree that are not there any more; counts in app.xml may grow."""
    old, new = _flat(ET.fromstring(before)), _flat(ET.fromstring(after))
    kept = set(new)
    for leaf in old:
        counts = str(leaf[0]).endswith("}i4")
        if leaf not in kept and not counts and not (chain and "calcChain" in repr(leaf)):
            yield f"{leaf} is gone"
    had = {leaf for leaf in old if not str(leaf[0]).endswith("}i4")}
    if [leaf for leaf in new if leaf in had] != [leaf for leaf in old if leaf in had & kept]:
        yield "its elements are in another order"


def _lost_styles(before: bytes, after: bytes) -> Iterator[str]:
    """Styles are only appended: each list begins with what it had."""
    old, new = ET.fromstring(before), ET.fromstring(after)
    lists = {local(group): group for group in new}
    for group in old:
        if local(group) not in lists:
            yield f"styles: {local(group)} is gone"
            continue
        kept = list(lists[local(group)])[: len(group)]
        if [ET.tostring(item) for item in group] != [ET.tostring(item) for item in kept]:
            yield f"styles: {local(group)} has changed"


def dropped_by(peer: Path, template: Path) -> list[str]:
    """Parts of a template that a workbook written from it lacks, whatever they are called there."""
    before, after = _package(read_parts(template)), _package(read_parts(peer))
    kinds = ("", "xml", "rels")

    def contents(package: Package) -> dict[str, list[str]]:
        grouped: dict[str, list[str]] = {}
        for source, relations in package.relations.items():
            for kind, part in relations.values():
                # Texts are not lost there: openpyxl writes them into the cells.
                if part and kind != "sharedStrings" and posixpath.splitext(source)[1][1:] in kinds:
                    grouped.setdefault(kind, []).append(part)
        return grouped

    old, new = contents(before), contents(after)
    return sorted(
        part
        for kind, parts in old.items()
        for part in sorted(set(parts))[len(set(new.get(kind, []))) :]
    )


__all__ = ["dropped_by", "lost", "render", "resolve"]
