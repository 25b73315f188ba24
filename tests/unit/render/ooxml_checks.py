"""What Excel asks of a package before it opens it without a repair, checked on the bytes.

Elements of a worksheet, a table, a chart in the order of their schema; every part with a content
type; every relationship with a target and an id of its own; no part that nothing refers to.
"""

from __future__ import annotations

import posixpath
import re
import xml.etree.ElementTree as ET
import zipfile
from typing import Any

_WORKSHEET = [
    "sheetPr", "dimension", "sheetViews", "sheetFormatPr", "cols", "sheetData", "sheetCalcPr",
    "sheetProtection", "protectedRanges", "scenarios", "autoFilter", "sortState",
    "dataConsolidate", "customSheetViews", "mergeCells", "phoneticPr", "conditionalFormatting",
    "dataValidations", "hyperlinks", "printOptions", "pageMargins", "pageSetup", "headerFooter",
    "rowBreaks", "colBreaks", "customProperties", "cellWatches", "ignoredErrors", "smartTags",
    "drawing", "legacyDrawing", "legacyDrawingHF", "picture", "oleObjects", "controls",
    "webPublishItems", "tableParts", "extLst",
]  # fmt: skip
_SERIES = [
    "idx", "order", "tx", "spPr", "invertIfNegative", "marker", "pictureOptions", "explosion",
    "dPt", "dLbls", "trendline", "errBars", "cat", "val", "smooth", "shape", "extLst",
]  # fmt: skip
_AXIS = [
    "axId", "scaling", "delete", "axPos", "majorGridlines", "minorGridlines", "title", "numFmt",
    "majorTickMark", "minorTickMark", "tickLblPos", "spPr", "txPr", "crossAx", "crosses",
    "crossesAt", "auto", "lblAlgn", "lblOffset", "noMultiLvlLbl", "crossBetween", "majorUnit",
]  # fmt: skip
_ORDERS: dict[str, list[str]] = {
    "worksheet": _WORKSHEET,
    "workbook": [
        "fileVersion", "workbookPr", "workbookProtection", "bookViews", "sheets",
        "functionGroups", "externalReferences", "definedNames", "calcPr", "pivotCaches", "extLst",
    ],
    "styleSheet": ["numFmts", "fonts", "fills", "borders", "cellStyleXfs", "cellXfs", "cellStyles",
                   "dxfs", "tableStyles", "colors", "extLst"],
    "table": ["autoFilter", "sortState", "tableColumns", "tableStyleInfo", "extLst"],
    "border": ["start", "end", "left", "right", "top", "bottom", "diagonal", "vertical"],
    "dataValidation": ["formula1", "formula2"],
    "sheetView": ["pane", "selection"],
    "chartSpace": ["date1904", "lang", "roundedCorners", "style", "clrMapOvr", "chart", "spPr",
                   "txPr", "externalData", "printSettings", "userShapes"],
    "chart": ["title", "autoTitleDeleted", "pivotFmts", "view3D", "floor", "sideWall", "backWall",
              "plotArea", "legend", "plotVisOnly", "dispBlanksAs"],
    "plotArea": ["layout", "barChart", "lineChart", "pieChart", "catAx", "dateAx", "valAx",
                 "serAx", "dTable", "spPr"],
    "barChart": ["barDir", "grouping", "varyColors", "ser", "dLbls", "gapWidth", "overlap",
                 "serLines", "axId"],
    "lineChart": ["grouping", "varyColors", "ser", "dLbls", "dropLines", "hiLowLines", "upDownBars",
                  "marker", "smooth", "axId"],
    "pieChart": ["varyColors", "ser", "dLbls", "firstSliceAng"],
    "ser": _SERIES,
    "catAx": _AXIS,
    "valAx": _AXIS,
    "twoCellAnchor": ["from", "to", "sp", "grpSp", "graphicFrame", "cxnSp", "pic", "clientData"],
}  # fmt: skip


def local(tag: str) -> str:
    """A tag without its namespace."""
    return tag.rpartition("}")[2]


def check_order(root: ET.Element, part: str) -> None:
    """The children of each element that has an order are in it."""
    for element in root.iter():
        order = _ORDERS.get(local(element.tag))
        if order is None or (local(element.tag) == "chart" and len(element) == 0):
            continue
        ranks = [order.index(local(child.tag)) for child in element]
        assert ranks == sorted(ranks), (part, local(element.tag), [local(c.tag) for c in element])


def _target(part: str, target: str) -> str:
    if target.startswith("/"):
        return target[1:]
    return posixpath.normpath(posixpath.join(posixpath.dirname(part), target))


def _check_relationships(package: dict[str, bytes]) -> set[str]:
    reached = set()
    for name, data in package.items():
        if not name.endswith(".rels"):
            continue
        folder, file = posixpath.split(name)
        source = posixpath.join(posixpath.dirname(folder), file.removesuffix(".rels"))
        assert source in package or name == "_rels/.rels", f"{name} belongs to no part"
        relations = ET.fromstring(data)
        ids = [relation.get("Id") for relation in relations]
        assert len(ids) == len(set(ids)), (name, ids)
        for relation in relations:
            if relation.get("TargetMode") == "External":
                continue
            target = _target(source, relation.get("Target", ""))
            assert target in package, (name, target)
            reached.add(target)
        if source in package:
            used = set(re.findall(rb'\br:(?:id|embed)="([^"]+)"', package[source]))
            assert used <= {str(i).encode() for i in ids}, (source, used, ids)
    return reached


def _check_cells(root: ET.Element, part: str) -> None:
    last_row = 0
    for row in root.iter():
        if local(row.tag) != "row":
            continue
        number = int(row.get("r", "0"))
        assert last_row < number <= 1_048_576, (part, number)
        last_row = number
        last_column = 0
        for cell in row:
            letters, digits = re.fullmatch(r"([A-Z]+)(\d+)", cell.get("r", "")).groups()  # type: ignore[union-attr]
            column = 0
            for letter in letters:
                column = column * 26 + ord(letter) - 64
            assert int(digits) == number and last_column < column <= 16384, (part, cell.get("r"))
            last_column = column


def check_package(path: Any) -> dict[str, bytes]:
    """Raises AssertionError; returns the parts."""
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        assert len(names) == len(set(names)), names
        package = {name: archive.read(name) for name in names}
    types = ET.fromstring(package["[Content_Types].xml"])
    defaults = {t.get("Extension") for t in types if local(t.tag) == "Default"}
    overrides = [t.get("PartName", "")[1:] for t in types if local(t.tag) == "Override"]
    assert len(overrides) == len(set(overrides)), overrides
    assert set(overrides) <= set(names), set(overrides) - set(names)
    for name in names:
        assert name in overrides or name.rpartition(".")[2] in defaults, f"{name} has no type"
        if name.endswith(".xml") and name.startswith("xl/"):
            assert name in overrides, f"{name} has only the type of all XML"
    reached = _check_relationships(package)
    for name in names:
        assert name in reached or name.endswith(".rels") or name == "[Content_Types].xml", (
            f"nothing refers to {name}"
        )
    for name, data in package.items():
        if name.endswith((".xml", ".vml", ".rels")):
            root = ET.fromstring(data)
            check_order(root, name)
            if local(root.tag) == "worksheet":
                _check_cells(root, name)
    return package
