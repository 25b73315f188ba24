"""Manifests, code and templates that mean harm, through the real binary. Numbers are of
`catalogue.py`."""

from __future__ import annotations

import importlib.util
import json
import marshal
import os
import socket
import struct
import sys
from pathlib import Path

import pytest
from report_repos import CSV, lua_repo, manifest, python_repo, report, write
from repositories import (
    REFUSED,
    Carrel,
    assert_good_runs,
    children_within,
    files,
    most_memory,
    refused,
)

# 107

_GOOD = manifest(report())
_DEEP = 100_000
MANIFESTS = {
    "deep arrays": ("[" * _DEEP, "reports.json:1:"),
    "deep objects": ('{"a":' * _DEEP + "1" + "}" * _DEEP, "reports.json:1:"),
    "deep inside": (_GOOD.replace('"parameters": []', '"parameters": ' + "[" * 5000 + "]" * 5000),
                    "reports.json:"),
    "two members of one name": (_GOOD.replace('{', '{"name": "other",', 1), "name"),
    "two reports of one id": (manifest(report(), report()), "demo"),
    "two renderers of one id": (manifest(report(renderers=[CSV, CSV])), "csv"),
    "two defaults": (
        manifest(report(renderers=[CSV, {**CSV, "id": "other"}])), "default"),
    "a name that is a list": (manifest(report(name=["x"])), "$.reports[0].name"),
    "a name that is a number": (manifest(report(name=1e308)), "$.reports[0].name"),
    "reports as an object": (_GOOD.replace('"reports": [', '"reports": {"a": [')[:-1] + "}}",
                             "reports"),
    "renderers as null": (manifest(report(renderers=None)), "renderers"),
    "a renderer of no kind": (manifest(report(renderers=[{**CSV, "type": "exe"}])), "exe"),
    "byte order mark of utf-16": (_GOOD.encode("utf-16"), "reports.json"),
    "not utf-8": (_GOOD.encode().replace(b"Demo", b"D\xff\xfeo"), "reports.json:"),
    "surrogates": (_GOOD.replace("Demo", "\\ud800"), "reports.json:"),
    "nul in a name": (_GOOD.replace('"csv",\n', '"c\\u0000sv",\n', 1), "reports"),
    "control characters": (_GOOD.replace("Demo", "a\x1b[31mb"), "reports.json:"),
    "nan": (_GOOD.replace('"1.0.0"', "NaN"), "reports.json:"),
    "a number without end": (_GOOD.replace('"1.0.0"', "9" * 100_000), "reports.json"),
    "comment": ("// x\n" + _GOOD, "reports.json:1:"),
    "something behind": (_GOOD + "{}", "reports.json:"),
    "something behind a nul": (_GOOD + "\0{}", "reports.json:"),
    "empty": ("", "reports.json"),
    "only blanks": (" " * 1_000_000, "reports.json"),
    "text": ('"reports"', "reports.json:1:1"),
}


@pytest.mark.parametrize("name", MANIFESTS)
def test_a_manifest_that_strains_the_parser_is_refused_with_its_place(
    carrel: Carrel, tmp_path: Path, name: str
) -> None:
    content, place = MANIFESTS[name]
    source = write(python_repo("yield (1,)"), tmp_path / "bad")
    data = content if isinstance(content, bytes) else content.encode()
    (source / "reports.json").write_bytes(data)
    done = refused(carrel, "validate", source)
    assert done.code == 1, done.err
    assert place in done.out, done.out[:2000]
    assert "\x1b[31m" not in done.out
    assert len(done.out) < 200_000
    assert refused(carrel, "run", source, "demo").code == 3


def test_a_manifest_with_a_byte_order_mark_is_read_or_refused_by_name(
    carrel: Carrel, tmp_path: Path
) -> None:
    source = write(python_repo("yield (1,)"), tmp_path / "marked")
    (source / "reports.json").write_bytes(b"\xef\xbb\xbf" + _GOOD.encode())
    done = carrel("validate", source)
    if done.code != 0:
        assert done.code == 1 and "byte order mark" in done.out.lower(), done.out


@pytest.mark.parametrize("sparse", [True, False], ids=["a gigabyte of nothing", "200 MB of names"])
def test_a_huge_manifest_is_refused_before_it_is_read(
    carrel: Carrel, tmp_path: Path, sparse: bool
) -> None:
    source = write(python_repo("yield (1,)"), tmp_path / "bad")
    if sparse:
        os.truncate(source / "reports.json", 1 << 30)
    else:
        with (source / "reports.json").open("w") as file:
            file.write('{"name": "')
            for _ in range(200):
                file.write("n" * 1_000_000)
            file.write('"}')
    before = most_memory()
    for words in (["validate", source], ["run", source, "demo"]):
        done = refused(carrel, *words)
        assert done.code == 3 and '"reports.json": more than' in done.err, done.err
    children_within(before, 400_000)


# 108


def test_start_up_files_and_shadowing_modules_do_not_run_before_the_report(
    carrel: Carrel, tmp_path: Path
) -> None:
    mark = "import builtins\nbuiltins.STRANGE = getattr(builtins, 'STRANGE', ()) + (__name__,)\n"
    shadows = ("json", "os", "re", "datetime", "decimal", "carrel", "_carrel", "connect", "typing",
               "traceback", "encodings", "codecs", "io", "abc", "site", "linecache", "warnings",
               "importlib", "types", "inspect")
    body = "import builtins\nyield (' '.join(getattr(builtins, 'STRANGE', ())),)"
    source = write(
        {
            **python_repo(body),
            **{f"{name}.py": mark for name in shadows},
            **{f"{name}.py": mark for name in ("sitecustomize", "usercustomize", "__main__")},
            "evil.pth": "import builtins; builtins.STRANGE = ('pth',)\n",
            "python311._pth": ".\n",
            "pyvenv.cfg": "home = /plugin\ninclude-system-site-packages = true\n",
            "conftest.py": mark,
            "setup.py": mark,
        },
        tmp_path / "repo",
    )
    carrel.ok("run", source, "demo", "--output", "out.csv")
    assert (carrel.work / "out.csv").read_bytes() == b'""\r\n'
    # a failure is told by the runtime's own modules, too
    failing = write(python_repo("import builtins\nraise KeyError('told')"), tmp_path / "failing")
    for name in shadows:
        (failing / f"{name}.py").write_text("raise SystemExit('shadowed')\n")
    done = carrel("run", failing, "demo")
    assert done.code == 1 and "told" in done.err and "shadowed" not in done.err, done.err


def _byte_code(source: str, name: str) -> bytes:
    """A .pyc that says of itself that it need not be compared with its source (PEP 552)."""
    code = compile(source, name, "exec")
    return importlib.util.MAGIC_NUMBER + struct.pack("<IQ", 1, 0) + marshal.dumps(code)


def test_shipped_byte_code_is_not_run_in_place_of_its_source(
    carrel: Carrel, tmp_path: Path
) -> None:
    if sys.version_info[:2] != (3, 11):
        pytest.skip("needs the byte code of the runtime's own Python")
    body = "from reports.demo import helper\nyield (helper.WHO,)"
    source = write({**python_repo(body), "reports/demo/helper.py": "WHO = 'source'\n"},
                   tmp_path / "repo")
    cache = source / "reports/demo/__pycache__"
    cache.mkdir()
    evil = _byte_code("WHO = 'byte code'\n", "/plugin/reports/demo/helper.py")
    (cache / "helper.cpython-311.pyc").write_bytes(evil)
    entry = "def generate(*_):\n    yield ('byte code of the entry point',)\n"
    (cache / "entrypoint.cpython-311.pyc").write_bytes(_byte_code(entry, "entrypoint.py"))
    done = carrel("run", source, "demo", "--output", "out.csv")
    if done.code == 0:
        assert (carrel.work / "out.csv").read_bytes() == b'"source"\r\n'
    else:
        assert done.code == 3 and "pyc" in done.err, done.err
    # byte code without any source is no module at all
    lonely = write(python_repo("from reports.demo import only\nyield (only.WHO,)"), tmp_path / "l")
    (lonely / "reports/demo/only.pyc").write_bytes(_byte_code("WHO = 'byte code'\n", "only.py"))
    done = carrel("run", lonely, "demo", "--output", "lonely.csv")
    assert done.code in (1, 3), done.out
    assert not (carrel.work / "lonely.csv").exists()


# 109

ENTRYPOINTS = [
    *("os.system", "os.system.x", "a.b:c()", "a.b.c()", "reports.demo.entrypoint.generate()"),
    *("reports..generate", ".reports.demo.generate", "reports.demo.generate.", "reports/demo.x.y"),
    *("../../etc.passwd.x", "reports.demo.entrypoint.__init__", "__import__('os').system.x"),
    *("reports.demo.entrypoint.generate\n", "reports.demo.entrypoint.lambda", "a.b.c;import os"),
    *("reports.demo.entrypoint.generate\0", "r\u0435ports.demo.entrypoint.generate", "", "a"),
    *("reports.demo.entrypoint.class", "reports.demo.-c.x", "reports.demo.entrypoint.missing"),
    "x" * 100_000 + ".y.z",
    ".".join(["a"] * 5000),
]


@pytest.mark.parametrize("entrypoint", ENTRYPOINTS, ids=range(len(ENTRYPOINTS)))
@pytest.mark.parametrize("language", ["python", "lua"])
def test_an_entry_point_that_is_no_plain_name_is_refused(
    carrel: Carrel, tmp_path: Path, entrypoint: str, language: str
) -> None:
    made = python_repo("yield (1,)") if language == "python" else lua_repo("return {}")
    made["reports.json"] = manifest(report(entrypoint=entrypoint), language=language)
    source = write(made, tmp_path / "bad")
    done = refused(carrel, "validate", source)
    assert done.code == 1 and "reports.json" in done.out, done.out
    assert refused(carrel, "run", source, "demo").code in (3, 7)


@pytest.mark.parametrize("entrypoint", ["importlib.util.find_spec", "concurrent.futures.wait",
                                        "carrel.worker.generate", "jinja2.utils.pass_context"])
def test_an_entry_point_of_the_standard_library_is_refused(
    carrel: Carrel, tmp_path: Path, entrypoint: str
) -> None:
    source = write(files(**{"reports.json": manifest(report(entrypoint=entrypoint))}),
                   tmp_path / "bad")
    done = refused(carrel, "validate", source)
    assert done.code == 1
    assert "/".join(entrypoint.split(".")[:-1]) in done.out, done.out


# 110

REACHES = {
    "classes": "{{ ''.__class__.__mro__[1].__subclasses__()|length }}",
    "globals": "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
    "builtins": "{{ self.__init__.__globals__.__builtins__.open('/etc/shadow').read() }}",
    "include a file": "{% include '/etc/passwd' %}",
    "include above": "{% include '../../etc/passwd' %}",
    "import": "{% import '/proc/self/environ' as x %}{{ x }}",
    "extends": "{% extends '../../../etc/hostname' %}",
    "many": "{% for i in range(10 ** 9) %}{% for j in range(10 ** 9) %}x{% endfor %}{% endfor %}",
    "large": "{{ 'x' * (10 ** 12) }}",
    "power": "{{ 9 ** (9 ** 9) }}",
    "itself": "{% include 'template.html.j2' %}",
    "attribute by name": "{{ (''|attr('__class__')).__base__.__subclasses__() }}",
    "configuration": "{{ config.items() }}{{ request.environ }}{{ environ['PATH'] }}",
}


@pytest.mark.parametrize("name", REACHES)
def test_a_template_reaches_nothing_of_the_host(
    carrel: Carrel, tmp_path: Path, name: str
) -> None:
    secret = "CANARY-of-the-host"
    renderer = {"id": "h", "type": "jinja2", "default": True, "description": "d",
                "template": "template.html.j2"}
    made = python_repo("yield {'a': 1}", renderers=[renderer])
    source = write({**made, "template.html.j2": "begin " + REACHES[name] + " end"},
                   tmp_path / "repo")
    words = ["run", source, "demo", "--output", "out.html"]
    for limit in ("cpu_s=3", "wall_s=10", "output_mb=4", "memory_mb=256"):
        words += ["--limit", limit]
    done = carrel(*words, env={"CARREL_CANARY": secret})
    assert done.code in (0, 1, 3), done.err
    page = carrel.work / "out.html"
    text = page.read_text() if page.exists() else ""
    for said in (text, done.out, done.err):
        assert secret not in said
        assert "root:x:0" not in said and "uid=" not in said and "PATH=" not in said
    if name in ("globals", "builtins", "include above", "many", "large", "power", "itself"):
        assert done.code != 0 and not page.exists()
    assert_good_runs(carrel, tmp_path)


def test_a_stylesheet_or_image_of_the_host_is_not_in_a_pdf(
    carrel: Carrel, tmp_path: Path
) -> None:
    canary = tmp_path / "canary.txt"
    canary.write_text("CANARY-of-the-host")
    canary.chmod(0o644)
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        port = server.getsockname()[1]
        page = "".join(
            f"<img src='{u}'><object data='{u}'></object><link rel='attachment' href='{u}'>"
            f"<style>@import url('{u}'); body {{ background: url('{u}') }}</style>"
            for u in (f"file://{canary}", str(canary), f"http://127.0.0.1:{port}/x", "../../x",
                      "file:///proc/self/environ", "file:///etc/shadow")
        )
        renderer = {"id": "p", "type": "pdf", "default": True, "description": "d",
                    "template": "t.html.j2"}
        made = python_repo("yield {'a': 1}", renderers=[renderer])
        source = write({**made, "t.html.j2": f"<html><body><p>text</p>{page}</body></html>"},
                       tmp_path / "repo")
        done = carrel("run", source, "demo", "--output", "out.pdf")
        assert done.code in (0, 1), done.err
        with pytest.raises(TimeoutError):
            server.accept()
    if done.code == 0:
        data = (carrel.work / "out.pdf").read_bytes()
        assert data.startswith(b"%PDF") and b"CANARY" not in data and b"EmbeddedFile" not in data


def test_a_readme_is_text(carrel: Carrel, tmp_path: Path) -> None:
    evil = "\x1b]0;owned\x07{{ 8713 * 8719 }} <script>alert(1)</script> ${jndi:ldap://x} `id`\n"
    made = python_repo("yield (7,)", description="\x1b[2J")
    source = write({**made, "readme.md": evil}, tmp_path / "repo")
    done = carrel("run", source, "demo", "--output", "out.csv")
    assert "\x1b" not in done.out + done.err and "\x07" not in done.out + done.err
    for words in (["template", "list"], ["report", "list"], ["repo", "list"]):
        said = carrel(*words)
        assert "\x1b" not in said.out + said.err and "75968647" not in said.out


# 111


def test_nothing_that_a_repository_asks_to_install_runs_or_is_fetched(
    carrel: Carrel, tmp_path: Path
) -> None:
    marker = tmp_path / "ran"
    run = f"open({str(marker)!r}, 'w')\n"
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        index = f"http://127.0.0.1:{server.getsockname()[1]}/simple"
        requirements = "\n".join(
            [
                f"--index-url {index}",
                f"--extra-index-url {index}",
                "-e .",
                "-r /etc/passwd",
                f"evil @ {index}/evil-1.0.tar.gz",
                f"git+{index}/evil.git#egg=evil",
                "./vendor/evil-1.0.tar.gz",
                "file:///etc/passwd",
                "--global-option=x",
                "--no-binary :all:",
            ]
        )
        source = write(
            {
                **python_repo("yield (7,)"),
                "requirements.txt": requirements + "\n",
                "setup.py": run,
                "pyproject.toml": '[build-system]\nrequires = ["evil"]\n'
                'build-backend = "backend"\nbackend-path = ["."]\n',
                "backend.py": run,
                "vendor/evil/setup.py": run,
                "pip.conf": f"[global]\nindex-url = {index}\n",
            },
            tmp_path / "repo",
        )
        for words in (["validate", source], ["run", source, "demo", "--output", "out.csv"]):
            done = carrel(*words)
            assert done.code in (0, *REFUSED), done.err
            if done.code != 0:
                assert "requirements.txt" in done.out + done.err
        assert not marker.exists()
        with pytest.raises(TimeoutError):
            server.accept()
    listed = json.loads(carrel.ok("report", "list", "--json").out)
    assert all(item["status"] == "ready" for item in listed)
