"""What a report reaches of the network: permitted origins through the host, and nothing else."""

from __future__ import annotations

import base64
import csv
import json
import urllib.parse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from carrel_runner import Carrel
from connect_api import ConnectApi, Rule
from http_fault_server import HttpFaultServer
from report_repos import lua_repo, python_repo, write

KEY = "SU-1:secret"
LONG_KEY = "SU-000-111:n0t/to+be.seen-by-anyone="


@pytest.fixture
def server() -> Iterator[HttpFaultServer]:
    with HttpFaultServer() as running:
        yield running


@pytest.fixture
def canary() -> Iterator[HttpFaultServer]:
    """A server that no report is permitted to reach."""
    with HttpFaultServer() as running:
        yield running


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


@pytest.fixture
def bench(carrel: Carrel, tmp_path: Path) -> Bench:
    return Bench(carrel, tmp_path)


# Permitted origins.


def test_requests_reach_the_api_with_the_key_of_the_host(bench: Bench, api: ConnectApi) -> None:
    body = """
    import requests
    answer = requests.get(
        f"{client.endpoint}/subscriptions/assets",
        headers={"Authorization": client.api_key},
        params={"limit": 2, "status": "active"},
        timeout=60,
    )
    answer.raise_for_status()
    yield (answer.status_code, answer.ok, answer.url, answer.headers["Content-Range"])
    for asset in answer.json():
        yield (asset["id"],)
    yield (client.api_key,)
    """
    rows = bench.rows(body, "--endpoint", api.url, "--api-key", KEY)
    url = f"{api.url}/subscriptions/assets?limit=2&status=active"
    assert rows[0] == ["200", "True", url, "items 0-1/3"]
    assert [row[0] for row in rows[1:3]] == ["AS-1", "AS-3"]
    (request,) = api.log
    assert request.headers["Authorization"] == f"ApiKey {KEY}"
    assert request.query == "limit=2&status=active"
    assert rows[-1][0].startswith("ApiKey ") and "secret" not in rows[-1][0]


def test_urllib_reaches_the_api_with_the_key_of_the_host(bench: Bench, api: ConnectApi) -> None:
    body = """
    import json, urllib.request
    request = urllib.request.Request(
        f"{client.endpoint}/subscriptions/assets?limit=1", headers={"Authorization": client.api_key}
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        yield (answer.status, answer.geturl(), json.load(answer)[0]["id"])
    opener = urllib.request.build_opener()
    opener.addheaders = [("Authorization", client.api_key), ("X-Mine", "1")]
    yield (json.load(opener.open(f"{client.endpoint}/subscriptions/assets?limit=1"))[0]["id"],)
    """
    rows = bench.rows(body, "--endpoint", api.url, "--api-key", KEY)
    assert rows == [["200", f"{api.url}/subscriptions/assets?limit=1", "AS-1"], ["AS-1"]]
    assert {one.headers["Authorization"] for one in api.log} == {f"ApiKey {KEY}"}


def test_requests_work_as_everywhere_else(bench: Bench, server: HttpFaultServer) -> None:
    body = f"""
    import requests
    base = {server.url()!r}
    with requests.Session() as session:
        session.headers["X-Session"] = "yes"
        echoed = session.post(base + "/echo", json={{"a": 1}}).json()
        yield (echoed["method"], echoed["body"], echoed["headers"]["content-type"])
        echoed = session.put(base + "/echo", data={{"a": "b c"}}, params=[("q", "1")]).json()
        yield (echoed["target"], echoed["body"], echoed["headers"]["x-session"])
        with session.get(base + "/sized/300000", stream=True) as answer:
            yield (sum(len(part) for part in answer.iter_content(4096)),)
        yield (session.head(base + "/sized/7").headers["Content-Length"],)
        yield (session.delete(base + "/echo").json()["method"],)
    missing = requests.get(base + "/status/404")
    try:
        missing.raise_for_status()
    except requests.HTTPError as error:
        failed = error.response
        yield (type(error).__name__, failed.status_code, failed.json()["error_code"])
    yield (requests.get(base + "/gzip").text,)
    yield (requests.get(base + "/status/204").content,)
    """
    rows = bench.rows(body, "--api-access", "read-write", connections={"faults": server.url()})
    assert rows == [
        ["POST", '{"a": 1}', "application/json"],
        ["/echo?q=1", "a=b+c", "yes"],
        ["300000"],
        ["7"],
        ["DELETE"],
        ["HTTPError", "404", "VAL_001"],
        ["plain text"],
        ["b''"],
    ]


def test_an_error_status_is_the_librarys_own_exception(
    bench: Bench, server: HttpFaultServer
) -> None:
    body = f"""
    import urllib.error, urllib.request
    try:
        urllib.request.urlopen({server.url("/status/409")!r})
    except urllib.error.HTTPError as error:
        yield (error.code, error.read().decode())
    """
    rows = bench.rows(body, connections={"faults": server.url()})
    assert rows == [["409", '{"error_code": "VAL_001"}']]


def test_each_connection_gets_its_own_key(
    bench: Bench, api: ConnectApi, server: HttpFaultServer
) -> None:
    body = f"""
    import requests
    headers = {{"Authorization": client.api_key}}
    requests.get(f"{{client.endpoint}}/requests", headers=headers).raise_for_status()
    url = {server.url("/echo")!r}
    yield (requests.get(url, headers=headers).json()["headers"]["authorization"],)
    yield ("authorization" in requests.get(url).json()["headers"],)
    """
    rows = bench.rows(
        *(body, "--endpoint", api.url, "--api-key", KEY),
        connections={"faults": server.url()},
        env={"CARREL_API_KEY_FAULTS": "SU-2:other-key"},
    )
    # The server had it (a wrong one would not be scrubbed); the report does not see it.
    assert rows == [["***"], ["False"]]
    assert {one.headers["Authorization"] for one in api.log} == {f"ApiKey {KEY}"}


def test_redirects_to_permitted_origins_are_the_librarys_business(
    bench: Bench, api: ConnectApi, server: HttpFaultServer
) -> None:
    body = f"""
    import requests, urllib.request
    url = {server.url("/redirect/302?/echo/there")!r}
    answer = requests.get(url)
    yield (answer.url, len(answer.history), answer.history[0].status_code)
    yield (requests.get(url, allow_redirects=False).status_code,)
    yield (urllib.request.urlopen(url).url,)
    away = {server.url("/redirect/302?" + api.url + "/requests")!r}
    headers = {{"Authorization": client.api_key}}
    yield (requests.get(away, headers=headers).status_code,)
    request = urllib.request.Request(away, headers=headers)
    try:
        urllib.request.urlopen(request)
    except urllib.error.HTTPError as error:
        yield (error.code,)
    """
    rows = bench.rows(
        *(body, "--endpoint", api.url, "--api-key", KEY),
        connections={"faults": server.url()},
        env={"CARREL_API_KEY_FAULTS": "SU-2:other-key"},
    )
    there = server.url("/echo/there")
    # 401: the api was asked without the key, which stays with the origin it was meant for.
    assert rows == [[there, "1", "302"], ["302"], [there], ["401"], ["401"]]
    assert [one.headers.get("Authorization") for one in api.log] == [None, None]


def test_a_client_that_the_report_makes_follows_redirects_within_permitted_origins(
    bench: Bench, server: HttpFaultServer, canary: HttpFaultServer
) -> None:
    body = f"""
    from connect.client import ClientError, ConnectClient
    own = ConnectClient(client.api_key, {server.url()!r})
    yield (own.get("redirect/302?/echo/there")["target"],)
    try:
        own.get({"redirect/302?" + canary.url("/echo")!r})
    except ClientError as error:
        yield (str(error),)
    """
    rows = bench.rows(
        body, connections={"faults": server.url()}, env={"CARREL_API_KEY_FAULTS": KEY}
    )
    assert rows[0] == ["/echo/there"]
    assert f"{canary.url()} is not a permitted origin" in rows[1][0]
    assert canary.connections() == 0


# Refused origins.

FOREIGN = [
    "http://127.0.0.1:{port}/echo",
    "http://localhost:{port}/echo",
    "http://[::1]:{port}/echo",
    "http://2130706433:{port}/echo",
    "http://0x7f.1:{port}/echo",
    "http://0177.0.0.1:{port}/echo",
    "http://[::ffff:127.0.0.1]:{port}/echo",
    "http://127.0.0.1.:{port}/echo",
    "http://127.0.0.1:{permitted}@127.0.0.1:{port}/echo",
    "http://169.254.169.254/latest/meta-data/",
    "http://2852039166/latest/meta-data/",
    "http://metadata.google.internal/computeMetadata/v1/",
    "http://10.0.0.1/",
    "http://192.168.1.1/",
    "http://[fd00:ec2::254]/",
    "https://no-such-host.invalid/",
    "https://127.0.0.1:{permitted}/echo",
]


@pytest.mark.parametrize("library", ["requests", "urllib"])
def test_an_origin_that_is_not_permitted_is_refused_at_once(
    bench: Bench, server: HttpFaultServer, canary: HttpFaultServer, library: str
) -> None:
    urls = [url.format(port=canary.port, permitted=server.port) for url in FOREIGN]
    body = f"""
    import time, requests, urllib.error, urllib.request
    call = {{"requests": requests.get, "urllib": urllib.request.urlopen}}[{library!r}]
    for url in {urls!r}:
        start = time.monotonic()
        try:
            call(url, timeout=60)
        except Exception as error:
            kind = f"{{type(error).__module__}}.{{type(error).__name__}}"
            yield (kind, time.monotonic() - start < 30, str(error))
        else:
            yield ("answered", url, "")
    """
    rows = bench.rows(body, connections={"faults": server.url()})
    expected = {
        "requests": "requests.exceptions.ConnectionError",
        "urllib": "urllib.error.URLError",
    }[library]
    assert len(rows) == len(urls)
    for row, url in zip(rows, urls, strict=True):
        assert row[:2] == [expected, "True"], (url, row)
    texts = dict(zip(urls, (row[2] for row in rows), strict=True))
    origin = "https://no-such-host.invalid"
    assert (
        f"{origin} is not a permitted origin: add a connection for it with --connection "
        f"NAME={origin} and name it in permissions.connections of the report in reports.json"
    ) in texts[f"{origin}/"]
    assert (
        "a cloud metadata address is never called" in texts["http://2852039166/latest/meta-data/"]
    )
    assert (canary.connections(), server.connections()) == (0, 0)


def test_a_connection_that_the_report_is_not_granted_is_named(
    bench: Bench, server: HttpFaultServer
) -> None:
    files = python_repo(f"import requests\nyield (requests.get({server.url('/echo')!r}),)")
    source = write(files, bench.folder / "other")
    done = bench.carrel("run", source, "demo", "--connection", f"faults={server.url()}")
    assert done.code == 1
    text = (
        f'{server.url()} is not a permitted origin: it is connection "faults", which reports.json '
        "must name in permissions.connections of the report"
    )
    assert text in bench.carrel.reports()[0]["notes"]
    assert server.connections() == 0


@pytest.mark.parametrize(
    "place",
    [
        "http://169.254.169.254/latest/",
        "http://metadata.google.internal/",
        "http://127.0.0.1:CANARY/echo",
        "//127.0.0.1:CANARY/echo",
        "http://localhost:CANARY/echo",
    ],
)
def test_a_redirect_elsewhere_is_refused_whoever_follows_it(
    bench: Bench, server: HttpFaultServer, canary: HttpFaultServer, place: str
) -> None:
    place = place.replace("CANARY", str(canary.port))
    path = f"/redirect/302?{place}"
    body = f"""
    import requests, urllib.request
    from connect.client import ClientError
    for call in (requests.get, urllib.request.urlopen):
        try:
            call({server.url(path)!r})
        except OSError as error:
            yield (type(error).__name__, str(error))
    try:
        client.get({path.removeprefix("/")!r})
    except ClientError as error:
        yield (type(error).__name__, str(error))
    """
    rows = bench.rows(
        body, "--endpoint", server.url(), "--api-key", KEY, connections={"faults": server.url()}
    )
    assert [row[0] for row in rows] == ["ConnectionError", "URLError", "ClientError"]
    for row in rows:
        assert "is not a permitted origin" in row[1], row
    assert canary.connections() == 0


@pytest.mark.parametrize(
    "attempt",
    [
        'socket.create_connection(("127.0.0.1", PORT), timeout=60)',
        'socket.create_connection(("example.com", PORT), timeout=60)',
        'socket.getaddrinfo("example.com", 443)',
        'socket.gethostbyname("example.com")',
        "socket.socket(socket.AF_INET, socket.SOCK_DGRAM)",
        "socket.socket(socket.AF_UNIX)",
        'http.client.HTTPConnection("127.0.0.1", PORT).request("GET", "/")',
        'http.client.HTTPSConnection("example.com").request("GET", "/")',
        'urllib3.PoolManager().request("GET", "http://127.0.0.1:PORT/")',
        'urllib3.PoolManager().request("GET", "https://example.com/")',
        'urllib.request.urlopen("ftp://127.0.0.1/x")',
        'smtplib.SMTP("127.0.0.1", PORT)',
        'asyncio.run(asyncio.open_connection("127.0.0.1", PORT))',
    ],
)
def test_the_network_itself_is_refused_at_once_in_words(
    bench: Bench, canary: HttpFaultServer, attempt: str
) -> None:
    body = f"""
    import asyncio, http.client, smtplib, socket, time, urllib.request, urllib3
    start = time.monotonic()
    try:
        {attempt.replace("PORT", str(canary.port))}
    except Exception as error:
        yield (time.monotonic() - start < 30, str(error))
    """
    ((soon, text),) = bench.rows(body, connections={"canary": canary.url()})
    assert soon == "True"
    assert "a report has no network of its own: use requests or urllib.request" in text
    assert canary.connections() == 0


# What a call may carry.


def test_writing_methods_are_refused_to_a_read_only_connection(
    bench: Bench, server: HttpFaultServer
) -> None:
    body = f"""
    import requests, urllib.request
    url = {server.url("/echo")!r}
    attempts = [lambda m=m: requests.request(m, url) for m in ("POST", "PUT", "PATCH", "DELETE")]
    attempts += [
        lambda: urllib.request.urlopen(url, data=b"x"),
        lambda: requests.request("TRACE", url),
        lambda: requests.request("CONNECT", url),
        lambda: requests.get(url, headers={{"X-HTTP-Method-Override": "DELETE"}}),
        lambda: requests.get(url, headers={{"X_HTTP_Method": "DELETE"}}),
        lambda: requests.get(url, headers={{"X-Original-URL": "/admin"}}),
        lambda: requests.get(url, data="body"),
    ]
    for attempt in attempts:
        try:
            yield ("answered", attempt())
        except OSError as error:
            yield ("refused", str(error))
    """
    rows = bench.rows(body, connections={"faults": server.url()})
    assert [row[0] for row in rows] == ["refused"] * 11
    assert all('connection "faults" is granted read only' in row[1] for row in rows[:5])
    assert server.connections() == 0


def test_nothing_breaks_out_of_its_place(bench: Bench, server: HttpFaultServer) -> None:
    calls = [
        ("GET", server.url("/echo\r\nX-Injected: 1"), {}),
        ("GET", server.url("/echo HTTP/1.1\r\nHost: evil"), {}),
        ("GET", server.url("/echo\x00"), {}),
        ("GET", server.url("/a/../echo"), {}),
        ("GET", server.url("/a/%2e%2e/echo"), {}),
        ("GET", server.url("/a\\..\\echo"), {}),
        ("GET /x HTTP/1.1\r\nX-Injected: 1\r\n\r\nGET", server.url("/echo"), {}),
        ("GET", server.url("/echo"), {"X-A": "1\r\nX-Injected: 1"}),
        ("GET", server.url("/echo"), {"X-A: 1\r\nX-Injected": "1"}),
        ("GET", server.url("/echo"), {"X-A": "1\x00"}),
        ("GET", "gopher://127.0.0.1/", {}),
        ("GET", "/etc/passwd", {}),
        ("GET", "//127.0.0.1/", {}),
    ]
    body = f"""
    import _carrel
    for method, path, headers in {calls!r}:
        try:
            yield ("answered", _carrel.call("", method, path, "", headers, None)[2])
        except _carrel.CallError as error:
            yield ("refused", str(error))
    """
    rows = bench.rows(body, "--endpoint", "http://127.0.0.1:9999", connections={"f": server.url()})
    kept = [row for row in rows if row[0] != "refused"]
    assert kept == []
    # "/etc/passwd" is a path below the endpoint, where nobody listens.
    assert sum("expected" in row[1] or "not " in row[1] for row in rows) >= len(calls) - 1
    assert server.connections() == 0


def test_the_key_has_one_place(
    bench: Bench, server: HttpFaultServer, canary: HttpFaultServer
) -> None:
    body = f"""
    import requests
    key, url = client.api_key, {server.url("/echo")!r}
    token = key.split()[-1]
    attempts = [
        lambda: requests.get(url, params={{"key": key}}),
        lambda: requests.get(f"{{url}}/{{token}}"),
        lambda: requests.get(url, headers={{"X-Key": key}}),
        lambda: requests.get(url, headers={{"Cookie": f"key={{token}}"}}),
        lambda: requests.post(url, json={{"key": key}}),
        lambda: requests.post(url, data={{"key": key}}),
        lambda: requests.get({canary.url("/echo")!r}, headers={{"Authorization": key}}),
        lambda: requests.get("http://open.invalid/", headers={{"Authorization": key}}),
        lambda: requests.get(url, headers={{"Authorization": "ApiKey SU-9:own"}}),
    ]
    for attempt in attempts:
        try:
            yield ("answered", attempt().text)
        except OSError as error:
            yield ("refused", token.split(":")[-1] in str(error), str(error))
    """
    rows = bench.rows(
        *(body, "--endpoint", canary.url(), "--api-access", "read-write"),
        connections={"faults": server.url()},
        env={"CARREL_API_KEY_FAULTS": KEY},
    )
    assert [row[:2] for row in rows] == [["refused", "False"]] * 9, rows
    assert all("only in the Authorization header" in row[2] for row in rows[:6])
    assert 'connection "default" has no credential' in rows[6][2]
    assert "must be client.api_key" in rows[8][2]
    assert (server.connections(), canary.connections()) == (0, 0)


@pytest.mark.parametrize(
    "form", ["plain", "percent", "lower-percent", "base64", "base64-url", "json"]
)
def test_a_server_that_echoes_the_key_tells_it_to_nobody(
    bench: Bench, server: HttpFaultServer, form: str
) -> None:
    body = f"""
    import requests
    headers = {{"Authorization": client.api_key}}
    answer = requests.get({server.url("/leak/" + form)!r}, headers=headers)
    print(answer.text, answer.headers["ETag"])
    yield (answer.text, answer.headers["ETag"])
    raise ValueError(answer.text)
    """
    notes = bench.fails(
        *(body, "--endpoint", server.url(), "--api-key", LONG_KEY),
    )
    assert "you sent" in notes and "***" in notes
    key = LONG_KEY.encode()
    shapes = [key, key[len("SU-000-111:") :], urllib.parse.quote(key, safe="").encode()]
    shapes += [base64.b64encode(b"x" * n + key)[4:40] for n in range(3)]
    said = bench.err.encode() + json.dumps(bench.carrel.reports()).encode()
    kept = [path.read_bytes() for path in bench.carrel.data.rglob("*") if path.is_file()]
    for shape in shapes:
        assert shape not in said
        assert not any(shape in content for content in kept)


# Limits.


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("/huge", "limit reply_kb"),
        ("/endless", "limit reply_kb"),
        ("/gzip-bomb", "limit reply_kb"),
        ("/nested-gzip/2", "limit reply_kb"),
        ("/endless-headers", "response headers are larger than"),
    ],
)
def test_an_answer_without_measure_is_cut(
    bench: Bench, server: HttpFaultServer, path: str, text: str
) -> None:
    body = f"import requests\nyield (len(requests.get({server.url(path)!r}).content),)"
    assert text in bench.fails(body, connections={"faults": server.url()})
    assert bench.carrel.leftovers() == []


def test_the_number_of_calls_ends_the_report(bench: Bench, server: HttpFaultServer) -> None:
    body = f"""
    import requests
    for _ in range(100):
        try:
            yield (requests.get({server.url("/status/200/many")!r}).status_code,)
        except OSError:
            pass
    """
    notes = bench.fails(body, "--limit", "calls=5", connections={"faults": server.url()})
    assert "calls = 5" in notes
    assert server.count("many") == 5


@pytest.mark.parametrize(
    ("limit", "path", "text"),
    [
        ("reply_kb=64", "/sized/65537", "65536 bytes (limit reply_kb)"),
        ("received_mb=1", "/sized/400000", "limit received_mb = 1048576 bytes"),
    ],
)
def test_what_a_report_receives_is_its_operators_choice(
    bench: Bench, server: HttpFaultServer, limit: str, path: str, text: str
) -> None:
    body = f"""
    import requests
    for _ in range(4):
        yield (len(requests.get({server.url(path)!r}).content),)
    """
    connections = {"faults": server.url()}
    assert len(bench.rows(body, connections=connections)) == 4
    assert text in bench.fails(body, "--limit", limit, connections=connections)


def test_what_a_report_sends_is_its_operators_choice(bench: Bench, server: HttpFaultServer) -> None:
    body = f"""
    import requests
    for _ in range(40):
        requests.get({server.url("/echo")!r}, headers={{"X-Long": "x" * 30_000}})
        yield ("sent",)
    """
    notes = bench.fails(body, "--limit", "sent_mb=1", connections={"faults": server.url()})
    assert "limit sent_mb = 1048576 bytes" in notes


def test_a_call_ends_after_its_seconds(bench: Bench, server: HttpFaultServer) -> None:
    body = f"""
    import requests
    try:
        requests.get({server.url("/hang")!r})
    except OSError as error:
        yield (str(error),)
    """
    rows = bench.rows(body, "--limit", "call_s=1", connections={"faults": server.url()})
    assert "1" in rows[0][0], rows


def test_a_hundred_calls_at_once_wait_for_their_turn(bench: Bench, server: HttpFaultServer) -> None:
    body = f"""
    import requests
    from concurrent.futures import ThreadPoolExecutor
    with ThreadPoolExecutor(16) as pool:
        for answer in pool.map(requests.get, [{server.url("/slow/20")!r}] * 100):
            yield (answer.text,)
    yield (requests.get({server.url("/state/peak")!r}).text,)
    """
    rows = bench.rows(body, connections={"faults": server.url()})
    assert rows[:-1] == [["done"]] * 100
    assert int(rows[-1][0]) <= 4


def test_a_lua_report_meets_the_same_rules(bench: Bench, api: ConnectApi) -> None:
    place = "http://169.254.169.254/latest/"
    api.add_rule(Rule("^requests", status=302, headers={"Location": place}))
    code = """
    local ok, problem = pcall(function() return client.requests:all():count() end)
    return { { tostring(ok), tostring(problem) } }
    """
    source = write(lua_repo(code), bench.folder / "lua")
    bench.carrel.ok("run", source, "demo", "--endpoint", api.url, "--api-key", KEY)
    text = (bench.carrel.work / "demo.csv").read_text()
    assert '"false"' in text and "a cloud metadata address is never called" in text
