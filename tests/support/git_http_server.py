"""A real smart-HTTP git server for tests: `git http-backend` behind a threading HTTP server.

Every bare repository below the root directory is served on 127.0.0.1 at an ephemeral port. Faults
(wrong status, delay, cut-off body) can be switched on per path, so that a client's behaviour on a
bad network is tested against the same server as its good behaviour.

As a library:

    with GitHttpServer(root, username="u", password="p") as server:
        clone(server.url("repo.git"))

As a program: `python3 git_http_server.py --root DIR [--port 0] [--user U --password P]` prints
`listening http://127.0.0.1:PORT` and serves until SIGTERM or until stdin ends.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import hmac
import os
import re
import signal
import subprocess
import sys
import threading
import urllib.parse
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import IO

_COPY_BYTES = 64 * 1024


@dataclass
class Fault:
    """What goes wrong for requests whose path and query match `pattern`."""

    pattern: str
    status: int | None = None
    delay_s: float = 0.0
    truncate: int | None = None
    times: int = -1

    def matches(self, target: str) -> bool:
        return self.times != 0 and re.search(self.pattern, target) is not None


@dataclass(frozen=True)
class LoggedRequest:
    """One request as it came in, before authentication."""

    method: str
    target: str
    authorized: bool


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    owner: GitHttpServer

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that goes away early is normal here and not worth a traceback."""
        if not isinstance(sys.exc_info()[1], (ConnectionError, TimeoutError)):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    timeout = 120
    server: _Server

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def log_message(self, format: str, *args: object) -> None:
        """The request log is kept by the server object; stderr stays quiet."""

    def _serve(self) -> None:
        owner = self.server.owner
        authorized = owner._authorized(self.headers.get("Authorization"))
        owner._remember(LoggedRequest(self.command, self.path, authorized))
        body = self._read_body()
        fault = owner._take_fault(self.path)
        if fault is not None and fault.delay_s > 0:
            owner._stopping.wait(fault.delay_s)
        if fault is not None and fault.status is not None:
            self._plain(fault.status, b"fault\n")
        elif not authorized:
            self._plain(401, b"authentication required\n")
        else:
            self._run_backend(body, fault.truncate if fault is not None else None)

    def _read_body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            return self._read_chunks()
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def _read_chunks(self) -> bytes:
        body = bytearray()
        while True:
            size = int(self.rfile.readline().split(b";")[0].strip(), 16)
            if size == 0:
                break
            body += self.rfile.read(size)
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass
        return bytes(body)

    def _plain(self, status: int, body: bytes) -> None:
        self.send_response(status)
        if status == 401:
            self.send_header("WWW-Authenticate", 'Basic realm="git"')
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _environment(self, body: bytes) -> dict[str, str]:
        path, _, query = self.path.partition("?")
        environment = {
            "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
            "GIT_PROJECT_ROOT": str(self.server.owner.root),
            "GIT_HTTP_EXPORT_ALL": "1",
            "GIT_CONFIG_COUNT": "2",
            "GIT_CONFIG_KEY_0": "safe.directory",
            "GIT_CONFIG_VALUE_0": "*",
            "GIT_CONFIG_KEY_1": "http.receivepack",
            "GIT_CONFIG_VALUE_1": "true",
            "PATH_INFO": urllib.parse.unquote(path),
            "QUERY_STRING": query,
            "REQUEST_METHOD": self.command,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "REMOTE_ADDR": self.client_address[0],
            "REMOTE_USER": self.server.owner.username or "anonymous",
        }
        for header, name in (
            ("Content-Encoding", "HTTP_CONTENT_ENCODING"),
            ("Git-Protocol", "GIT_PROTOCOL"),
        ):
            if self.headers.get(header):
                environment[name] = self.headers[header]
        return environment

    def _run_backend(self, body: bytes, truncate: int | None) -> None:
        process = subprocess.Popen(
            ["git", "http-backend"],
            env=self._environment(body),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        assert process.stdin is not None and process.stdout is not None
        feeder = threading.Thread(target=_feed, args=(process.stdin, body), daemon=True)
        feeder.start()
        try:
            self._relay(process.stdout, truncate)
        finally:
            process.stdout.close()
            process.wait()
            feeder.join()

    def _relay(self, output: IO[bytes], truncate: int | None) -> None:
        status, headers = _read_cgi_headers(output)
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        if truncate is not None:
            whole = output.read()
            self.send_header("Content-Length", str(len(whole)))
            self.end_headers()
            self.wfile.write(whole[: min(truncate, max(len(whole) - 1, 0))])
            self.close_connection = True
            return
        if any(name.lower() == "content-length" for name, _ in headers):
            self.end_headers()
            while block := output.read(_COPY_BYTES):
                self.wfile.write(block)
            return
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        while block := output.read1(_COPY_BYTES):  # type: ignore[attr-defined]
            self.wfile.write(b"%x\r\n%s\r\n" % (len(block), block))
            self.wfile.flush()
        self.wfile.write(b"0\r\n\r\n")


def _feed(stream: IO[bytes], body: bytes) -> None:
    with contextlib.suppress(BrokenPipeError):
        stream.write(body)
    with contextlib.suppress(BrokenPipeError):
        stream.close()


def _read_cgi_headers(output: IO[bytes]) -> tuple[int, list[tuple[str, str]]]:
    status = 200
    headers: list[tuple[str, str]] = []
    while line := output.readline().strip():
        name, _, value = line.decode("latin-1").partition(":")
        if name.lower() == "status":
            status = int(value.split()[0])
        else:
            headers.append((name, value.strip()))
    return (status, headers) if headers else (500, [])


class GitHttpServer:
    """Serves the bare repositories below `root`. Thread safe; start with `with`."""

    def __init__(
        self,
        root: Path | str,
        *,
        username: str | None = None,
        password: str | None = None,
        port: int = 0,
    ) -> None:
        self.root = Path(root).resolve()
        self.username = username
        self._password = password
        self._faults: list[Fault] = []
        self._log: list[LoggedRequest] = []
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._server = _Server(("127.0.0.1", port), _Handler)
        self._server.owner = self
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def port(self) -> int:
        return self._server.server_address[1]

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def requests(self) -> list[LoggedRequest]:
        with self._lock:
            return list(self._log)

    def url(self, repository: str, *, with_credentials: bool = False) -> str:
        """The clone url of a repository, given as its path below the root."""
        user = ""
        if with_credentials and self.username is not None:
            quote = urllib.parse.quote
            user = f"{quote(self.username, '')}:{quote(self._password or '', '')}@"
        return f"http://{user}127.0.0.1:{self.port}/{urllib.parse.quote(repository)}"

    def add_fault(self, fault: Fault) -> None:
        with self._lock:
            self._faults.append(fault)

    def clear_faults(self) -> None:
        with self._lock:
            self._faults.clear()

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()

    def __enter__(self) -> GitHttpServer:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _authorized(self, header: str | None) -> bool:
        if self.username is None:
            return True
        expected = base64.b64encode(f"{self.username}:{self._password or ''}".encode()).decode()
        scheme, _, given = (header or "").partition(" ")
        return scheme.lower() == "basic" and hmac.compare_digest(given.strip(), expected)

    def _remember(self, request: LoggedRequest) -> None:
        with self._lock:
            self._log.append(request)

    def _take_fault(self, target: str) -> Fault | None:
        with self._lock:
            for fault in self._faults:
                if fault.matches(target):
                    fault.times -= 1 if fault.times > 0 else 0
                    return fault
        return None


def serve_until_told_to_stop(stop: threading.Event) -> None:
    """Blocks until SIGTERM, SIGINT, or the end of stdin."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())

    def drain() -> None:
        # Not sys.stdin: its lock, held by a blocked read, would make the interpreter abort at exit.
        while os.read(0, 4096):
            pass
        stop.set()

    threading.Thread(target=drain, daemon=True).start()
    stop.wait()


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Serve bare git repositories over smart HTTP.")
    parser.add_argument("--root", required=True, type=Path)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--user")
    parser.add_argument("--password")
    options = parser.parse_args(arguments)
    with GitHttpServer(
        options.root, username=options.user, password=options.password, port=options.port
    ) as server:
        print(f"listening {server.base_url}", flush=True)
        serve_until_told_to_stop(threading.Event())
    return 0


if __name__ == "__main__":
    sys.exit(main())
