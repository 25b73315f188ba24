"""Whatever a repository, a report, a git host, an api or a disk does: a clear exit code, a message
that names the place, a failed row with the reason, and a next run that works."""

from __future__ import annotations

import functools
import os
import resource
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from carrel_runner import ROOT, TIMEOUT_S, Carrel, Done
from connect_api import ConnectApi, Rule
from git_http_server import Fault, GitHttpServer
from git_repo import GitRepo
from git_ssh_server import GitSshServer
from report_repos import Files, lua_repo, manifest, python_repo, report, write


def assert_the_next_run_works(carrel: Carrel, tmp_path: Path) -> None:
    good = write(python_repo("yield (7,)"), tmp_path / "good")
    carrel.ok("run", good, "demo", "--output", "next.csv")
    assert (carrel.work / "next.csv").read_bytes() == b'"7"\r\n'
    assert carrel.integrity() == "ok"
    assert carrel.leftovers() == []


def assert_failed(carrel: Carrel, done: Done, *texts: str) -> None:
    """Exit 1, each text on stderr, and a failed row whose notes hold the first one."""
    assert done.code == 1, done.err
    for text in texts:
        assert text in done.err, done.err
    newest = carrel.reports()[0]
    assert newest["status"] == "failed"
    assert texts[0] in newest["notes"], newest["notes"]
    assert not (carrel.work / "demo.csv").exists()


@dataclass(frozen=True)
class BadReport:
    """A report that misbehaves, and what is said of it."""

    files: Files
    texts: list[str]
    words: list[str] = field(default_factory=list)


BAD_REPORTS = {
    "raises": BadReport(
        python_repo("yield (1,)\nraise KeyError('customer')"),
        ["KeyError", "customer", "reports/demo/entrypoint.py", "line 3"],
    ),
    "says no": BadReport(python_repo("raise RuntimeError('no such period')"), ["no such period"]),
    "imports nothing": BadReport(
        python_repo("import frobnicate\nyield (1,)"), ["frobnicate", "entrypoint.py"]
    ),
    "never ends": BadReport(
        python_repo("while True:\n    pass"), ["2 s"], ["--limit", "wall_s=2"]
    ),
    "sleeps": BadReport(
        python_repo("import time\ntime.sleep(600)"), ["2 s"], ["--limit", "wall_s=2"]
    ),
    "idles": BadReport(
        python_repo("import time\ntime.sleep(600)"), ["idle"], ["--limit", "idle_s=1"]
    ),
    "takes all memory": BadReport(
        python_repo("x = []\nwhile True:\n    x.append(bytearray(1 << 24))"), ["memory"]
    ),
    "writes too much": BadReport(
        python_repo("while True:\n    yield ('x' * 10000,)"),
        ["output"],
        ["--limit", "output_mb=2"],
    ),
    "returns nothing": BadReport(python_repo("return None"), ["returned None, expected rows"]),
    "writes to its own directory": BadReport(
        python_repo("open(__file__ + '.x', 'w')\nyield (1,)"),
        ["Read-only file system", "entrypoint.py"],
    ),
    "reads the host": BadReport(
        python_repo("yield (open('/etc/shadow').read(),)"), ["/etc/shadow", "entrypoint.py"]
    ),
    "opens a socket": BadReport(
        python_repo("import socket\nsocket.create_connection(('1.1.1.1', 80), 5)\nyield (1,)"),
        ["Error"],
    ),
    "kills itself": BadReport(python_repo("import os\nos.abort()\nyield (1,)"), ["crashed"]),
    "leaves early": BadReport(
        python_repo("import os\nos._exit(0)\nyield (1,)"), ["protocol error"]
    ),
    "lua raises": BadReport(
        lua_repo("error('no customer')"), ["no customer", "reports/demo/entrypoint.lua:3"]
    ),
    "lua never ends": BadReport(lua_repo("while true do end"), ["2 s"], ["--limit", "wall_s=2"]),
    "lua lacks a module": BadReport(lua_repo("require 'frobnicate'"), ["frobnicate"]),
}


@pytest.mark.parametrize("name", BAD_REPORTS)
def test_a_report_that(carrel: Carrel, tmp_path: Path, name: str) -> None:
    bad = BAD_REPORTS[name]
    source = write(bad.files, tmp_path / "bad")
    assert_failed(carrel, carrel("run", source, "demo", *bad.words), *bad.texts)
    assert_the_next_run_works(carrel, tmp_path)


def test_a_dict_is_no_cell_of_a_workbook(carrel: Carrel, tmp_path: Path) -> None:
    renderer = {"id": "x", "type": "xlsx", "description": "d", "template": "t.xlsx"}
    files = python_repo("yield (1,)\nyield ({'a': 1},)", renderers=[renderer])
    source = write(files, tmp_path / "bad")
    template = ROOT / "examples/python-reports/reports/subscriptions/template.xlsx"
    shutil.copy(template, source / "t.xlsx")
    assert_failed(carrel, carrel("run", source, "demo"), "dict")
    assert_the_next_run_works(carrel, tmp_path)


def test_a_report_that_prints_a_gigabyte_does_no_harm(carrel: Carrel, tmp_path: Path) -> None:
    body = "line = 'x' * 1023\nfor _ in range(1 << 20):\n    print(line)\nyield (1,)"
    source = write(python_repo(body), tmp_path / "bad")
    done = carrel("run", source, "demo", env={"CARREL_LIMIT_CPU_S": "100"})
    assert done.code == 0, done.err[-2000:]
    assert len(done.err) < 4 << 20
    assert_the_next_run_works(carrel, tmp_path)


def test_a_template_that_failed_runs_again_once_it_is_mended(
    carrel: Carrel, tmp_path: Path
) -> None:
    source = write(python_repo("raise KeyError('x')"), tmp_path / "bad")
    assert carrel("run", source, "demo").code == 1
    (template,) = carrel.ok("template", "list", "--json").json
    assert template["status"] == "blocked" and "KeyError" in template["notes"]
    assert carrel("run", source, "demo").code == 1  # and not refused as blocked
    write(python_repo("yield (1,)"), source)
    carrel.ok("run", source, "demo")


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('{"name": "x",\n "version" 1}', "reports.json:2:12"),
        ("[]", "reports.json:1:1"),
        ("", "reports.json"),
        ("\x00\xff", "reports.json"),
        (manifest(report(report_spec="9")), "$.reports[0].report_spec"),
    ],
)
def test_a_broken_manifest_is_refused_with_its_place(
    carrel: Carrel, tmp_path: Path, text: str, place: str
) -> None:
    source = write({**python_repo("yield (1,)"), "reports.json": text}, tmp_path / "bad")
    done = carrel("run", source, "demo")
    assert done.code == 3, done.err
    assert place in done.err
    assert carrel.reports() == []
    assert_the_next_run_works(carrel, tmp_path)


def test_a_directory_without_a_manifest_is_refused(carrel: Carrel, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    done = carrel("run", tmp_path / "empty", "demo")
    assert done.code == 3 and "reports.json" in done.err


def test_a_link_out_of_the_repository_is_refused(carrel: Carrel, tmp_path: Path) -> None:
    source = write(python_repo("yield (1,)"), tmp_path / "bad")
    (source / "data").symlink_to("/etc/passwd")
    done = carrel("run", source, "demo")
    assert done.code == 3 and "data" in done.err


def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_an_unreachable_git_host_exits_with_4(carrel: Carrel, tmp_path: Path) -> None:
    done = carrel("run", f"http://127.0.0.1:{closed_port()}/demo.git", "demo", "--json")
    assert done.code == 4, done.err
    assert done.json["error"]["code"] == "unreachable"
    assert "127.0.0.1" in done.err
    assert_the_next_run_works(carrel, tmp_path)


def test_wrong_git_credentials_exit_with_7_and_are_not_shown(
    carrel: Carrel, git_root: Path, tmp_path: Path
) -> None:
    GitRepo.from_files(python_repo("yield (1,)"), git_root / "demo.git")
    with GitHttpServer(git_root, username="reader", password="right") as server:
        env = {"CARREL_GIT_USER": "reader", "CARREL_GIT_PASSWORD": "wr0ng-secret"}
        done = carrel("run", server.url("demo.git"), "demo", env=env)
        assert done.code == 7, done.err
        assert "wr0ng-secret" not in done.err
        assert carrel("run", server.url("demo.git"), "demo").code == 7
        env["CARREL_GIT_PASSWORD"] = "right"
        carrel.ok("run", server.url("demo.git"), "demo", env=env)
    assert_the_next_run_works(carrel, tmp_path)


def test_a_stranger_ssh_host_or_key_exits_with_7(carrel: Carrel, git_root: Path) -> None:
    GitRepo.from_files(python_repo("yield (1,)"), git_root / "demo.git")
    with GitSshServer(git_root) as server:
        words = ["run", server.url("demo.git"), "demo"]
        for key, hosts in (
            (server.private_key, server.wrong_known_hosts),
            (server.stranger_key, server.known_hosts),
        ):
            done = carrel(*words, "--git-key", key, "--git-known-hosts", hosts)
            assert done.code == 7, done.err
            assert "127.0.0.1" in done.err


def test_a_missing_repository_and_ref_exit_with_7(
    carrel: Carrel, git_root: Path, git_http: GitHttpServer
) -> None:
    repository = GitRepo.from_files(python_repo("yield (1,)"), git_root / "demo.git")
    repository.tag("v1.0.0")
    done = carrel("run", git_http.url("nothing.git"), "demo")
    assert done.code == 7, done.err
    done = carrel("run", git_http.url("demo.git"), "demo", "--ref", "v1.0.1")
    assert done.code == 7, done.err
    assert "v1.0.1" in done.err and "v1.0.0" in done.err


@pytest.mark.parametrize(
    "ref", ["x" * 5000, "a/" * 2000 + "b", "x" * 300, "no such", "..", "@{-1}"]
)
def test_a_ref_that_cannot_exist_exits_with_7(
    carrel: Carrel, git_root: Path, git_http: GitHttpServer, ref: str
) -> None:
    GitRepo.from_files(python_repo("yield (1,)"), git_root / "demo.git")
    done = carrel("run", git_http.url("demo.git"), "demo", "--ref", ref)
    assert done.code == 7, done.err
    assert len(done.err) < 2000


def test_a_git_host_that_breaks_off_is_survived(
    carrel: Carrel, git_root: Path, git_http: GitHttpServer, tmp_path: Path
) -> None:
    GitRepo.from_files(python_repo("yield (1,)"), git_root / "demo.git")
    git_http.add_fault(Fault("upload-pack", truncate=40, times=2))
    done = carrel("run", git_http.url("demo.git"), "demo")
    assert done.code == 4, done.err
    git_http.clear_faults()
    carrel.ok("run", git_http.url("demo.git"), "demo")
    assert_the_next_run_works(carrel, tmp_path)


@pytest.mark.parametrize(
    "url", ["ftp://127.0.0.1/x.git", "https://user:pw@127.0.0.1/x.git", "ext::sh -c id", "-x"]
)
def test_an_address_of_another_kind_is_refused(carrel: Carrel, url: str) -> None:
    done = carrel("run", "--json", "--", url, "demo")
    assert done.code in (3, 7), done.err
    assert "pw" not in done.err


CALLS = "for item in client.requests.all():\n    yield (item['id'],)"


@pytest.mark.parametrize(
    ("rule", "words", "text"),
    [
        (Rule("^requests", status=401), [], "401"),
        (Rule("^requests", status=404), [], "404"),
        (Rule("^requests", status=500), [], "500"),
        (Rule("^requests", body="<html>busy</html>"), [], "JSON"),
        (Rule("^requests", hang=True), ["--limit", "wall_s=3"], "3 s"),
        (
            Rule("^requests", status=429, headers={"Retry-After": "60"}),
            ["--limit", "wall_s=3"],
            "3 s",
        ),
    ],
    ids=["401", "404", "500", "garbage", "hangs", "429 for ever"],
)
def test_an_api_that_answers_with(
    carrel: Carrel, tmp_path: Path, api: ConnectApi, rule: Rule, words: list[str], text: str
) -> None:
    api.add_rule(rule)
    source = write(python_repo(CALLS), tmp_path / "bad")
    done = carrel(
        *("run", source, "demo", "--endpoint", api.url, "--api-key", "SU-1:secret", *words)
    )
    assert_failed(carrel, done, text)
    assert "SU-1:secret" not in done.err + str(carrel.reports())
    assert_the_next_run_works(carrel, tmp_path)


def test_an_api_that_is_busy_for_a_moment_is_asked_again(
    carrel: Carrel, tmp_path: Path, api: ConnectApi
) -> None:
    api.add_rule(Rule("^requests", status=429, times=1, headers={"Retry-After": "0"}))
    api.add_rule(Rule("^requests", reset=True, times=1))
    source = write(python_repo("yield (1,)\n" + CALLS), tmp_path / "repo")
    carrel.ok("run", source, "demo", "--endpoint", api.url, "--api-key", "SU-1:secret")


def test_a_write_needs_a_connection_that_may_write(
    carrel: Carrel, tmp_path: Path, api: ConnectApi
) -> None:
    body = "yield (client.requests.create(payload={'x': 1})['id'],)"
    source = write(python_repo(body), tmp_path / "repo")
    words = ["run", source, "demo", "--endpoint", api.url, "--api-key", "SU-1:secret"]
    assert_failed(carrel, carrel(*words), "POST")
    carrel.ok(*words, "--api-access", "read-write")


def test_another_api_needs_a_permission(carrel: Carrel, tmp_path: Path, api: ConnectApi) -> None:
    body = f"import requests\nyield (requests.get({api.url + '/requests'!r}).status_code,)"
    source = write(python_repo(body), tmp_path / "repo")
    done = carrel("run", source, "demo", "--connection", f"other={api.url}")
    assert_failed(carrel, done, "permissions.connections", "other")
    assert api.log == []


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A data directory of 12 MiB; needs root."""
    path = tmp_path / "small"
    path.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=12m", "none", str(path)]
    if os.geteuid() != 0 or subprocess.run(mount, check=False).returncode != 0:
        pytest.skip("a small disk can be mounted by root only")
    yield path
    subprocess.run(["umount", "-l", str(path)], check=True)


def test_a_full_disk_fails_the_report_and_leaves_a_good_store(
    carrel: Carrel, tmp_path: Path, small_disk: Path
) -> None:
    carrel.data = small_disk / "data"
    source = write(python_repo("for _ in range(3000):\n    yield ('x' * 10000,)"), tmp_path / "bad")
    done = carrel("run", source, "demo")
    assert_failed(carrel, done, "no space left")
    assert_the_next_run_works(carrel, tmp_path)


def started(process: subprocess.Popen[str]) -> None:
    """Waits for the report's first line."""
    assert process.stderr is not None
    while "report| begun" not in (line := process.stderr.readline()):
        assert line, "it ended early"


SLEEPER = "import time\nprint('begun', flush=True)\ntime.sleep(600)\nyield (1,)"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_a_run_in_good_order(
    carrel: Carrel, tmp_path: Path, number: signal.Signals
) -> None:
    source = write(python_repo(SLEEPER), tmp_path / "bad")
    process = carrel.start("run", source, "demo")
    started(process)
    process.send_signal(number)
    out, err = process.communicate(timeout=TIMEOUT_S)
    assert_failed(carrel, Done(process.returncode, out, err), "cancelled")
    assert "begun" in carrel.ok("report", "show", carrel.reports()[0]["id"]).out
    assert_the_next_run_works(carrel, tmp_path)


def test_a_hangup_that_is_ignored_stays_so(carrel: Carrel, tmp_path: Path) -> None:
    body = "import time\nprint('begun', flush=True)\ntime.sleep(2)\nyield (1,)"
    source = write(python_repo(body), tmp_path / "repo")
    ignore = functools.partial(signal.signal, signal.SIGHUP, signal.SIG_IGN)
    process = carrel.start("run", source, "demo", preexec_fn=ignore)
    started(process)
    process.send_signal(signal.SIGHUP)
    _, err = process.communicate(timeout=TIMEOUT_S)
    assert process.returncode == 0, err


def test_a_killed_host_leaves_its_report_to_whoever_starts_next(
    carrel: Carrel, tmp_path: Path
) -> None:
    body = "import time\nprint('begun', flush=True)\ntime.sleep(4)\nyield (1,)"
    source = write(python_repo(body), tmp_path / "repo")
    process = carrel.start("run", source, "demo")
    started(process)
    process.kill()
    process.communicate()
    (report,) = carrel.reports()
    assert report["status"] == "pending" and report["attempts"] == 1
    watched = carrel.ok("report", "watch", report["id"], "--json").json
    assert watched["status"] == "ready" and watched["attempts"] == 2


def test_a_file_size_limit_of_the_host_is_an_error_and_not_its_end(
    carrel: Carrel, tmp_path: Path
) -> None:
    source = write(python_repo("for _ in range(300):\n    yield ('x' * 10000,)"), tmp_path / "bad")
    carrel.ok("run", source, "demo", "--output", "first.csv")
    limit = functools.partial(resource.setrlimit, resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))
    done = carrel("run", source, "demo", preexec_fn=limit)
    assert done.code == 1, done.err
    assert "File too large" in done.err or "output" in done.err, done.err
    report = carrel.reports()[0]["id"] if carrel.reports() else ""
    assert carrel("report", "show", report).code == 0
    assert_the_next_run_works(carrel, tmp_path)


def test_an_output_that_cannot_be_written_is_found_before_the_run(
    carrel: Carrel, tmp_path: Path
) -> None:
    source = write(python_repo("yield (1,)"), tmp_path / "repo")
    done = carrel("run", source, "demo", "--output", "no/such/dir/x.csv")
    assert done.code == 2 and "no/such/dir" in done.err


