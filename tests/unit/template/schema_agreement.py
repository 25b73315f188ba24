"""Holds sdk/schema/reports.schema.json and the C++ parser to the same verdict.

usage: schema_agreement.py MANIFEST_CHECK REPORTS_SCHEMA

Every manifest here is judged by both. Where a rule cannot be said in JSON Schema (unique ids, paths
that leave by way of a folder), the case stands in BEYOND_SCHEMA and the parser alone refuses it.
"""

from __future__ import annotations

import copy
import json
import re
import subprocess
import sys
import unittest
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema

HERE = Path(__file__).parent
WRONG: list[Any] = [None, True, -1, 0, 1.5, "", "text", "/etc/x", [], [1], {}, {"a": 1}, "../x"]
Steps = tuple[Any, ...]

# (where, value) changes of the valid manifest that both accept.
GOOD: list[tuple[Steps, Any]] = [
    (("reports", 0, "language"), "lua"),
    (("reports", 1, "parameters"), []),
    (("reports", 1, "permissions"), {}),
    (("reports", 1, "permissions", "connections"), []),
    (("reports", 1, "renderers", 1, "args"), {"unknown": [1, 2]}),
    (("reports", 1, "renderers", 6, "template"), "a b/c.d/e.html.j2"),
    (("reports", 1, "renderers", 6, "template"), "a/b.my html.j2"),
    (("reports", 1, "renderers", 5, "template"), "a b/c.d/e f.x-1_y.j2"),
    (("reports", 0, "template"), "a/.gitignore"),
    (("reports", 0, "start_row"), 1048576),
    (("reports", 1, "renderers", 0, "args", "charts", 0, "anchor"), "XFD1048576"),
    (("reports", 1, "renderers", 0, "args", "charts", 0, "y"), ["a", "b", "c"]),
    (("reports", 1, "renderers", 0, "args", "charts", 0, "colour"), "red"),
    (("reports", 1, "renderers", 7, "args", "charts", 0, "y"), ["Amount"]),
    (("reports", 1, "renderers", 7, "args", "columns"), ["Month", "Amount", "a\nb"]),
    (("unknown",), {"key": 1}),
    (("$schema",), "https://example.org/reports.schema.json"),
]
# ... that both refuse.
BAD: list[tuple[Steps, Any]] = [
    (("language",), "ruby"),
    (("readme_file",), "a/.git/config"),
    (("readme_file",), "a\\b"),
    (("readme_file",), "https://example.org/x.md"),
    (("reports", 0, "entrypoint"), "os.system"),
    (("reports", 0, "entrypoint"), "a.b:c()"),
    (("reports", 0, "entrypoint"), "a.__init__.b.c"),
    (("reports", 0, "report_spec"), 1),
    (("reports", 0, "report_spec"), "3"),
    (("reports", 0, "renderers"), []),
    (("reports", 0, "start_row"), 1048577),
    (("reports", 0, "start_col"), 16385),
    (("reports", 1, "limits", "wall_s"), 0),
    (("reports", 1, "renderers", 0, "args", "overflow"), "wrap"),
    (("reports", 1, "renderers", 0, "args", "compression"), "tiny"),
    (("reports", 1, "renderers", 1, "args", "delimiter"), ",,"),
    (("reports", 1, "renderers", 1, "args", "delimiter"), '"'),
    (("reports", 1, "renderers", 1, "args", "delimiter"), "\n"),
    (("reports", 1, "renderers", 2, "default"), True),
    (("reports", 1, "renderers", 6, "template"), "a/b.html"),
    (("reports", 1, "renderers", 6, "template"), "a.b/c.j2"),
    (("reports", 1, "renderers", 5, "template"), "a/b.my html.j2"),
    *[
        (("reports", 1, "renderers", 0, "args", "charts", 0, "anchor"), cell)
        for cell in ("XFE1", "A0", "A1048577", "h2", "$A$1", "A01", "AAAA1", "1", "A")
    ],
    (("reports", 1, "renderers", 0, "args", "charts", 0, "type"), "area"),
    (("reports", 1, "renderers", 0, "args", "charts", 0, "y"), ["a"] * 17),
    (("reports", 1, "renderers", 0, "args", "charts"), [{}] * 21),
    (("reports", 1, "renderers", 7, "args", "charts", 0, "y"), ["Month", "Amount"]),
    (("reports", 1, "renderers", 7, "args", "max_rows"), 100_001),
    (("reports", 1, "parameters", 0, "type"), "text"),
    (("reports", 1, "parameters", 0, "choices"), []),
]
BEYOND_SCHEMA: list[tuple[Steps, Any]] = [
    (("readme_file",), "a/../../b"),
    (("readme_file",), "a/git~1/b"),
    (("readme_file",), "."),
    (("reports", 1, "entrypoint"), "x.old.entrypoint.generate"),
    (("reports", 1, "renderers", 1, "id"), "json"),
    (("reports", 1, "parameters", 1, "id"), "kind"),
    (("reports", 0, "start_row"), 2.0),
    (("reports", 1, "renderers", 7, "args"), {"columns": ["a"], "totals": ["b"]}),
    (
        ("reports", 1, "renderers", 7, "args"),
        {"columns": ["a", "b"], "charts": [{"type": "bar", "x": "a", "y": ["b", "c"]}]},
    ),
]


def valid_manifest() -> dict[str, Any]:
    header = (HERE / "valid_manifest.h").read_text()
    text = re.search(r'R"\((.*?)\)"', header, re.DOTALL)
    assert text is not None
    return json.loads(text.group(1))


def changed(steps: Steps, value: Any) -> dict[str, Any]:
    manifest = copy.deepcopy(valid_manifest())
    place: Any = manifest
    for step in steps[:-1]:
        place = place[step]
    place[steps[-1]] = value
    return manifest


def places(value: Any, steps: Steps = ()) -> Iterator[Steps]:
    if steps:
        yield steps
    if isinstance(value, dict):
        for key, item in value.items():
            yield from places(item, (*steps, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from places(item, (*steps, index))


class SchemaAgreement(unittest.TestCase):
    check: subprocess.Popen[str]
    validator: jsonschema.Draft202012Validator

    @classmethod
    def setUpClass(cls) -> None:
        schema = json.loads(Path(SCHEMA).read_text())
        jsonschema.Draft202012Validator.check_schema(schema)
        cls.validator = jsonschema.Draft202012Validator(schema)
        cls.check = subprocess.Popen(
            [MANIFEST_CHECK], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    @classmethod
    def tearDownClass(cls) -> None:
        cls.check.communicate()

    def parser_says(self, manifest: Any) -> dict[str, Any]:
        assert self.check.stdin and self.check.stdout
        self.check.stdin.write(json.dumps(json.dumps(manifest)) + "\n")
        self.check.stdin.flush()
        return json.loads(self.check.stdout.readline())

    def agree(self, manifest: Any, name: object) -> bool:
        schema_errors = [error.message for error in self.validator.iter_errors(manifest)]
        faults = self.parser_says(manifest)
        self.assertEqual(
            not schema_errors, faults["ok"], f"{name}: schema {schema_errors}, parser {faults}"
        )
        return bool(faults["ok"])

    def test_the_valid_manifest_is_valid_for_both(self) -> None:
        self.assertTrue(self.agree(valid_manifest(), "valid"))

    def test_good_changes_are_accepted_by_both(self) -> None:
        for steps, value in GOOD:
            self.assertTrue(self.agree(changed(steps, value), (steps, value)), (steps, value))

    def test_bad_changes_are_refused_by_both(self) -> None:
        for steps, value in BAD:
            self.assertFalse(self.agree(changed(steps, value), (steps, value)), (steps, value))

    def test_rules_beyond_a_schema_are_refused_by_the_parser(self) -> None:
        for steps, value in BEYOND_SCHEMA:
            manifest = changed(steps, value)
            self.assertTrue(self.validator.is_valid(manifest), (steps, value))
            self.assertFalse(self.parser_says(manifest)["ok"], (steps, value))

    def test_every_value_in_every_place_gets_the_same_verdict(self) -> None:
        tried = 0
        for steps in places(valid_manifest()):
            for value in WRONG:
                self.agree(changed(steps, value), (steps, value))
                tried += 1
        self.assertGreater(tried, 1000)

    def test_every_missing_key_gets_the_same_verdict(self) -> None:
        for steps in places(valid_manifest()):
            manifest = valid_manifest()
            place: Any = manifest
            for step in steps[:-1]:
                place = place[step]
            del place[steps[-1]]
            self.agree(manifest, steps)

    def test_every_key_of_the_schema_is_described(self) -> None:
        def walk(node: Any, path: str) -> None:
            if not isinstance(node, dict):
                return
            for key, item in node.get("properties", {}).items():
                conditional = "/if/" in path or "/contains" in path
                refers = isinstance(item, dict) and "$ref" in item
                plain = isinstance(item, dict) and set(item) <= {"properties", "pattern"}
                if isinstance(item, dict) and not conditional and not refers and not plain:
                    self.assertIn("description", item, f"{path}/{key}")
            for key, item in node.items():
                if isinstance(item, dict):
                    walk(item, f"{path}/{key}/")
                elif isinstance(item, list):
                    for index, entry in enumerate(item):
                        walk(entry, f"{path}/{key}/{index}")

        walk(self.validator.schema, "")


if __name__ == "__main__":
    MANIFEST_CHECK, SCHEMA = sys.argv[1:3]
    unittest.main(argv=sys.argv[:1])
