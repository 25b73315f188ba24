"""A package index of wheels on the loopback, as pip asks for it (PEP 503), and wheels to put there.

``with PackageIndex() as index: index.add("greeting", "1.0", {"greeting.py": "TEXT = 'hello'"})``
serves that wheel at ``index.url``, which is http://127.0.0.1:PORT/simple/. As a program it serves
the wheel files it is given until standard input ends.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import hashlib
import io
import re
import sys
import threading
import zipfile
from collections.abc import Iterable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any


def wheel_bytes(
    name: str,
    version: str,
    files: Mapping[str, str | bytes],
    requires: Iterable[str] = (),
    record: bool = True,
    dist_info: Mapping[str, str] | None = None,
) -> bytes:
    """A pure-Python wheel. `files` may be named in any way, also as no honest wheel would."""
    folder = f"{name.replace('-', '_')}-{version}.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    metadata += "".join(f"Requires-Dist: {line}\n" for line in requires)
    members: dict[str, bytes] = {
        **{path: text.encode() if isinstance(text, str) else text for path, text in files.items()},
        f"{folder}/METADATA": metadata.encode(),
        f"{folder}/WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        **{f"{folder}/{path}": text.encode() for path, text in (dist_info or {}).items()},
    }
    if record:
        lines = [f"{path},sha256={_digest(data)},{len(data)}" for path, data in members.items()]
        members[f"{folder}/RECORD"] = "\n".join([*lines, f"{folder}/RECORD,,", ""]).encode()
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, data in members.items():
            archive.writestr(path, data)
    return out.getvalue()


def _digest(data: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()


def normalized(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


class PackageIndex:
    """Serves what was added, while `answers` is set. `requests` has the path of every request so
    far."""

    def __init__(self, user: str = "", password: str = "", delay_s: float = 0) -> None:
        self.files: dict[str, dict[str, bytes]] = {}
        self.requests: list[str] = []
        self.delay_s = delay_s
        self.answers = threading.Event()
        self.answers.set()
        self._authorization = ""
        if user:
            token = base64.b64encode(f"{user}:{password}".encode()).decode()
            self._authorization = f"Basic {token}"
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/simple/"

    def add(self, name: str, version: str, files: Mapping[str, str | bytes], **more: Any) -> bytes:
        """Adds a wheel, described as for wheel_bytes(); its bytes."""
        data = wheel_bytes(name, version, files, **more)
        self.add_file(name, f"{name.replace('-', '_')}-{version}-py3-none-any.whl", data)
        return data

    def add_file(self, package: str, file_name: str, data: bytes) -> None:
        self.files.setdefault(normalized(package), {})[file_name] = data

    def downloads(self) -> list[str]:
        return [path.rpartition("/")[2] for path in self.requests if path.startswith("/files/")]

    def __enter__(self) -> PackageIndex:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.answers.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _handler(index) -> type[BaseHTTPRequestHandler]:  # noqa: N805
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:  # noqa: N802
                index.requests.append(self.path)
                index.answers.wait()
                if index.delay_s:
                    threading.Event().wait(index.delay_s)
                if index._authorization not in ("", self.headers.get("Authorization")):
                    self.send_response(401)
                    self.send_header("WWW-Authenticate", 'Basic realm="index"')
                    self.end_headers()
                    return
                found = index._find(self.path)
                self.send_response(404 if found is None else 200)
                if found is not None:
                    self.send_header("Content-Type", found[0])
                    self.send_header("Content-Length", str(len(found[1])))
                self.end_headers()
                if found is not None:
                    with contextlib.suppress(ConnectionError):  # pip was stopped meanwhile
                        self.wfile.write(found[1])

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                pass

        return Handler

    def _find(self, path: str) -> tuple[str, bytes] | None:
        parts = path.strip("/").split("/")
        files = self.files.get(parts[1]) if len(parts) > 1 else None
        if files is None:
            return None
        if parts[0] == "simple":
            links = [
                f'<a href="/files/{parts[1]}/{name}#sha256={hashlib.sha256(data).hexdigest()}">'
                f"{name}</a>"
                for name, data in files.items()
            ]
            return "text/html", ("<!DOCTYPE html><html><body>" + "".join(links)).encode()
        data = files.get(parts[2]) if parts[0] == "files" and len(parts) == 3 else None
        return ("application/octet-stream", data) if data is not None else None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("wheels", nargs="*", type=Path, help="wheel files to serve")
    wheels = parser.parse_args().wheels
    with PackageIndex() as index:
        for path in wheels:
            index.add_file(path.name.partition("-")[0], path.name, path.read_bytes())
        print(f"listening {index.url}", flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
