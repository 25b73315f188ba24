"""Peers from the package indexes, installed once into a cache; None where one cannot be had."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
from pathlib import Path

CACHE = Path(os.environ.get("XDG_CACHE_HOME", "~/.cache")).expanduser() / "carrel-bench"


def add_cache_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--cache", type=Path, default=CACHE, help="where peers are installed")


def venv(cache: Path, name: str, *packages: str) -> Path | None:
    """The interpreter of a virtual environment with these packages."""
    directory = cache / name
    python = directory / "bin" / "python"
    complete = directory / "complete"
    if not complete.exists():
        shutil.rmtree(directory, ignore_errors=True)
        directory.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(["/usr/bin/python3", "-m", "venv", directory], check=True)
        done = subprocess.run([python, "-m", "pip", "install", "-q", *packages], check=False)
        if done.returncode != 0:
            return None
        complete.touch()
    return python


def node_modules(cache: Path, name: str, *packages: str) -> Path | None:
    """The directory that a script of Node.js resolves these packages from."""
    directory = cache / name
    complete = directory / "complete"
    if not complete.exists():
        npm = shutil.which("npm")
        if npm is None:
            return None
        directory.mkdir(parents=True, exist_ok=True)
        done = subprocess.run(
            [npm, "install", "--silent", "--ignore-scripts", "--prefix", directory, *packages],
            check=False,
        )
        if done.returncode != 0:
            return None
        complete.touch()
    return directory / "node_modules"


def core(cache: Path) -> Path | None:
    """The interpreter with connect-reports-core."""
    return venv(cache, "venv-start", "connect-reports-core", "connect-openapi-client")
