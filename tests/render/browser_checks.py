"""What a browser does with html pages; pytest finds it by name only: `make render-browser`."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import html_page
import pytest

Rows = list[list[Any]]

# After each step, the texts of the first column that are seen. A step: ["sort", column],
# ["filter", column, text], ["search", text]; filters stay until they are set again.
_ASK = """
(async () => {
  const seen = () => Array.from(document.querySelectorAll('#rows tbody tr'))
    .filter((row) => !row.hidden).map((row) => row.cells[0].textContent);
  const type = (field, text) => {
    field.value = text;
    field.dispatchEvent(new Event('input'));
    return new Promise((done) => setTimeout(done, 500));
  };
  const found = [];
  for (const [what, ...how] of STEPS) {
    if (what === 'sort') document.querySelectorAll('#rows thead button')[how[0]].click();
    if (what === 'filter') await type(document.querySelectorAll('tr.find input')[how[0]], how[1]);
    if (what === 'search') await type(document.getElementById('search'), how[0]);
    found.push(seen());
  }
  document.title = JSON.stringify(found);
})();
"""


class Browser:
    """Writes pages into a folder of its own and opens them without a window."""

    def __init__(self, render_rows: Path, folder: Path) -> None:
        found = shutil.which("chromium")
        if found is None:
            raise RuntimeError("Chromium (package chromium) is needed")
        self._program, self._folder = found, folder
        self._tool = html_page.Tool(str(render_rows), folder)

    def page(self, columns: list[str], rows: Rows) -> Path:
        path = self._folder / "page.html"
        path.write_bytes(self._tool.render("html", rows, {"columns": columns}))
        return path

    def open(self, page: Path) -> str:
        """The document as it is when its script has run."""
        profile = f"--user-data-dir={self._folder / 'profile'}"
        command = [self._program, "--headless", "--no-sandbox", "--disable-gpu", profile]
        command += ["--virtual-time-budget=60000", "--dump-dom", page.as_uri()]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=True)
        return done.stdout

    def ask(self, page: Path, steps: list[list[Any]]) -> list[list[str]]:
        """What is seen after each step. The page's policy forbids our script, so it goes."""
        text = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", page.read_text())
        script = _ASK.replace("STEPS", json.dumps(steps))
        asked = page.with_name("asked.html")
        asked.write_text(text.replace("</body>", f"<script>{script}</script></body>"))
        title = re.search(r"<title>(.*?)</title>", self.open(asked), re.DOTALL)
        assert title is not None
        return json.loads(html.unescape(title[1]))


@pytest.fixture
def browser(render_rows: Path, tmp_path: Path) -> Browser:
    return Browser(render_rows, tmp_path)


def _numbers(cells: list[list[Any]]) -> Rows:
    """A row for each cell, named a, b, c, ..."""
    return [[["text", chr(ord("a") + i)], cell] for i, cell in enumerate(cells)]


def _sorted(browser: Browser, cells: list[list[Any]]) -> tuple[str, str]:
    """The names of the rows, with the cells' column up and down."""
    page = browser.page(["Name", "Number"], _numbers(cells))
    up, down, back = browser.ask(page, [["sort", 1]] * 3)
    assert back == [chr(ord("a") + i) for i in range(len(cells))]
    return "".join(up), "".join(down)


def test_the_policy_of_the_page_lets_its_script_run(browser: Browser) -> None:
    seen = browser.open(browser.page(["Name", "Number"], _numbers([["int", 1]])))
    assert seen.count('<button type="button">') == 2
    assert 'id="tools">' in seen


def test_numbers_sort_by_value_and_what_is_none_stays_last(browser: Browser) -> None:
    cells = [["int", 3], ["float", "nan"], ["float", "inf"], ["decimal", "1E+3"], ["none"]]
    cells += [["float", "-inf"], ["decimal", "-0.5"], ["float", "1e-05"], ["decimal", "sNaN"]]
    cells += [["int", 0], ["decimal", "-Infinity"]]
    assert _sorted(browser, cells) == ("fkgjhadcbei", "cdahjgfkbei")


def test_integers_beyond_doubles_and_long_decimals_sort_digit_by_digit(browser: Browser) -> None:
    cells = [["int", 9007199254740993], ["int", 9007199254740992], ["big", "9" * 400]]
    cells += [["big", "-" + "9" * 400], ["big", "-" + "9" * 399 + "8"]]
    cells += [["decimal", "9007199254740992.5"], ["decimal", "9.007199254740992499E+15"]]
    cells += [["decimal", "00.10"], ["decimal", "0.1000000000000000000001"]]
    assert _sorted(browser, cells) == ("dehibgfac", "cafgbihed")


def test_numbers_that_print_themselves_sort_and_filter_by_value(browser: Browser) -> None:
    cells = [["printed", f"{n} EUR", ["decimal", n]] for n in ("9", "100", "20.50", "3")]
    assert _sorted(browser, cells) == ("dacb", "bcad")
    page = browser.page(["Name", "Number"], _numbers(cells))
    texts = (">5", "=20.5", "<=9", "0 eur", "=9 EUR")
    steps = [["filter", 1, text] for text in texts]
    assert browser.ask(page, steps) == [["a", "b", "c"], ["c"], ["a", "d"], ["b", "c"], ["a"]]


def test_durations_and_moments_sort_by_time(browser: Browser) -> None:
    hour = 3_600_000_000
    cells = [["duration", 48 * hour], ["duration", 10 * hour], ["duration", -hour], ["none"]]
    cells += [["long", 200_000_000, "200000000 days, 0:00:00"], ["duration", 9 * hour + 1]]
    assert _sorted(browser, cells) == ("cfbaed", "eabfcd")
    cells = [["datetime", 5 * hour, 120], ["datetime", 4 * hour, 0], ["datetime", hour, -300]]
    assert _sorted(browser, cells) == ("abc", "cba")


def test_filters_of_numbers_are_exact(browser: Browser) -> None:
    cells = [["int", 9007199254740993], ["int", 9007199254740992], ["float", "inf"]]
    cells += [["float", "nan"], ["none"], ["float", "-inf"], ["int", 0]]
    page = browser.page(["Name", "Number"], _numbers(cells))
    asked = {
        "=9007199254740993": "a",
        "<9007199254740993": "bfg",
        ">= 9007199254740992": "abc",
        ">1": "abc",
        "<1": "fg",
        "=inf": "c",
        "=-0.0": "g",
        "=nan": "d",
        "n": "cdf",
        "": "abcdefg",
    }
    found = browser.ask(page, [["filter", 1, text] for text in asked])
    assert ["".join(names) for names in found] == list(asked.values())


def test_a_search_does_not_match_across_cells(browser: Browser) -> None:
    rows = [
        [["text", "a"], ["int", 3]],
        [["text", "Xa3"], ["int", 1]],
        [["text", "b"], ["int", 13]],
    ]
    found = browser.ask(browser.page(["Name", "Number"], rows), [["search", "A3"], ["search", "3"]])
    assert found == [["Xa3"], ["a", "Xa3", "b"]]
