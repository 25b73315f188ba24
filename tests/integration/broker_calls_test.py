"""What a call of a report may carry, where the key may stand in it, and how much it may be."""

from __future__ import annotations

import base64
import json
import urllib.parse

import pytest
from broker_bench import KEY, Bench
from http_fault_server import HttpFaultServer

LONG_KEY = "SU-000-111:n0t/to+be.seen-by-anyone="

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
