"""What a report prints, raises and is called, where a person reads it: at the terminal and as a
file name. Nothing of it may drive the terminal, pass for a line of the host or name another file.
"""

from __future__ import annotations

import re
import shutil
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
for _directory in ("tests/integration", "tests/support"):
    sys.path.insert(0, str(ROOT / _directory))

from carrel_runner import Carrel, Done  # noqa: E402
from report_repos import lua_repo, python_repo, write  # noqa: E402

# Everything that a terminal takes for more than text, but for the line end and the tab.
CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f\x80-\x9f\u202a-\u202e\u2066-\u2069]")

PRINTED = {
    "colour": "\x1b[31mred",
    "clear": "\x1b[2J\x1b[H",
    "title": "\x1b]0;title\x07",
    "clipboard": "\x1b]52;c;cm0gLXJm\x1b\\",
    "link": "\x1b]8;;file:///etc/passwd\x1b\\x\x1b]8;;\x1b\\",
    "eight bit": "\x9b2J\x9d0;x\x9c",
    "answer back": "\x05\x1b[c\x1b[6n",
    "overwrite": "true\rfalse\b\b\b\b\b",
    "zero bytes": "a\0b",
    "delete": "\x7f\x7f",
}
FORGED = "\n".join(
    [
        "",
        "carrel: error: the host is broken",
        "report| carrel: everything is fine",
        "\rcarrel: ready: /etc/passwd",
        "\x0bcarrel: ready",
        "\u2028carrel: ready",
        "\x85carrel: ready",
    ]
)


def run(carrel: Carrel, files: dict[str, str], *words: str) -> Done:
    source = carrel.work.parent / "repo"
    shutil.rmtree(source, ignore_errors=True)
    return carrel("run", write(files, source), "demo", *words)


def assert_plain(text: str) -> None:
    found = CONTROLS.search(text)
    assert not found, f"{found[0]!r} in {text[max(0, found.start() - 40) : found.end() + 40]!r}"


@pytest.mark.parametrize("text", PRINTED.values(), ids=PRINTED.keys())
def test_what_is_printed_or_raised_is_text_at_the_terminal(carrel: Carrel, text: str) -> None:
    done = run(carrel, python_repo(f"print({text!r})\nraise RuntimeError({text!r})\nyield (1,)"))
    assert done.code == 1
    assert_plain(done.out + done.err)
    shown = carrel.ok("report", "show", carrel.reports()[0]["id"])
    assert_plain(shown.out + shown.err)
    octets = "".join(f"\\{byte:03d}" for byte in text.encode())
    done = run(carrel, lua_repo(f'print("{octets}")\nerror("{octets}", 0)'))
    assert done.code == 1
    assert_plain(done.out + done.err)


def test_a_forged_line_of_the_host_stands_behind_the_name_of_the_report(carrel: Carrel) -> None:
    done = run(carrel, python_repo(f"print({FORGED!r})\nyield (1,)"))
    assert done.code == 0
    assert_plain(done.err)
    forged = [line for line in done.err.split("\n") if re.search("broken|fine|ready", line)]
    assert len(forged) >= 2, done.err
    for line in forged:
        assert line.startswith("report| "), line
    shown = carrel.ok("report", "show", carrel.reports()[0]["id"]).out
    assert_plain(shown)
    forged = [line for line in shown.split("\n") if re.search("broken|fine", line)]
    assert len(forged) == 2 and all(line.startswith("  report| ") for line in forged), shown


def test_the_json_of_a_run_is_the_hosts_whatever_is_printed(carrel: Carrel) -> None:
    forged = '{"status": "ready", "rows": 7, "id": "RPT-0"}'
    done = run(carrel, python_repo(f"print({forged!r})\nyield (1,)"), "--json")
    assert done.json["rows"] == 1 and done.json["id"] != "RPT-0"


NAMES = {
    "up": "../../x",
    "absolute": "/etc/cron.d/x",
    "device": "CON",
    "long": "x" * 300,
    "hidden": ".profile",
    "dots": "..",
    "option": "-rf",
    "backslash": "..\\..\\x",
    "line end": "a\nb",
    "zero": "a\0b",
    "escape": "\x1b[2Jx",
    "turned": "\u202excod.exe",
}


def everything(base: Path) -> set[str]:
    return {str(p.relative_to(base)) for p in base.rglob("*") if "data/" not in f"{p}/"}


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES.keys())
def test_a_name_of_a_report_is_no_name_of_a_file(carrel: Carrel, name: str) -> None:
    """Names, ids of renderers and texts of an account are shown; none becomes a path."""
    csv = {"id": name[:60], "type": "csv", "default": True, "description": name}
    files = python_repo("yield (1,)", name=name, title=name, renderers=[csv])
    files["reports.json"] = files["reports.json"].replace('"Test reports"', '"Test"')
    base = carrel.work.parent
    (base / "repo").mkdir()
    before = everything(base)
    done = run(carrel, files, "--zip", "--account", "VA-1:" + name.replace("\0", "")[:80])
    assert_plain(done.out + done.err)
    made = {p for p in everything(base) - before if not p.startswith("repo/")}
    if done.code != 0:
        assert made == set() and re.search("reports.json|name: .* allowed", done.err), done.err
        return
    assert made == {"work/demo.zip"}
    with zipfile.ZipFile(carrel.work / "demo.zip") as archive:
        assert archive.namelist() == ["demo.csv", "summary.json"]


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES.keys())
def test_a_local_id_that_is_no_name_is_refused(carrel: Carrel, name: str) -> None:
    """The local id is a part of the entry point and the default name of the output."""
    base = carrel.work.parent
    (base / "repo").mkdir()
    before = everything(base)
    files = python_repo("yield (1,)", entrypoint=f"reports.{name}.generate")
    words = name.replace("\0", "")
    source = write(files, base / "repo")
    done = carrel("run", source, "--", words)
    assert done.code != 0
    assert_plain(done.out + done.err)
    assert {p for p in everything(base) - before if not p.startswith("repo/")} == set()


EXTENSIONS = {
    "up": "p./../../x.j2",
    "space": "p.a b.j2",
    "long": "p." + "x" * 200 + ".j2",
    "escape": "p.\x1b[2J.j2",
    "dots": "p....j2",
    "empty": "p..j2",
    "device": "con.con.j2",
    "option": "p.-rf.j2",
}


@pytest.mark.parametrize("template", EXTENSIONS.values(), ids=EXTENSIONS.keys())
def test_an_extension_is_a_plain_word_or_refused(carrel: Carrel, template: str) -> None:
    """The output takes its extension from the name of a jinja2 template."""
    page = {
        "id": "page",
        "type": "jinja2",
        "default": True,
        "description": "d",
        "template": f"reports/demo/{template}",
    }
    files = python_repo("yield (1,)", renderers=[page])
    source = write(files, carrel.work.parent / "repo")
    place = source / "reports/demo" / template
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text("page")
    done = carrel("run", source, "demo")
    assert_plain(done.out + done.err)
    made = [p.name for p in carrel.work.iterdir()]
    if done.code != 0:
        assert made == [], done.err
    else:
        assert len(made) == 1 and re.fullmatch(r"demo\.[A-Za-z0-9_-]{1,200}", made[0]), made
