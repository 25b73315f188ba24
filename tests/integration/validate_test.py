"""`carrel validate`: every fault at once, in four forms."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
from carrel_runner import ROOT, Carrel
from report_repos import lua_repo, manifest, python_repo, report, write


@pytest.mark.parametrize("example", ["python-reports", "lua-reports"])
def test_the_examples_are_valid(carrel: Carrel, example: str) -> None:
    done = carrel.ok("validate", ROOT / "examples" / example, "--strict")
    assert "valid:" in done.out and "2 reports, 0 warnings" in done.out


def broken(directory: Path) -> Path:
    files = python_repo("yield (1,)")
    files["reports.json"] = manifest(
        report(),
        report("gone", readme_file="nowhere.md"),
        report("bad", renderers=[{"id": "a", "type": "exel", "description": "d"}]),
        colour="red",
    )
    files["reports/bad/__init__.py"] = ""
    files["reports/bad/entrypoint.py"] = "def generate(client, parameters:\n"
    return write(files, directory)


def test_all_faults_are_printed_with_file_path_and_caret(carrel: Carrel, tmp_path: Path) -> None:
    done = carrel("validate", broken(tmp_path / "repo"))
    assert done.code == 1
    for text in (
        "nowhere.md",
        "$.reports[1]",
        "reports/gone/entrypoint",
        "exel",
        "reports/bad/entrypoint.py:1:",
        "warning: ",
        "colour",
        "    ^",
    ):
        assert text in done.out, done.out
    assert "errors, 1 warnings" in done.out


def test_json_holds_every_fault(carrel: Carrel, tmp_path: Path) -> None:
    source = broken(tmp_path / "repo")
    for words in (["--json"], ["--format", "json"]):
        done = carrel("validate", source, *words)
        assert done.code == 1
        value = done.json
        assert value["ok"] is False and value["errors"] >= 4 and value["warnings"] == 1
        assert {"rule", "file", "message", "severity"} <= set(value["faults"][0])


def test_sarif_and_junit_are_well_formed(carrel: Carrel, tmp_path: Path) -> None:
    source = broken(tmp_path / "repo")
    sarif = json.loads(carrel("validate", source, "--format", "sarif").out)
    assert sarif["version"] == "2.1.0" and len(sarif["runs"][0]["results"]) >= 5
    junit = ElementTree.fromstring(carrel("validate", source, "--format", "junit").out)
    assert junit.findall(".//failure")


def test_strict_makes_warnings_fail(carrel: Carrel, tmp_path: Path) -> None:
    files = python_repo("yield (1,)")
    files["reports.json"] = manifest(report(), colour="red")
    source = write(files, tmp_path / "repo")
    assert carrel("validate", source).code == 0
    assert carrel("validate", source, "--strict").code == 1


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"reports.json": '{"name": "x",\n  "version" 1}'}, "reports.json:2:"),
        ({"reports.json": None}, "reports.json"),
        ({"reports/demo/entrypoint.py": "def other(): pass\n"}, "generate"),
        ({"reports/demo/entrypoint.py": "def generate(a, b): pass\n"}, "generate"),
        ({"reports/demo/entrypoint.py": None}, "reports/demo/entrypoint"),
    ],
)
def test_each_fault_names_its_place(
    carrel: Carrel, tmp_path: Path, change: dict[str, str | None], place: str
) -> None:
    files = {**python_repo("yield (1,)"), **change}
    kept = {name: text for name, text in files.items() if text is not None}
    done = carrel("validate", write(kept, tmp_path / "repo"))
    assert done.code == 1, done.err
    assert place in done.out


def test_a_lua_module_without_the_function_is_a_fault(carrel: Carrel, tmp_path: Path) -> None:
    files = lua_repo("return {}")
    files["reports/demo/entrypoint.lua"] = "return {}\n"
    done = carrel("validate", write(files, tmp_path / "repo"))
    assert done.code == 1 and "generate" in done.out


def test_validation_never_runs_the_code(carrel: Carrel, tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    files = python_repo("yield (1,)")
    files["reports/demo/entrypoint.py"] = f"open({str(mark)!r}, 'w')\n" + files[
        "reports/demo/entrypoint.py"
    ]
    carrel.ok("validate", write(files, tmp_path / "repo"))
    assert not mark.exists()
