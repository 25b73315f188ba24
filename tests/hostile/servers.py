"""A hostile HTTP server: what an API may answer with to hurt the one who asked.

Paths, below any prefix: `/echo` tells what arrived, `/items` is a page of a collection,
`/redirect?to=URL`, `/again` redirects to itself, `/large` is a mebibyte, `/endless` never stops
sending, `/bomb` is gzip that inflates to 10 GB, `/drip` sends a byte now and then, `/hang` never
answers, `/headers` has 1 MiB of them, `/leak` sends back the credential it was shown, `/slowly`
takes a moment, `/peak` tells how many of those were there at once, `/together` answers when as many
are there as gather() named.
"""

from __future__ import annotations

import contextlib
import json
import threading
import time
import urllib.parse
import zlib
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType

_CHUNK = b"x" * 65536


def _gzip_bomb() -> bytes:
    """Ten thousand times the same block of a mebibyte of zeros; the end never matters."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = packer.compress(bytes(1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
    return b"\x1f\x8b\x08\0\0\0\0\0\0\xff" + block * 10_000 + b"\x03\0" + bytes(8)


class _Handler(BaseHTTPRequestHandler):
    server: HostileServer

    def log_message(self, *_: object) -> None:
        pass

    def _handle(self) -> None:
        url = urllib.parse.urlsplit(self.path)
        query = urllib.parse.parse_qs(url.query)
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        self.server.note(f"{self.command} {self.path}", dict(self.headers.items()))
        action = getattr(self, "_" + url.path.rsplit("/", 1)[-1], self._echo)
        try:
            action(query, body)
        except (BrokenPipeError, ConnectionResetError):
            pass

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = do_OPTIONS = _handle

    def _send(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _json(self, value: object, **headers: str) -> None:
        self._send(200, json.dumps(value).encode(), Content_Type="application/json", **headers)

    def _echo(self, query: dict[str, list[str]], body: bytes) -> None:
        # What it was shown, but for the value of the credential.
        names = sorted(name.lower() for name in self.headers)
        self._json(
            {
                "method": self.command,
                "path": self.path,
                "headers": names,
                "has_key": "Authorization" in self.headers,
                "body": body.decode("latin-1"),
            }
        )

    def _leak(self, query: dict[str, list[str]], body: bytes) -> None:
        shown = self.headers.get("Authorization", "")
        self._json({"shown": shown}, X_Request_Id=shown, ETag=shown)

    def _items(self, query: dict[str, list[str]], body: bytes) -> None:
        self._json([{"id": "A"}, {"id": "B"}], Content_Range="items 0-1/2")

    def _slowly(self, query: dict[str, list[str]], body: bytes) -> None:
        with self.server.crowd():
            time.sleep(0.3)
        self._json({})

    def _together(self, query: dict[str, list[str]], body: bytes) -> None:
        self.server.wait_for_the_others()
        self._json({})

    def _peak(self, query: dict[str, list[str]], body: bytes) -> None:
        self._json({"peak": self.server.take_peak()})

    def _redirect(self, query: dict[str, list[str]], body: bytes) -> None:
        self._send(302, b"", Location=query.get("to", [""])[0])

    def _again(self, query: dict[str, list[str]], body: bytes) -> None:
        self._send(302, b"", Location=self.path)

    def _large(self, query: dict[str, list[str]], body: bytes) -> None:
        self._send(200, bytes(1 << 20))

    def _endless(self, query: dict[str, list[str]], body: bytes) -> None:
        self.send_response(200)
        self.end_headers()
        while not self.server.closing.is_set():
            self.wfile.write(_CHUNK)

    def _bomb(self, query: dict[str, list[str]], body: bytes) -> None:
        self._send(200, self.server.bomb, Content_Encoding="gzip")

    def _drip(self, query: dict[str, list[str]], body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "1000000")
        self.end_headers()
        while not self.server.closing.is_set():
            self.wfile.write(b".")
            time.sleep(0.05)

    def _hang(self, query: dict[str, list[str]], body: bytes) -> None:
        self.server.closing.wait(60)

    def _headers(self, query: dict[str, list[str]], body: bytes) -> None:
        self.send_response(200)
        for number in range(1024):
            self.send_header(f"X-{number}", "x" * 1000)
        self.end_headers()


class HostileServer(ThreadingHTTPServer):
    """Serves from its own threads between __enter__ and __exit__."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.closing = threading.Event()
        self._lock = threading.Lock()
        self._requests: list[tuple[str, dict[str, str]]] = []
        self._present = self._peak = 0
        self.bomb = _gzip_bomb()
        self._missing = 0
        self._all_there = threading.Event()
        self._thread = threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self) -> HostileServer:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.closing.set()
        self.shutdown()
        self._thread.join()
        self.server_close()

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def note(self, line: str, headers: dict[str, str]) -> None:
        with self._lock:
            self._requests.append((line, headers))

    @contextlib.contextmanager
    def crowd(self) -> Iterator[None]:
        with self._lock:
            self._present += 1
            self._peak = max(self._peak, self._present)
        yield
        with self._lock:
            self._present -= 1

    def take_peak(self) -> int:
        with self._lock:
            peak, self._peak = self._peak, 0
            return peak

    def gather(self, count: int) -> None:
        """The next `count` requests of `/together` wait for each other; later ones for nobody."""
        with self._lock:
            self._missing = count
            self._all_there.clear()

    def wait_for_the_others(self) -> None:
        with self._lock:
            self._missing -= 1
            if self._missing <= 0:
                self._all_there.set()
        self._all_there.wait(60)

    def taken(self) -> list[tuple[str, dict[str, str]]]:
        """The requests since the last call: first line and headers."""
        with self._lock:
            requests, self._requests = self._requests, []
            return requests
