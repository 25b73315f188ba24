"""`requests` and `urllib.request` of report code, routed through the host."""

import io
import json
import subprocess
import sys
import urllib.error
import urllib.request

import carrel.http
import pytest
import requests
from sdk_loopback import CLEAN_ENVIRONMENT


@pytest.fixture(autouse=True)
def bridge(monkeypatch, host):
    """Installs the bridge for one test; other tests of this process get the libraries back."""
    for owner, name in (
        (requests.adapters.HTTPAdapter, "send"),
        (urllib.request.HTTPHandler, "http_open"),
        (urllib.request.HTTPSHandler, "https_open"),
        (urllib.request.HTTPRedirectHandler, "redirect_request"),
    ):
        monkeypatch.setattr(owner, name, getattr(owner, name))
    monkeypatch.setattr(sys, "meta_path", sys.meta_path[:])
    carrel.http.install()


def test_requests_get_a_real_response(api, host) -> None:
    answer = requests.get(
        f"{api.endpoint}/echo",
        params={"q": "a b"},
        headers={"X-A": "b"},
        auth=("user", "pass"),
        timeout=60,
    )
    assert type(answer) is requests.Response
    assert (answer.status_code, answer.reason, answer.ok) == (200, "OK", True)
    assert answer.headers["content-type"] == "application/json"
    assert answer.json()["target"] == "/public/v1/echo?q=a+b"
    assert answer.json()["headers"]["x-a"] == "b"
    assert answer.json()["headers"]["authorization"].startswith("Basic ")
    assert answer.url == f"{api.endpoint}/echo?q=a+b"
    assert answer.elapsed.total_seconds() > 0
    assert host.calls[0][:4] == ("", "GET", answer.url, "")


def test_requests_decode_text_and_stream_content(api) -> None:
    assert requests.get(f"{api.endpoint}/text").text == "grüße"
    assert requests.get(f"{api.endpoint}/gzip").text == "squeezed"
    with requests.get(f"{api.endpoint}/products?limit=9", stream=True) as answer:
        content = b"".join(answer.iter_content(7))
    assert len(json.loads(content)) == 9
    assert requests.get(f"{api.endpoint}/text", stream=True).raw.read(2) == b"gr"


def test_a_body_that_the_host_has_decoded_is_not_decoded_again(api, host, monkeypatch) -> None:
    import _carrel

    headers = {"Content-Encoding": "gzip", "Content-Length": "3", "Transfer-Encoding": "chunked"}
    monkeypatch.setattr(_carrel, "call", lambda *_: (200, headers, b"plain text"))
    assert requests.get(f"{api.endpoint}/x").content == b"plain text"
    assert urllib.request.urlopen(f"{api.endpoint}/x").read() == b"plain text"


def test_requests_send_bodies_of_every_kind(api) -> None:
    url = f"{api.endpoint}/echo"
    assert requests.post(url, json={"a": 1}).json()["body"] == '{"a": 1}'
    assert requests.put(url, data={"a": "b c"}).json()["body"] == "a=b+c"
    assert requests.post(url, data="é".encode()).json()["body"] == "é"
    assert requests.post(url, data=io.BytesIO(b"file")).json()["body"] == "file"
    assert requests.post(url, data=(part for part in (b"a", b"b"))).json()["body"] == "ab"
    assert 'name="f"' in requests.post(url, files={"f": b"data"}).json()["body"]
    assert requests.delete(url).json()["method"] == "DELETE"
    assert requests.head(f"{api.endpoint}/text").headers["Content-Length"] == "5"
    assert requests.get(f"{api.endpoint}/nothing").content == b""


def test_requests_follow_redirects_themselves_through_the_host(api, host) -> None:
    answer = requests.get(f"{api.endpoint}/moved")
    assert answer.url == f"{api.endpoint}/echo?moved=1"
    assert [one.status_code for one in answer.history] == [302]
    assert len(host.calls) == 2
    assert requests.get(f"{api.endpoint}/moved", allow_redirects=False).is_redirect


def test_requests_redirected_to_another_host_are_refused(api) -> None:
    with pytest.raises(requests.exceptions.ConnectionError, match="invalid is not permitted"):
        requests.get(f"{api.endpoint}/away")


def test_sessions_keep_headers_parameters_and_hooks(api) -> None:
    seen = []
    with requests.Session() as session:
        session.headers["X-Session"] = "1"
        session.params = {"all": "yes"}
        session.hooks["response"].append(lambda answer, **_: seen.append(answer.status_code))
        session.mount("http://", requests.adapters.HTTPAdapter(max_retries=3))
        echoed = session.get(f"{api.endpoint}/echo", params={"a": 1}).json()
    assert echoed["target"] == "/public/v1/echo?all=yes&a=1"
    assert echoed["headers"]["x-session"] == "1"
    assert seen == [200]


def test_prepared_requests_and_lines_work(api) -> None:
    request = requests.Request("POST", f"{api.endpoint}/echo", data="a\nb").prepare()
    with requests.Session() as session:
        answer = session.send(request, stream=True, timeout=(60, 60), verify=False)
    assert answer.request is request
    assert json.loads(b"".join(answer.iter_lines()))["body"] == "a\nb"
    assert answer.encoding is None or answer.encoding


def test_requests_error_statuses_and_refusals_raise_as_usual(api) -> None:
    answer = requests.get(f"{api.endpoint}/errors/404")
    with pytest.raises(requests.HTTPError, match="404 Client Error: Not Found"):
        answer.raise_for_status()
    with pytest.raises(requests.exceptions.ConnectionError) as caught:
        requests.get("http://169.254.169.254/latest")
    assert str(caught.value) == "origin http://169.254.169.254 is not permitted"
    assert caught.value.request.url == "http://169.254.169.254/latest"


def test_urlopen_gives_a_real_response(api, host) -> None:
    with urllib.request.urlopen(f"{api.endpoint}/echo?a=1#part") as answer:
        assert (answer.status, answer.reason, answer.msg) == (200, "OK", "OK")
        assert answer.getheader("Content-Type") == "application/json"
        assert answer.info().get_content_type() == "application/json"
        assert json.load(answer)["target"] == "/public/v1/echo?a=1"
    assert answer.geturl().startswith(api.endpoint)
    assert host.calls[0][2] == f"{api.endpoint}/echo?a=1"


def test_urlopen_posts_and_follows_redirects(api) -> None:
    request = urllib.request.Request(f"{api.endpoint}/echo", b"data", {"X-A": "b"}, method="PUT")
    echoed = json.load(urllib.request.urlopen(request))
    assert (echoed["method"], echoed["body"], echoed["headers"]["x-a"]) == ("PUT", "data", "b")
    opener = urllib.request.build_opener()
    assert opener.open(f"{api.endpoint}/moved").url == f"{api.endpoint}/echo?moved=1"


def test_urlopen_leaves_the_credential_behind_when_the_origin_changes(api, host) -> None:
    request = urllib.request.Request(f"{api.endpoint}/away", headers={"Authorization": "key"})
    with pytest.raises(urllib.error.URLError, match="invalid is not permitted"):
        urllib.request.urlopen(request)
    assert "Authorization" in host.calls[0][4]
    assert "Authorization" not in host.calls[1][4]
    same = urllib.request.Request(f"{api.endpoint}/moved", headers={"Authorization": "key"})
    assert json.load(urllib.request.urlopen(same))["headers"]["authorization"] == "key"


def test_urlopen_raises_its_own_errors(api) -> None:
    with pytest.raises(urllib.error.HTTPError) as failed:
        urllib.request.urlopen(f"{api.endpoint}/errors/409")
    assert failed.value.code == 409
    assert json.load(failed.value)["error_code"] == "VAL_001"
    with pytest.raises(urllib.error.URLError) as refused:
        urllib.request.urlopen("https://example.invalid/x")
    assert refused.value.reason == "origin https://example.invalid is not permitted"


def test_installing_imports_nothing_and_patches_on_import() -> None:
    code = """
import sys, types
import carrel.http, carrel.no_network
carrel.http.install(); carrel.http.install()
carrel.no_network.install(); carrel.no_network.install()
assert not {'requests', 'urllib.request', 'http.client', 'ssl', 'socket'} & set(sys.modules)
module = types.ModuleType('_carrel')
module.CallError = type('CallError', (Exception,), {})
module.call = lambda *call: (200, {'X-Seen': call[2]}, b'ok')
sys.modules['_carrel'] = module
import requests, urllib.request
assert requests.get('https://one.invalid/x').headers['x-seen'] == 'https://one.invalid/x'
assert urllib.request.urlopen('https://two.invalid/').read() == b'ok'
import inspect
assert 'HTTPAdapter' in inspect.getsource(requests.adapters)
import http.client
try:
    http.client.HTTPSConnection('three.invalid').request('GET', '/')
except PermissionError as error:
    assert str(error) == '[Errno 1] three.invalid:443: ' + carrel.no_network.TEXT
else:
    assert False
assert not hasattr(http.client.HTTPConnection.connect.carrel_original, 'carrel_original')
print('done')
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=CLEAN_ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("done\n", "")
