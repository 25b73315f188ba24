"""The order in which schemas want the children of an element; a part of ooxml_check.py."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterator

_CHARTS = (
    *("areaChart", "area3DChart", "lineChart", "line3DChart", "stockChart", "radarChart"),
    *("scatterChart", "pieChart", "pie3DChart", "doughnutChart", "barChart", "bar3DChart"),
    *("ofPieChart", "surfaceChart", "surface3DChart", "bubbleChart"),
)
_AXIS = (
    *("axId", "scaling", "delete", "axPos", "majorGridlines", "minorGridlines", "title", "numFmt"),
    *("majorTickMark", "minorTickMark", "tickLblPos", "spPr", "txPr", "crossAx"),
    *("crosses|crossesAt", "auto", "lblAlgn", "lblOffset", "baseTimeUnit", "crossBetween"),
    *("majorUnit", "majorTimeUnit", "minorUnit", "minorTimeUnit", "dispUnits", "tickLblSkip"),
    *("tickMarkSkip", "noMultiLvlLbl", "extLst"),
)
# "a|b": one or the other; "a*": any number of them.
_ORDERS: dict[str, tuple[str, ...]] = {
    "table": ("autoFilter", "sortState", "tableColumns", "tableStyleInfo", "extLst"),
    "border": (
        *("start|left", "end|right", "top", "bottom", "diagonal", "vertical", "horizontal"),
    ),
    "dataValidation": ("formula1", "formula2"),
    "sheetView": ("pane", "selection*", "pivotSelection*", "extLst"),
    "twoCellAnchor": (
        *("from", "to", "sp|grpSp|graphicFrame|cxnSp|pic|contentPart", "clientData"),
    ),
    "chartSpace": (
        *("date1904", "lang", "roundedCorners", "style", "clrMapOvr", "pivotSource"),
        *("protection", "chart", "spPr", "txPr", "externalData", "printSettings", "userShapes"),
        "extLst",
    ),
    "chart": (
        *("title", "autoTitleDeleted", "pivotFmts", "view3D", "floor", "sideWall", "backWall"),
        *("plotArea", "legend", "plotVisOnly", "dispBlanksAs", "showDLblsOverMax", "extLst"),
    ),
    "plotArea": (
        *("layout", "|".join(_CHARTS) + "*", "catAx|dateAx|valAx|serAx*", "dTable", "spPr"),
        "extLst",
    ),
    "barChart": (
        *("barDir", "grouping", "varyColors", "ser*", "dLbls", "gapWidth", "overlap"),
        *("serLines*", "axId*", "extLst"),
    ),
    "lineChart": (
        *("grouping", "varyColors", "ser*", "dLbls", "dropLines", "hiLowLines", "upDownBars"),
        *("marker", "smooth", "axId*", "extLst"),
    ),
    "pieChart": ("varyColors", "ser*", "dLbls", "firstSliceAng", "extLst"),
    "ser": (
        *("idx", "order", "tx", "spPr", "invertIfNegative", "marker", "pictureOptions"),
        *("explosion", "dPt*", "dLbls", "trendline*", "errBars*", "xVal", "yVal", "cat", "val"),
        *("smooth", "shape", "bubbleSize", "bubble3D", "extLst"),
    ),
    "catAx": _AXIS,
    "dateAx": _AXIS,
    "valAx": _AXIS,
    "strRef": ("f", "strCache", "extLst"),
    "numRef": ("f", "numCache", "extLst"),
    "strCache": ("ptCount", "pt*", "extLst"),
    "numCache": ("formatCode", "ptCount", "pt*", "extLst"),
}


def local(element: ET.Element) -> str:
    return str(element.tag).rsplit("}", 1)[-1]


def namespace(element: ET.Element) -> str:
    return str(element.tag)[1:].split("}")[0] if str(element.tag)[:1] == "{" else ""


def out_of_order(part: str, root: ET.Element, order: tuple[str, ...]) -> Iterator[str]:
    """Children that are unknown, repeated or before one that belongs behind them."""
    ranks = {
        name: rank for rank, names in enumerate(order) for name in names.rstrip("*").split("|")
    }
    last, seen = -1, set()
    for child in root:
        name = local(child)
        if namespace(child) != namespace(root):  # an extension, at any place
            continue
        if name not in ranks:
            yield f"{part}: unknown element {child.tag}"
            continue
        rank = ranks[name]
        if rank < last:
            yield f"{part}: {name} behind {order[last]}"
        if rank in seen and not order[rank].endswith("*"):
            yield f"{part}: two {name}"
        seen.add(rank)
        last = max(last, rank)


def inner_faults(part: str, root: ET.Element) -> Iterator[str]:
    """Of the elements inside of a part that have an order of their own, and of kept values."""
    for element in root.iter():
        name = local(element)
        if name in _ORDERS and len(element) > 0:
            yield from out_of_order(f"{part}: {name}", element, _ORDERS[name])
        if name in ("strCache", "numCache"):
            yield from _cache_faults(f"{part}: {name}", element)


def _cache_faults(where: str, cache: ET.Element) -> Iterator[str]:
    count = next((int(e.get("val", "0")) for e in cache if local(e) == "ptCount"), None)
    points = [int(e.get("idx", "-1")) for e in cache if local(e) == "pt"]
    if points != sorted(set(points)) or (points and (count is None or points[-1] >= count)):
        yield f"{where}: points {points[:3]}...{points[-1:]} of {count}"
