"""A small API server for tests that speaks like CloudBlue Connect: paths, RQL, paging, errors.

Data is a mapping from collection path (`requests`, `subscriptions/assets`,
`products/PRD-1/parameters`) to a list of objects, served in stored order below `/public/v1`.
Every request is logged as it came in, and rules make chosen requests fail in chosen ways.

As a library:

    with ConnectApi({"requests": [{"id": "PR-1"}]}, api_key="secret") as api:
        api.add_rule(Rule("^requests", times=1, status=502))
        fetch(api.url, ...)
        assert api.log[0].query == "limit=500&offset=0"

As a program: `python3 connect_api.py --data FILE --api-key KEY [--port 0]` prints
`listening http://127.0.0.1:PORT/public/v1` and serves until SIGTERM or until stdin ends. The same
controls are then at `_control/rules` (POST one rule or a list, DELETE all) and `_control/log` (GET,
DELETE); they want no key.
"""

from __future__ import annotations

import argparse
import hmac
import json
import re
import socket
import struct
import sys
import threading
import urllib.parse
from dataclasses import asdict, dataclass, field, fields
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType

import rql
from git_http_server import serve_until_told_to_stop

BASE_PATH = "/public/v1"
_MAX_LIMIT = 1000
_ERROR_CODES = {400: "VAL_001", 401: "AUTH_001", 403: "AUTH_001", 404: "GEN_404", 500: "SYS_001"}

JsonObject = dict[str, object]
Data = dict[str, list[JsonObject]]


@dataclass
class Rule:
    """What happens to requests whose path and query (below the base path) match `match`.

    The answer is replaced when `status` or `body` is set; `truncate` sends that many bytes of the
    answer and closes; `reset` resets the connection; `hang` never answers.
    """

    match: str
    times: int = -1
    status: int | None = None
    body: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    delay_s: float = 0.0
    hang: bool = False
    truncate: int | None = None
    reset: bool = False


@dataclass(frozen=True)
class LoggedRequest:
    """One request as received; `path` is below the base path, `query` is raw."""

    method: str
    path: str
    query: str
    headers: dict[str, str]


class _ApiError(Exception):
    def __init__(self, status: int, *texts: str) -> None:
        super().__init__(", ".join(texts))
        self.status = status
        self.texts = list(texts)


@dataclass
class _Answer:
    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    owner: ConnectApi

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

    def do_PUT(self) -> None:
        self._serve()

    def do_DELETE(self) -> None:
        self._serve()

    def log_message(self, format: str, *args: object) -> None:
        """Requests are logged by the server object; stderr stays quiet."""

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        raw_path, _, query = self.path.partition("?")
        path = urllib.parse.unquote(raw_path.removeprefix(BASE_PATH)).strip("/")
        owner = self.server.owner
        if path.startswith("_control/"):
            self._send(owner._control(self.command, path, body))
            return
        owner._remember(LoggedRequest(self.command, path, query, dict(self.headers.items())))
        rule = owner._take_rule(f"{path}?{query}" if query else path)
        if rule is not None and not self._misbehave(rule):
            return
        if rule is not None and (rule.status is not None or rule.body is not None):
            status = rule.status or 200
            text = rule.body
            answer = _Answer(status, text.encode()) if text is not None else _error(status, "fault")
            answer.headers.update(rule.headers)
        else:
            answer = self._answer(raw_path, path, query, body)
        self._send(answer, rule.truncate if rule is not None else None)

    def _misbehave(self, rule: Rule) -> bool:
        """False when no answer is to be sent any more."""
        stopping = self.server.owner._stopping
        if rule.delay_s > 0:
            stopping.wait(rule.delay_s)
        if rule.hang:
            stopping.wait()
        if rule.reset:
            linger = struct.pack("ii", 1, 0)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        if rule.hang or rule.reset:
            self.close_connection = True
            self.connection.close()
            return False
        return True

    def _answer(self, raw_path: str, path: str, query: str, body: bytes) -> _Answer:
        owner = self.server.owner
        try:
            if not owner._authorized(self.headers.get("Authorization")):
                raise _ApiError(401, "API request is unauthorized.")
            if not raw_path.startswith(BASE_PATH + "/"):
                raise _ApiError(404, "Not found.")
            return owner._handle(self.command, path, query, body)
        except _ApiError as error:
            return _error(error.status, *error.texts)
        except rql.RqlError as error:
            return _error(400, str(error))

    def _send(self, answer: _Answer, truncate: int | None = None) -> None:
        self.send_response(answer.status)
        headers = {"Content-Type": "application/json", **answer.headers}
        for name, value in headers.items():
            self.send_header(name, value)
        if answer.status != 204:
            self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if truncate is not None:
            self.wfile.write(answer.body[: min(truncate, max(len(answer.body) - 1, 0))])
            self.close_connection = True
        elif answer.status != 204:
            self.wfile.write(answer.body)


def _json(status: int, value: object, **headers: str) -> _Answer:
    return _Answer(status, json.dumps(value, ensure_ascii=False).encode(), dict(headers))


def _error(status: int, *texts: str) -> _Answer:
    code = _ERROR_CODES.get(status, f"GEN_{status}")
    return _json(status, {"error_code": code, "errors": list(texts)})


class ConnectApi:
    """Serves `data`. Thread safe; start with `with`."""

    def __init__(self, data: Data, *, api_key: str, port: int = 0) -> None:
        self._data = data
        self._api_key = api_key
        self._rules: list[Rule] = []
        self._log: list[LoggedRequest] = []
        self._lock = threading.RLock()
        self._stopping = threading.Event()
        self._server = _Server(("127.0.0.1", port), _Handler)
        self._server.owner = self
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def port(self) -> int:
        return self._server.server_address[1]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}{BASE_PATH}"

    @property
    def log(self) -> list[LoggedRequest]:
        with self._lock:
            return list(self._log)

    def clear_log(self) -> None:
        with self._lock:
            self._log.clear()

    def add_rule(self, rule: Rule) -> None:
        """Rules are tried in the order they were added; the first that matches is used."""
        re.compile(rule.match)
        with self._lock:
            self._rules.append(rule)

    def clear_rules(self) -> None:
        with self._lock:
            self._rules.clear()

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()

    def __enter__(self) -> ConnectApi:
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
        expected = self._api_key if " " in self._api_key else f"ApiKey {self._api_key}"
        return hmac.compare_digest((header or "").encode(), expected.encode())

    def _remember(self, request: LoggedRequest) -> None:
        with self._lock:
            self._log.append(request)

    def _take_rule(self, target: str) -> Rule | None:
        with self._lock:
            for rule in self._rules:
                if rule.times != 0 and re.search(rule.match, target):
                    rule.times -= 1 if rule.times > 0 else 0
                    return rule
        return None

    def _control(self, method: str, path: str, body: bytes) -> _Answer:
        if (method, path) == ("GET", "_control/log"):
            return _json(200, [asdict(entry) for entry in self.log])
        if (method, path) == ("DELETE", "_control/log"):
            self.clear_log()
            return _Answer(204, b"")
        if (method, path) == ("DELETE", "_control/rules"):
            self.clear_rules()
            return _Answer(204, b"")
        if (method, path) == ("POST", "_control/rules"):
            return self._control_add(body)
        return _error(404, f"no control {method} {path}")

    def _control_add(self, body: bytes) -> _Answer:
        known = {entry.name for entry in fields(Rule)}
        try:
            given = json.loads(body)
            rules = given if isinstance(given, list) else [given]
            for rule in rules:
                unknown = set(rule) - known
                if unknown:
                    return _error(400, f"unknown rule fields {sorted(unknown)}")
                self.add_rule(Rule(**rule))
        except (ValueError, TypeError, re.error) as error:
            return _error(400, f"not a rule: {error}")
        return _json(201, {"rules": len(rules)})

    def _handle(self, method: str, path: str, query: str, body: bytes) -> _Answer:
        with self._lock:
            if method == "GET":
                return self._get(path, query)
            try:
                payload = json.loads(body) if body else {}
            except ValueError:
                raise _ApiError(400, "The body is not JSON.") from None
            return self._write(method, path, payload)

    def _get(self, path: str, query: str) -> _Answer:
        if path in self._data:
            return self._list(self._data[path], rql.parse(query))
        return _json(200, rql.parse(query).select(self._find(path)))

    def _list(self, objects: list[JsonObject], query: rql.Query) -> _Answer:
        if query.limit > _MAX_LIMIT:
            raise _ApiError(400, f"limit is at most {_MAX_LIMIT}, found {query.limit}")
        found = query.order([one for one in objects if query.matches(one)])
        page = found[query.offset : query.offset + query.limit]
        first, last = (query.offset, query.offset + len(page) - 1) if page else (0, 0)
        content_range = f"items {first}-{last}/{len(found)}"
        answer = _json(200, [query.select(one) for one in page])
        answer.headers["Content-Range"] = content_range
        return answer

    def _find(self, path: str) -> JsonObject:
        collection, _, wanted = path.rpartition("/")
        for one in self._data.get(collection, []):
            if str(one.get("id")) == wanted:
                return one
        raise _ApiError(404, "Object not found.")

    def _write(self, method: str, path: str, payload: object) -> _Answer:
        if not isinstance(payload, dict):
            raise _ApiError(400, "The body must be an object.")
        if method == "POST" and path in self._data:
            created = {"id": f"NEW-{len(self._data[path]) + 1:04}", **payload}
            self._data[path].append(created)
            return _json(201, created)
        found = self._find(path)
        if method == "PUT":
            found.update(payload)
            return _json(200, found)
        if method == "DELETE":
            self._data[path.rpartition("/")[0]].remove(found)
            return _Answer(204, b"")
        raise _ApiError(405, f"{method} is not allowed here.")


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Serve a Connect-compatible API from a file.")
    parser.add_argument("--data", required=True, type=Path)
    parser.add_argument("--api-key", required=True)
    parser.add_argument("--port", type=int, default=0)
    options = parser.parse_args(arguments)
    data = json.loads(options.data.read_text(encoding="utf-8"))
    with ConnectApi(data, api_key=options.api_key, port=options.port) as api:
        print(f"listening {api.url}", flush=True)
        serve_until_told_to_stop(threading.Event())
    return 0


if __name__ == "__main__":
    sys.exit(main())
