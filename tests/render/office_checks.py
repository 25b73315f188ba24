"""What LibreOffice makes of rendered templates; pytest finds it by name only: `make render-office`.

Every template of templates.py is rendered, by us and by openpyxl as the peer does it. LibreOffice
must read the same cells from both, and find in our file all that it finds in the template.
"""

from __future__ import annotations

import re
import zipfile
from collections import Counter
from pathlib import Path

import office
import ooxml_check
import pytest
import xlsx_differential
from fidelity import lost, render
from templates import FEATURES, START_COLUMN, START_ROW
from test_fidelity import _NOT_FOR_OPENPYXL, ROWS

_COUNTED = (
    *("dataValidation", "conditionalFormatting", "cfRule", "mergeCell", "hyperlink", "pane"),
    *("definedName", "autoFilter", "comment", "tablePart", "sheet", "brk", "oddHeader", "f"),
    *("sheetProtection", "twoCellAnchor", "pic", "graphicFrame", "numFmt", "externalReference"),
)


def inventory(path: Path) -> Counter[str]:
    """How many of each thing a workbook has."""
    found: Counter[str] = Counter()
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            folder = re.sub(r"\d*\.\w+$", "", name)
            found[f"part {folder}"] += 1
            if name.endswith(".xml"):
                tags = Counter(re.findall(r"<(?:\w+:)?(\w+)[ />]", archive.read(name).decode()))
                found.update({tag: tags[tag] for tag in _COUNTED if tags[tag]})
    return found


class _Rendered:
    def __init__(self, program: Path, folder: Path) -> None:
        self.templates, self.ours, self.theirs = {}, {}, {}
        for feature, make in FEATURES.items():
            template = folder / f"{feature}-template.xlsx"
            ours, theirs = folder / f"{feature}-ours.xlsx", folder / f"{feature}-theirs.xlsx"
            make(template)
            assert render(program, template, ROWS, ours).returncode == 0
            self.templates[feature], self.ours[feature] = template, ours
            if feature not in _NOT_FOR_OPENPYXL:
                place = (START_ROW, START_COLUMN)
                xlsx_differential.fill_with_openpyxl(str(template), ROWS, *place, str(theirs))
                self.theirs[feature] = theirs
        books = [*self.ours.values(), *self.theirs.values()]
        grids = office.to_csv(books, folder / "csv")
        self.grids = dict(zip(books, grids, strict=True))
        self.written = folder / "xlsx"
        office.to_xlsx([*self.templates.values(), *self.ours.values()], self.written)


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> _Rendered:
    from conftest import BUILD

    return _Rendered(BUILD / "tests/render_rows", tmp_path_factory.mktemp("office"))


@pytest.mark.parametrize("feature", [name for name in FEATURES if name not in _NOT_FOR_OPENPYXL])
def test_libreoffice_reads_the_cells_that_it_reads_from_the_peer(
    rendered: _Rendered, feature: str
) -> None:
    ours, theirs = rendered.grids[rendered.ours[feature]], rendered.grids[rendered.theirs[feature]]
    assert len(ours) >= len(ROWS)
    assert ours == theirs


@pytest.mark.parametrize("feature", FEATURES)
def test_libreoffice_finds_all_that_the_template_has(rendered: _Rendered, feature: str) -> None:
    before = inventory(rendered.written / rendered.templates[feature].name)
    after = inventory(rendered.written / rendered.ours[feature].name)
    assert after["sheet"] == before["sheet"] + 1
    # Rows take the place of two cells with formulas there.
    allowed = Counter(f=4) if feature.startswith("formulas_shared") else Counter()
    assert before - after - allowed == Counter()


@pytest.mark.parametrize("feature", FEATURES)
def test_a_template_that_libreoffice_wrote_keeps_all(
    rendered: _Rendered, render_rows: Path, tmp_path: Path, feature: str
) -> None:
    template, output = rendered.written / rendered.templates[feature].name, tmp_path / "o.xlsx"
    done = render(render_rows, template, ROWS, output)
    assert done.returncode == 0, done.stderr
    assert lost(template, output) == []
    own = set(ooxml_check.faults(template))
    assert [fault for fault in ooxml_check.faults(output) if fault not in own] == []
