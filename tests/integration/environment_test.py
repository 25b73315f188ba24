"""Packages that repositories ask for: installed once, from wheels, without running them."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from carrel_runner import TIMEOUT_S, Carrel, Done
from package_index import PackageIndex
from report_repos import Files, lua_repo, python_repo, write

INTERNET = bool(os.environ.get("CARREL_TEST_INTERNET"))

GREETING: dict[str, str | bytes] = {
    "greeting/__init__.py": "from greeting.words import TEXT\n",
    "greeting/words.py": "TEXT = 'hello'\n",
}
SAY = "import greeting\nyield (greeting.TEXT,)\n"


@pytest.fixture
def index() -> Iterator[PackageIndex]:
    with PackageIndex() as up:
        up.add("greeting", "1.0", GREETING)
        yield up


@pytest.fixture(autouse=True)
def own_index(carrel: Carrel, index: PackageIndex) -> None:
    carrel.environment["CARREL_PYTHON_INDEX_URL"] = index.url


def repo(body: str, requirements: str | None = None, **members: object) -> Files:
    """A repository whose report runs `body` and which names `requirements`."""
    files = python_repo(body, **members)
    if requirements is not None:
        manifest = json.loads(files["reports.json"])
        manifest["requirements"] = "requirements.txt"
        files = {**files, "reports.json": json.dumps(manifest), "requirements.txt": requirements}
    return files


def run(carrel: Carrel, tmp_path: Path, files: Files, name: str = "repo") -> Done:
    source = write(files, tmp_path / name)
    return carrel("run", source, "demo", "--output", f"{name}.csv")


def rows(carrel: Carrel, name: str = "repo") -> list[list[str]]:
    with (carrel.work / f"{name}.csv").open(newline="") as file:
        return list(csv.reader(file, delimiter=";"))


def environments(carrel: Carrel) -> list[Path]:
    root = carrel.data / "store/environments"
    return sorted(path for path in root.iterdir() if not path.name.startswith("."))


def installers() -> list[str]:
    """The processes that install packages, of whomever."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            command = (entry / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if b"--target=/build/site" in command:
            found.append(entry.name)
    return found


def parent_of(pid: str) -> str:
    try:
        return (Path("/proc") / pid / "stat").read_text().rpartition(")")[2].split()[1]
    except OSError:
        return ""


def assert_refused(carrel: Carrel, done: Done, *words: str) -> None:
    """The report, or its repository, was refused with these words, and nothing is left behind."""
    assert done.code != 0, done.out
    for word in words:
        assert word in done.err, done.err
    assert environments(carrel) == []
    assert list((carrel.data / "store/environments").glob(".tmp-*")) == []


def test_a_report_imports_what_its_requirements_name(
    carrel: Carrel, index: PackageIndex, tmp_path: Path
) -> None:
    index.add(
        "chorus",
        "2.1",
        {"chorus.py": "import greeting\nTEXT = greeting.TEXT * 2\n"},
        requires=["greeting>=1"],
    )
    done = run(carrel, tmp_path, repo("import chorus\nyield (chorus.TEXT,)", "Chorus ~= 2.0\n"))
    assert done.code == 0, done.err
    assert rows(carrel) == [["hellohello"]]
    (environment,) = environments(carrel)
    described = json.loads((environment / "carrel-environment.json").read_text())
    assert described["requirements"] == ["chorus~=2.0"]
    assert described["installed"] == ["chorus-2.1", "greeting-1.0"]


def test_the_second_run_and_other_repositories_find_what_is_installed(
    carrel: Carrel, index: PackageIndex, tmp_path: Path
) -> None:
    assert run(carrel, tmp_path, repo(SAY, "greeting==1.0\n")).code == 0
    (before,) = environments(carrel)
    stamp = before.stat().st_ino
    seen = len(index.requests)
    assert run(carrel, tmp_path, repo(SAY, "greeting==1.0\n")).code == 0
    other = repo(SAY, "# the same\n  GREETING == 1.0   # said differently\n\n")
    assert run(carrel, tmp_path, other, "other").code == 0
    assert rows(carrel, "other") == [["hello"]]
    assert len(index.requests) == seen
    assert [path.stat().st_ino for path in environments(carrel)] == [stamp]


def test_two_reports_at_once_install_once(
    carrel: Carrel, index: PackageIndex, tmp_path: Path
) -> None:
    carrel.ok("repo", "list")  # the store is made
    index.delay_s = 0.3
    done: list[Done] = []
    threads = [
        threading.Thread(
            target=lambda n=name: done.append(run(carrel, tmp_path, repo(SAY, "greeting\n"), n))
        )
        for name in ("one", "two", "three")
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [d.code for d in done] == [0, 0, 0], [d.err for d in done]
    assert index.downloads().count("greeting-1.0-py3-none-any.whl") == 1
    assert len(environments(carrel)) == 1


@pytest.mark.parametrize(
    "pyproject",
    [
        '[tool.poetry.dependencies]\npython = "^3.8"\ngreeting = "^1.0"\nopenpyxl = "^3.0.5"\n'
        'unwanted = {version = "*", optional = true}\n'
        'never = {version = "1", python = "<3.0"}\n'
        '[tool.poetry.dev-dependencies]\npytest = {git = "https://127.0.0.1/x"}\n',
        '[project]\nname = "x"\ndependencies = ["greeting >= 1", "Jinja2>=2"]\n'
        '[project.optional-dependencies]\ntest = ["pytest"]\n',
    ],
    ids=["poetry", "project"],
)
def test_a_pyproject_names_packages_too(carrel: Carrel, tmp_path: Path, pyproject: str) -> None:
    done = run(carrel, tmp_path, {**repo(SAY), "pyproject.toml": pyproject})
    assert done.code == 0, done.err
    assert rows(carrel) == [["hello"]]


def test_what_the_sdk_provides_is_not_installed_again(
    carrel: Carrel, index: PackageIndex, tmp_path: Path
) -> None:
    provided = "connect-openapi-client==99\nConnect_Reports.Core\nopenpyxl\nJinja2\nWeasyPrint\n"
    body = "import connect.client, openpyxl\nyield (openpyxl.__file__,)\n"
    assert run(carrel, tmp_path, repo(body, provided)).code == 0
    assert rows(carrel) == [["/usr/lib/python3/dist-packages/openpyxl/__init__.py"]]
    assert index.requests == [] and environments(carrel) == []
    # Nor when another package asks for it.
    index.add("openpyxl", "99.0", {"openpyxl/__init__.py": "raise ImportError('not this one')\n"})
    index.add("sheets", "1.0", {"sheets.py": "import openpyxl\n"}, requires=["openpyxl>=3"])
    body = "import sheets, openpyxl\nyield (openpyxl.__file__,)\n"
    assert run(carrel, tmp_path, repo(body, "sheets\n")).code == 0
    assert rows(carrel) == [["/usr/lib/python3/dist-packages/openpyxl/__init__.py"]]


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("--index-url http://127.0.0.1:1/simple", "an option"),
        ("-i http://127.0.0.1:1/simple", "an option"),
        ("--extra-index-url http://127.0.0.1:1/", "an option"),
        ("--find-links /tmp", "an option"),
        ("--no-binary :all:", "an option"),
        ("-e .", "an option"),
        ("-r other.txt", "an option"),
        ("-c constraints.txt", "an option"),
        ("git+https://github.com/x/y.git#egg=y", "the address of a repository"),
        ("greeting @ git+ssh://git@host/y.git", "the address of a repository"),
        ("https://host/greeting-1.0-py3-none-any.whl", "an address"),
        ("greeting @ file:///etc/passwd", "an address"),
        ("greeting@./x", "a direct reference"),
        ("./vendor/greeting", "a path"),
        ("../greeting", "a path"),
        ("/srv/greeting", "a path"),
        ("greeting-1.0.tar.gz", "the name of an archive"),
        ("greeting-1.0-py3-none-any.whl", "the name of an archive"),
        ("greeting==${VERSION}", "an environment variable"),
        ("greeting --global-option=x", "the option '--global-option'"),
        ("greeting --hash=md5:abc", "expected a sha256"),
    ],
)
def test_a_line_that_is_no_package_is_refused_by_name_before_anything_runs(
    carrel: Carrel, index: PackageIndex, tmp_path: Path, line: str, what: str
) -> None:
    done = run(carrel, tmp_path, repo(SAY, f"# first\ngreeting\n{line}\n"))
    assert_refused(carrel, done, "requirements.txt:3", what)
    assert index.requests == [] and carrel.reports() == []
    checked = carrel("validate", tmp_path / "repo")
    assert checked.code != 0 and what in checked.out + checked.err


def test_a_package_from_a_path_of_a_pyproject_is_refused(carrel: Carrel, tmp_path: Path) -> None:
    for member in ('path = "../x"', 'git = "https://h/x.git"', 'url = "https://h/x.whl"'):
        pyproject = f"[tool.poetry.dependencies]\ngreeting = {{{member}}}\n"
        done = run(carrel, tmp_path, {**repo(SAY), "pyproject.toml": pyproject})
        assert_refused(carrel, done, "pyproject.toml:2", f"'{member.split()[0]}'")


def test_a_missing_package_fails_the_report_in_deploying_and_no_other(
    carrel: Carrel, index: PackageIndex, tmp_path: Path
) -> None:
    done = run(carrel, tmp_path, repo(SAY, "greeting\nabsent-package==7.1\n"))
    assert_refused(
        carrel, done, "deployment failed", "requirements.txt", "absent-package==7.1", index.url
    )
    (report,) = carrel.reports()
    assert report["status"] == "failed" and report["attempts"] == 1
    (template,) = carrel.ok("template", "list", "--json").json
    assert template["status"] == "enabled"
    assert run(carrel, tmp_path, repo("yield (1,)"), "other").code == 0


def test_a_package_without_a_wheel_is_not_built(
    carrel: Carrel, index: PackageIndex, tmp_path: Path
) -> None:
    index.add_file("sourceonly", "sourceonly-1.0.tar.gz", b"\x1f\x8b not even opened")
    done = run(carrel, tmp_path, repo(SAY, "sourceonly\n"))
    assert_refused(carrel, done, "sourceonly", "no wheel")
    assert index.downloads() == []


def test_an_index_that_is_down_is_named(carrel: Carrel, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    url = f"http://127.0.0.1:{port}/simple/"
    carrel.environment["CARREL_PYTHON_INDEX_URL"] = url
    done = run(carrel, tmp_path, repo(SAY, "greeting\n"))
    assert_refused(carrel, done, "greeting", url, "did not answer", "refused")
    # A report without requirements needs no index.
    assert run(carrel, tmp_path, repo("yield (1,)"), "other").code == 0


def test_a_silent_index_ends_with_the_time_for_a_build(carrel: Carrel, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        carrel.environment["CARREL_PYTHON_INDEX_URL"] = f"http://127.0.0.1:{port}/simple/"
        carrel.environment["CARREL_PYTHON_BUILD_TIMEOUT_S"] = "3"
        done = run(carrel, tmp_path, repo(SAY, "greeting\n"))
    assert_refused(carrel, done, "longer than 3 s")


def test_credentials_of_the_index_are_used_and_never_shown(carrel: Carrel, tmp_path: Path) -> None:
    with PackageIndex(user="reader", password="s3/cr:et@") as private:
        private.add("greeting", "1.0", GREETING)
        carrel.environment["CARREL_PYTHON_INDEX_URL"] = private.url
        carrel.environment["CARREL_PYTHON_INDEX_CREDENTIALS"] = "reader:s3/cr:et@"
        assert run(carrel, tmp_path, repo(SAY, "greeting\n")).code == 0
        assert rows(carrel) == [["hello"]]
        done = run(carrel, tmp_path, repo(SAY, "absent\n"), "other")
        assert done.code != 0 and private.url in done.err
        shown = done.out + done.err + carrel.ok("doctor").out + json.dumps(carrel.reports())
        assert "s3" not in shown


def test_files_that_python_runs_by_itself_are_harmless(
    carrel: Carrel, index: PackageIndex, tmp_path: Path
) -> None:
    marker = tmp_path / "ran"
    touch = f"open({str(marker)!r}, 'w').close()\n"
    index.add(
        "hooks",
        "1.0",
        {
            "hooks/__init__.py": "import sys\nRAN = getattr(sys, 'hook_ran', [])\n",
            "hooks.pth": f"import os; {touch}",
            "sitecustomize.py": "import sys\nsys.hook_ran = ['site']\n" + touch,
            "usercustomize/__init__.py": "import sys\nsys.hook_ran = ['user']\n" + touch,
            "setup.py": touch,
            "json.py": "raise ImportError('not the standard library')\n",
            "connect/client/__init__.py": "raise ImportError('not the client')\n",
            "carrel/__init__.py": "raise ImportError('not ours')\n",
            "hooks/__pycache__/__init__.cpython-311.pyc": b"not byte code",
            "hooks-1.0.data/scripts/hook": "#!python\n" + touch,
        },
        dist_info={"entry_points.txt": "[console_scripts]\nhook = hooks:main\n"},
    )
    body = """
        import hooks, json, sys, carrel, connect.client
        customized = "sitecustomize" in sys.modules
        yield (len(hooks.RAN), json.__file__, connect.client.__file__, customized)
    """
    done = run(carrel, tmp_path, repo(body, "hooks\n"))
    assert done.code == 0, done.err
    ((ran, json_file, client, customized),) = rows(carrel)
    assert (ran, customized.lower()) == ("0", "false")
    assert json_file.startswith("/usr/lib/python3.11/") and client.startswith("/carrel/packages/")
    (environment,) = environments(carrel)
    names = {path.name for path in environment.rglob("*")}
    assert names.isdisjoint(
        {"hooks.pth", "sitecustomize.py", "usercustomize", "bin", "__pycache__"}
    )
    assert not marker.exists()


@pytest.mark.parametrize("name", ["../../../escaped.py", "/tmp/carrel-escaped.py", "a/../../x.py"])
def test_a_wheel_whose_names_lead_out_installs_nothing(
    carrel: Carrel, index: PackageIndex, tmp_path: Path, name: str
) -> None:
    index.add("traversal", "1.0", {"traversal.py": "", name: "escaped = True\n"})
    done = run(carrel, tmp_path, repo("yield (1,)", "traversal\n"))
    found = [p for p in tmp_path.rglob("*escaped*")] + [p for p in tmp_path.rglob("x.py")]
    assert found == [] and not Path("/tmp/carrel-escaped.py").exists()
    if done.code != 0:
        assert_refused(carrel, done, "traversal")


@pytest.mark.parametrize("depth", [100, 1500])
def test_a_wheel_of_very_deep_directories_is_refused_and_removed(
    carrel: Carrel, index: PackageIndex, tmp_path: Path, depth: int
) -> None:
    deep = "d/" * depth + "x.py"
    index.add("deep", "1.0", {"deep.py": "", deep: "x = 1\n"})
    done = run(carrel, tmp_path, repo("yield (1,)", "deep\n"))
    assert_refused(carrel, done, "requirements.txt")
    assert run(carrel, tmp_path, repo(SAY, "greeting\n"), "other").code == 0


@pytest.mark.parametrize("pieces", [1, 64], ids=["one file", "many files"])
def test_a_wheel_bomb_ends_at_the_size_cap(
    carrel: Carrel, index: PackageIndex, tmp_path: Path, pieces: int
) -> None:
    carrel.environment["CARREL_PYTHON_MAX_ENVIRONMENT_MB"] = "32"
    zeros = bytes((1 << 30) // pieces)
    index.add("bomb", "1.0", {f"bomb/{n}.bin": zeros for n in range(pieces)}, record=False)
    done = run(carrel, tmp_path, repo("yield (1,)", "bomb\n"))
    assert_refused(carrel, done, "requirements.txt", "large" if pieces == 1 else "more than")
    assert sum(path.stat().st_size for path in carrel.data.rglob("*")) < 8 << 20


def test_the_environment_is_read_only_to_the_report(carrel: Carrel, tmp_path: Path) -> None:
    body = """
        import errno, os, greeting
        failed = []
        where = os.path.dirname(greeting.__file__)
        for act in (
            lambda: open(greeting.__file__, "a"),
            lambda: open(where + "/new.py", "w"),
            lambda: os.remove(where + "/words.py"),
            lambda: os.chmod(where, 0o777),
        ):
            try:
                act()
                failed.append("done")
            except OSError as error:
                failed.append(errno.errorcode[error.errno])
        yield (where, *failed)
    """
    done = run(carrel, tmp_path, repo(body, "greeting\n"))
    assert done.code == 0, done.err
    ((where, *failed),) = rows(carrel)
    assert where == "/carrel/environment/greeting"
    assert set(failed) <= {"EROFS", "EACCES", "EPERM"} and len(failed) == 4
    (environment,) = environments(carrel)
    assert {oct(path.stat().st_mode & 0o7777) for path in environment.rglob("*")} == {
        "0o444",
        "0o555",
    }


def test_the_installer_sees_nothing_of_the_data_directory(
    carrel: Carrel, index: PackageIndex, tmp_path: Path
) -> None:
    """The index holds pip up, and its own view of the file system is looked at from outside."""
    index.answers.clear()
    source = write(repo(SAY, "greeting\n"), tmp_path / "repo")
    process = carrel.start("run", source, "demo", "--output", "out.csv")
    pip = ""
    end = time.monotonic() + 60
    while not pip and time.monotonic() < end:
        mine = [pid for pid in installers() if parent_of(pid) == str(process.pid)]
        pip = mine[0] if mine and index.requests else ""
        time.sleep(0.02)
    assert pip, "pip was not seen"
    try:
        status = (Path("/proc") / pip / "status").read_text()
        mounts = (Path("/proc") / pip / "mounts").read_text()
        environment = (Path("/proc") / pip / "environ").read_bytes().decode()
    finally:
        index.answers.set()
        process.communicate(timeout=TIMEOUT_S)
    fields = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    assert fields["NoNewPrivs"] == "1" and int(fields["CapEff"], 16) == 0
    if os.geteuid() == 0:
        assert "0" not in fields["Uid"].split()
    targets = {line.split()[1]: line.split()[3].split(",") for line in mounts.splitlines()}
    assert {target for target, options in targets.items() if "rw" in options} <= {
        "/build",
        "/dev/null",
        "/dev/urandom",
    }
    assert not any(str(carrel.data).startswith(target) for target in targets if target != "/")
    assert "CARREL" not in environment and "HOME=/build/tmp" in environment
    assert process.returncode == 0


def test_a_stop_ends_the_installer_and_leaves_nothing(
    carrel: Carrel, index: PackageIndex, tmp_path: Path
) -> None:
    index.answers.clear()
    source = write(repo(SAY, "greeting\n"), tmp_path / "repo")
    process = carrel.start("run", source, "demo", "--output", "out.csv")
    end = time.monotonic() + 60
    while not index.requests and time.monotonic() < end:
        time.sleep(0.02)
    assert index.requests
    mine = [pid for pid in installers() if parent_of(pid) == str(process.pid)]
    assert len(mine) == 1
    process.terminate()
    out, err = process.communicate(timeout=60)
    assert process.returncode == 1 and "cancelled" in out + err
    assert environments(carrel) == []
    assert list((carrel.data / "store/environments").glob(".tmp-*")) == []
    assert not set(mine) & set(installers())


def test_hashes_hold(carrel: Carrel, index: PackageIndex, tmp_path: Path) -> None:
    data = index.files["greeting"]["greeting-1.0-py3-none-any.whl"]
    good = hashlib.sha256(data).hexdigest()
    line = f"greeting==1.0 \\\n    --hash=sha256:{good} \\\n    --hash=sha256:{'0' * 64}\n"
    done = run(carrel, tmp_path, repo(SAY, line))
    assert done.code == 0, done.err
    bad = run(carrel, tmp_path, repo(SAY, f"greeting==1.0 --hash=sha256:{'1' * 64}\n"), "bad")
    assert bad.code != 0 and "HASHES" in bad.err.upper()
    assert len(environments(carrel)) == 1


def test_the_least_recently_used_environments_go(
    carrel: Carrel, index: PackageIndex, tmp_path: Path
) -> None:
    carrel.environment["CARREL_PYTHON_MAX_ENVIRONMENTS"] = "2"
    for version in ("1.1", "1.2", "1.3"):
        index.add("greeting", version, GREETING)
        done = run(carrel, tmp_path, repo(SAY, f"greeting=={version}\n"), f"v{version}")
        assert done.code == 0, done.err
        time.sleep(0.02)
    kept = [
        json.loads((path / "carrel-environment.json").read_text())["installed"]
        for path in environments(carrel)
    ]
    assert sorted(kept) == [["greeting-1.2"], ["greeting-1.3"]]
    # What went is built again when it is asked for.
    assert run(carrel, tmp_path, repo(SAY, "greeting==1.1\n"), "again").code == 0
    assert rows(carrel, "again") == [["hello"]]


def test_installing_can_be_turned_off(carrel: Carrel, index: PackageIndex, tmp_path: Path) -> None:
    carrel.environment["CARREL_PYTHON_INSTALL"] = "off"
    assert run(carrel, tmp_path, repo("yield (1,)", "greeting\n")).code == 0
    assert index.requests == [] and environments(carrel) == []


@pytest.mark.parametrize(
    "url", ["ftp://host/simple", "/srv/simple", "http://user:pw@host/", "https://h/ --pre", "-e ."]
)
def test_an_index_that_is_no_plain_address_is_refused(
    carrel: Carrel, tmp_path: Path, url: str
) -> None:
    carrel.environment["CARREL_PYTHON_INDEX_URL"] = url
    done = run(carrel, tmp_path, repo("yield (1,)"))
    assert done.code == 2 and "python.index_url (CARREL_PYTHON_INDEX_URL)" in done.err


def test_a_lua_repository_asks_for_no_packages(
    carrel: Carrel, index: PackageIndex, tmp_path: Path
) -> None:
    files = lua_repo("return {{1}}")
    files["pyproject.toml"] = '[tool.poetry.dependencies]\ngreeting = {git = "https://h/x"}\n'
    assert run(carrel, tmp_path, files).code == 0
    assert index.requests == []


@pytest.mark.skipif(not INTERNET, reason="CARREL_TEST_INTERNET is not set")
def test_real_packages_with_and_without_c_extensions_load(carrel: Carrel, tmp_path: Path) -> None:
    del carrel.environment["CARREL_PYTHON_INDEX_URL"]
    body = """
        import orjson, markupsafe, inflect
        from markupsafe import _speedups
        yield (orjson.dumps({"a": [1, 2]}).decode(), markupsafe.__file__, _speedups.__file__)
        yield (inflect.engine().plural("report"), "", "")
    """
    done = run(carrel, tmp_path, repo(body, "orjson>=3.9\nmarkupsafe==2.1.5\ninflect>=7,<8\n"))
    assert done.code == 0, done.err
    first, second = rows(carrel)
    assert first[0] == '{"a":[1,2]}'
    assert all(path.startswith("/carrel/environment/markupsafe/") for path in first[1:])
    assert second[0] == "reports"
