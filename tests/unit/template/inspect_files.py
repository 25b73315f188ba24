"""Answers the questions of python_inspector.cc about code and workbooks of a checkout."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

Facts = dict[str, Any]
SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}sheet"


def python_facts(path: Path, function: str) -> Facts:
    try:
        tree = ast.parse(path.read_bytes())
    except SyntaxError as error:
        return {
            "parsed": False,
            "error": error.msg,
            "line": error.lineno or 0,
            "column": error.offset or 0,
        }
    functions = [
        node for node in tree.body if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    ]
    facts: Facts = {"parsed": True, "functions": [node.name for node in functions]}
    for node in functions:
        if node.name == function:
            args = node.args
            count = len(args.posonlyargs) + len(args.args)
            facts |= {
                "found": True,
                "line": node.lineno,
                "column": node.col_offset + 1,
                "min": count - len(args.defaults),
                "max": -1 if args.vararg else count,
            }
    for node in tree.body:
        if isinstance(node, ast.ImportFrom):
            names = [alias.asname or alias.name for alias in node.names]
            if function in names:
                facts |= {"found": True, "imported": True}
    return facts


def lua_facts(path: Path, function: str) -> Facts:
    checked = subprocess.run(
        ["luac5.4", "-p", str(path)], capture_output=True, text=True, check=False
    )
    if checked.returncode != 0:
        place = re.search(r":(\d+): (.*)", checked.stderr)
        return {
            "parsed": False,
            "error": place.group(2) if place else checked.stderr,
            "line": int(place.group(1)) if place else 0,
        }
    found = re.search(rf"function \w+\.{function}\(([^)]*)\)", path.read_text())
    if not found:
        return {"parsed": True, "functions": []}
    count = len([name for name in found.group(1).split(",") if name.strip()])
    return {"parsed": True, "found": True, "min": 0, "max": count, "functions": [function]}


def workbook_facts(path: Path) -> Facts:
    try:
        with zipfile.ZipFile(path) as archive:
            root = ElementTree.fromstring(archive.read("xl/workbook.xml"))
    except (zipfile.BadZipFile, KeyError, ElementTree.ParseError) as error:
        return {"readable": False, "error": str(error)}
    return {"readable": True, "sheets": [node.get("name") for node in root.iter(SHEET)]}


def answer(checkout: Path, query: dict[str, str]) -> Facts:
    if "workbook" in query:
        return workbook_facts(checkout / query["workbook"])
    facts = python_facts if query["language"] == "python" else lua_facts
    return facts(checkout / query["file"], query["function"])


def main() -> None:
    asked = json.loads(Path(sys.argv[1]).read_text())
    checkout = Path(asked["checkout"])
    print(json.dumps([answer(checkout, query) for query in asked["queries"]]))


main()
