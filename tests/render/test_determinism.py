"""The same rows give the same bytes: nothing of the clock or of memory gets into a file."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from carrel_runner import Carrel
from fidelity import render
from repository import REPORT, START_COLUMN, START_ROW, make_repository
from templates import FEATURES
from test_fidelity import ROWS

_WORDS = ("--param", 'seed="5"', "--param", 'rows="300"')


def _run(carrel: Carrel, repository: Path, kind: str, output: Path) -> bytes:
    carrel.ok("run", repository, REPORT, "--renderer", kind, *_WORDS, "--output", output)
    return output.read_bytes()


@pytest.mark.parametrize("kind", ["csv", "json"])
def test_a_text_report_has_the_same_bytes_each_time(
    carrel: Carrel, tmp_path: Path, kind: str
) -> None:
    repository = make_repository(tmp_path / "repository")
    outputs = [_run(carrel, repository, kind, tmp_path / f"{n}.{kind}") for n in range(2)]
    assert outputs[0] == outputs[1] and len(outputs[0]) > 1000


def test_a_workbook_differs_by_the_times_of_its_run_only(carrel: Carrel, tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository")
    entries = []
    for number in range(2):
        path = tmp_path / f"{number}.xlsx"
        _run(carrel, repository, "xlsx", path)
        with zipfile.ZipFile(path) as archive:
            entries.append({entry: archive.read(entry) for entry in archive.infolist()})
    facts = [
        [(e.filename, e.date_time, e.compress_type, e.external_attr, e.extra) for e in one]
        for one in entries
    ]
    assert facts[0] == facts[1]
    contents = [{entry.filename: data for entry, data in one.items()} for one in entries]
    differ = [name for name in contents[0] if contents[0][name] != contents[1][name]]
    assert differ in ([], ["xl/worksheets/sheet2.xml"])  # Info
    packed = [{e.filename: e.compress_size for e in one} for one in entries]
    assert all(packed[0][n] == packed[1][n] for n in packed[0] if n not in differ)


@pytest.mark.parametrize("feature", ["comments", "styled_empty_cells_without_dimension", "charts"])
def test_with_the_clock_held_every_byte_is_the_same(
    render_rows: Path, tmp_path: Path, feature: str
) -> None:
    template = tmp_path / "template.xlsx"
    FEATURES[feature](template)
    outputs = []
    for number in range(2):
        output = tmp_path / f"{number}.xlsx"
        place = {"start_row": START_ROW, "start_col": START_COLUMN}
        assert render(render_rows, template, ROWS * 100, output, **place).returncode == 0
        outputs.append(output.read_bytes())
    assert outputs[0] == outputs[1]
