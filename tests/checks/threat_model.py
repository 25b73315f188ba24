#!/usr/bin/env python3
"""Holds runtime/docs/threat-model.md and sandbox.md to the tests and files that they name: every
name between backticks that looks like a test, a hostile case or a path of the repository exists,
every promise of the threat model names a test, and every limit stands in sandbox.md with its
default.

Prints one line a violation and exits 1 when there is one."""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
THREAT_MODEL = ROOT / "runtime/docs/threat-model.md"
SANDBOX = ROOT / "runtime/docs/sandbox.md"

_CODE = re.compile(r"`([^`\n]+)`")
_CASE = re.compile(r"\d{3}_\w+\.(?:py|lua)")
_PYTEST = re.compile(r"test_\w+")
_GTEST = re.compile(r"[A-Z]\w+\.[A-Z]\w+")
_PATH = re.compile(r"(?:runtime|sandbox|sdk|tests|examples|plugins)/[\w./*-]+")
_PROMISES = "## Promises"
_LIMIT_FIELD = re.compile(r"int64_t (\w+) = (\d+);")


def gtests() -> set[str]:
    """ "Suite.Name" of every test in C++."""
    pattern = re.compile(r"\bTEST(?:_F|_P)?\(\s*(\w+)\s*,\s*(\w+)\s*\)")
    found = set()
    for path in (ROOT / "tests").rglob("*.cc"):
        found |= {f"{suite}.{name}" for suite, name in pattern.findall(path.read_text())}
    return found


def pytests() -> set[str]:
    pattern = re.compile(r"^\s*(?:async )?def (test_\w+)\(", re.MULTILINE)
    found = set()
    for path in (ROOT / "tests").rglob("*.py"):
        found |= set(pattern.findall(path.read_text()))
    return found


def cases() -> set[str]:
    return {path.name for path in (ROOT / "tests/hostile/cases").iterdir()}


class Names:
    """Everything that a document may name."""

    def __init__(self) -> None:
        self._tests = gtests() | pytests() | cases()

    def is_test(self, word: str) -> bool:
        return any(shape.fullmatch(word) for shape in (_CASE, _PYTEST, _GTEST))

    def is_missing(self, word: str) -> bool:
        if self.is_test(word):
            return word not in self._tests
        if _PATH.fullmatch(word):
            return not any(ROOT.glob(word.rstrip("/")))
        return False


def check_names(path: Path, names: Names) -> list[str]:
    faults = []
    for number, line in enumerate(path.read_text().splitlines(), 1):
        for word in _CODE.findall(line):
            if names.is_missing(word):
                faults.append(f"{path.relative_to(ROOT)}:{number}: `{word}` does not exist")
    return faults


def promise_rows(text: str) -> list[str]:
    section = text.partition(_PROMISES)[2].partition("\n## ")[0]
    rows = [line for line in section.splitlines() if line.startswith("|")]
    return [row for row in rows[2:] if not set(row) <= set("|-: ")]


def check_promises(names: Names) -> list[str]:
    rows = promise_rows(THREAT_MODEL.read_text())
    if len(rows) < 7:
        return [f"{THREAT_MODEL.name}: {len(rows)} promises found below '{_PROMISES}'"]
    faults = []
    for row in rows:
        cells = row.strip("|").split("|")
        if len(cells) != 3 or not any(names.is_test(word) for word in _CODE.findall(cells[-1])):
            faults.append(f"{THREAT_MODEL.name}: no test holds: {cells[0].strip()[:60]}")
    return faults


def check_limits() -> list[str]:
    """Each field of sandbox/limits.h has a row with its default."""
    text = SANDBOX.read_text()
    struct = (ROOT / "sandbox/limits.h").read_text().partition("struct Limits {")[2]
    fields = _LIMIT_FIELD.findall(struct.partition("};")[0])
    if not fields:
        return ["sandbox/limits.h: no fields found"]
    return [
        f"{SANDBOX.name}: no row for `{name}` with its default {default}"
        for name, default in fields
        if not re.search(rf"^\| `{name}` \| {default} ", text, re.MULTILINE)
    ]


def main() -> int:
    names = Names()
    documents = [THREAT_MODEL, SANDBOX, ROOT / "sandbox/profiles/README.md"]
    faults = [fault for path in documents for fault in check_names(path, names)]
    faults += check_promises(names) + check_limits()
    for fault in faults:
        print(fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
