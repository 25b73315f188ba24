"""What a report prints, and what its repository is called, on the terminal and disk of whoever runs
it. Each test runs the program the way a person does."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/integration"))

from carrel_runner import Carrel  # noqa: E402
from report_repos import python_repo, write  # noqa: E402

CASES = Path(__file__).parent / "cases"
PROBE = Path(__file__).parent / "probes/probe.py"

# What the program itself sends to a terminal: to the start of the line, erase it, colours.
OWN_SEQUENCES = re.compile(r"\r|\x1b\[K|\x1b\[[0-9;]*m")
# Control characters, and those that turn the direction of what follows or end a line.
EVIL_CHARACTERS = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]"
)
EVIL = r"""
import os, sys
print("carrel: error: forged")
print("ok\rcarrel: warning: forged\x0bx\x0cx\x85x")
sys.stderr.write("\x1b[1A\x1b[2Kcarrel: report ready\n\x1b]0;title\x07\x1b]52;c;eHg=\x07\x1b[2J\n")
print("\u202eforged\u202c \u2066isolate \u2028carrel: separated \u061c\u200f")
os.write(1, b"\x9b31m \x00\x08\x7f \xc2\x9b31m \xff\xfe\n")
yield (1,)
"""
RAISE = 'raise ValueError("carrel: \\x1b[2J\\x00\\u202e\\x9b forged")'


def run_on_a_terminal(carrel: Carrel, *words: object) -> tuple[int, str, int]:
    """Exit code, what the terminal was sent, and how many bytes wait as if typed into it."""
    master, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 200, 0, 0))
    process = subprocess.Popen(
        [str(carrel.program), *map(str, words)],
        cwd=carrel.work,
        env={"PATH": "/usr/bin:/bin", "HOME": str(carrel.work), "CARREL_DATA": str(carrel.data)},
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
    )
    sent = b""
    os.set_blocking(master, False)
    while True:
        ended = process.poll() is not None
        try:
            sent += os.read(master, 65536)
        except BlockingIOError:
            if ended:
                break
            try:
                process.wait(0.02)
            except subprocess.TimeoutExpired:
                continue
    attributes = termios.tcgetattr(terminal)
    attributes[3] &= ~termios.ICANON  # what waits is counted without its line end
    termios.tcsetattr(terminal, termios.TCSANOW, attributes)
    waiting = struct.unpack("i", fcntl.ioctl(terminal, termios.FIONREAD, b"\0" * 4))[0]
    os.close(master)
    os.close(terminal)
    return process.returncode, sent.decode("utf-8", "surrogateescape"), waiting


def assert_harmless(text: str) -> None:
    """No control character but the program's own, and every line of a report says so."""
    rest = OWN_SEQUENCES.sub("", text).replace("\n", "")
    evil = EVIL_CHARACTERS.findall(rest)
    assert not evil, f"sent to the terminal: {[ascii(c) for c in evil]}\n{ascii(text)}"
    assert not re.search("[\udc80-\udcff]", rest), ascii(text)
    for line in OWN_SEQUENCES.sub("", text).split("\n"):
        if "forged" in line or "report ready" in line:
            assert line.lstrip().startswith("report| "), ascii(line)


def test_a_log_cannot_command_the_terminal_or_speak_for_the_host(carrel: Carrel) -> None:
    source = carrel.work.parent / "repo"
    write(python_repo(EVIL), source)
    code, text, waiting = run_on_a_terminal(carrel, "run", source, "demo", "--output", "out.csv")
    assert code == 0 and waiting == 0
    assert_harmless(text)
    assert "report| carrel: error: forged" in OWN_SEQUENCES.sub("", text)
    shown = carrel.ok("report", "show", carrel.reports()[0]["id"]).out
    assert "report| carrel: error: forged" in shown
    assert_harmless(shown)


def test_an_error_cannot_command_the_terminal(carrel: Carrel) -> None:
    source = carrel.work.parent / "repo"
    write(python_repo(EVIL + RAISE), source)
    code, text, waiting = run_on_a_terminal(carrel, "run", source, "demo", "--output", "out.csv")
    assert code == 1 and waiting == 0
    rest = OWN_SEQUENCES.sub("", text).replace("\n", "")
    assert not EVIL_CHARACTERS.search(rest), ascii(text)
    shown = carrel.ok("report", "show", carrel.reports()[0]["id"]).out
    assert not EVIL_CHARACTERS.search(shown.replace("\n", "")), ascii(shown)


def test_nothing_is_typed_into_the_terminal(carrel: Carrel) -> None:
    """The case tries every descriptor and name of a terminal, with one there to be had."""
    source = carrel.work.parent / "repo"
    body = "import terminal\nyield from terminal.generate(input_data=parameters)"
    case = (CASES / "045_terminal.py").read_text()
    write({**python_repo(body), "terminal.py": case, "probe.py": PROBE.read_text()}, source)
    code, text, waiting = run_on_a_terminal(carrel, "run", source, "demo", "--output", "out.csv")
    assert code == 0, text
    assert waiting == 0, "bytes were typed into the terminal"


NAMES = {
    "climbing": "../../x",
    "a device": "CON",
    "very long": "x" * 300,
    "dots": "..",
    "a blank": " ",
    "an escape": "a\x1b[2J",
    "an option": "-rf",
}


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES.keys())
@pytest.mark.parametrize("zipped", [[], ["--zip"]], ids=["plain", "zip"])
def test_names_stay_inside_the_output_directory(
    carrel: Carrel, name: str, zipped: list[str]
) -> None:
    """The name of a report, of its id, and of its template's extension."""
    template = f"reports/demo/t.{name}.j2" if "/" not in name else "reports/demo/t.html.j2"
    for members in (
        {"name": name},
        {"entrypoint": f"reports.{name}.entrypoint.generate"},
        {"renderers": [{"id": "page", "type": "jinja2", "default": True, "description": "Page",
                        "template": template}]},
    ):
        source = carrel.work.parent / "repo"
        if source.exists():
            subprocess.run(["rm", "-rf", str(source)], check=True)
        files = {**python_repo("yield (1,)", **members)}
        if len(template) < 250:
            files[template] = "{{ 1 }}"
        write(files, source)
        before = {path for path in carrel.work.parent.iterdir()}
        local_id = members.get("entrypoint", "reports.demo.").split(".", 1)[1].partition(".e")[0]
        done = carrel("run", "--json", *zipped, "--", source, local_id.rstrip("."))
        assert done.code in (0, 1, 2, 3), (done.code, done.err)
        assert {path for path in carrel.work.parent.iterdir()} <= before | {carrel.data}
        for path in carrel.work.iterdir():
            assert path.is_file() and "\x1b" not in path.name and len(path.name) < 256, path
            path.unlink()
