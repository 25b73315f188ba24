"""What a strict reader expects of one worksheet and its tables; a part of ooxml_check.py."""

from __future__ import annotations

import math
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass

from ooxml_order import local, out_of_order

_ORDER = (
    *("sheetPr", "dimension", "sheetViews", "sheetFormatPr", "cols", "sheetData", "sheetCalcPr"),
    *("sheetProtection", "protectedRanges", "scenarios", "autoFilter", "sortState"),
    *("dataConsolidate", "customSheetViews", "mergeCells", "phoneticPr", "conditionalFormatting*"),
    *("dataValidations", "hyperlinks", "printOptions", "pageMargins", "pageSetup", "headerFooter"),
    *("rowBreaks", "colBreaks", "customProperties", "cellWatches", "ignoredErrors", "smartTags"),
    *("drawing", "legacyDrawing", "legacyDrawingHF", "drawingHF", "picture", "oleObjects"),
    *("controls", "webPublishItems", "tableParts", "extLst"),
)
_MAX_ROW, _MAX_COLUMN, _MAX_TEXT = 1_048_576, 16_384, 32_767
_REFERENCE = re.compile(r"\$?([A-Z]{1,3})\$?([1-9][0-9]*)$")
_ERRORS = {"#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A", "#GETTING_DATA"}
_ISO = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d(\.\d+)?Z?)?$|\d\d:\d\d:\d\d(\.\d+)?$")
_SPACE = "{http://www.w3.org/XML/1998/namespace}space"

Box = tuple[int, int, int, int]  # first row, first column, last row, last column


@dataclass
class BookFacts:
    """What sheets refer to in other parts."""

    formats: int
    differential: int
    strings: list[str]


def text_of(element: ET.Element) -> str:
    """The text of `si` or `is`: its own or that of its runs, without the phonetic ones."""
    texts = []
    for child in element:
        if local(child) == "t":
            texts.append(child.text or "")
        elif local(child) == "r":
            texts += [e.text or "" for e in child if local(e) == "t"]
    return "".join(texts)


def position(reference: str) -> tuple[int, int] | None:
    """(row, column) of "B3"."""
    match = _REFERENCE.match(reference)
    if match is None:
        return None
    column = 0
    for letter in match[1]:
        column = column * 26 + ord(letter) - 64
    row = int(match[2])
    return (row, column) if row <= _MAX_ROW and column <= _MAX_COLUMN else None


def box(reference: str) -> Box | None:
    """Of "A1:B3" or "A1"; None for what is no such range."""
    first, _, last = reference.partition(":")
    begin, end = position(first), position(last or first)
    return (*begin, *end) if begin and end and begin[0] <= end[0] and begin[1] <= end[1] else None


def overlap(one: Box, other: Box) -> bool:
    apart = one[2] < other[0] or other[2] < one[0] or one[3] < other[1] or other[3] < one[1]
    return not apart


class Sheet:
    """One worksheet. `faults` goes over all of it and fills the other members."""

    def __init__(self, part: str, root: ET.Element, book: BookFacts) -> None:
        self._part = part
        self._root = root
        self._book = book
        self._extent: Box | None = None
        self.formulas: set[str] = set()
        self.texts: dict[tuple[int, int], str] = {}
        self.selected = any(
            local(e) == "sheetView" and e.get("tabSelected") in ("1", "true") for e in root.iter()
        )

    def faults(self) -> Iterator[str]:
        part = self._part
        if local(self._root) != "worksheet":
            yield f"{part}: root {self._root.tag}"
            return
        yield from out_of_order(part, self._root, _ORDER)
        if not any(local(child) == "sheetData" for child in self._root):
            yield f"{part}: no sheetData"
        yield from (f"{part}: {fault}" for fault in self._rows())
        yield from (f"{part}: {fault}" for fault in self._rest())

    def _rows(self) -> Iterator[str]:
        last = 0
        for data in self._root:
            for row in data if local(data) == "sheetData" else ():
                number = int(row.get("r", "0"))
                if not last < number <= _MAX_ROW:
                    yield f"row {row.get('r')} behind row {last}"
                last = max(last, number)
                yield from self._style(f"row {number}", row.get("s"))
                yield from self._cells(number, row)

    def _cells(self, number: int, row: ET.Element) -> Iterator[str]:
        last = 0
        spans = [tuple(map(int, s.split(":"))) for s in (row.get("spans") or "").split()]
        for cell in row:
            reference = cell.get("r", "")
            at = position(reference)
            if at is None or at[0] != number or at[1] <= last:
                yield f"row {number}: cell {reference!r} behind column {last}"
                continue
            last = at[1]
            if spans and not any(low <= last <= high for low, high in spans):
                yield f"row {number}: cell {reference} outside of spans {row.get('spans')}"
            low = self._extent or (*at, *at)
            self._extent = (
                *(min(low[0], at[0]), min(low[1], at[1])),
                *(max(low[2], at[0]), max(low[3], at[1])),
            )
            yield from self._style(reference, cell.get("s"))
            yield from (f"{reference}: {fault}" for fault in self._content(at, cell))

    def _style(self, where: str, style: str | None) -> Iterator[str]:
        if style is not None and not 0 <= int(style) < self._book.formats:
            yield f"{where}: style {style} of {self._book.formats}"

    def _content(self, at: tuple[int, int], cell: ET.Element) -> Iterator[str]:
        names = [local(child) for child in cell]
        if names != sorted(names, key=["f", "v", "is", "extLst"].index) or len(names) > len(
            set(names)
        ):
            yield f"children {names}"
        kind = cell.get("t", "n")
        parts = {local(child): child for child in cell}
        if "f" in parts:
            self.formulas.add(cell.get("r", ""))
        if kind == "inlineStr":
            if "v" in parts or "f" in parts:
                yield f"inline text beside {names}"
            self.texts[at] = text_of(parts["is"]) if "is" in parts else ""
            yield from self._inline(self.texts[at], cell)
            return
        if "is" in parts:
            yield f"inline text in a cell of type {kind}"
        if "v" not in parts:
            return
        value = parts["v"].text or ""
        if kind == "s" and value.isdigit() and int(value) < len(self._book.strings):
            self.texts[at] = self._book.strings[int(value)]
        elif value and not self._fits(kind, value):
            yield f"value {value[:40]!r} of type {kind}"

    def _fits(self, kind: str, value: str) -> bool:
        if kind == "n":
            return re.fullmatch(r"-?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", value) is not None and (
                math.isfinite(float(value))
            )
        if kind == "b":
            return value in ("0", "1")
        if kind == "e":
            return value in _ERRORS
        if kind == "d":
            return _ISO.match(value) is not None
        return kind == "str" and len(value) <= _MAX_TEXT

    def _inline(self, text: str, cell: ET.Element) -> Iterator[str]:
        if len(text.encode("utf-16-le")) // 2 > _MAX_TEXT:
            yield f"text of {len(text)} characters"
        for element in cell.iter():
            own = element.text or ""
            padded = own != own.strip(" \t\n\r")
            if local(element) == "t" and padded and element.get(_SPACE) != "preserve":
                yield "text with spaces at its ends that are not preserved"

    def _rest(self) -> Iterator[str]:
        yield from self._dimension()
        yield from self._columns()
        merged: list[Box] = []
        for element in self._root.iter():
            name = local(element)
            count = element.get("count")
            if name in ("mergeCells", "tableParts", "dataValidations") and count is not None:
                if int(count) != len(element):
                    yield f"{name} count {count} of {len(element)}"
            if name == "mergeCell":
                area = box(element.get("ref", ""))
                if area is None or any(overlap(area, other) for other in merged):
                    yield f"merged cells {element.get('ref')}"
                merged += [area] if area else []
            if name == "autoFilter" and box(element.get("ref", "")) is None:
                yield f"autoFilter {element.get('ref')}"
            if name == "cfRule" and element.get("dxfId") is not None:
                if int(element.get("dxfId", "")) >= self._book.differential:
                    yield f"dxfId {element.get('dxfId')} of {self._book.differential}"

    def _dimension(self) -> Iterator[str]:
        for element in self._root:
            if local(element) != "dimension":
                continue
            told = box(element.get("ref", ""))
            extent = self._extent or (1, 1, 1, 1)
            inside = told and told[0] <= extent[0] and told[1] <= extent[1]
            if not inside or told is None or told[2] < extent[2] or told[3] < extent[3]:
                yield f"dimension {element.get('ref')}, but cells in {extent}"

    def _columns(self) -> Iterator[str]:
        last = 0
        for column in (e for group in self._root if local(group) == "cols" for e in group):
            low, high = int(column.get("min", "0")), int(column.get("max", "0"))
            if not last < low <= high <= _MAX_COLUMN:
                yield f"column {low} to {high} behind column {last}"
            last = max(last, high)
            yield from self._style(f"column {low}", column.get("style"))

    def table_faults(self, part: str, root: ET.Element) -> Iterator[str]:
        """Of a table that lies on this sheet; to be called after `faults`."""
        area = box(root.get("ref", ""))
        columns = [e for e in root.iter() if local(e) == "tableColumn"]
        if area is None or len(columns) != area[3] - area[1] + 1:
            yield f"{part}: {len(columns)} columns in {root.get('ref')}"
            return
        names = [e.get("name", "") for e in columns]
        if len({name.lower() for name in names}) < len(names):
            yield f"{part}: two columns of one name"
        if len({e.get("id") for e in columns}) < len(columns):
            yield f"{part}: two columns of one id"
        for index, name in enumerate(names):
            shown = self.texts.get((area[0], area[1] + index))
            if root.get("headerRowCount", "1") != "0" and shown != _unescape(name):
                yield f"{part}: column {name!r} has the header {shown!r}"


def _unescape(name: str) -> str:
    return re.sub(r"_x([0-9A-Fa-f]{4})_", lambda match: chr(int(match[1], 16)), name)
