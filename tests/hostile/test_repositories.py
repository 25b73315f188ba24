"""Repositories that mean harm, through the real binary: added, validated and run. Numbers are of
`catalogue.py`, which also names what other suites hold."""

from __future__ import annotations

import os
import re
import socket
from pathlib import Path

import pytest
from git_repo import (
    FILE,
    GITLINK,
    SYMLINK,
    TREE,
    GitRepo,
    TreeEntry,
    add_hostile_branches,
)
from report_repos import CSV, manifest, python_repo, report, write
from repositories import (
    Carrel,
    GitHttpServer,
    assert_good_runs,
    bare,
    children_within,
    files,
    most_memory,
    refused,
)

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


def test_a_large_file_that_packs_small_is_refused_by_the_program(
    carrel: Carrel, served: GitHttpServer, tmp_path: Path
) -> None:
    repository = GitRepo.create(bare(served))
    repository.commit_files({**python_repo("yield (1,)"), "zeros": b"\0" * 300_000_000})
    before = most_memory()
    done = refused(carrel, "run", served.url("demo.git"), "demo")
    assert "zeros" in done.err or "more than" in done.err, done.err
    assert not list(carrel.data.rglob("zeros"))
    children_within(before, 1 << 20)
    assert_good_runs(carrel, tmp_path)
