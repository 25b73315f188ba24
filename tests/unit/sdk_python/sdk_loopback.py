"""A small HTTP API on 127.0.0.1 and a stand-in for the host that calls it.

`LoopbackApi` is a real server that notes each request line as it came over the wire.
`LoopbackHost` keeps the contract of the built-in module ``_carrel``: it writes the path and the
query that it is given verbatim, and refuses what a host would refuse.
"""

import contextlib
import gzip
import http.client
import json
import re
import sys
import threading
import types
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

PACKAGES = Path(__file__).resolve().parents[3] / "sdk" / "python" / "packages"
CLEAN_ENVIRONMENT = {"PYTHONPATH": str(PACKAGES), "PYTHONDONTWRITEBYTECODE": "1"}

BASE = "/public/v1"
SIZES = {"empty": 0, "tiny": 3, "products": 25}
DEFAULT_SIZE = 12


class Seen(NamedTuple):
    method: str
    target: str
    body: str
    content_type: str | None
    headers: dict[str, str]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: "LoopbackApi"

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        _, target, _ = self.requestline.split(" ", 2)
        self.server.seen.append(
            Seen(
                self.command,
                target,
                body.decode(),
                self.headers.get("Content-Type"),
                dict(self.headers.items()),
            )
        )
        path, _, query = target.partition("?")
        special = getattr(self, f"_answer_{path.removeprefix(BASE + '/').split('/')[0]}", None)
        if special:
            special(path, body)
        elif self.command != "GET":
            self._json(201, {"method": self.command, "body": body.decode()})
        elif re.search(r"/[A-Z]+-\d+$", path):
            self._json(200, {"id": path.rsplit("/", 1)[1], "owner": {"name": "Ann"}})
        else:
            self._page(path, query)

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = do_PATCH = _serve  # noqa: N815

    def _page(self, path: str, query: str) -> None:
        total = SIZES.get(path.rsplit("/", 1)[1], DEFAULT_SIZE)
        limit = int((re.findall(r"(?:^|&)limit=(-?\d+)", query) or ["100"])[-1])
        offset = int((re.findall(r"(?:^|&)offset=(\d+)", query) or ["0"])[-1])
        rows = [
            {"id": f"ID-{index:03}", "n": index, "owner": {"name": f"Owner {index % 3}"}}
            for index in range(offset, min(total, offset + max(limit, 0)))
        ]
        last = offset + len(rows) - 1 if rows else 0
        first = offset if rows else 0
        self._json(200, rows, {"Content-Range": f"items {first}-{last}/{total}"})

    def _answer_errors(self, path: str, _: bytes) -> None:
        self._json(
            int(path.rsplit("/", 1)[1]),
            {"error_code": "VAL_001", "errors": ["first", "second"], "params": {"a": 1}},
        )

    def _answer_bare(self, path: str, _: bytes) -> None:
        self._send(int(path.rsplit("/", 1)[1]), b"nothing to say", {"Content-Type": "text/plain"})

    def _answer_list(self, path: str, _: bytes) -> None:
        self._json(int(path.rsplit("/", 1)[1]), ["not", "an", "object"])

    def _answer_unranged(self, *_: Any) -> None:
        self._json(200, [{"id": "only"}])

    def _answer_nothing(self, *_: Any) -> None:
        self._send(204, b"", {})

    def _answer_broken(self, *_: Any) -> None:
        self._send(200, b'{"a": ', {"Content-Type": "application/json"})

    def _answer_text(self, *_: Any) -> None:
        self._send(200, "grüße".encode("latin-1"), {"Content-Type": "text/plain; charset=latin-1"})

    def _answer_gzip(self, *_: Any) -> None:
        self._send(
            200,
            gzip.compress(b"squeezed"),
            {"Content-Type": "text/plain", "Content-Encoding": "gzip"},
        )

    def _answer_moved(self, *_: Any) -> None:
        self._send(302, b"", {"Location": f"{BASE}/echo?moved=1"})

    def _answer_away(self, *_: Any) -> None:
        self._send(302, b"", {"Location": "http://metadata.invalid/secret"})

    def _answer_cookie(self, *_: Any) -> None:
        self._send(200, b"", {"Set-Cookie": "session=abc; Path=/"})

    def _answer_echo(self, _: str, body: bytes) -> None:
        seen = self.server.seen[-1]
        self._json(
            200,
            {
                "method": seen.method,
                "target": seen.target,
                "body": body.decode(),
                "headers": {key.lower(): value for key, value in seen.headers.items()},
            },
        )

    def _json(self, status: int, value: Any, headers: dict[str, str] | None = None) -> None:
        self._send(
            status,
            json.dumps(value).encode(),
            {"Content-Type": "application/json", **(headers or {})},
        )

    def _send(self, status: int, content: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        pass


class LoopbackApi(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.seen: list[Seen] = []
        self.origin = f"http://127.0.0.1:{self.server_port}"
        self.endpoint = self.origin + BASE

    def targets(self) -> list[str]:
        return [seen.target for seen in self.seen]

    @contextlib.contextmanager
    def running(self) -> Iterator["LoopbackApi"]:
        thread = threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self.shutdown()
            self.server_close()
            thread.join()


class CallError(Exception):
    pass


class LoopbackHost:
    """Makes the calls of reports: connection ``main`` goes to the API's base, absolute URLs to the
    API's origin only."""

    def __init__(self, api: LoopbackApi):
        self._api = api
        self.calls: list[tuple] = []

    def call(
        self,
        connection: str,
        method: str,
        path: str,
        query: str,
        headers: dict[str, str],
        body: bytes | None,
    ) -> tuple[int, dict[str, str], bytes]:
        self.calls.append((connection, method, path, query, headers, body))
        for name, value in headers.items():
            assert type(name) is str and type(value) is str, (name, value)
        assert body is None or type(body) is bytes, body
        if connection == "main":
            target = f"{BASE}/{path}" + (f"?{query}" if query else "")
        elif connection:
            raise CallError(f"connection `{connection}` is not granted to this report")
        else:
            parts = urlsplit(path)
            if f"{parts.scheme}://{parts.netloc}" != self._api.origin:
                raise CallError(f"origin {parts.scheme}://{parts.netloc} is not permitted")
            target = path.removeprefix(self._api.origin) or "/"
        return self._exchange(method, target, headers, body)

    def _exchange(
        self, method: str, target: str, headers: dict[str, str], body: bytes | None
    ) -> tuple[int, dict[str, str], bytes]:
        link = http.client.HTTPConnection("127.0.0.1", self._api.server_port, timeout=60)
        try:
            link._encode_request = lambda request: request.encode("ascii")
            link.request(method, target, body, headers)
            answer = link.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read()
        except OSError as error:
            raise CallError(f"cannot reach {self._api.origin}: {error}") from error
        finally:
            link.close()

    @contextlib.contextmanager
    def installed(self) -> Iterator["LoopbackHost"]:
        module = types.ModuleType("_carrel")
        module.call = self.call
        module.CallError = CallError
        before = sys.modules.get("_carrel")
        sys.modules["_carrel"] = module
        try:
            yield self
        finally:
            if before is None:
                del sys.modules["_carrel"]
            else:
                sys.modules["_carrel"] = before
