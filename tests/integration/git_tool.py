"""Runs `carrel_git_tool`, the git room's test program, as separate processes.

The path of the program comes from the environment variable CARREL_GIT_TOOL.
"""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Reply:
    """What one call printed: a result or an error."""

    line: dict[str, Any]
    progress: list[dict[str, Any]]

    @property
    def result(self) -> Any:
        assert "result" in self.line, self.line
        return self.line["result"]

    @property
    def code(self) -> str:
        assert "error" in self.line, self.line
        return self.line["error"]["code"]

    @property
    def message(self) -> str:
        assert "error" in self.line, self.line
        return self.line["error"]["message"]


class GitTool:
    """One cache directory and the program that works on it."""

    def __init__(self, root: Path, home: Path) -> None:
        self.root = root
        self.home = home
        self.mirrors = root / "mirrors"
        self.checkouts = root / "checkouts"

    def start(self, *words: str, **options: Any) -> subprocess.Popen[bytes]:
        environment = {"PATH": "/usr/bin:/bin", "HOME": str(self.home)}
        # a crash stays a signal in a build with the address sanitizer
        environment["ASAN_OPTIONS"] = "handle_segv=0"
        if "SSH_AUTH_SOCK" in options:
            environment["SSH_AUTH_SOCK"] = str(options.pop("SSH_AUTH_SOCK"))
        process = subprocess.Popen(
            [os.environ["CARREL_GIT_TOOL"], str(self.root), *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment,
        )
        assert process.stdin is not None
        process.stdin.write(json.dumps({k: _plain(v) for k, v in options.items()}).encode())
        process.stdin.close()
        process.stdin = None
        return process

    def finish(self, process: subprocess.Popen[bytes]) -> Reply:
        output, errors = process.communicate(timeout=180)
        assert output, f"status {process.returncode}: {errors.decode()}"
        progress = [json.loads(line) for line in errors.splitlines() if line.startswith(b"{")]
        return Reply(json.loads(output), progress)

    def call(self, *words: str, **options: Any) -> Reply:
        return self.finish(self.start(*words, **options))

    def sync(self, url: object, **options: Any) -> Reply:
        return self.call("sync", str(url), **options)

    def resolve(self, url: object, name: str = "") -> Reply:
        return self.call("resolve", str(url), name)

    def tags(self, url: object) -> list[str]:
        return [tag["name"] for tag in self.call("tags", str(url)).result]

    def export(self, url: object, commit: str, **options: Any) -> Reply:
        return self.call("export", str(url), commit, **options)

    def leftovers(self) -> list[Path]:
        return [*self.mirrors.glob(".tmp-*"), *self.checkouts.glob(".tmp-*")]


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, Path) else value
