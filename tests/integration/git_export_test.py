"""Looking up and exporting: what becomes a checkout, what is refused, and what a crash leaves."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import stat
import subprocess
import time
from pathlib import Path

import pytest
from git_fixtures import *  # noqa: F403
from git_fixtures import FILES
from git_http_server import GitHttpServer
from git_repo import FILE, TREE, GitRepo, TreeEntry, add_hostile_branches
from git_tool import GitTool, Reply

# what a checkout may hold although it looks odd
_HARMLESS = {"mode-group-writable"}
# what the message must name, beside the path
_NAMED = {
    "symlink-absolute": '"link": a symbolic link',
    "dot-git": '".git": a name that stands for .git',
    "dot-git-upper": '".GIT": a name that stands for .git',
    "git-tilde-1": '"git~1": a name that stands for .git',
    "dot-git-trailing-dot": "stands for .git",
    "dot-git-trailing-space": "stands for .git",
    "dot-git-stream": "stands for .git",
    "dot-git-ignorable": "stands for .git",
    "dot-dot": '"..": the name of a directory link',
    "slash-in-name": '"../outside": a \'/\' in a name',
    "absolute-name": "a '/' in a name",
    "backslash-name": "backslash",
    "newline-name": "control character",
    "not-utf8-name": "not UTF-8",
    "long-name": "255 bytes",
    "mode-setuid": "mode 104755",
    "mode-device": "mode 020666",
    "case-collision": '"same": the directory holds another entry',
    "gitlink": '"module": a submodule',
    "deep-nesting": "deeper than 32 directories",
}


def _export(
    tool: GitTool, repository: GitRepo, commit: str | None, **options: object
) -> Reply:
    assert commit
    tool.sync(repository.path)
    return tool.export(repository.path, commit, **options)


def test_a_commit_becomes_a_read_only_tree_named_by_its_content(
    tool: GitTool, repository: GitRepo
) -> None:
    commit = repository.commit_files({**FILES, "run.sh": "#!/bin/sh\n"}, executable=["run.sh"])
    checkout = _export(tool, repository, commit).result
    path = Path(checkout["path"])
    assert checkout["tree_id"] == repository.resolve(f"{commit}^{{tree}}")
    assert path == tool.checkouts / checkout["tree_id"]
    assert checkout["files"] == 5
    assert checkout["bytes"] == sum(len(v) for v in FILES.values()) + 10
    for name, content in FILES.items():
        assert (path / name).read_text() == content
    for entry in [path, *path.rglob("*")]:
        mode = stat.S_IMODE(entry.lstat().st_mode)
        assert mode == (0o555 if entry.is_dir() else 0o444), entry
    assert stat.S_IMODE(tool.checkouts.stat().st_mode) == 0o755
    assert stat.S_IMODE(tool.mirrors.stat().st_mode) == 0o700
    assert tool.leftovers() == []


def test_an_export_is_found_again_and_shared_by_commits_of_the_same_content(
    tool: GitTool, repository: GitRepo
) -> None:
    first_commit = repository.resolve("main")
    second_commit = repository.commit_files(FILES, message="the same files")
    assert first_commit != second_commit
    first = _export(tool, repository, first_commit).result
    inode = Path(first["path"]).stat().st_ino
    second = tool.export(repository.path, second_commit).result
    assert second == first
    assert Path(first["path"]).stat().st_ino == inode


def test_every_hostile_tree_is_refused_by_name_and_nothing_is_published(
    tool: GitTool, repository: GitRepo
) -> None:
    trees = add_hostile_branches(repository)
    # over the network a client would be given every object; here the mirror is a copy of the
    # repository, so that trees which git itself would not send are met as well
    tool.sync(repository.path)
    mirror = next(tool.mirrors.glob("*.git"))
    objects = (str(repository.path / "objects"), str(mirror / "objects"))
    subprocess.run(["cp", "-rT", *objects], check=True)
    for tree in trees:
        reply = tool.export(repository.path, tree.commit)
        if tree.name in _HARMLESS:
            assert reply.result["files"] == 2
            continue
        assert reply.code in {"invalid", "limit", "not_found"}, (tree, reply.line)
        assert _NAMED.get(tree.name, "") in reply.message, (tree, reply.message)
        assert str(repository.path) in reply.message
        assert all(ord(c) >= 0x20 for c in reply.message)
    assert len(list(tool.checkouts.iterdir())) == len(_HARMLESS)
    assert not Path("/tmp/carrel-hostile").exists()


def test_attributes_filters_hooks_and_module_files_are_plain_files_and_run_nothing(
    tool: GitTool, repository: GitRepo, tmp_path: Path
) -> None:
    marker = tmp_path / "ran"
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"
    files = {
        ".gitattributes": "* text eol=crlf ident filter=evil\n*.bin filter=lfs\n",
        ".gitmodules": '[submodule "x"]\n\tpath = x\n\turl = ext::sh -c "touch ran"\n',
        ".gitignore": "*\n",
        "hooks/post-checkout": f"#!/bin/sh\ntouch {marker}\n",
        "a.txt": "$Id$\nline\n",
        "a.bin": pointer,
    }
    commit = repository.commit_files(files, executable=["hooks/post-checkout"])
    tool.sync(repository.path)
    mirror = next(tool.mirrors.glob("*.git"))
    with (mirror / "config").open("a") as config:
        config.write(
            f'[core]\n\tfsmonitor = touch {marker}\n\thooksPath = hooks\n'
            f'[filter "evil"]\n\tsmudge = touch {marker}\n'
        )
    path = Path(tool.export(repository.path, commit).result["path"])
    for name, content in files.items():
        assert (path / name).read_bytes() == content.encode()
    assert not marker.exists()


@pytest.mark.parametrize(
    ("limits", "text"),
    [
        ({"max_files": 10}, "more than 10 files"),
        ({"max_bytes": 5000}, "more than 5000 bytes in all"),
        ({"max_file_bytes": 900}, '"big": more than 900 bytes'),
        ({"max_depth": 2}, '"d/e/f": deeper than 2 directories'),
    ],
)
def test_every_cap_is_held_and_named_also_for_a_checkout_that_is_there(
    tool: GitTool, repository: GitRepo, limits: dict[str, int], text: str
) -> None:
    commit = repository.commit_files(
        {"big": "x" * 1000, "d/e/f/g": "1", **{f"many/{i}": "y" * 500 for i in range(12)}}
    )
    reply = _export(tool, repository, commit, **limits)
    assert reply.code == "limit"
    assert text in reply.message
    assert list(tool.checkouts.iterdir()) == []
    assert tool.export(repository.path, commit).result["files"] == 14
    assert tool.export(repository.path, commit, **limits).code == "limit"


def test_a_tree_that_contains_itself_a_billion_times_is_a_limit(
    tool: GitTool, repository: GitRepo
) -> None:
    for with_file in (False, True):
        blob = repository.write_blob("x")
        tree = repository.write_tree([TreeEntry(FILE, b"f", blob)] if with_file else [])
        for _ in range(10):
            tree = repository.write_tree(
                [TreeEntry(TREE, f"d{i}".encode(), tree) for i in range(10)]
            )
        commit = repository.commit_tree(tree)
        reply = _export(tool, repository, commit, max_files=3000)
        assert reply.code == "limit"
        assert "more than 3000 files" in reply.message
    assert tool.leftovers() == []


def test_a_large_object_is_judged_by_its_header(tool: GitTool, repository: GitRepo) -> None:
    commit = repository.commit_files({"zeros": b"\0" * 200_000_000})
    reply = _export(tool, repository, commit)
    assert reply.code == "limit"
    assert '"zeros": more than 67108864 bytes' in reply.message


def test_references_resolve_by_tag_branch_id_and_default(
    tool: GitTool, repository: GitRepo
) -> None:
    first = repository.resolve("main")
    repository.tag("v1", message="annotated")
    repository.git("tag", "-a", "-m", "a tag of a tag", "v1-signed", "v1")
    second = repository.commit_files({"b": "2"})
    repository.tag("both", target=first or "")
    repository.branch("both")
    tool.sync(repository.path)

    def resolved(name: str) -> tuple[str, str, int]:
        result = tool.resolve(repository.path, name).result
        return result["id"], result["name"], result["kind"]

    assert resolved("v1") == (first, "v1", 0)
    assert resolved("v1-signed") == (first, "v1-signed", 0)
    assert resolved("main") == (second, "main", 1)
    assert resolved("") == (second, "main", 1)
    assert resolved("both") == (first, "both", 0)
    assert resolved("refs/heads/both") == (second, "both", 1)
    assert resolved("refs/tags/both") == (first, "both", 0)
    assert resolved(first or "") == (first, first, 2)
    assert resolved((first or "").upper()) == (first, first, 2)
    assert tool.resolve(repository.path, "v1").result["time"] == 1704164645


def test_an_unknown_name_is_not_found_with_the_near_miss_and_the_tags(
    tool: GitTool, repository: GitRepo
) -> None:
    for i in range(12):
        repository.tag(f"release-1.{i}")
    tool.sync(repository.path)
    reply = tool.resolve(repository.path, "relaese-1.3")
    assert reply.code == "not_found"
    assert 'no tag, branch or commit "relaese-1.3"' in reply.message
    assert 'did you mean "release-1.3"?' in reply.message
    assert "tags: " in reply.message and ", ..." in reply.message
    short = (repository.resolve("main") or "")[:10]
    assert "a commit id has 40 digits" in tool.resolve(repository.path, short).message
    assert tool.resolve(repository.path, "0" * 40).code == "not_found"
    assert tool.resolve(repository.path, "a..b\n").code == "not_found"
    assert "\n" not in tool.resolve(repository.path, "a..b\n").message


def test_a_tag_that_looks_like_an_id_does_not_stand_for_another_commit(
    tool: GitTool, repository: GitRepo
) -> None:
    first = repository.resolve("main") or ""
    repository.commit_files({"b": "2"})
    repository.git("update-ref", f"refs/tags/{first}", "main")
    tool.sync(repository.path)
    assert tool.resolve(repository.path, first).result["id"] == first


def test_a_tag_of_a_file_is_no_commit_and_is_not_listed(
    tool: GitTool, repository: GitRepo
) -> None:
    repository.git("tag", "file", repository.write_blob("x"))
    repository.tag("good")
    tool.sync(repository.path)
    reply = tool.resolve(repository.path, "file")
    assert reply.code == "invalid"
    assert "names no commit" in reply.message
    assert tool.tags(repository.path) == ["good"]
    blob_id = repository.resolve("file") or ""
    assert "is a blob, not a commit" in tool.resolve(repository.path, blob_id).message


def test_tags_are_listed_newest_commit_first(tool: GitTool, repository: GitRepo) -> None:
    repository.tag("z-old")
    tree = repository.write_files({"b": "2"})
    late = repository.git(
        "commit-tree", tree, "-m", "late", GIT_COMMITTER_DATE="2030-01-01T00:00:00+00:00"
    )
    repository.git("tag", "a-new", late)
    tool.sync(repository.path)
    assert tool.tags(repository.path) == ["a-new", "z-old"]


def test_what_was_never_synced_is_not_found(tool: GitTool, repository: GitRepo) -> None:
    for reply in (
        tool.resolve(repository.path, "main"),
        tool.call("tags", str(repository.path)),
        tool.export(repository.path, "0" * 40),
    ):
        assert reply.code == "not_found"
        assert "not synced yet" in reply.message
    assert tool.export(repository.path, "../../etc").code == "not_found"
    tool.sync(repository.path)
    assert tool.export(repository.path, "../../etc").code == "invalid"


def test_a_removed_repository_is_gone_and_its_checkouts_stay(
    tool: GitTool, repository: GitRepo
) -> None:
    path = Path(_export(tool, repository, repository.resolve("main")).result["path"])
    assert tool.call("remove", str(repository.path)).result is True
    assert tool.call("remove", str(repository.path)).result is True
    assert tool.resolve(repository.path, "main").code == "not_found"
    assert path.is_dir()
    assert tool.leftovers() == []
    assert tool.sync(repository.path).result["received_objects"] > 0


def test_a_damaged_mirror_is_an_error_and_never_a_wrong_file(
    tool: GitTool, repository: GitRepo
) -> None:
    commit = repository.commit_files({"f": os.urandom(5000).hex()})
    tool.sync(repository.path)
    pack = next(tool.mirrors.glob("*.git/objects/pack/*.pack"))
    pack.chmod(0o644)
    data = bytearray(pack.read_bytes())
    for i in range(40, len(data) - 20, 97):
        data[i] ^= 0x55
    pack.write_bytes(data)
    assert tool.export(repository.path, commit).code in {"invalid", "io", "not_found"}
    assert list(tool.checkouts.iterdir()) == []


def test_many_processes_sync_and_export_the_same_repository(
    tool: GitTool, repository: GitRepo, http: GitHttpServer
) -> None:
    commit = repository.commit_files({f"d{i}/f{i}": str(i) * 100 for i in range(300)})
    url = http.url("demo.git")
    syncs = [tool.finish(p) for p in [tool.start("sync", url) for _ in range(6)]]
    assert sum(s.result["received_objects"] > 0 for s in syncs) == 1
    exports = [tool.finish(p) for p in [tool.start("export", url, commit) for _ in range(8)]]
    assert all(e.result == exports[0].result for e in exports)
    assert exports[0].result["files"] == 300
    assert len(list(tool.checkouts.iterdir())) == 1
    assert tool.leftovers() == []
    subprocess.run(
        ["git", "-C", str(next(tool.mirrors.glob("*.git"))), "fsck", "--strict"],
        check=True,
        capture_output=True,
        env={"PATH": "/usr/bin:/bin", "GIT_CONFIG_NOSYSTEM": "1", "HOME": "/nonexistent",
             "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "safe.directory",
             "GIT_CONFIG_VALUE_0": "*"},
    )


def _children(pid: int) -> list[int]:
    """None when it has ended."""
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
        return [int(word) for word in text.split()]
    return []


def _gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


def _has_begun(tool: GitTool) -> bool:
    with contextlib.suppress(FileNotFoundError):  # it has ended meanwhile
        return any(tool.checkouts.glob(".tmp-*/d1*/*"))
    return False


def _published(tool: GitTool) -> set[Path]:
    return {p for p in tool.checkouts.glob("*") if not p.name.startswith(".tmp-")}


def _killed_export(tool: GitTool, repository: GitRepo) -> str:
    """The commit whose export was killed while it wrote. On a busy machine one may be over before
    this process has its turn."""
    files = {f"d{i % 50}/f{i}": os.urandom(3000) for i in range(6000)}
    for attempt in range(20):
        commit = repository.commit_files({**files, "attempt": str(attempt)})
        tool.sync(repository.path)
        before = _published(tool)
        process = tool.start("export", str(repository.path), commit)
        while process.poll() is None and not _has_begun(tool):
            time.sleep(0.001)
        helpers = _children(process.pid)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        deadline = time.monotonic() + 60
        while not all(map(_gone, helpers)) and time.monotonic() < deadline:
            time.sleep(0.005)
        assert all(map(_gone, helpers))  # the helper does not outlive its caller
        if len(helpers) == 1 and _published(tool) == before:
            return commit
    raise AssertionError("every export was published")


def test_killed_in_the_middle_an_export_publishes_nothing_and_succeeds_next_time(
    tool: GitTool, repository: GitRepo
) -> None:
    commit = _killed_export(tool, repository)
    assert len(tool.leftovers()) == 1
    running = tool.start("export", str(repository.path), commit)
    while not list(tool.checkouts.glob(".tmp-*")) and running.poll() is None:
        time.sleep(0.001)
    assert tool.call("sweep").result == 1  # the dead one only
    assert tool.finish(running).result["files"] == 6001
    assert tool.leftovers() == []


def _killed_sync(tool: GitTool, url: str) -> Path:
    """The mirror of a sync that was killed while objects came in."""
    for _ in range(20):
        process = tool.start("sync", url)
        while process.poll() is None and not any(tool.mirrors.glob("*.git/objects/pack/*")):
            time.sleep(0.001)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        mirror = next(tool.mirrors.glob("*.git"))
        if not any(path.is_file() for path in mirror.rglob("refs/*/*")):
            return mirror
        shutil.rmtree(mirror)  # it was over before this process had its turn
    raise AssertionError("every sync came to its end")


def test_killed_in_the_middle_a_sync_succeeds_next_time(
    tool: GitTool, repository: GitRepo, http: GitHttpServer
) -> None:
    repository.commit_files({f"{i}": os.urandom(100_000) for i in range(150)})
    url = http.url("demo.git")
    mirror = _killed_sync(tool, url)
    (mirror / "refs" / "heads").mkdir(exist_ok=True)
    (mirror / "refs" / "heads" / "main.lock").write_text("")  # as a kill one step later leaves it
    reply = tool.sync(url)
    assert reply.result["updated_refs"] == 1
    assert not list(mirror.glob("objects/pack/*_git2_*"))
    assert not list(mirror.rglob("*.lock"))
    tool.call("sweep")
    assert tool.leftovers() == []


def test_a_directory_is_exported_as_it_stands(tool: GitTool, tmp_path: Path) -> None:
    source = tmp_path / "work"
    (source / ".git" / "objects").mkdir(parents=True)
    (source / "reports").mkdir()
    (source / "reports.json").write_text("{}")
    (source / "reports" / "new.py").write_text("uncommitted")
    checkout = tool.call("export-directory", str(source)).result
    path = Path(checkout["path"])
    assert sorted(p.name for p in path.rglob("*")) == ["new.py", "reports", "reports.json"]
    assert len(checkout["tree_id"]) == 64
    assert tool.call("export-directory", str(source)).result == checkout
    (source / "reports" / "new.py").write_text("changed")
    assert tool.call("export-directory", str(source)).result["tree_id"] != checkout["tree_id"]


def test_the_checkout_can_be_read_by_another_user(tool: GitTool, repository: GitRepo) -> None:
    path = Path(_export(tool, repository, repository.resolve("main")).result["path"])
    if os.geteuid() != 0:
        pytest.skip("needs root to become another user")
    for parent in path.parents:
        if parent.is_relative_to("/tmp") and parent != Path("/tmp"):
            parent.chmod(0o755)
    script = (
        "import os, sys; os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
        "print(open(sys.argv[1] + '/reports.json').read())\n"
        "try: open(sys.argv[1] + '/x', 'w')\n"
        "except PermissionError: print('read-only')\n"
    )
    output = subprocess.run(
        ["/usr/bin/python3", "-c", script, str(path)], check=True, capture_output=True, text=True
    ).stdout
    assert '"demo"' in output
    assert "read-only" in output


def test_no_process_is_left_after_any_of_this(tool: GitTool, repository: GitRepo) -> None:
    tool.sync(repository.path)
    tool.export(repository.path, repository.resolve("main") or "")
    program = os.path.realpath(os.environ["CARREL_GIT_TOOL"])
    mine = str(tool.root).encode()
    left = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and os.readlink(entry / "exe") == program:
                left.append((entry / "cmdline").read_bytes())
        except OSError:
            continue
    assert not [line for line in left if mine in line]
