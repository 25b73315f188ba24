#!/usr/bin/env python3
"""Holds the rooms apart: which folder may include headers of which, and that every source file
is part of the build and every table row has its file.

Prints one line a violation and exits 1 when there is one."""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# room -> rooms whose headers it may include (besides its own), transitively closed by hand so
# that the table can be read line by line.
BASE = {"runtime/base"}
ALLOWED: dict[str, set[str]] = {
    "runtime/base": set(),
    "runtime/store": BASE,
    "runtime/query": BASE,
    "runtime/catalog": BASE | {"runtime/store", "runtime/query"},
    "runtime/net": BASE,
    "runtime/git": BASE | {"runtime/store"},
    "runtime/template": BASE | {"runtime/git"},
    "sandbox": BASE,
    "runtime/report": BASE
    | {
        "runtime/store",
        "runtime/query",
        "runtime/catalog",
        "runtime/net",
        "runtime/git",
        "runtime/template",
        "sandbox",
    },
    "runtime/usage": BASE
    | {"runtime/store", "runtime/query", "runtime/catalog", "sdk/render"},
    "runtime/api": BASE
    | {
        "runtime/store",
        "runtime/query",
        "runtime/catalog",
        "runtime/net",
        "runtime/report",
        "runtime/usage",
    },
    "runtime/cli": BASE
    | {
        "runtime/usage",
        "runtime/api",
        "runtime/store",
        "runtime/query",
        "runtime/catalog",
        "runtime/net",
        "runtime/git",
        "runtime/template",
        "runtime/report",
        "sandbox",
    },
    "sdk/render": BASE,
    "sdk/worker": BASE | {"sdk/render", "sdk/python", "sdk/lua", "sandbox"},
    "sdk/python": BASE | {"sdk/render", "sdk/worker"},
    "sdk/lua": BASE | {"sdk/render", "sdk/worker"},
}

# "file -> header" pairs that may break the table. Starts empty and stays empty.
EXCEPTIONS: set[tuple[str, str]] = set()

INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.MULTILINE)


def room_of(path: str) -> str | None:
    """The longest known room that `path` lies in."""
    rooms = [room for room in ALLOWED if path.startswith(room + "/")]
    return max(rooms, key=len) if rooms else None


def sources() -> list[Path]:
    found: list[Path] = []
    for top in ("runtime", "sandbox", "sdk"):
        found += [p for p in (ROOT / top).rglob("*") if p.suffix in {".cc", ".h"}]
    return sorted(found)


def check_includes(path: Path) -> list[str]:
    name = path.relative_to(ROOT).as_posix()
    room = room_of(name)
    if room is None:
        return [f"{name}: lies in no known room; add it to tests/checks/layering.py"]
    faults = []
    for header in INCLUDE.findall(path.read_text(encoding="utf-8")):
        target = room_of(header)
        if target is None or target == room or (name, header) in EXCEPTIONS:
            continue
        if target not in ALLOWED[room]:
            faults.append(f"{name}: {room} may not include {header} of {target}")
    return faults


def check_built(path: Path) -> list[str]:
    """Every .cc is named in the CMakeLists.txt of its folder or of a folder above it."""
    if path.suffix != ".cc":
        return []
    for folder in path.parents:
        lists = folder / "CMakeLists.txt"
        name = re.escape(path.relative_to(folder).as_posix())
        if lists.exists() and re.search(rf"(?<![\w./-]){name}\b", lists.read_text()):
            return []
        if folder == ROOT:
            break
    return [f"{path.relative_to(ROOT)}: is in no CMakeLists.txt"]


def check_readmes() -> list[str]:
    faults = []
    for room in sorted(ALLOWED):
        if not (ROOT / room).is_dir():
            continue
        readme = ROOT / room / "README.md"
        lines = readme.read_text().splitlines() if readme.exists() else []
        if not 6 <= len(lines) <= 30:
            faults.append(f"{room}/README.md: {len(lines)} lines, expected 6 to 30")
    return faults


# A table and the files that must each have a row in it.
TABLES = [
    ("runtime/cli/commands.cc", "runtime/cli", r"(\w+)_command\.cc$"),
    ("sdk/render/renderers.cc", "sdk/render", r"(\w+)_renderer\.cc$"),
]


def check_tables() -> list[str]:
    faults = []
    for table, folder, pattern in TABLES:
        path = ROOT / table
        if not path.exists():
            faults.append(f"{table}: missing")
            continue
        text = path.read_text()
        for file in sorted((ROOT / folder).glob("*.cc")):
            match = re.match(pattern, file.name)
            if match and f'"{match.group(1)}"' not in text:
                faults.append(f"{folder}/{file.name}: has no row in {table}")
    return faults


def main() -> int:
    faults = check_readmes() + check_tables()
    for path in sources():
        faults += check_includes(path) + check_built(path)
    for fault in faults:
        print(fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
