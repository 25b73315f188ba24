"""Every number of the catalogue is held by a case or a test that exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from catalogue import CATALOGUE

ROOT = Path(__file__).resolve().parents[2]
CASES = Path(__file__).parent / "cases"
LAST = 114


def test_no_number_is_missing() -> None:
    assert sorted(CATALOGUE) == list(range(1, LAST + 1))


@pytest.mark.parametrize("number", CATALOGUE)
def test_what_is_named_exists(number: int) -> None:
    names = CATALOGUE[number].split()
    assert names
    for name in names:
        path, separator, test = name.partition("::")
        if not separator:
            assert (CASES / path).is_file(), name
            assert path.startswith(f"{number:03}_"), f"{name} is of another number"
            continue
        text = (ROOT / path).read_text(encoding="utf-8")
        assert re.search(rf"\b(def {test}\(|TEST(_[FP])?\(\w+, {test}\))", text), name


def test_every_case_of_the_catalogue_is_named() -> None:
    named = {name for names in CATALOGUE.values() for name in names.split()}
    numbered = {path.name for path in CASES.iterdir() if path.name[:3].isdigit()}
    of_the_catalogue = {name for name in numbered if int(name[:3]) <= LAST}
    assert of_the_catalogue <= named, sorted(of_the_catalogue - named)
