"""Repositories and manifests that mean harm, through the real binary: added, validated and run.

`CATALOGUE` is the list of attempts. What another suite holds already is named there and not
repeated here; a test below checks that every name exists.
"""

from __future__ import annotations

import importlib.util
import json
import marshal
import os
import re
import resource
import socket
import struct
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
for _directory in ("tests/integration", "tests/support"):
    sys.path.insert(0, str(ROOT / _directory))

from carrel_runner import Carrel, Done  # noqa: E402
from git_http_server import GitHttpServer  # noqa: E402
from git_repo import (  # noqa: E402
    FILE,
    GITLINK,
    SYMLINK,
    TREE,
    GitRepo,
    TreeEntry,
    add_hostile_branches,
)
from report_repos import CSV, Files, lua_repo, manifest, python_repo, report, write  # noqa: E402

BUILD = Path(os.environ.get("CARREL_BUILD", ROOT / "build")).resolve()
# Refusing a repository may not take longer, whatever it holds.
PROMPT_S = 60.0  # a bound against hanging, not a measurement
REFUSED = {1, 2, 3, 6, 7}  # exit codes of a repository or an address that is not accepted

_EXPORT = "tests/integration/git_export_test.py"
_SYNC = "tests/integration/git_sync_test.py"
_URL = "tests/unit/git/url_policy_test.cc"
_VALIDATOR = "tests/unit/template/validator_test.cc"
_PARSER = "tests/unit/template/parser_test.cc"
_JSON = "tests/unit/template/json_document_test.cc"
_MUTATION = "tests/unit/template/mutation_test.cc"
_HERE = "tests/hostile/test_repositories.py"

# number → (what is attempted, the tests that hold it)
CATALOGUE: dict[int, tuple[str, list[str]]] = {
    99: (
        "paths of templates and readmes that leave the repository",
        [
            f"{_HERE}::test_a_path_that_leaves_the_repository_is_refused",
            f"{_PARSER}::PathsThatLeaveTheRepositoryOrNameGitAreErrors",
        ],
    ),
    100: (
        "links to files, directories, /proc and themselves",
        [
            f"{_HERE}::test_a_link_anywhere_is_refused",
            f"{_HERE}::test_hostile_trees_from_a_server_are_refused_by_the_program",
            f"{_EXPORT}::test_every_hostile_tree_is_refused_by_name_and_nothing_is_published",
            f"{_VALIDATOR}::SymbolicLinksAreRefusedInEveryPlace",
        ],
    ),
    101: (
        "pipes, devices, sockets and submodules in the place of files",
        [
            f"{_HERE}::test_what_is_no_file_is_refused_and_does_not_block",
            f"{_HERE}::test_hostile_trees_from_a_server_are_refused_by_the_program",
            f"{_VALIDATOR}::DirectoriesAndFifosAreNoFilesAndDoNotBlock",
        ],
    ),
    102: (
        "submodules whose address, path or hooks run a program",
        [
            f"{_HERE}::test_a_submodule_is_neither_fetched_nor_run",
            _EXPORT
            + "::test_attributes_filters_hooks_and_module_files_are_plain_files_and_run_nothing",
        ],
    ),
    103: (
        "addresses that are options, commands or local files",
        [
            f"{_HERE}::test_an_address_that_is_a_command_runs_nothing",
            "tests/integration/bad_input_test.py::test_an_address_of_another_kind_is_refused",
        ],
    ),
    104: (
        "names that stand for .git or .., and names that collide",
        [
            f"{_EXPORT}::test_every_hostile_tree_is_refused_by_name_and_nothing_is_published",
            f"{_HERE}::test_hostile_trees_from_a_server_are_refused_by_the_program",
        ],
    ),
    105: (
        "attributes, filters, hooks and settings of git that run a program",
        [
            f"{_HERE}::test_the_settings_of_a_working_tree_run_nothing",
            _EXPORT
            + "::test_attributes_filters_hooks_and_module_files_are_plain_files_and_run_nothing",
        ],
    ),
    106: (
        "too many files, too large, too deep, and bombs of deltas and trees",
        [
            f"{_HERE}::test_a_tree_of_a_billion_files_is_refused_by_the_program",
            f"{_HERE}::test_a_large_file_that_packs_small_is_refused_by_the_program",
            f"{_EXPORT}::test_a_tree_that_contains_itself_a_billion_times_is_a_limit",
            f"{_EXPORT}::test_a_large_object_is_judged_by_its_header",
            _EXPORT
            + "::test_every_cap_is_held_and_named_also_for_a_checkout_that_is_there",
            f"{_SYNC}::test_a_small_delta_that_builds_a_large_object_is_a_limit",
            f"{_SYNC}::test_too_many_bytes_or_objects_are_a_limit",
        ],
    ),
    107: (
        "a reports.json that is huge, deep, doubled, mistyped or marked",
        [
            f"{_HERE}::test_a_manifest_that_strains_the_parser_is_refused_with_its_place",
            f"{_HERE}::test_a_huge_manifest_is_refused_before_it_is_read",
            f"{_JSON}::ADuplicateKeyIsAnErrorAndTheFirstOneCounts",
            f"{_PARSER}::DuplicateIdsOfEveryKindAreErrors",
            f"{_MUTATION}::EveryValueOfAWrongTypeIsAnErrorThatNamesItsPath",
        ],
    ),
    108: (
        "byte code, start-up files and modules that shadow the runtime's",
        [
            f"{_HERE}::test_start_up_files_and_shadowing_modules_do_not_run_before_the_report",
            f"{_HERE}::test_shipped_byte_code_is_not_run_in_place_of_its_source",
        ],
    ),
    109: (
        "entry points that name something else than a function of the repository",
        [
            f"{_HERE}::test_an_entry_point_that_is_no_plain_name_is_refused",
            f"{_HERE}::test_an_entry_point_of_the_standard_library_is_refused",
            f"{_PARSER}::EntryPointsAreThreePlainIdentifiersOrMore",
        ],
    ),
    110: (
        "templates that reach for the interpreter or for files",
        [
            f"{_HERE}::test_a_template_reaches_nothing_of_the_host",
            f"{_HERE}::test_a_stylesheet_or_image_of_the_host_is_not_in_a_pdf",
            f"{_HERE}::test_a_readme_is_text",
        ],
    ),
    111: (
        "dependencies that run code or are fetched from elsewhere",
        [f"{_HERE}::test_nothing_that_a_repository_asks_to_install_runs_or_is_fetched"],
    ),
}


@pytest.fixture
def carrel(tmp_path: Path) -> Carrel:
    work = tmp_path / "work"
    work.mkdir()
    return Carrel(BUILD / "bin/carrel", tmp_path / "data", work)


@pytest.fixture
def served(tmp_path: Path) -> Iterator[GitHttpServer]:
    root = tmp_path / "git"
    root.mkdir()
    with GitHttpServer(root) as server:
        server.root_directory = root  # type: ignore[attr-defined]
        yield server


def bare(server: GitHttpServer, name: str = "demo.git") -> Path:
    return Path(server.root_directory) / name  # type: ignore[attr-defined]


def refused(carrel: Carrel, *words: object) -> Done:
    """The call ends soon, in a refusal that is no crash and shows nothing of the host."""
    started = time.monotonic()
    done = carrel(*words)
    assert time.monotonic() - started < PROMPT_S, words
    assert done.code in REFUSED, f"exit {done.code}\n{done.out}\n{done.err}"
    assert "root:x:0" not in done.out + done.err
    return done


def assert_good_runs(carrel: Carrel, tmp_path: Path) -> None:
    good = write(python_repo("yield (7,)"), tmp_path / "good")
    carrel.ok("run", good, "demo", "--output", "good.csv")
    assert (carrel.work / "good.csv").read_bytes() == b'"7"\r\n'
    assert carrel.leftovers() == []


def files(**changes: str) -> Files:
    return {**python_repo("yield (1,)"), **changes}


# The catalogue.


def test_every_number_of_the_catalogue_names_tests_that_exist() -> None:
    assert sorted(CATALOGUE) == list(range(99, 112))
    for number, (what, names) in CATALOGUE.items():
        assert what and names, number
        for name in names:
            path, _, test = name.partition("::")
            text = (ROOT / path).read_text(encoding="utf-8")
            assert re.search(rf"\b(def {test}\(|TEST(_[FP])?\(\w+, {test}\))", text), name


# 99

PATHS = {
    "up": "../../etc/passwd",
    "up in the middle": "reports/../../../etc/passwd",
    "absolute": "/etc/passwd",
    "backslash": "..\\..\\etc\\passwd",
    "drive": "C:\\windows\\win.ini",
    "nul": "reports/x\0.xlsx",
    "newline": "reports/x\n.xlsx",
    "file address": "file:///etc/passwd",
    "http address": "http://127.0.0.1/x.xlsx",
    "git": ".git/config",
    "git in capitals": "reports/.GIT/config",
    "short name of git": "git~1/config",
    "empty": "",
    "itself": ".",
    "directory": "reports",
    "long": "a/" * 3000 + "b",
    "home": "~/.ssh/id_rsa",
    "variable": "$HOME/.netrc",
    "proc": "../../../../proc/self/environ",
}


@pytest.mark.parametrize("path", PATHS.values(), ids=PATHS.keys())
def test_a_path_that_leaves_the_repository_is_refused(
    carrel: Carrel, tmp_path: Path, path: str
) -> None:
    xlsx = {"id": "x", "type": "xlsx", "default": True, "description": "d", "template": path}
    page = {"id": "p", "type": "pdf", "default": True, "description": "d", "template": "t.html",
            "args": {"css_file": path}}
    manifests = {
        "template": manifest(report(renderers=[xlsx])),
        "stylesheet": manifest(report(renderers=[page])),
        "readme of the report": manifest(report(readme_file=path)),
        "readme of the repository": manifest(report(), readme_file=path),
    }
    for place, text in manifests.items():
        source = tmp_path / re.sub(" ", "-", place)
        write(files(**{"reports.json": text, "t.html": "<p>x</p>"}), source)
        done = refused(carrel, "validate", source, "--json")
        faults = done.json["faults"]
        assert any(f["severity"] == "error" for f in faults), place
        assert "root:x" not in done.out
        assert refused(carrel, "run", source, "demo").code == 3


# 100, 101: directories as they stand


def _link_file(source: Path) -> None:
    (source / "data.csv").symlink_to("/etc/passwd")


def _link_directory(source: Path) -> None:
    (source / "etc").symlink_to("/etc")


def _link_to_descriptors(source: Path) -> None:
    (source / "fd").symlink_to("/proc/self/fd")


def _link_to_itself(source: Path) -> None:
    (source / "loop").symlink_to("loop")


def _link_to_nothing(source: Path) -> None:
    (source / "later").symlink_to("/tmp/not-there-yet")


def _link_inside(source: Path) -> None:
    (source / "copy.md").symlink_to("readme.md")


def _link_as_manifest(source: Path) -> None:
    (source / "reports.json").rename(source / "real.json")
    (source / "reports.json").symlink_to("real.json")


def _link_as_module(source: Path) -> None:
    (source / "reports/demo/entrypoint.py").unlink()
    (source / "reports/demo/entrypoint.py").symlink_to("/usr/lib/python3.11/os.py")


def _link_as_package(source: Path) -> None:
    (source / "reports/demo").rename(source / "elsewhere")
    (source / "reports/demo").symlink_to("../elsewhere")


def _link_deep_down(source: Path) -> None:
    deep = source.joinpath(*"abcdefgh")
    deep.mkdir(parents=True)
    (deep / "link").symlink_to("/root/.ssh")


LINKS = [
    *(_link_file, _link_directory, _link_to_descriptors, _link_to_itself, _link_to_nothing),
    *(_link_inside, _link_as_manifest, _link_as_module, _link_as_package, _link_deep_down),
]


@pytest.mark.parametrize("place", LINKS, ids=lambda f: f.__name__[1:])
def test_a_link_anywhere_is_refused(carrel: Carrel, tmp_path: Path, place: object) -> None:
    source = write(python_repo("yield (1,)"), tmp_path / "bad")
    place(source)  # type: ignore[operator]
    done = refused(carrel, "run", source, "demo")
    assert done.code == 3 and "link" in done.err, done.err
    assert not list(carrel.data.rglob("passwd"))
    assert_good_runs(carrel, tmp_path)


def test_hostile_trees_from_a_server_are_refused_by_the_program(
    carrel: Carrel, served: GitHttpServer, tmp_path: Path
) -> None:
    repository = GitRepo.from_files(python_repo("yield (1,)"), bare(served))
    trees = add_hostile_branches(repository, python_repo("yield (1,)"))
    # A server of git's own will not send every broken object: those branches cannot be fetched.
    fetchable = {
        *("symlink-absolute", "symlink-loop", "symlink-readme", "gitlink", "dot-git"),
        *("git-tilde-1", "dot-git-upper"),
        *("backslash-name", "newline-name", "case-collision", "deep-nesting"),
    }
    chosen = [tree for tree in trees if tree.name in fetchable]
    assert len(chosen) == len(fetchable)
    for tree in trees:
        if tree.name not in fetchable:
            repository.git("update-ref", "-d", f"refs/heads/hostile/{tree.name}")
    for tree in chosen:
        done = refused(carrel, "run", served.url("demo.git"), "demo", "--ref", tree.commit)
        assert "demo.csv" not in os.listdir(carrel.work), tree
        assert not re.search(r"[\x00-\x08\x0b-\x1f]", done.err), tree
    carrel.ok("run", served.url("demo.git"), "demo", "--ref", "main")
    assert_good_runs(carrel, tmp_path)


ODD = ("pipe", "socket", "device", "directory")


@pytest.mark.parametrize("kind", ODD)
@pytest.mark.parametrize(
    "name", ["reports.json", "readme.md", "reports/demo/entrypoint.py", "t.xlsx", "stray"]
)
def test_what_is_no_file_is_refused_and_does_not_block(
    carrel: Carrel, tmp_path: Path, kind: str, name: str
) -> None:
    xlsx = {"id": "x", "type": "xlsx", "default": True, "description": "d", "template": "t.xlsx"}
    source = tmp_path / "bad"
    write(files(**{"reports.json": manifest(report(renderers=[xlsx, {**CSV, "default": False}]))}),
          source)
    path = source / name
    path.unlink(missing_ok=True)
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "socket":
        here = os.getcwd()
        os.chdir(path.parent)  # the address of a socket is short
        with socket.socket(socket.AF_UNIX) as bound:
            bound.bind(path.name)
        os.chdir(here)
    elif kind == "device":
        try:
            os.mknod(path, 0o020666, os.makedev(1, 5))
        except PermissionError:
            pytest.skip("only root makes device nodes")
    elif name == "stray":
        pytest.skip("a stray directory is an ordinary one")
    else:
        path.mkdir()
    done = refused(carrel, "run", source, "demo", "--renderer", "csv")
    assert done.code == 3, done.err
    assert name.split("/")[-1].removesuffix(".py") in done.err
    refused(carrel, "validate", source)


# 102


def _submodule(repository: GitRepo, modules: str, path: bytes, extra: list[TreeEntry]) -> str:
    base = repository.entries(repository.write_files(python_repo("yield (1,)")))
    listed = [
        *base,
        TreeEntry(FILE, b".gitmodules", repository.write_blob(modules)),
        TreeEntry(GITLINK, path, "1" * 40),
        *extra,
    ]
    return repository.commit_tree(repository.write_tree(listed))


@pytest.mark.parametrize("shape", ["command", "hook through a link", "carriage return", "option"])
def test_a_submodule_is_neither_fetched_nor_run(
    carrel: Carrel, served: GitHttpServer, tmp_path: Path, shape: str
) -> None:
    """CVE-2018-17456, CVE-2024-32002 and CVE-2025-48384 in the shapes they were published in."""
    marker = tmp_path / "ran"
    hook = f"#!/bin/sh\ntouch {marker}\n"
    repository = GitRepo.create(bare(served))
    GitRepo.from_files({"hooks/post-checkout": hook}, bare(served, "inner.git"))
    inner = served.url("inner.git")
    if shape == "command":
        text = f'[submodule "m"]\n\tpath = m\n\turl = ext::sh -c "touch% {marker}"\n'
        _submodule(repository, text, b"m", [])
    elif shape == "hook through a link":
        text = f'[submodule "x/y"]\n\tpath = A/modules/x\n\turl = {inner}\n'
        link = TreeEntry(SYMLINK, b"a", repository.write_blob(".git"))
        folder = repository.write_tree([TreeEntry(GITLINK, b"x", "1" * 40)])
        _submodule(repository, text, b"m", [link, TreeEntry(TREE, b"A", folder)])
    elif shape == "carriage return":
        text = f'[submodule "m"]\n\tpath = "m\r"\n\turl = {inner}\n'
        link = TreeEntry(SYMLINK, b"m\r", repository.write_blob(".git/modules/m/hooks"))
        _submodule(repository, text, b"m", [link])
    else:
        text = f'[submodule "m"]\n\tpath = m\n\turl = -u./{marker}\n\tupdate = !touch {marker}\n'
        _submodule(repository, text, b"m", [])
    for words in (
        ["repo", "add", served.url("demo.git")],
        ["run", served.url("demo.git"), "demo"],
    ):
        refused(carrel, *words)
    assert not marker.exists()
    assert not any("inner.git" in request.target for request in served.requests)
    assert_good_runs(carrel, tmp_path)


# 103

ADDRESSES = [
    "--upload-pack=touch {marker}",
    "-u{marker}",
    "ext::sh -c touch% {marker}",
    "ext::touch {marker}",
    "fd::0",
    "transport-helper::x",
    "ssh://-oProxyCommand=touch%20{marker}/x",
    "-oProxyCommand=touch {marker}:x",
    "git@127.0.0.1:x;touch {marker}",
    "git@127.0.0.1:$(touch {marker})",
    "ssh://127.0.0.1/`touch {marker}`",
    "http://127.0.0.1/x.git\nhost: evil",
    "http://127.0.0.1/x.git\r\n[core]\n\tsshCommand = touch {marker}",
    "http://user:pa55word@127.0.0.1:1/x.git",
    "http://127.0.0.1:1/x.git?a=b",
    "file:///etc",
    "file:///etc/passwd",
    "file://server/share",
    "/etc",
    "/dev/stdin",
    "/proc/self/fd/0",
    "../../../../etc",
    "https://127.0.0.1\\@evil/x.git",
    "javascript://h/alert(1)",
    "git://127.0.0.1:1/x.git",
    "rsync://127.0.0.1/x",
    "\x1b]0;title\x07https://h/x",
    "http://[::1",
    "http://" + "a" * 5000,
    "",
]


@pytest.mark.parametrize("address", ADDRESSES, ids=range(len(ADDRESSES)))
def test_an_address_that_is_a_command_runs_nothing(
    carrel: Carrel, tmp_path: Path, address: str
) -> None:
    marker = tmp_path / "ran"
    text = address.replace("{marker}", str(marker))
    for words in (["repo", "add", "--", text], ["run", "--", text, "demo"]):
        done = refused(carrel, *words)
        assert not marker.exists()
        assert "pa55word" not in done.out + done.err
        assert "\x1b" not in done.out + done.err and "\x07" not in done.err
    assert all(r["status"] == "failed" for r in carrel.ok("repo", "list", "--json").json)


# 105


def test_the_settings_of_a_working_tree_run_nothing(
    carrel: Carrel, tmp_path: Path
) -> None:
    """A directory that was cloned elsewhere brings its own .git/config and hooks."""
    source = tmp_path / "clone"
    marker = tmp_path / "ran"
    repository = GitRepo.from_files(
        files(**{".gitattributes": "* filter=evil diff=evil merge=evil\n"}), tmp_path / "bare.git"
    )
    repository.git("clone", "-q", str(repository.path), str(source))
    touch = f"touch {marker}"
    settings = {
        "core": {"fsmonitor": touch, "sshCommand": touch, "pager": touch, "editor": touch,
                 "askPass": touch, "hooksPath": str(source / "hooks"), "gitProxy": touch,
                 "alternateRefsCommand": touch},
        'filter "evil"': {"smudge": touch, "clean": touch, "process": touch, "required": "true"},
        'diff "evil"': {"textconv": touch, "command": touch},
        "credential": {"helper": f"!{touch}"},
        'url "ext::sh -c touch% x"': {"insteadOf": "http"},
        "uploadpack": {"packObjectsHook": touch},
        "include": {"path": "/etc/passwd"},
        "protocol": {"allow": "always"},
    }
    with (source / ".git/config").open("a") as config:
        for section, values in settings.items():
            config.write(f"[{section}]\n" + "".join(f"\t{k} = {v}\n" for k, v in values.items()))
    hooks = source / "hooks"
    hooks.mkdir()
    for name in ("post-checkout", "pre-auto-gc", "reference-transaction", "post-index-change",
                 "fsmonitor-watchman", "upload-pack"):
        for directory in (hooks, source / ".git/hooks"):
            directory.mkdir(exist_ok=True)
            (directory / name).write_text(f"#!/bin/sh\n{touch}\n")
            (directory / name).chmod(0o755)
    (source / "reports/demo/entrypoint.py").touch()
    carrel.ok("run", source, "demo", "--output", "as-it-stands.csv")
    carrel.ok("validate", source)
    for words in (
        ["run", source, "demo", "--ref", "main", "--output", "commit.csv"],
        ["repo", "add", source],
        ["repo", "add", repository.path],
    ):
        carrel(*words)
        assert not marker.exists(), words
    assert (carrel.work / "as-it-stands.csv").read_bytes() == b'"1"\r\n'
    assert not (tmp_path / "x").exists() and not (carrel.work / "x").exists()


# 106


def test_a_tree_of_a_billion_files_is_refused_by_the_program(
    carrel: Carrel, served: GitHttpServer, tmp_path: Path
) -> None:
    repository = GitRepo.create(bare(served))
    tree = repository.write_tree([TreeEntry(FILE, b"f", repository.write_blob("x"))])
    for _ in range(10):
        tree = repository.write_tree([TreeEntry(TREE, f"d{i}".encode(), tree) for i in range(10)])
    base = repository.entries(repository.write_files(python_repo("yield (1,)")))
    repository.commit_tree(repository.write_tree([*base, TreeEntry(TREE, b"data", tree)]))
    done = refused(carrel, "run", served.url("demo.git"), "demo")
    assert re.search(r"more than \d+ files", done.err), done.err
    used = sum(p.stat().st_blocks * 512 for p in carrel.data.rglob("*") if p.is_file())
    assert used < 64 << 20
    assert_good_runs(carrel, tmp_path)


def most_memory() -> int:
    """KiB that a child may seem to have used before it did anything: a fork begins with its
    parent's pages."""
    return max(
        resource.getrusage(who).ru_maxrss
        for who in (resource.RUSAGE_CHILDREN, resource.RUSAGE_SELF)
    )


def test_a_large_file_that_packs_small_is_refused_by_the_program(
    carrel: Carrel, served: GitHttpServer, tmp_path: Path
) -> None:
    repository = GitRepo.create(bare(served))
    repository.commit_files({**python_repo("yield (1,)"), "zeros": b"\0" * 300_000_000})
    before = most_memory()
    done = refused(carrel, "run", served.url("demo.git"), "demo")
    assert "zeros" in done.err or "more than" in done.err, done.err
    assert not list(carrel.data.rglob("zeros"))
    after = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    assert after < max(before, 1 << 20), f"{after} KiB"
    assert_good_runs(carrel, tmp_path)


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
    after = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    assert after <= max(before, 400_000), f"{after} KiB"


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
