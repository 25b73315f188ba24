"""`carrel run`: the example repositories, over every transport, with every renderer."""

from __future__ import annotations

import io
import json
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from carrel_runner import ROOT, Carrel
from connect_api import ConnectApi
from git_http_server import GitHttpServer
from git_repo import GitRepo
from git_ssh_server import GitSshServer
from report_repos import CSV, python_repo, write

PYTHON = ROOT / "examples/python-reports"
LUA = ROOT / "examples/lua-reports"

LOAN = [
    *("--param", "principal=1200"),
    *("--param", "annual_rate=0"),
    *("--param", "first_payment=2025-01-31"),
    *("--param", "term=12"),
]
WEEK = [
    *("--param", 'period={"after": "2025-01-06", "before": "2025-01-12"}'),
    *("--param", "rows=all"),
]
MARCH = ["--param", 'period={"after": "2025-03-01", "before": "2025-03-31"}']


def data_rows(path: Path) -> list[tuple[Any, ...]]:
    sheet = openpyxl.load_workbook(path)["Data"]
    return list(sheet.iter_rows(min_row=2, values_only=True))


def test_a_python_report_runs_from_a_repository_behind_a_password(
    carrel: Carrel, git_root: Path
) -> None:
    GitRepo.from_directory(PYTHON, git_root / "demo.git")
    with GitHttpServer(git_root, username="reader", password="s3cret") as server:
        env = {"CARREL_GIT_PASSWORD": "s3cret"}
        done = carrel.ok(
            *("run", server.url("demo.git"), "amortisation", "--git-user", "reader"), *LOAN, env=env
        )
    assert "12 rows" in done.out and "amortisation.xlsx" in done.out
    book = openpyxl.load_workbook(carrel.work / "amortisation.xlsx")
    assert book.sheetnames[-1] == "Info"
    rows = data_rows(carrel.work / "amortisation.xlsx")
    assert len(rows) == 12
    assert rows[0][0] == 1 and rows[0][1].isoformat()[:10] == "2025-01-31" and rows[0][2] == 100
    assert rows[1][1].isoformat()[:10] == "2025-02-28"
    assert rows[-1][5] == 0
    (report,) = carrel.reports()
    assert (report["status"], report["rows"]) == ("ready", 12)


def test_a_lua_report_runs_from_a_repository_over_ssh(carrel: Carrel, git_root: Path) -> None:
    GitRepo.from_directory(LUA, git_root / "demo.git")
    with GitSshServer(git_root) as server:
        carrel.ok(
            *("run", server.url("demo.git"), "working_days", "--renderer", "csv", *WEEK),
            *("--git-key", server.private_key, "--git-known-hosts", server.known_hosts),
        )
    lines = (carrel.work / "working_days.csv").read_bytes().decode().split("\r\n")
    assert lines[0].startswith('"Date";"Weekday"')
    assert len([line for line in lines if line]) == 8


def test_a_directory_runs_as_it_stands_and_says_so(carrel: Carrel, tmp_path: Path) -> None:
    source = write(python_repo("yield (1, 'x')"), tmp_path / "repo")
    done = carrel.ok("run", source, "demo")
    assert "taken as it stands" in done.err
    assert (carrel.work / "demo.csv").read_bytes() == b'"1";"x"\r\n'
    (source / "reports/demo/entrypoint.py").write_text(
        "def generate(client, parameters, progress, kind, context):\n    yield (2, 'y')\n"
    )
    carrel.ok("run", source, "demo")
    assert (carrel.work / "demo.csv").read_bytes() == b'"2";"y"\r\n'


def test_a_ref_chooses_the_commit(
    carrel: Carrel, git_root: Path, git_http: GitHttpServer
) -> None:
    repository = GitRepo.from_files(python_repo("yield ('old',)"), git_root / "demo.git")
    repository.tag("v1")
    first = repository.resolve("main")
    repository.commit_files(python_repo("yield ('new',)"))
    url = git_http.url("demo.git")
    for ref, text in ((["--ref", "v1"], "old"), (["--ref", first], "old"), ([], "new")):
        carrel.ok("run", url, "demo", *ref)
        assert (carrel.work / "demo.csv").read_text().strip() == f'"{text}"'
    carrel.ok("run", git_root / "demo.git", "demo", "--ref", "v1")
    assert (carrel.work / "demo.csv").read_text().strip() == '"old"'


@pytest.mark.parametrize("renderer", ["xlsx", "csv", "json"])
def test_a_report_reads_the_api_with_the_key_of_the_host(
    carrel: Carrel, api: ConnectApi, renderer: str
) -> None:
    carrel.ok(
        *("run", PYTHON, "subscriptions", "--renderer", renderer, *MARCH),
        *("--endpoint", api.url, "--api-key", "ApiKey SU-1:secret"),
    )
    path = carrel.work / f"subscriptions.{renderer}"
    if renderer == "json":
        rows = json.loads(path.read_text())
        assert [row["subscription_id"] for row in rows] == ["AS-5", "AS-4", "AS-3", "AS-2", "AS-1"]
    elif renderer == "csv":
        assert path.read_text().splitlines()[1].startswith('"AS-5";"ext-5";"active"')
    else:
        assert [row[0] for row in data_rows(path)][-1] == "AS-1"
    assert {request.headers.get("Authorization") for request in api.log} == {"ApiKey SU-1:secret"}


def test_the_key_is_read_from_a_file_or_the_environment(carrel: Carrel, api: ConnectApi) -> None:
    (carrel.work / "key.txt").write_text("SU-1:secret\n")
    words = ["run", PYTHON, "subscriptions", "--renderer", "csv", *MARCH, "--endpoint", api.url]
    carrel.ok(*words, "--api-key", "@key.txt")
    carrel.ok(*words, env={"CARREL_API_KEY": "SU-1:secret"})


TEXT_RENDERERS = [
    {"id": "csv", "type": "csv", "description": "d", "default": True},
    {"id": "json", "type": "json", "description": "d"},
    {"id": "ndjson", "type": "ndjson", "description": "d"},
    {"id": "page", "type": "jinja2", "description": "d", "template": "reports/demo/p.html.j2"},
    {"id": "pdf", "type": "pdf", "description": "d", "template": "reports/demo/p.html.j2"},
]
TEMPLATE = "<h1>{{ extra_context.title }}</h1>{% for row in data %}<p>{{ row[0] }}</p>{% endfor %}"


@pytest.mark.parametrize(
    ("renderer", "file", "content"),
    [
        ("csv", "demo.csv", b'"a";"1"\r\n'),
        ("json", "demo.json", b'[["a",1]]'),
        ("ndjson", "demo.ndjson", b'["a",1]\n'),
        ("page", "demo.html", b"<h1>T</h1><p>a</p>"),
        ("pdf", "demo.pdf", b"%PDF-"),
    ],
)
def test_each_renderer_writes_its_file(
    carrel: Carrel, tmp_path: Path, renderer: str, file: str, content: bytes
) -> None:
    files = python_repo("context({'title': 'T'})\nyield ('a', 1)", renderers=TEXT_RENDERERS)
    source = write({**files, "reports/demo/p.html.j2": TEMPLATE}, tmp_path / "repo")
    carrel.ok("run", source, "demo", "--renderer", renderer)
    assert (carrel.work / file).read_bytes().startswith(content)


CHART = {"type": "bar", "x": "Month", "y": "Amount"}


def html_repo(body: str, **args: Any) -> dict[str, str]:
    page = {"id": "page", "type": "html", "description": "d", "default": True, "args": args}
    return python_repo(body, renderers=[page])


def test_an_html_report_is_one_page_with_its_charts(carrel: Carrel, tmp_path: Path) -> None:
    body = "yield ('Month', 'Amount')\nyield ('May', 1)\nyield ('<b>June</b>', 2)"
    source = write(html_repo(body, charts=[CHART]), tmp_path / "repo")
    carrel.ok("run", source, "demo")
    page = (carrel.work / "demo.html").read_text()
    assert page.startswith("<!DOCTYPE html>") and page.endswith("</html>\n")
    assert "&lt;b&gt;June&lt;/b&gt;" in page and "<b>" not in page
    assert page.count("<svg") == 1 and '<td class="n">3</td></tr></tfoot>' in page
    carrel.ok("run", source, "demo", "--zip", "--output", "out.zip")
    with zipfile.ZipFile(carrel.work / "out.zip") as archive:
        assert archive.namelist() == ["demo.html", "summary.json"]


def test_a_chart_over_a_column_that_is_not_there_names_the_near_miss(
    carrel: Carrel, tmp_path: Path
) -> None:
    source = write(html_repo("yield ('Mnth', 'Amount')", charts=[CHART]), tmp_path / "repo")
    carrel.ok("validate", source)
    done = carrel("run", source, "demo")
    assert done.code == 1
    assert (
        'args.charts[0].x: found "Month", expected one of the columns "Mnth", "Amount"; '
        "did you mean 'Mnth'?" in done.err
    )
    told = write(html_repo("yield ()", columns=["Mnth"], charts=[CHART]), tmp_path / "told")
    done = carrel("validate", told)
    assert done.code == 1 and "did you mean 'Mnth'?" in done.out + done.err


def test_zip_delivers_the_file_with_its_summary(carrel: Carrel, tmp_path: Path) -> None:
    source = write(python_repo("yield (1,)"), tmp_path / "repo")
    carrel.ok("run", source, "demo", "--zip", "--output", "out.zip", "--account", "VA-1:Some One")
    with zipfile.ZipFile(carrel.work / "out.zip") as archive:
        assert archive.namelist() == ["demo.csv", "summary.json"]
        assert archive.read("demo.csv") == b'"1"\r\n'
        summary = json.loads(archive.read("summary.json"))
    assert summary["data"]["account_id"] == "VA-1"
    assert summary["data"]["account_name"] == "Some One"


def test_json_is_all_that_stands_on_stdout(carrel: Carrel, tmp_path: Path) -> None:
    source = write(python_repo("print('noise')\nyield (1,)"), tmp_path / "repo")
    done = carrel.ok("run", source, "demo", "--json")
    report = done.json
    assert report["status"] == "ready" and report["rows"] == 1
    assert report["output_file"] == "demo.csv"
    assert len(report["sha256"]) == 64
    assert "report| noise" in done.err


def test_what_a_report_prints_cannot_drive_the_terminal(carrel: Carrel, tmp_path: Path) -> None:
    source = write(python_repo("print('\\x1b[2J evil')\nyield (1,)"), tmp_path / "repo")
    done = carrel.ok("run", source, "demo")
    assert "\x1b" not in done.err and "\\x1b[2J evil" in done.err


ALL_TYPES: list[dict[str, Any]] = [
    {"id": "range", "type": "date_range"},
    {"id": "day", "type": "date"},
    {"id": "line", "type": "single_line"},
    {"id": "obj", "type": "object"},
    {"id": "prod", "type": "product"},
    {"id": "market", "type": "marketplace"},
    {"id": "hub", "type": "hub"},
    {"id": "boxes", "type": "checkbox", "choices": [{"value": "a", "label": "A"}]},
    {"id": "one", "type": "choice", "choices": [{"value": "x", "label": "X"}]},
]
for _parameter in ALL_TYPES:
    _parameter |= {"name": _parameter["id"], "description": "d", "required": False}
JSON_RENDERER = {"id": "json", "type": "json", "default": True, "description": "JSON"}


def test_every_parameter_type_arrives_as_documented(carrel: Carrel, tmp_path: Path) -> None:
    files = python_repo("yield dict(parameters)", parameters=ALL_TYPES, renderers=[JSON_RENDERER])
    source = write(files, tmp_path / "repo")
    (carrel.work / "params.json").write_text(
        json.dumps({"prod": ["PRD-1"], "market": {"all": True, "choices": ["MP-1"]}, "day": "x"})
    )
    carrel.ok(
        *("run", source, "demo", "--params", "params.json", "--param", "day=2025-02-28"),
        *("--param", 'range={"after": "2020-10-14T10:21:22", "before": "2020-10-15"}'),
        *("--param", "line=2020", "--param", 'obj={"b": 1, "a": [2]}', "--param", "hub=HB-1"),
        *("--param", 'boxes=["a"]', "--param", "one=x"),
    )
    (values,) = json.loads((carrel.work / "demo.json").read_text())
    assert values["range"]["after"] == "2020-10-14T10:21:22+00:00"
    assert values["range"]["before"].startswith("2020-10-15T23:59:59")
    assert values["day"] == "2025-02-28"
    assert values["line"] == "2020"
    assert json.loads(values["obj"]) == {"b": 1, "a": [2]}
    assert values["prod"] == {"all": False, "choices": ["PRD-1"]}
    assert values["market"] == {"all": True, "choices": []}
    assert values["hub"] == {"all": False, "choices": ["HB-1"]}
    assert values["boxes"] == {"all": False, "choices": ["a"]}
    assert values["one"] == "x"


@pytest.mark.parametrize(
    ("given", "place"),
    [
        (["--param", "day=31/12/2025"], "parameter 'day'"),
        (["--param", "one=y"], "parameter 'one'"),
        (["--param", "dya=2025-01-01"], "dya"),
        (["--param", "range=2025"], "parameter 'range'"),
        (["--param", "boxes=[1]"], "parameter 'boxes'"),
        (["--params", "missing.json"], "missing.json"),
        (["--params", "broken.json"], "line 1, column"),
        (["--limit", "wall_sec=3"], "wall_sec"),
        (["--renderer", "cvs"], "csv"),
    ],
)
def test_a_wrong_value_is_refused_by_name_and_nothing_is_stored(
    carrel: Carrel, tmp_path: Path, given: list[str], place: str
) -> None:
    files = python_repo("yield (1,)", parameters=ALL_TYPES, renderers=[CSV])
    source = write(files, tmp_path / "repo")
    (carrel.work / "broken.json").write_text('{"day": ')
    done = carrel("run", source, "demo", *given)
    assert done.code == 3, done.err
    assert place in done.err
    assert not (carrel.work / "demo.csv").exists()
    assert carrel.reports() == []


def test_a_library_of_the_machine_is_there_for_reports(carrel: Carrel, tmp_path: Path) -> None:
    """numpy, whose libraries Debian links by way of /etc/alternatives."""
    body = """
        import numpy
        inverse = numpy.linalg.inv(numpy.array([[2.0, 0], [0, 4]]))
        yield [*inverse[1], numpy.int64(7), numpy.float32(0.5)]
    """
    source = write(python_repo(body, renderers=[CSV]), tmp_path / "repo")
    done = carrel.ok("run", source, "demo", "--output", "-")
    assert done.out.strip() == '"0.0";"0.25";"7";"0.5"'


def test_a_limit_above_the_hosts_is_said_not_to_hold(carrel: Carrel, tmp_path: Path) -> None:
    source = write(python_repo("yield (1,)", renderers=[CSV]), tmp_path / "repo")
    words = ("run", source, "demo", "--limit", "memory_mb=4096", "--limit", "wall_s=60")
    done = carrel.ok(*words, env={"CARREL_LIMIT_MEMORY_MB": "256"})
    assert "limit memory_mb: 4096 is above this host's 256, which holds" in done.err
    assert "wall_s" not in done.err


def test_an_unknown_report_is_answered_with_the_near_miss(carrel: Carrel) -> None:
    done = carrel("run", PYTHON, "subscription", "--json")
    assert done.code == 7
    assert done.json["error"]["code"] == "not_found"
    assert "did you mean 'subscriptions'?" in done.err and "amortisation" in done.err


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ([], "subcommand"),
        (["runn"], "did you mean 'run'?"),
        (["repo", "ad"], "unknown command 'carrel repo ad'; did you mean 'add'?"),
        (["report", "frobnicate", "--json"], "expected create, list, show"),
        (["run", "--ref=", ".", "demo"], "--ref: found nothing after '='"),
        (["run", ".", "demo", "--output", "."], "a directory"),
        (["run", ".", "demo", "--output", "sub/"], "a directory"),
        (["report", "download", "RP-000-000-000", "--output", "sub"], "a directory"),
        (["run"], "SOURCE"),
        (["run", ".", "demo", "--param", "novalue"], "ID=VALUE"),
        (["run", ".", "demo", "--account", "novalue"], "ID:NAME"),
        (["run", ".", "demo", "--frobnicate"], "frobnicate"),
    ],
)
def test_a_wrong_command_line_exits_with_2(carrel: Carrel, words: list[str], text: str) -> None:
    write(python_repo("yield (1,)"), carrel.work)
    (carrel.work / "sub").mkdir()
    done = carrel(*words)
    assert done.code == 2, done.err
    assert text in done.err
    assert (done.json["error"]["code"] == "usage") if "--json" in words else (done.out == "")
    assert carrel.reports() == []


@pytest.mark.parametrize("name", ["-", "/dev/stdout", "/proc/self/fd/1"])
def test_a_dash_writes_the_file_to_standard_output(
    carrel: Carrel, tmp_path: Path, name: str
) -> None:
    source = write(python_repo("print('noise')\nyield (1, 'x')"), tmp_path / "repo")
    done = carrel.ok("run", source, "demo", "--output", name)
    assert done.out == '"1";"x"\n'
    assert "1 rows" in done.err
    assert list(carrel.work.iterdir()) == []
    (report,) = carrel.reports()
    assert carrel.ok("report", "download", report["id"], "--output", name).out == done.out
    for words in (["run", source, "demo"], ["report", "download", report["id"]]):
        refused = carrel(*words, "--output", name, "--json")
        assert refused.code == 2 and refused.json["error"]["code"] == "usage"
    assert len(carrel.reports()) == 1


def test_standard_output_that_is_a_file_is_written_in_place(
    carrel: Carrel, tmp_path: Path
) -> None:
    source = write(python_repo("yield (1,)"), tmp_path / "repo")
    device = Path("/dev/stdout").lstat()
    target = tmp_path / "out"
    target.write_bytes(b"before\n")
    for words in ([], ["--zip"]):
        with target.open("ab") as out:
            program = [str(carrel.program), "run", str(source), "demo", "--output", "/dev/stdout"]
            environment = {"CARREL_DATA": str(carrel.data), "HOME": str(carrel.work)}
            subprocess.run([*program, *words], stdout=out, env=environment, check=True)
    start = b'before\n"1"\r\n'
    assert target.read_bytes().startswith(start + b"PK")
    with zipfile.ZipFile(io.BytesIO(target.read_bytes()[len(start) :])) as archive:
        assert archive.testzip() is None and archive.read("demo.csv") == b'"1"\r\n'
    assert Path("/dev/stdout").lstat().st_ino == device.st_ino, "it was replaced"


def test_every_command_has_help_with_an_example(carrel: Carrel) -> None:
    names = ["run", "validate", "doctor", "version", "completion"]
    names += [f"repo {name}" for name in ("add", "list", "show", "sync", "update", "remove")]
    names += [f"template {name}" for name in ("list", "show", "enable", "disable")]
    names += [f"report {n}" for n in ("create", "list", "show", "watch", "download", "delete")]
    for name in names:
        done = carrel.ok(*name.split(), "--help")
        assert f"Example:\n  {'source <(' if name == 'completion' else ''}carrel {name}" in done.out
        assert "--json" in done.out and "--data" in done.out
