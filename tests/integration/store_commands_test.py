"""`carrel repo`, `template`, `report`, `doctor`: the same rows as a server would keep."""

from __future__ import annotations

import json
import os
import stat
import time
from pathlib import Path

import pytest
from carrel_runner import ROOT, Carrel
from git_http_server import GitHttpServer
from git_repo import GitRepo
from report_repos import python_repo, write


@pytest.fixture
def repository(carrel: Carrel, git_root: Path, git_http: GitHttpServer) -> tuple[str, GitRepo]:
    """The id of an added repository whose report yields one row, and the repository."""
    repo = GitRepo.from_files(python_repo("yield ('one',)"), git_root / "demo.git")
    added = carrel.ok("repo", "add", git_http.url("demo.git"), "--json").json
    assert added["status"] == "ready"
    return added["id"], repo


def only_template(carrel: Carrel) -> str:
    (template,) = carrel.ok("template", "list", "--json").json
    return str(template["id"])


def test_a_repository_offers_its_templates(
    carrel: Carrel, repository: tuple[str, GitRepo]
) -> None:
    identity, repo = repository
    shown = carrel.ok("repo", "show", identity, "--json").json
    assert shown["name"] == "Test reports"
    assert shown["git"]["commit"] == repo.resolve("main")
    assert identity in carrel.ok("repo", "list").out
    template = only_template(carrel)
    out = carrel.ok("template", "show", template).out
    assert "demo" in out and "renderer  csv (csv, default)" in out


def test_sync_moves_to_the_new_commit_and_update_to_another_ref(
    carrel: Carrel, repository: tuple[str, GitRepo]
) -> None:
    identity, repo = repository
    repo.tag("v1")
    first = repo.resolve("main")
    repo.commit_files(python_repo("yield ('two',)"))
    template = only_template(carrel)
    synced = carrel.ok("repo", "sync", identity, "--json").json
    assert synced["git"]["commit"] == repo.resolve("main") != first
    updated = carrel.ok("repo", "update", identity, "--ref", "v1", "--name", "Mine", "--json").json
    assert updated["git"]["commit"] == first and updated["name"] == "Mine"
    assert only_template(carrel) == template


def test_a_sync_that_finds_a_broken_repository_fails_with_its_faults(
    carrel: Carrel, repository: tuple[str, GitRepo]
) -> None:
    identity, repo = repository
    repo.commit_files({"reports.json": "{"})
    done = carrel("repo", "sync", identity)
    assert done.code == 3, done.err
    assert "reports.json:1:" in done.err
    assert carrel.ok("repo", "show", identity, "--json").json["status"] == "failed"
    (template,) = carrel.ok("template", "list", "--json").json
    assert template["status"] == "blocked"


def test_a_report_is_created_run_downloaded_and_deleted(
    carrel: Carrel, repository: tuple[str, GitRepo]
) -> None:
    created = carrel.ok("report", "create", only_template(carrel), "--name", "Mine", "--json").json
    assert created["status"] == "ready" and created["name"] == "Mine"
    identity = created["id"]
    carrel.ok("report", "download", identity, "--output", "a.csv")
    assert (carrel.work / "a.csv").read_bytes() == b'"one"\r\n'
    assert "sha256" in carrel.ok("report", "show", identity).out
    carrel.ok("report", "delete", identity)
    assert carrel("report", "show", identity).code == 7
    assert [p for p in (carrel.data / "artifacts").rglob("*") if p.is_file()] == []


def test_a_pending_report_waits_for_its_watcher(
    carrel: Carrel, repository: tuple[str, GitRepo]
) -> None:
    words = ["report", "create", only_template(carrel), "--no-wait", "--json"]
    created = carrel.ok(*words).json
    assert created["status"] == "pending"
    assert carrel("report", "download", created["id"]).code == 6
    watched = carrel.ok("report", "watch", created["id"], "--json").json
    assert watched["status"] == "ready" and watched["attempts"] == 1
    again = carrel.ok("report", "watch", created["id"], "--json").json
    assert again["attempts"] == 1


def test_a_disabled_template_runs_nothing_until_it_is_enabled(
    carrel: Carrel, repository: tuple[str, GitRepo], git_http: GitHttpServer
) -> None:
    template = only_template(carrel)
    assert carrel("template", "disable", template).code == 2  # why?
    carrel.ok("template", "disable", template, "--notes", "wrong sums")
    for words in (["report", "create", template], ["run", git_http.url("demo.git"), "demo"]):
        done = carrel(*words)
        assert done.code == 6, done.err
        assert "disabled" in done.err
    assert carrel("template", "disable", template, "--notes", "again").code == 6
    carrel.ok("template", "enable", template, "--notes", "mended")
    carrel.ok("report", "create", template)


def test_removing_a_repository_keeps_its_reports(
    carrel: Carrel, repository: tuple[str, GitRepo]
) -> None:
    identity, _ = repository
    report = carrel.ok("report", "create", only_template(carrel), "--json").json
    carrel.ok("repo", "remove", identity)
    assert carrel.ok("template", "list", "--json").json == []
    carrel.ok("report", "download", report["id"], "--output", "kept.csv")
    assert carrel("repo", "remove", identity).code == 7


@pytest.mark.parametrize(
    "words",
    [
        ["repo", "show", "RR-0000-0000"],
        ["template", "show", "RT-0000-0000-0001"],
        ["report", "show", "RP-000-000-000"],
        ["report", "watch", "RP-000-000-000"],
        ["report", "create", "RT-0000-0000-0001"],
    ],
)
def test_an_unknown_id_exits_with_7(carrel: Carrel, words: list[str]) -> None:
    done = carrel(*words, "--json")
    assert done.code == 7 and done.json["error"]["code"] == "not_found"


def test_two_runs_share_one_data_directory(carrel: Carrel, tmp_path: Path) -> None:
    source = write(python_repo("import time\ntime.sleep(1)\nyield (1,)"), tmp_path / "repo")
    runs = [carrel.start("run", source, "demo", "--output", f"{i}.csv") for i in range(4)]
    ends = [process.communicate(timeout=60) for process in runs]
    assert [process.returncode for process in runs] == [0, 0, 0, 0], ends
    assert [report["status"] for report in carrel.reports()] == ["ready"] * 4
    assert len(carrel.ok("repo", "list", "--json").json) == 1


def test_doctor_probes_each_language_and_names_the_origin_of_each_value(carrel: Carrel) -> None:
    carrel.data.mkdir()
    (carrel.data / "carrel.toml").write_text('[limits]\nwall_s = 77\n\n[api]\naccess = "read"\n')
    done = carrel.ok("doctor", "--json", env={"CARREL_LIMIT_CPU_S": "33", "CARREL_API_KEY": "s3c"})
    value = done.json
    assert [probe["language"] for probe in value["sandbox"]] == ["python", "lua"]
    for probe in value["sandbox"]:
        assert probe["ok"] and 0 < probe["start_ms"]["median"] <= probe["start_ms"]["p95"]
    settings = {entry["name"]: entry for entry in value["settings"]}
    assert settings["limits.wall_s"]["value"] == "77"
    assert settings["limits.wall_s"]["origin"].endswith("carrel.toml")
    assert settings["limits.cpu_s"]["origin"] == "CARREL_LIMIT_CPU_S"
    assert settings["api.key"]["value"] == "***" and "s3c" not in done.out
    assert settings["git.http"]["origin"] == "default"


def test_doctor_exits_with_5_when_reports_cannot_run(carrel: Carrel) -> None:
    done = carrel("doctor", env={"CARREL_WORKER": "/nonexistent/carrel-worker"})
    assert done.code == 5
    assert "not available" in done.out and "carrel-worker" in done.out
    assert carrel(
        *("run", ROOT / "examples/lua-reports", "working_days"),
        env={"CARREL_WORKER": "/nonexistent/carrel-worker"},
    ).code == 5


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[limits]\nwall = 3\n", ["limits.wall", "did you mean 'limits.wall_s'?"]),
        ("[limits]\nwall_s = 'soon'\n", ["limits.wall_s", "soon", "number"]),
        ("[git]\nlocal = 'perhaps'\n", ["git.local", "on or off"]),
        ("[api]\nkey = 'x'\n", ["CARREL_API_KEY"]),
        ("= 3\n", ["carrel.toml:1:"]),
    ],
)
def test_a_wrong_configuration_is_named_with_its_place(
    carrel: Carrel, text: str, words: list[str]
) -> None:
    carrel.data.mkdir()
    (carrel.data / "carrel.toml").write_text(text)
    done = carrel("repo", "list")
    assert done.code == 3
    for word in ["carrel.toml", *words]:
        assert word in done.err


def test_a_limit_of_the_configuration_holds(carrel: Carrel, tmp_path: Path) -> None:
    carrel.data.mkdir()
    (carrel.data / "carrel.toml").write_text("[limits]\nwall_s = 1\n")
    source = write(python_repo("import time\ntime.sleep(60)"), tmp_path / "repo")
    done = carrel("run", source, "demo", "--limit", "wall_s=50")
    assert done.code == 1 and "1 s" in done.err


def test_secrets_are_not_readable_by_others(
    carrel: Carrel, repository: tuple[str, GitRepo]
) -> None:
    for name in ("carrel.db", "secret.key"):
        assert stat.S_IMODE((carrel.data / name).stat().st_mode) == 0o600


def test_a_terminal_gets_a_bar_and_a_log_gets_lines(carrel: Carrel, tmp_path: Path) -> None:
    body = "import time\nfor n in range(30):\n    progress(n, 30)\n    time.sleep(0.05)\nyield (1,)"
    source = write(python_repo(body), tmp_path / "repo")
    done = carrel.ok("run", source, "demo")
    assert "\r" not in done.err and "[#" not in done.err
    shown = in_terminal(carrel, source)
    assert "\r\x1b[K" in shown and "[#" in shown and "/30" in shown and "left" in shown
    assert "\x1b[2m" not in in_terminal(carrel, source, NO_COLOR="1")


def in_terminal(carrel: Carrel, source: Path, **environment: str) -> str:
    """What a run writes to a terminal that is its standard error."""
    controller, terminal = os.openpty()
    pid = os.fork()
    if pid == 0:
        os.dup2(terminal, 2)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        os.chdir(carrel.work)
        variables = {"TERM": "xterm", "HOME": "/", "CARREL_DATA": str(carrel.data), **environment}
        os.execve(carrel.program, ["carrel", "run", str(source), "demo"], variables)
    os.close(terminal)
    text = b""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            piece = os.read(controller, 4096)
        except OSError:
            break
        if not piece:
            break
        text += piece
    os.close(controller)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    return text.decode(errors="replace")


def test_completion_scripts_offer_commands_and_options(carrel: Carrel) -> None:
    for shell in ("bash", "zsh", "fish"):
        script = carrel.ok("completion", shell).out
        assert "validate" in script and "renderer" in script
    assert carrel("completion", "csh").code == 2
    assert json.loads(carrel.ok("version", "--json").out)["version"]
