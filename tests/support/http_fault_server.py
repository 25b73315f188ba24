"""A web server that misbehaves by route, for the black-box tests: echoes, leaks, floods, redirects.

It is `tests/unit/net/servers.py`, which has the list of routes, as a process of its own:

    with HttpFaultServer() as server:
        fetch(server.url("/redirect/302?http://169.254.169.254/"))
        assert server.connections() == 1
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import threading
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Self

from git_http_server import serve_until_told_to_stop

_PROGRAM = Path(__file__).resolve().parents[1] / "unit" / "net" / "servers.py"


class HttpFaultServer:
    """Serves on 127.0.0.1; start with `with`."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None
        self._own_connections = 0
        self.port = 0

    def start(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-I", str(_PROGRAM)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        self.port = int(self._process.stdout.readline().split()[0])

    def stop(self) -> None:
        if self._process is not None:
            self._process.communicate()  # it ends when its input does
            self._process = None

    def url(self, path: str = "") -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def connections(self) -> int:
        """How many were opened so far, not counting those of this object."""
        return int(self._ask("/state/connections")) - self._own_connections

    def count(self, name: str) -> int:
        """How often a route that counts by name was called."""
        return int(self._ask(f"/count/{name}"))

    def _ask(self, path: str) -> str:
        self._own_connections += 1
        with urllib.request.urlopen(self.url(path), timeout=60) as answer:
            return str(answer.read().decode())

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


def main() -> None:
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    with HttpFaultServer() as server:
        print(f"listening {server.url()}", flush=True)
        serve_until_told_to_stop(threading.Event())


if __name__ == "__main__":
    main()
