"""What the git tests share: a cache, a repository, servers in front of it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "support"))

from git_http_server import GitHttpServer  # noqa: E402
from git_repo import GitRepo  # noqa: E402
from git_ssh_server import GitSshServer  # noqa: E402
from git_tool import GitTool  # noqa: E402

FILES = {
    "reports.json": '{"name": "demo"}\n',
    "readme.md": "# demo\n",
    "reports/__init__.py": "",
    "reports/sla/entry.py": "def generate(*args):\n    return []\n",
}


@pytest.fixture
def tool(tmp_path: Path) -> GitTool:
    (tmp_path / "home").mkdir()
    return GitTool(tmp_path / "cache", tmp_path / "home")


@pytest.fixture
def served(tmp_path: Path) -> Path:
    """The directory that the servers serve."""
    path = tmp_path / "served"
    path.mkdir()
    return path


@pytest.fixture
def repository(served: Path) -> GitRepo:
    return GitRepo.from_files(FILES, served / "demo.git")


@pytest.fixture
def http(served: Path) -> Iterator[GitHttpServer]:
    with GitHttpServer(served) as server:
        yield server


@pytest.fixture
def closed_http(served: Path) -> Iterator[GitHttpServer]:
    """A server that asks for user and password."""
    with GitHttpServer(served, username="reader", password="s3cret/wörd") as server:
        yield server


@pytest.fixture
def ssh(served: Path) -> Iterator[GitSshServer]:
    with GitSshServer(served) as server:
        yield server
