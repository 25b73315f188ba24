"""`carrel repo`, `template`, `report`, `doctor`: the same rows as a server would keep."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import stat
import subprocess
import time
from pathlib import Path

import pytest
from carrel_runner import BUILD, ROOT, TIMEOUT_S, Carrel
from git_http_server import Fault, GitHttpServer
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


def files_of_repositories(carrel: Carrel) -> list[str]:
    """Mirrors and checkouts."""
    return [
        path.name
        for room in ("mirrors", "store/checkouts")
        for path in (carrel.data / room).iterdir()
        if path.is_dir()
    ]


def test_a_removed_repository_takes_its_mirror_and_its_checkout_along(
    carrel: Carrel, repository: tuple[str, GitRepo], git_http: GitHttpServer
) -> None:
    identity, _ = repository
    second = carrel.ok("repo", "add", git_http.url("demo.git"), "--ref", "main", "--json").json
    assert len(files_of_repositories(carrel)) == 2
    carrel.ok("repo", "remove", identity)
    assert len(files_of_repositories(carrel)) == 2, "the other one needs them"
    carrel.ok("report", "create", only_template(carrel))
    carrel.ok("repo", "remove", second["id"])
    assert files_of_repositories(carrel) == []
    carrel.ok("run", git_http.url("demo.git"), "demo")


def large_repository(git_root: Path, name: str, body: str = "yield (1,)") -> None:
    """One that takes 1.5 MiB in its mirror and again in its checkout."""
    data = os.urandom(3 << 18).hex()
    GitRepo.from_files({**python_repo(body), "data.txt": data}, git_root / name)


def disk_of_repositories(carrel: Carrel) -> int:
    rooms = (carrel.data / "mirrors", carrel.data / "store/checkouts")
    return sum(path.lstat().st_blocks * 512 for room in rooms for path in room.rglob("*"))


def test_the_disk_budget_makes_room_for_the_newest_repository(
    carrel: Carrel, git_root: Path, git_http: GitHttpServer
) -> None:
    carrel.environment["CARREL_CACHE_MAX_MB"] = "5"
    for number in range(4):
        large_repository(git_root, f"{number}.git")
        carrel.ok("run", git_http.url(f"{number}.git"), "demo")
        assert disk_of_repositories(carrel) <= 5 << 20
        assert len(list((carrel.data / "store/checkouts").iterdir())) >= 1
    templates = carrel.ok("template", "list", "--json").json
    assert len(templates) == 4
    for template in templates:  # what made room is fetched again
        carrel.ok("report", "create", template["id"])


def test_a_repository_larger_than_the_disk_budget_is_refused(
    carrel: Carrel, git_root: Path, git_http: GitHttpServer
) -> None:
    large_repository(git_root, "large.git")
    carrel.environment["CARREL_CACHE_MAX_MB"] = "1"
    for words in (["run", git_http.url("large.git"), "demo"], ["repo", "add"]):
        done = carrel(*words, *([git_http.url("large.git")] if len(words) == 2 else []))
        assert done.code == 3, done.err
        assert "cache.max_mb" in done.err and "1.0 MiB" in done.err
    carrel.environment.clear()
    carrel.ok("run", git_http.url("large.git"), "demo")


def test_the_disk_budget_leaves_running_reports_alone(
    carrel: Carrel, git_root: Path, git_http: GitHttpServer
) -> None:
    body = (
        "import pathlib, time\nprint('begun', flush=True)\ntime.sleep(4)\n"
        "yield (len(pathlib.Path(__file__).parents[2].joinpath('data.txt').read_text()),)"
    )
    large_repository(git_root, "slow.git", body)
    large_repository(git_root, "other.git")
    slow = carrel.start("run", git_http.url("slow.git"), "demo", "--output", "slow.csv")
    assert slow.stderr is not None
    while "begun" not in (line := slow.stderr.readline()):
        assert line, "it ended early"
    carrel.ok("run", git_http.url("other.git"), "demo", env={"CARREL_CACHE_MAX_MB": "4"})
    _, err = slow.communicate(timeout=TIMEOUT_S)
    assert slow.returncode == 0, err
    assert (carrel.work / "slow.csv").read_text().strip() == f'"{3 << 19}"'


def test_a_git_host_that_is_gone_is_told_from_a_bad_repository(
    carrel: Carrel, git_root: Path, git_http: GitHttpServer
) -> None:
    GitRepo.from_files(python_repo("yield ('one',)"), git_root / "demo.git")
    identity = carrel.ok("repo", "add", git_http.url("demo.git"), "--json").json["id"]
    git_http.add_fault(Fault("info/refs", status=503))
    for words in (["sync", identity], ["update", identity, "--name", "x"]):
        done = carrel("repo", *words)
        assert done.code == 4, done.err
        assert "127.0.0.1" in done.err and identity in done.err
    done = carrel("repo", "add", git_http.url("demo.git"), "--json")
    assert done.code == 4 and done.json["status"] == "failed"
    git_http.clear_faults()
    assert carrel("repo", "add", git_http.url("nothing.git")).code == 7
    assert carrel.ok("repo", "sync", identity, "--json").json["status"] == "ready"


def test_a_sync_can_be_stopped(
    carrel: Carrel, repository: tuple[str, GitRepo], git_http: GitHttpServer
) -> None:
    identity, _ = repository
    git_http.add_fault(Fault("info/refs", delay_s=600))
    seen = len(git_http.requests)
    process = carrel.start("repo", "sync", identity)
    while len(git_http.requests) == seen:
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 1, err
    git_http.clear_faults()
    assert carrel.ok("repo", "show", identity, "--json").json["status"] == "failed"
    carrel.ok("repo", "sync", identity)


def test_what_a_run_printed_and_used_can_be_read_later(carrel: Carrel, tmp_path: Path) -> None:
    body = "print('step one')\nprint('\\x1b[2J')\nyield (1,)\nraise RuntimeError('no data')"
    source = write(python_repo(body), tmp_path / "repo")
    assert carrel("run", source, "demo").code == 1
    (row,) = carrel.reports()
    assert "log" not in row
    assert 0 < row["use"]["cpu_s"] < 60 and 0 < row["use"]["wall_s"] < 60
    assert row["use"]["peak_memory_bytes"] > 1 << 20
    assert row["sandbox"]
    shown = carrel.ok("report", "show", row["id"])
    assert f"sandbox   {row['sandbox']}" in shown.out and "of processor time" in shown.out
    assert "report| step one" in shown.out and "\x1b" not in shown.out
    log = carrel.ok("report", "show", row["id"], "--json").json["log"]
    assert log.startswith("step one\n")


def test_a_database_of_an_older_carrel_is_brought_up_to_date(
    carrel: Carrel, tmp_path: Path
) -> None:
    source = write(python_repo("yield (1,)"), tmp_path / "repo")
    carrel.ok("run", source, "demo")
    with sqlite3.connect(carrel.data / "carrel.db") as database:
        for column in ("wall_us", "cpu_us", "peak_memory", "run_log"):
            database.execute(f"ALTER TABLE reports DROP COLUMN {column}")
        first = {"repositories", "templates", "reports", "audit", "schema_version"}
        for (table,) in database.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table'"
        ).fetchall():
            if table not in first:
                database.execute(f"DROP TABLE {table}")
        database.execute("DELETE FROM schema_version WHERE version > 1")
    (old,) = carrel.reports()
    assert old["status"] == "ready" and old["use"] is None
    assert carrel.ok("report", "show", old["id"], "--json").json["log"] == ""
    carrel.ok("run", source, "demo")
    assert carrel.reports()[0]["use"] is not None


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
    ends = [process.communicate(timeout=TIMEOUT_S) for process in runs]
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


def test_doctor_names_the_worker_program_that_is_missing(carrel: Carrel, tmp_path: Path) -> None:
    alone = tmp_path / "carrel-worker"
    shutil.copy(BUILD / "bin/carrel-worker", alone)
    done = carrel("doctor", env={"CARREL_WORKER": str(alone)})
    assert done.code == 5
    assert f"{alone}-python: No such file or directory" in done.out


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
    deadline = time.monotonic() + TIMEOUT_S
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
    ask = 'COMP_WORDS=(carrel usage rec) COMP_CWORD=2; _carrel; echo "${COMPREPLY[@]}"'
    script = f"{carrel.ok('completion', 'bash').out}\n{ask}"
    said = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True)
    assert said.stdout.split() == ["records", "reconcile"]
    assert json.loads(carrel.ok("version", "--json").out)["version"]
