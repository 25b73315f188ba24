"""Reads html reports back: as a parser sees them, and the csv that they carry.

Usage: html_page.py RENDER_ROWS

The csv must be the one that the csv renderer writes; no value may become markup, a script or an
address; the content policy must name the style and the script that are there, and no other; memory
must not grow with rows; totals must be those of Python's Decimal and Fraction.
"""

from __future__ import annotations

import base64
import decimal
import gzip
import hashlib
import json
import math
import pathlib
import random
import re
import subprocess
import sys
import tempfile
from decimal import Decimal
from fractions import Fraction
from html.parser import HTMLParser
from typing import Any

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "support"))
import peak_memory

VOID = {"meta", "input", "br", "hr", "link", "img"}
ATTACKS = [
    "<script>alert(1)</script>", "</script><script>alert(1)</script>", "</title></style><b>",
    '"><img src=x onerror=alert(1)>', "' onclick='alert(1)", "javascript:alert(1)",
    "<a href=\"javascript:alert(1)\">x</a>", "<!--", "-->", "]]>", "<svg onload=alert(1)>",
    "&lt;script&gt;", "&#60;b&#62;", "\u202egnp.exe", "\u2028\u2029", "\x00\x01\x1b[31m", "\ufeff",
    "</td></tr></table>", "</textarea>", "<![CDATA[", "{{7*7}}", "\ud7ff\U0001f600", "a\r\nb\rc",
    "=cmd|' /C calc'!A0",
]  # fmt: skip


class Page(HTMLParser):
    """Every tag with its attributes; the texts of cells, scripts and styles."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.cells: list[str] = []
        self.texts: dict[str, list[str]] = {}
        self.feed(text)
        self.close()
        assert self.open == [], f"left open: {self.open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag in VOID:
            return
        self.open.append(tag)
        if tag == "td":
            self.cells.append("")
        self.texts.setdefault(tag, []).append("")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open and self.open[-1] == tag, (tag, self.open[-5:])
        self.open.pop()

    def handle_data(self, data: str) -> None:
        if "td" in self.open:
            self.cells[-1] += data
        for tag in set(self.open):
            self.texts[tag][-1] += data

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data}")


class Tool:
    def __init__(self, program: str, work: pathlib.Path) -> None:
        self.program = program
        self.work = work

    def command(self, kind: str, rows: list[Any], args: Any = None, **more: Any) -> list[str]:
        job = {"type": kind, "args": args or {}, "finish_time": "2020-10-14T10:25:00+00:00", **more}
        (self.work / "job.json").write_text(json.dumps(job))
        (self.work / "rows.jsonl").write_text("\n".join(json.dumps(row) for row in rows))
        names = ("job.json", "rows.jsonl", "out")
        return [self.program, *(str(self.work / name) for name in names)]

    def render(self, kind: str, rows: list[Any], args: Any = None, **more: Any) -> bytes:
        done = subprocess.run(self.command(kind, rows, args, **more), capture_output=True,
                              text=True, check=False)  # fmt: skip
        assert done.returncode == 0, done.stderr
        return (self.work / "out").read_bytes()


def text(value: str) -> list[Any]:
    return ["text", value]


def attached(page: str) -> bytes:
    blocks = re.findall(r'<script type="text/plain" class="d">([A-Za-z0-9+/=]*)</script>', page)
    return gzip.decompress(b"".join(base64.b64decode(block) for block in blocks))


def check_safety(tool: Tool) -> None:
    """Hostile text in every place that takes text."""
    rows = [[text(a) for a in ATTACKS[i : i + 4]] for i in range(0, len(ATTACKS), 4)]
    rows += [[["other", "<dict>", "dict"], ["int", 5], ["float", "nan"], ["decimal", "1.5"]]]
    columns = [a for a in ATTACKS[:4]]
    charts = [{"type": kind, "title": ATTACKS[1], "x": columns[0], "y": columns[1]}
              for kind in ("bar", "line", "pie")]  # fmt: skip
    info = dict.fromkeys(("account_id", "account_name", "report_id", "report_name", "environment",
                          "start_time"), ATTACKS[1])  # fmt: skip
    info["parameters"] = {ATTACKS[1]: [ATTACKS[0], {"a": ATTACKS[3]}]}
    args = {"columns": columns, "charts": charts, "title": ATTACKS[2]}
    source = tool.render("html", rows, args, info=info, finish_time=ATTACKS[0]).decode()
    page = Page(source)
    allowed = {"html", "head", "meta", "title", "style", "body", "main", "header", "h1", "p",
               "section", "div", "input", "output", "button", "table", "thead", "tbody", "tfoot",
               "tr", "th", "td", "span", "script", "noscript", "figure", "figcaption", "svg",
               "desc", "line", "text", "rect", "path", "circle", "details", "summary", "dl", "dt",
               "dd", "pre"}  # fmt: skip
    assert {tag for tag, _ in page.tags} <= allowed, {tag for tag, _ in page.tags} - allowed
    for tag, attributes in page.tags:
        for name in attributes:
            assert not name.startswith("on"), (tag, attributes)
            assert name not in ("href", "src", "style", "action", "srcdoc", "data"), (tag, name)
    scripts = [attributes for tag, attributes in page.tags if tag == "script"]
    assert [s for s in scripts if s.get("type") is None] == [{}], scripts
    assert all(s == {"type": "text/plain", "class": "d"} for s in scripts if s), scripts
    want = [a.replace("\x00", "\ufffd") for a in ATTACKS]
    assert page.cells[: len(ATTACKS)] == want, page.cells[:30]
    assert page.cells[len(ATTACKS) : len(ATTACKS) + 4] == ["<dict>", "5", "nan", "1.5"]
    assert page.texts["h1"] == [ATTACKS[2]] and page.texts["title"][0] == ATTACKS[2]
    assert ATTACKS[1] in page.texts["figcaption"][0]


def check_policy(tool: Tool) -> None:
    source = tool.render("html", [[text("a")], [["int", 1]]]).decode()
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', source)
    assert policy is not None

    def digest(body: str) -> str:
        return "'sha256-" + base64.b64encode(hashlib.sha256(body.encode()).digest()).decode() + "'"

    style = re.findall(r"<style>(.*?)</style>", source, re.DOTALL)
    script = re.findall(r"<script>(.*?)</script>", source, re.DOTALL)
    assert len(style) == len(script) == 1
    assert policy[1].split("; ") == [
        "default-src 'none'", f"script-src {digest(script[0])}", f"style-src {digest(style[0])}",
        "base-uri 'none'", "form-action 'none'"]  # fmt: skip
    assert source.index("Content-Security-Policy") < source.index("<style>")
    assert not re.findall(r"https?://|//[a-z]", source.replace("http-equiv", "")), "an address"


def check_csv(tool: Tool) -> None:
    """The csv in the page is that of the csv renderer, also beyond the rows that are shown."""
    rng = random.Random(5)
    rows = [[text(f"c{i}") for i in range(4)]]
    for i in range(25_000):
        rows.append([text(rng.choice(ATTACKS)), ["int", i], ["decimal", f"{i}.{i % 100:02}"],
                     ["none"] if i % 3 else ["datetime", i * 10**9]])  # fmt: skip
    source = tool.render("html", rows).decode()
    assert attached(source) == tool.render("csv", rows)
    page = Page(source)
    assert len(page.cells) == 4 * 10_000 + 4, "10,000 rows and their totals"
    assert source.count('class="d"') > 1, "in pieces"
    note = page.texts["p"][-1]
    assert note.startswith("The first 10,000 of 25,000 rows are shown; 15,000 more"), note
    total = sum((Decimal(row[2][1]) for row in rows[1:]), Decimal(0))
    assert page.cells[-4:] == ["Total", str(sum(range(25_000))), str(total), ""], page.cells[-4:]
    few = tool.render("html", rows, {"max_rows": 3, "columns": ["a", "b", "c", "d"]}).decode()
    assert attached(few) == b'"a";"b";"c";"d"\r\n' + tool.render("csv", rows)
    assert len(Page(few).cells) == 4 * 3


def check_totals(tool: Tool) -> None:
    rng = random.Random(6)
    for _ in range(20):
        digits = [f"{rng.randint(-(10**12), 10**12)}E{rng.randint(-25, 10)}" for _ in range(50)]
        source = tool.render("html", [[["decimal", d]] for d in digits], {"columns": ["a"]})
        found = Page(source.decode()).cells[-1].removeprefix("Total ")
        with decimal.localcontext() as context:
            context.prec = 200
            expected = sum((Decimal(d) for d in digits), Decimal(0))
        assert Decimal(found) == expected, (found, expected)


def check_float_totals(tool: Tool) -> None:
    """A column with floats has the float nearest to the exact sum, if there is one."""
    rng = random.Random(8)
    for size in (5, 30, 300, 1023):
        for _ in range(8):
            floats = [math.ldexp(rng.uniform(-2, 2), rng.randint(-size, size)) for _ in range(20)]
            floats += [-value for value in floats[:15]] + [rng.uniform(-1, 1) * 2.0**-1060]
            digits = [f"{rng.randint(-(10**12), 10**12)}E{rng.randint(-25, 10)}" for _ in range(9)]
            digits += [f"{-Decimal(value):.25E}" for value in floats[15:18] if size < 300]
            cells = [["float", repr(value)] for value in floats] + [["decimal", d] for d in digits]
            rng.shuffle(cells)
            exact = sum(map(Fraction, floats)) + sum(map(Fraction, digits))
            source = tool.render("html", [[cell] for cell in cells], {"columns": ["a"]})
            found = Page(source.decode()).cells[-1]
            try:
                assert found == f"Total {float(exact)!r}", (found, float(exact))
            except OverflowError:
                assert not found.startswith("Total"), found


def check_charts(tool: Tool) -> None:
    """Each chart is drawn once, named and described; ids are unique, coordinates are numbers."""
    rows = [[text(f"m{i}"), ["int", i * i - 50], ["decimal", f"{i}.5"]] for i in range(30)]
    rows += [[text("gap"), ["none"], ["decimal", "NaN"]], [text("short")]]
    kinds = [("bar", ["Q", "A"]), ("line", ["Q", "A"]), ("pie", "A")]
    charts = [{"type": kind, "title": f"The {kind}", "x": "M", "y": y} for kind, y in kinds]
    source = tool.render("html", rows, {"columns": ["M", "Q", "A"], "charts": charts}).decode()
    page = Page(source)
    svgs = [attributes for tag, attributes in page.tags if tag == "svg"]
    assert len(svgs) == 3
    ids = [a["id"] for _, a in page.tags if "id" in a]
    assert len(ids) == len(set(ids)), ids
    for svg in svgs:
        assert svg["role"] == "img"
        assert all(name in ids for name in (svg["aria-labelledby"] or "").split())
    assert page.texts["desc"][0] == "Bar chart of Q, A by M, 32 rows. Values from -50 to 791."
    assert source.count('<rect class="f0"') == 30 + 1, "bars and a key of the pie"
    for tag, attributes in page.tags:
        for name in ("x", "y", "x1", "x2", "y1", "y2", "cx", "cy", "r", "width", "height"):
            if tag in ("rect", "circle", "line", "text") and name in attributes:
                float(attributes[name] or "")
        if tag == "path":
            assert re.fullmatch(r"[MLAZ0-9 .-]*", attributes["d"] or ""), attributes
    assert "nan" not in re.sub(r"<td[^>]*>[^<]*</td>", "", source).split("<script>")[0].lower()


def check_memory(tool: Tool) -> None:
    """500,000 rows need no more memory than 5,000."""
    rng = random.Random(7)
    rows = [[text(f"{rng.random()}"), ["int", rng.randint(0, 10**9)], ["float", "0.1"]]
            for _ in range(5_000)]  # fmt: skip
    charts = [{"type": kind, "x": "a", "y": "b"} for kind in ("bar", "line", "pie")]
    peaks = []
    for repeat in (1, 100):
        args = {"columns": ["a", "b", "c"], "charts": charts, "max_rows": 1000}
        peaks.append(peak_memory.peak_kib(tool.command("html", rows, args, repeat=repeat)))
    peak_memory.check_growth(tool.program, *peaks)


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        tool = Tool(sys.argv[1], pathlib.Path(folder))
        for check in (check_safety, check_policy, check_csv, check_totals,
                      check_float_totals, check_charts, check_memory):  # fmt: skip
            check(tool)
            print("ok", check.__name__)
    return 0


if __name__ == "__main__":
    sys.exit(main())
