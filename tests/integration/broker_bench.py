"""What the tests of the broker share: small reports with connections, and the rows they make."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

from carrel_runner import Carrel
from report_repos import python_repo, write

KEY = "SU-1:secret"


class Bench:
    """Runs small reports against connections and reads the rows they made."""

    def __init__(self, carrel: Carrel, folder: Path) -> None:
        self.carrel = carrel
        self.folder = folder
        self.err = ""

    def words(self, body: str, *words: object, connections: dict[str, str] | None = None) -> list:
        permissions = {"connections": ["default", *(connections or {})]}
        files = python_repo(body, permissions=permissions)
        source = write(files, self.folder / "repo")
        named = [word for item in (connections or {}).items() for word in _connection(*item)]
        return ["run", source, "demo", *named, *words]

    def rows(self, body: str, *words: object, **options: Any) -> list[list[str]]:
        env = options.pop("env", {})
        done = self.carrel.ok(*self.words(body, *words, **options), env=env)
        self.err = done.err
        with (self.carrel.work / "demo.csv").open(newline="") as file:
            return list(csv.reader(file, delimiter=";"))

    def fails(self, body: str, *words: object, **options: Any) -> str:
        env = options.pop("env", {})
        done = self.carrel(*self.words(body, *words, **options), env=env)
        assert done.code == 1, done.err
        self.err = done.err
        return str(self.carrel.reports()[0]["notes"])


def _connection(name: str, url: str) -> tuple[str, str]:
    return ("--connection", f"{name}={url}")
