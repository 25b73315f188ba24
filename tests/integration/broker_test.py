"""What a report reaches of the network: permitted origins through the host, and nothing else."""

from __future__ import annotations

import pytest
from broker_bench import KEY, Bench
from connect_api import ConnectApi, Rule
from http_fault_server import HttpFaultServer
from report_repos import lua_repo, python_repo, write

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
