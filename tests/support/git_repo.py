"""Makes git repositories for tests: ordinary ones from files, and hostile ones object by object.

Commits have a fixed identity and date, so the same input gives the same commit id everywhere. The
hostile part writes tree objects byte by byte, because git's own commands refuse most of the names
and modes a client must survive.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

_IDENTITY = {
    "GIT_AUTHOR_NAME": "Test Author",
    "GIT_AUTHOR_EMAIL": "author@example.com",
    "GIT_AUTHOR_DATE": "2024-01-02T03:04:05+00:00",
    "GIT_COMMITTER_NAME": "Test Author",
    "GIT_COMMITTER_EMAIL": "author@example.com",
    "GIT_COMMITTER_DATE": "2024-01-02T03:04:05+00:00",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_COUNT": "1",
    "GIT_CONFIG_KEY_0": "safe.directory",
    "GIT_CONFIG_VALUE_0": "*",
}

FILE = "100644"
EXECUTABLE = "100755"
SYMLINK = "120000"
TREE = "40000"
GITLINK = "160000"

_DEEP_LEVELS = 300

Content = bytes | str


@dataclass(frozen=True)
class TreeEntry:
    """One entry of a tree object, written exactly as given."""

    mode: str
    name: bytes
    oid: str


class GitRepo:
    """A bare repository. Every method raises CalledProcessError when git refuses."""

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)

    @classmethod
    def create(cls, path: Path | str, *, branch: str = "main") -> GitRepo:
        path = Path(path)
        path.mkdir(parents=True, exist_ok=True)
        subprocess.run(
            ["git", "init", "-q", "--bare", "-b", branch, str(path)],
            check=True,
            env={**os.environ, **_IDENTITY},
        )
        return cls(path)

    @classmethod
    def from_directory(cls, source: Path | str, path: Path | str, **options: str) -> GitRepo:
        """A repository whose one commit holds the files of `source` (without its .git)."""
        repository = cls.create(path, **options)
        repository.commit_directory(source)
        return repository

    @classmethod
    def from_files(cls, files: Mapping[str, Content], path: Path | str, **options: str) -> GitRepo:
        repository = cls.create(path, **options)
        repository.commit_files(files)
        return repository

    def git(self, *arguments: str, stdin: bytes | None = None, **environment: str) -> str:
        return self._run(arguments, stdin, environment).decode().strip()

    def commit_directory(
        self, source: Path | str, *, branch: str | None = None, message: str = "files"
    ) -> str:
        """Commits the tree as it stands, executable bits and symbolic links included."""
        index = str((self.path / "index.tmp").resolve())
        source = str(Path(source).resolve())
        for name in (index, index + ".lock"):
            Path(name).unlink(missing_ok=True)
        self.git("--work-tree", source, "add", "-A", "-f", ".", GIT_INDEX_FILE=index, cwd=source)
        tree = self.git("write-tree", GIT_INDEX_FILE=index)
        Path(index).unlink(missing_ok=True)
        return self.commit_tree(tree, branch=branch, message=message)

    def commit_files(
        self,
        files: Mapping[str, Content],
        *,
        branch: str | None = None,
        message: str = "files",
        executable: Iterable[str] = (),
    ) -> str:
        """Commits exactly `files` (path → content) on top of the branch."""
        tree = self.write_files(files, executable=executable)
        return self.commit_tree(tree, branch=branch, message=message)

    def commit_tree(self, tree: str, *, branch: str | None = None, message: str = "tree") -> str:
        reference = f"refs/heads/{branch}" if branch else self.git("symbolic-ref", "HEAD")
        parent = self.resolve(reference)
        parents = ["-p", parent] if parent else []
        commit = self.git("commit-tree", tree, *parents, "-m", message)
        self.git("update-ref", reference, commit)
        return commit

    def resolve(self, reference: str) -> str | None:
        """The object id a reference names, or None."""
        try:
            return self.git("rev-parse", "--verify", "--quiet", reference)
        except subprocess.CalledProcessError:
            return None

    def tag(self, name: str, target: str = "HEAD", *, message: str | None = None) -> None:
        """A light tag, or an annotated one when there is a message."""
        annotation = ["-a", "-m", message] if message is not None else []
        self.git("tag", *annotation, name, target)

    def branch(self, name: str, target: str = "HEAD") -> None:
        self.git("branch", "-f", name, target)

    def write_blob(self, content: Content) -> str:
        data = content.encode() if isinstance(content, str) else content
        return self.git("hash-object", "-w", "--stdin", stdin=data)

    def write_tree(self, entries: Iterable[TreeEntry], *, sort: bool = True) -> str:
        """Writes a tree object without any of git's checks."""
        listed = list(entries)
        if sort:
            listed.sort(key=lambda e: e.name + (b"/" if e.mode == TREE else b""))
        raw = b"".join(
            e.mode.encode() + b" " + e.name + b"\0" + bytes.fromhex(e.oid) for e in listed
        )
        return self.git("hash-object", "-t", "tree", "--literally", "-w", "--stdin", stdin=raw)

    def write_files(self, files: Mapping[str, Content], *, executable: Iterable[str] = ()) -> str:
        """Writes nested trees for path → content and gives the root tree."""
        marked = set(executable)
        root: dict[str, object] = {}
        for path, content in files.items():
            *folders, leaf = path.split("/")
            level = root
            for folder in folders:
                level = level.setdefault(folder, {})  # type: ignore[assignment]
            level[leaf] = TreeEntry(
                EXECUTABLE if path in marked else FILE, leaf.encode(), self.write_blob(content)
            )
        return self._write_level(root)

    def entries(self, tree: str) -> list[TreeEntry]:
        raw = self._run(("ls-tree", "-z", tree), None, {})
        entries = []
        for record in raw.split(b"\0")[:-1]:
            head, name = record.split(b"\t", 1)
            mode, _, oid = head.decode().split()
            entries.append(TreeEntry(mode.lstrip("0"), name, oid))
        return entries

    def _write_level(self, level: Mapping[str, object]) -> str:
        entries = []
        for name, value in level.items():
            if isinstance(value, TreeEntry):
                entries.append(value)
            else:
                entries.append(TreeEntry(TREE, name.encode(), self._write_level(value)))  # type: ignore[arg-type]
        return self.write_tree(entries)

    def _run(
        self, arguments: Iterable[str], stdin: bytes | None, environment: dict[str, str]
    ) -> bytes:
        cwd = environment.pop("cwd", None)
        done = subprocess.run(
            ["git", f"--git-dir={self.path.resolve()}", *arguments],
            input=stdin if stdin is not None else b"",
            capture_output=True,
            check=True,
            cwd=cwd,
            env={**os.environ, **_IDENTITY, **environment},
        )
        return done.stdout


@dataclass(frozen=True)
class HostileTree:
    """A tree that would harm a careless client. Lives on branch `hostile/<name>`."""

    name: str
    why: str
    commit: str


# name → (why, mode, entry name, content). A name with a mode of TREE holds a file `config`.
_HOSTILE_ENTRIES: dict[str, tuple[str, str, bytes, bytes]] = {
    "symlink-absolute": ("points out of the tree", SYMLINK, b"link", b"/etc/passwd"),
    "symlink-parent": ("climbs out of the tree", SYMLINK, b"link", b"../../../../etc/passwd"),
    "symlink-dangling": ("points nowhere", SYMLINK, b"link", b"no/such/file"),
    "symlink-loop": ("points at itself", SYMLINK, b"link", b"link"),
    "symlink-gitmodules": ("module file is a link", SYMLINK, b".gitmodules", b"/etc/passwd"),
    "symlink-readme": ("descriptor's readme is a link", SYMLINK, b"LINK.md", b"/etc/hostname"),
    "dot-git": ("overwrites the repository", TREE, b".git", b"[core]\n"),
    "dot-git-file": ("redirects the repository", FILE, b".git", b"gitdir: /tmp/x\n"),
    "dot-git-upper": ("same on a file system that folds case", TREE, b".GIT", b"[core]\n"),
    "git-tilde-1": ("short name of .git", TREE, b"git~1", b"[core]\n"),
    "dot-git-trailing-dot": ("stripped to .git on Windows", TREE, b".git.", b"[core]\n"),
    "dot-git-trailing-space": ("stripped to .git on Windows", TREE, b".git ", b"[core]\n"),
    "dot-git-stream": ("NTFS stream of .git", FILE, b".git::$INDEX_ALLOCATION", b"x"),
    "dot-git-ignorable": ("HFS+ drops U+200C", TREE, ".g\u200cit".encode(), b"[core]\n"),
    "dot-dot": ("climbs out of the tree", TREE, b"..", b"x"),
    "dot": ("names the tree itself", TREE, b".", b"x"),
    "empty-name": ("has no name", FILE, b"", b"x"),
    "slash-in-name": ("hides a path in a name", FILE, b"../outside", b"x"),
    "absolute-name": ("is an absolute path", FILE, b"/tmp/carrel-hostile", b"x"),
    "backslash-name": ("a path on Windows", FILE, b"..\\outside", b"x"),
    "newline-name": ("breaks line-wise listings", FILE, b"a\nb", b"x"),
    "not-utf8-name": ("is no text", FILE, b"\xff\xfe", b"x"),
    "long-name": ("longer than a file name may be", FILE, b"n" * 300, b"x"),
    "mode-setuid": ("asks for setuid", "104755", b"tool", b"#!/bin/sh\n"),
    "mode-world-writable": ("asks for 0666", "100666", b"file", b"x"),
    "mode-group-writable": ("old git's 0664", "100664", b"file", b"x"),
    "mode-zero": ("has no type", "0", b"file", b"x"),
    "mode-device": ("asks for a device", "020666", b"device", b"x"),
    "mode-fifo": ("asks for a pipe", "010644", b"pipe", b"x"),
}


class _HostileWriter:
    """Commits trees made of the base files and one hostile addition."""

    def __init__(self, repository: GitRepo, base: Mapping[str, Content]) -> None:
        self._repository = repository
        self._base = repository.entries(repository.write_files(base))
        self.made: list[HostileTree] = []

    def add(self, name: str, why: str, extra: Iterable[TreeEntry], *, sort: bool = True) -> None:
        tree = self._repository.write_tree([*self._base, *extra], sort=sort)
        commit = self._repository.git("commit-tree", tree, "-m", name)
        self._repository.git("update-ref", f"refs/heads/hostile/{name}", commit)
        self.made.append(HostileTree(name, why, commit))

    def add_single_entries(self) -> None:
        for name, (why, mode, entry_name, content) in _HOSTILE_ENTRIES.items():
            oid = self._repository.write_blob(content)
            if mode == TREE:
                oid = self._repository.write_tree([TreeEntry(FILE, b"config", oid)])
            self.add(name, why, [TreeEntry(mode, entry_name, oid)])

    def add_pairs(self) -> None:
        """Entries that do harm only together. A link must come before what goes through it."""
        blob = self._repository.write_blob
        inner = self._repository.write_tree([TreeEntry(FILE, b"passwd", blob("payload\n"))])
        folder, out = TreeEntry(TREE, b"d", inner), blob("/tmp")
        through = [TreeEntry(SYMLINK, b"d", out), folder]
        self.add("symlink-then-folder", "writes through a link of its name", through, sort=False)
        folded = [TreeEntry(SYMLINK, b"D", out), folder]
        self.add("symlink-case-folder", "the same where case folds", folded)
        one, two = blob("1"), blob("2")
        cases = [TreeEntry(FILE, b"Same", one), TreeEntry(FILE, b"same", two)]
        self.add("case-collision", "two files that are one where case folds", cases)
        twice = [TreeEntry(FILE, b"same", one), TreeEntry(FILE, b"same", two)]
        self.add("duplicate-name", "the same name twice", twice)

    def add_odd_objects(self) -> None:
        self.add("gitlink", "a submodule", [TreeEntry(GITLINK, b"module", "1" * 40)])
        absent = [TreeEntry(FILE, b"f", "2" * 40)]
        self.add("missing-object", "names an object that is not there", absent)
        deep = self._repository.write_tree(
            [TreeEntry(FILE, b"f", self._repository.write_blob("bottom\n"))]
        )
        for _ in range(_DEEP_LEVELS):
            deep = self._repository.write_tree([TreeEntry(TREE, b"d", deep)])
        self.add("deep-nesting", f"{_DEEP_LEVELS} folders deep", [TreeEntry(TREE, b"d", deep)])


def add_hostile_branches(
    repository: GitRepo, base: Mapping[str, Content] | None = None
) -> list[HostileTree]:
    """Writes one branch a hostile tree. Each also holds the files of `base`, so that only the
    hostile entry stands between the tree and being accepted."""
    writer = _HostileWriter(repository, base or {"README.md": "hostile\n"})
    writer.add_single_entries()
    writer.add_pairs()
    writer.add_odd_objects()
    return writer.made
