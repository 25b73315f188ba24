"""A web server whose routes misbehave in the ways the HTTP client must survive.

Prints "PORT CERTIFICATE" (the second one only with --tls) and serves until stdin closes.
"""

from __future__ import annotations

import argparse
import base64
import collections
import gzip
import json
import re
import shutil
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

LOCK = threading.Lock()
HITS: collections.Counter[str] = collections.Counter()
TIMES: dict[str, list[float]] = collections.defaultdict(list)
STATE = {"connections": 0, "running": 0, "peak": 0}


class Handler(BaseHTTPRequestHandler):
    """One method a route: /name/argument/... calls name(argument, ...)."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def setup(self) -> None:
        super().setup()
        with LOCK:
            STATE["connections"] += 1

    def log_message(self, format: str, *args: object) -> None:
        pass

    def respond(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD" and status != 204:
            self.wfile.write(body)

    def handle_any(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        self.body = self.rfile.read(length)
        path, _, self.query = self.path.partition("?")
        name, *arguments = path.strip("/").split("/")
        route = getattr(self, "route_" + name.replace("-", "_"), None)
        try:
            if route is None:
                self.respond(404, b"no such route")
            else:
                route(*arguments)
        except (BrokenPipeError, ConnectionResetError, ssl.SSLError):
            self.close_connection = True

    do_GET = do_HEAD = do_OPTIONS = do_POST = do_PUT = do_PATCH = do_DELETE = handle_any

    def hit(self, name: str) -> int:
        with LOCK:
            HITS[name] += 1
            TIMES[name].append(time.monotonic())
            return HITS[name]

    def route_echo(self, *_: str) -> None:
        told = {
            "method": self.command,
            "target": self.path,
            "headers": {name.lower(): value for name, value in self.headers.items()},
            "body": self.body.decode("latin-1"),
        }
        self.respond(200, json.dumps(told).encode(), {"Content-Type": "application/json"})

    def route_status(self, status: str, name: str = "status") -> None:
        self.hit(name)
        self.respond(int(status), b'{"error_code": "VAL_001"}')

    def route_flaky(self, name: str, times: str, status: str, retry_after: str = "") -> None:
        count = self.hit(name)
        if count <= int(times):
            headers = {"Retry-After": retry_after} if retry_after else {}
            self.respond(int(status), b"later", headers)
        else:
            self.respond(200, str(count).encode())

    def route_count(self, name: str) -> None:
        self.respond(200, str(HITS[name]).encode())

    def route_span(self, name: str) -> None:
        """Milliseconds between the first and the last hit."""
        times = TIMES[name]
        self.respond(200, str(int((times[-1] - times[0]) * 1000)).encode())

    def route_redirect(self, status: str) -> None:
        self.respond(int(status), b"", {"Location": urllib.parse.unquote(self.query)})

    def route_leak(self, form: str) -> None:
        """Sends the credential back in another form, in the body and in a header."""
        given = self.headers.get("Authorization", "")
        text = {
            "plain": given,
            "percent": urllib.parse.quote(given, safe=""),
            "lower-percent": re.sub("%..", lambda m: m[0].lower(), urllib.parse.quote(given)),
            "base64": base64.b64encode(given.encode()).decode(),
            "base64-url": base64.urlsafe_b64encode(b"??" + given.encode()).decode(),
            "json": json.dumps({"key": given}).replace("/", "\\/"),
        }[form]
        self.respond(200, f"you sent {text} to me".encode(), {"ETag": f'"{text}"'})

    def route_loop(self) -> None:
        self.respond(302, b"", {"Location": "/loop"})

    def route_hang(self) -> None:
        time.sleep(60)

    def route_drip(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "1000000")
        self.end_headers()
        for _ in range(1200):
            self.wfile.write(b"x")
            time.sleep(0.05)

    def route_gzip(self) -> None:
        body = gzip.compress(b"plain text")
        self.respond(200, body, {"Content-Encoding": "gzip"})

    def route_gzip_bomb(self) -> None:
        body = gzip.compress(bytes(256 << 20), compresslevel=1)
        self.respond(200, body, {"Content-Encoding": "gzip"})

    def route_huge(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(10 << 30))
        self.end_headers()
        while self.command != "HEAD":
            self.wfile.write(bytes(65536))

    def route_endless(self) -> None:
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        while True:
            self.wfile.write(b"10000\r\n" + bytes(65536) + b"\r\n")

    def route_sized(self, size: str) -> None:
        self.respond(200, b"x" * int(size))

    def route_reset(self, name: str, times: str) -> None:
        if self.hit(name) > int(times):
            self.respond(200, b"at last")
            return
        linger = struct.pack("ii", 1, 0)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.rfile.close()
        self.wfile.close()
        self.connection.close()
        self.close_connection = True

    def route_short(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "100")
        self.end_headers()
        self.wfile.write(b"0123456789")
        self.close_connection = True

    def route_big_headers(self) -> None:
        self.send_response(200)
        for index in range(5000):
            self.send_header(f"X-Filler-{index}", "y" * 80)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def route_drip_headers(self) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\n")
        for index in range(1200):
            self.wfile.write(f"X-{index}: 1\r\n".encode())
            time.sleep(0.05)

    def route_endless_headers(self) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\n")
        while True:
            self.wfile.write(b"X-Filler: " + b"y" * 1000 + b"\r\n")

    def route_endless_interim(self) -> None:
        while True:
            self.wfile.write(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n")

    def route_nested_gzip(self, layers: str) -> None:
        body = gzip.compress(bytes(64 << 20), compresslevel=1)
        for _ in range(int(layers) - 1):
            body = gzip.compress(body, compresslevel=1)
        self.respond(200, body, {"Content-Encoding": ", ".join(["gzip"] * int(layers))})

    def route_raw_status(self, status: str) -> None:
        self.wfile.write(f"HTTP/1.1 {status} Odd\r\nContent-Length: 2\r\n\r\nok".encode())

    def route_garbage(self) -> None:
        self.wfile.write(b"220 mail.example.com ESMTP\r\n")
        self.close_connection = True

    def route_slow(self, milliseconds: str) -> None:
        with LOCK:
            STATE["running"] += 1
            STATE["peak"] = max(STATE["peak"], STATE["running"])
        time.sleep(int(milliseconds) / 1000)
        with LOCK:
            STATE["running"] -= 1
        self.respond(200, b"done")

    def route_state(self, name: str) -> None:
        self.respond(200, str(STATE[name]).encode())

    def route_headers(self) -> None:
        self.respond(
            200,
            b"",
            {
                "Set-Cookie": "session=1",
                "X-Internal": "secret",
                "X-Request-ID": "r-1",
                "Content-Range": "items 0-9/10",
                "Link": "</next>; rel=next",
                "ETag": '"1"',
            },
        )


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: object, client_address: object) -> None:
        pass


class Server6(Server):
    address_family = socket.AF_INET6


def make_certificate(folder: str) -> tuple[str, str]:
    certificate, key = f"{folder}/cert.pem", f"{folder}/key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]
        + ["-nodes", "-days", "2", "-subj", "/CN=localhost", "-keyout", key, "-out", certificate]
        + ["-addext", "subjectAltName=DNS:localhost"],
        check=True,
        capture_output=True,
    )
    return certificate, key


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--tls", action="store_true")
    parser.add_argument("--ipv6", action="store_true")
    args = parser.parse_args()
    server = Server6(("::1", 0), Handler) if args.ipv6 else Server(("127.0.0.1", 0), Handler)
    folder = tempfile.mkdtemp()
    certificate = ""
    if args.tls:
        certificate, key = make_certificate(folder)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_address[1], certificate, flush=True)
    sys.stdin.read()
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
