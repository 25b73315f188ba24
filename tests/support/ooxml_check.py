"""Finds what a strict reader of workbooks would stumble over: `faults(path)` gives one line each.

    ooxml_check.py FILE...

Stricter than the standard where programs are: Excel offers to repair a file for a duplicate id, a
cell out of order or a formula chain that names a cell without formula; SheetJS reads sizes from
the local headers; exceljs wants a reference on every cell; openpyxl and SheetJS believe a
`dimension`. Standard library only. What concerns a sheet alone is in ooxml_sheet.py, the order of
elements in ooxml_order.py.
"""

from __future__ import annotations

import posixpath
import struct
import sys
import xml.etree.ElementTree as ET
import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import ooxml_sheet
from ooxml_order import inner_faults, local, namespace, out_of_order
from ooxml_sheet import BookFacts

_TYPES = "[Content_Types].xml"
_MAIN = {
    "http://schemas.openxmlformats.org/spreadsheetml/2006/main": "transitional",
    "http://purl.oclc.org/ooxml/spreadsheetml/main": "strict",
}
_RELATIONS = (
    "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
    "http://purl.oclc.org/ooxml/officeDocument/relationships",
)
_WORKBOOK_ORDER = (
    *("fileVersion", "fileSharing", "workbookPr", "workbookProtection", "bookViews", "sheets"),
    *("functionGroups", "externalReferences", "definedNames", "calcPr", "oleSize"),
    *("customWorkbookViews", "pivotCaches", "smartTagPr", "smartTagTypes", "webPublishing"),
    *("fileRecoveryPr", "webPublishObjects", "extLst"),
)
_STYLES_ORDER = (
    *("numFmts", "fonts", "fills", "borders", "cellStyleXfs", "cellXfs", "cellStyles", "dxfs"),
    *("tableStyles", "colors", "extLst"),
)
# Relationship type -> how its part's content type ends.
_CONTENT = {
    "worksheet": "worksheet+xml",
    "chartsheet": "chartsheet+xml",
    "styles": "styles+xml",
    "sharedStrings": "sharedStrings+xml",
    "calcChain": "calcChain+xml",
    "theme": "theme+xml",
    "comments": "comments+xml",
    "table": "table+xml",
    "drawing": "drawing+xml",
    "vmlDrawing": "vmlDrawing",
}
_SHEETS = ("worksheet", "chartsheet", "dialogsheet")
_MAX_FORMATS = 65_490


class Package:
    """The parts of one file and how they refer to each other."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self.data = {name: archive.read(name) for name in archive.namelist() if name[-1] != "/"}
        self.xml: dict[str, ET.Element] = {}
        self.broken: list[str] = []
        for name, data in self.data.items():
            if name.endswith((".xml", ".rels", ".vml")):
                self._parse(name, data)
        self.relations = {name: self._relations(name) for name in ("", *self.data)}

    def _parse(self, name: str, data: bytes) -> None:
        if b"<!DOCTYPE" in data[:1000]:
            self.broken.append(f"{name}: a document type declaration")
        try:
            self.xml[name] = ET.fromstring(data)
        except ET.ParseError as error:
            if not name.endswith(".vml"):  # Excel itself writes some that are not well-formed
                self.broken.append(f"{name}: not well-formed: {error}")

    def _relations(self, source: str) -> dict[str, tuple[str, str]]:
        """Id -> (type, part) of what lies inside of the package; part is "" for the outside."""
        root = self.xml.get(rels_of(source))
        found = {}
        for relation in root if root is not None else ():
            target = relation.get("Target", "")
            inside = relation.get("TargetMode") != "External"
            part = resolve(source, target) if inside else ""
            found[relation.get("Id", "")] = (relation.get("Type", "").rsplit("/", 1)[-1], part)
        return found

    def one(self, source: str, kind: str) -> str:
        """The part that `source` refers to as `kind`, or ""."""
        return next((part for what, part in self.relations[source].values() if what == kind), "")


def rels_of(source: str) -> str:
    folder, name = posixpath.split(source)
    return posixpath.join(folder, "_rels", name + ".rels")


def resolve(source: str, target: str) -> str:
    return posixpath.normpath(posixpath.join("/", posixpath.dirname(source), target)).lstrip("/")


def faults(path: Path | str, *, orphans: frozenset[str] = frozenset()) -> list[str]:
    """What is wrong with the workbook at `path`; nothing when it is good.

    `orphans`: parts that may be there although nothing refers to them."""
    try:
        with zipfile.ZipFile(path) as archive:
            found = list(_container(archive, Path(path).read_bytes()))
            if damaged := archive.testzip():
                return [*found, f"{damaged}: checksum"]
            package = Package(archive)
    except (zipfile.BadZipFile, OSError, NotImplementedError) as error:
        return [f"no zip archive: {error}"]
    found += package.broken
    if package.broken:
        return found
    found += _content_types(package)
    found += _relations(package, orphans)
    found += _duplicate_ids(package)
    found += [line for name, root in package.xml.items() for line in inner_faults(name, root)]
    book = package.one("", "officeDocument")
    if book not in package.xml:
        return [*found, "no workbook part"]
    return found + list(_workbook(package, book))


def _container(archive: zipfile.ZipFile, raw: bytes) -> Iterator[str]:
    names = Counter(name.lower() for name in archive.namelist())
    yield from (f"zip: {count} entries {name}" for name, count in names.items() if count > 1)
    if archive.namelist()[:1] != [_TYPES] and archive.namelist()[:1] != ["_rels/.rels"]:
        yield f"zip: begins with {archive.namelist()[:1]}, so file types are not recognised"
    for entry in archive.infolist():
        at = entry.header_offset
        if raw[at : at + 4] != b"PK\x03\x04":
            yield f"zip: {entry.filename}: no local header"
            continue
        need, flags, method = struct.unpack_from("<HHH", raw, at + 4)
        crc, packed, size, name_size, extra_size = struct.unpack_from("<IIIHH", raw, at + 14)
        name = raw[at + 30 : at + 30 + name_size]
        extra = raw[at + 30 + name_size : at + 30 + name_size + extra_size]
        told = (crc, packed, size, method)
        if told != (entry.CRC, entry.compress_size, entry.file_size, entry.compress_type):
            yield f"zip: {entry.filename}: its local header differs from the directory"
        if name != entry.orig_filename.encode("utf-8" if entry.flag_bits & 0x800 else "cp437"):
            yield f"zip: {entry.filename}: its local header has another name"
        if flags & ~0x806:
            yield f"zip: {entry.filename}: flags {flags:#x} (encrypted or a data descriptor)"
        if method not in (0, 8) or need > 20:
            yield f"zip: {entry.filename}: method {method}, version {need}"
        if 1 in _extra_ids(extra):
            yield f"zip: {entry.filename}: zip64 in the local header"


def _extra_ids(extra: bytes) -> Iterator[int]:
    at = 0
    while at + 4 <= len(extra):
        number, size = struct.unpack_from("<HH", extra, at)
        yield number
        at += 4 + size


def _content_types(package: Package) -> Iterator[str]:
    root = package.xml.get(_TYPES)
    if root is None:
        yield f"no {_TYPES}"
        return
    given_by_name = [e for e in root if local(e) == "Default"]
    defaults = [e.get("Extension", "").lower() for e in given_by_name]
    by_default = {e.get("Extension", "").lower(): e.get("ContentType", "") for e in given_by_name}
    overrides = {e.get("PartName", ""): e.get("ContentType", "") for e in root if e.get("PartName")}
    listed = Counter(e.get("PartName", "").lower() for e in root if local(e) == "Override")
    for name, count in (Counter(defaults) + listed).items():
        if count > 1:
            yield f"{_TYPES}: {name} {count} times"
    for part in overrides:
        if part[:1] != "/" or part[1:] not in package.data:
            yield f"{_TYPES}: {part} is no part"
    for name in package.data:
        known = "/" + name in overrides or name.rsplit(".", 1)[-1].lower() in defaults
        if name != _TYPES and not known:
            yield f"{name}: no content type"
    for relations in package.relations.values():
        for kind, part in relations.values():
            wanted = _CONTENT.get(kind)
            extension = part.rsplit(".", 1)[-1].lower()
            given = overrides.get("/" + part, by_default.get(extension, "none"))
            if wanted and part and not given.lower().endswith(wanted.lower()):
                yield f"{part}: content type {given} for a {kind}"


def _relations(package: Package, orphans: frozenset[str]) -> Iterator[str]:
    for name in package.data:
        if not name.endswith(".rels"):
            continue
        folder, own = posixpath.split(name)
        source = posixpath.join(posixpath.dirname(folder), own.removesuffix(".rels"))
        if source and source not in package.data:
            yield f"{name}: relationships of a part that is not there"
        ids = Counter(relation.get("Id") for relation in package.xml[name])
        yield from (f"{name}: Id {i} {count} times" for i, count in ids.items() if count > 1)
    for source, relations in package.relations.items():
        for number, (kind, part) in relations.items():
            if part and part not in package.data:
                yield f"{source or 'package'}: {number} ({kind}) leads to {part}: not there"
    for name, root in package.xml.items():
        for used in _used_ids(root):
            if used not in package.relations[name]:
                yield f"{name}: relationship {used} is not there"
    reached, waiting = set(), [""]
    while waiting:
        for _, part in package.relations.get(waiting.pop(), {}).values():
            if part and part not in reached:
                reached.add(part)
                waiting.append(part)
    for name in package.data:
        if name != _TYPES and not name.endswith(".rels") and name not in reached | orphans:
            yield f"{name}: no relationship leads to it"


def _used_ids(root: ET.Element) -> Iterator[str]:
    for element in root.iter():
        for key, value in element.attrib.items():
            if key[0] == "{" and key[1:].split("}")[0] in _RELATIONS and value:
                yield value


def _duplicate_ids(package: Package) -> Iterator[str]:
    tables: Counter[str] = Counter()
    for name, root in package.xml.items():
        if local(root) == "wsDr":
            shapes = Counter(e.get("id") for e in root.iter() if local(e) == "cNvPr")
        elif name.endswith(".vml"):
            shapes = Counter(e.get("id") for e in root.iter() if local(e) == "shape")
        elif local(root) == "comments":
            shapes = Counter(e.get("ref") for e in root.iter() if local(e) == "comment")
            authors = sum(1 for e in root.iter() if local(e) == "author")
            for e in root.iter():
                if local(e) == "comment" and int(e.get("authorId", "0")) >= authors:
                    yield f"{name}: comment {e.get('ref')} has an author that is not there"
        else:
            if local(root) == "table":
                tables.update([f"id {root.get('id')}", f"name {root.get('displayName')}".lower()])
            continue
        yield from (f"{name}: shape or comment {i} {n} times" for i, n in shapes.items() if n > 1)
    yield from (f"table {key} {count} times" for key, count in tables.items() if count > 1)


def _workbook(package: Package, part: str) -> Iterator[str]:
    root = package.xml[part]
    flavour = _MAIN.get(namespace(root))
    if flavour is None:
        yield f"{part}: namespace {namespace(root)}"
    yield from out_of_order(part, root, _WORKBOOK_ORDER)
    sheets = [e for e in root.iter() if local(e) == "sheet"]
    yield from _sheet_list(package, part, sheets)
    yield from _defined_names(part, root, len(sheets))
    for view in root.iter():
        if local(view) == "workbookView" and int(view.get("activeTab", "0")) >= len(sheets):
            yield f"{part}: activeTab {view.get('activeTab')} of {len(sheets)} sheets"
    styles_part = package.one(part, "styles")
    styles = package.xml.get(styles_part)
    facts = BookFacts(formats=1, differential=0, strings=[])
    if styles is not None:
        facts.formats = _count(styles, "cellXfs")
        facts.differential = _count(styles, "dxfs")
        yield from _styles(styles_part, styles)
    texts_part = package.one(part, "sharedStrings")
    if texts_part:
        texts = package.xml[texts_part]
        facts.strings = [ooxml_sheet.text_of(e) for e in texts if local(e) == "si"]
        unique = texts.get("uniqueCount")
        if unique is not None and int(unique) != len(facts.strings):
            yield f"{texts_part}: uniqueCount {unique} of {len(facts.strings)}"
    for other in (styles_part, texts_part):
        if other and namespace(package.xml[other]) != namespace(root):
            yield f"{other}: another namespace than {part}"
    selected = []
    by_id = {}
    for sheet in sheets:
        kind, sheet_part = package.relations[part].get(_relation_id(sheet), ("", ""))
        xml = package.xml.get(sheet_part)
        if kind != "worksheet" or xml is None:
            continue
        if namespace(xml) != namespace(root):
            yield f"{sheet_part}: another namespace than {part}"
        checked = ooxml_sheet.Sheet(sheet_part, xml, facts)
        yield from checked.faults()
        for what, table in package.relations[sheet_part].values():
            if what == "table" and table in package.xml:
                yield from checked.table_faults(table, package.xml[table])
        by_id[sheet.get("sheetId")] = checked
        selected += [sheet.get("name")] if checked.selected else []
    if len(selected) > 1:
        yield f"{part}: sheets {selected} are selected together"
    yield from _calc_chain(package, part, by_id)
    yield from _titles(package, sheets)


def _relation_id(sheet: ET.Element) -> str:
    ids = (v for k, v in sheet.attrib.items() if k[0] == "{" and k[1:].split("}")[0] in _RELATIONS)
    return next(ids, "")


def _sheet_list(package: Package, part: str, sheets: list[ET.Element]) -> Iterator[str]:
    for what, key in (("sheetId", lambda e: e.get("sheetId")), ("r:id", _relation_id)):
        for value, count in Counter(map(key, sheets)).items():
            if count > 1:
                yield f"{part}: {what} {value} {count} times"
    for name, count in Counter(e.get("name", "").lower() for e in sheets).items():
        bad = not 0 < len(name) <= 31 or set(name) & set("[]:*?/\\") or "'" in name[0] + name[-1]
        if count > 1 or bad:
            yield f"{part}: sheet name {name!r}, {count} times"
    for sheet in sheets:
        if not 0 < int(sheet.get("sheetId", "0")) < 65_535:
            yield f"{part}: sheetId {sheet.get('sheetId')}"
        kind, target = package.relations[part].get(_relation_id(sheet), ("", ""))
        if kind not in _SHEETS:
            yield f"{part}: sheet {sheet.get('name')} is a {kind or 'missing part'} {target}"
    if all(sheet.get("state", "visible") != "visible" for sheet in sheets):
        yield f"{part}: no sheet is visible"


def _defined_names(part: str, root: ET.Element, sheets: int) -> Iterator[str]:
    names = [e for e in root.iter() if local(e) == "definedName"]
    counts = Counter((e.get("name", "").lower(), e.get("localSheetId")) for e in names)
    yield from (f"{part}: defined name {key} {n} times" for key, n in counts.items() if n > 1)
    for name in names:
        if int(name.get("localSheetId", "0")) >= sheets:
            yield f"{part}: defined name {name.get('name')} of sheet {name.get('localSheetId')}"


def _list(root: ET.Element, name: str) -> list[ET.Element]:
    return [item for group in root if local(group) == name for item in group]


def _count(root: ET.Element, name: str) -> int:
    return len(_list(root, name))


def _styles(part: str, root: ET.Element) -> Iterator[str]:
    yield from out_of_order(part, root, _STYLES_ORDER)
    for group in root:
        if group.get("count") is not None and int(group.get("count", "")) != len(group):
            yield f"{part}: {local(group)} count {group.get('count')} of {len(group)}"
    numbers = Counter(e.get("numFmtId") for e in _list(root, "numFmts"))
    yield from (f"{part}: numFmtId {i} {count} times" for i, count in numbers.items() if count > 1)
    if _count(root, "cellXfs") > _MAX_FORMATS:
        yield f"{part}: {_count(root, 'cellXfs')} cell formats"
    limits = {"fontId": "fonts", "fillId": "fills", "borderId": "borders", "xfId": "cellStyleXfs"}
    sizes = {key: _count(root, name) for key, name in limits.items()}
    for group in ("cellStyleXfs", "cellXfs"):
        for index, xf in enumerate(_list(root, group)):
            for key, size in sizes.items():
                if xf.get(key) is not None and int(xf.get(key, "")) >= max(size, 1):
                    yield f"{part}: {group} {index}: {key} {xf.get(key)} of {size}"
            number = xf.get("numFmtId", "0")
            if int(number) >= 164 and number not in numbers:
                yield f"{part}: {group} {index}: numFmtId {number} is not there"


def _calc_chain(package: Package, part: str, sheets: dict) -> Iterator[str]:
    chain = package.xml.get(package.one(part, "calcChain"))
    sheet = ""
    for cell in chain if chain is not None else ():
        sheet = cell.get("i", sheet)
        checked = sheets.get(sheet)
        if checked is None or cell.get("r") not in checked.formulas:
            yield f"calcChain: {cell.get('r')} of sheet {sheet} has no formula"


def _titles(package: Package, sheets: list[ET.Element]) -> Iterator[str]:
    part = package.one("", "extended-properties")
    root = package.xml.get(part)
    if root is None:
        return
    for titles in root:
        if local(titles) == "TitlesOfParts":
            names = [e.text or "" for e in titles.iter() if local(e) == "lpstr"]
            if any(int(v.get("size", "0")) != len(v) for v in titles):
                yield f"{part}: TitlesOfParts has another size"
            missing = [s.get("name") for s in sheets if s.get("name") not in names]
            if missing and len(missing) < len(sheets):
                yield f"{part}: TitlesOfParts lacks {missing}"
            counts = [int(e.text or 0) for e in root.iter() if local(e) in ("i4", "int")]
            if counts and sum(counts) != len(names):
                yield f"{part}: HeadingPairs count {sum(counts)} titles of {len(names)}"


def main() -> int:
    found = [f"{path}: {line}" for path in sys.argv[1:] for line in faults(path)]
    print("\n".join(found) or "no faults")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
