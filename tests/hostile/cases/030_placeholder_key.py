# 030 the key that a report sees is worthless, and becomes the real one only where it belongs
# expect: ok
# connections: default writable foreign
import re

import requests
from probe import raises


def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    import _carrel

    key = client.api_key
    assert re.fullmatch("ApiKey placeholder:[0-9a-f]{32}", key), key
    secret = re.compile(input_data["secret"])
    base, foreign = input_data["endpoints"]["default"], input_data["endpoints"]["foreign"]
    header = {"Authorization": key}
    call = _carrel.call
    token = key.rpartition(":")[2]
    percent = "".join(f"%{ord(c):02x}" for c in token)
    for name, arguments in {
        "foreign origin": ("", "GET", foreign + "/echo", "", header),
        "foreign connection": ("foreign", "GET", "/echo", "", header),
        "in the path": ("default", "GET", "/" + token),
        "in the path, encoded": ("default", "GET", "/" + percent),
        "in the query": ("default", "GET", "/echo", "key=" + token),
        "in the query, encoded": ("default", "GET", "/echo", "key=" + percent),
        "in the body": ("writable", "POST", "/echo", "", {}, key.encode()),
        "in another header": ("default", "GET", "/echo", "", {"X-Key": key}),
        "in a header name": ("default", "GET", "/echo", "", {"X-" + token: "1"}),
        "in the url of another": ("", "GET", foreign + "/echo?" + token),
    }.items():
        yield raises(name, _carrel.CallError, call, *arguments)
    answer = requests.get(base + "/leak", headers=header)
    shown = answer.text + repr(answer.headers)
    assert answer.status_code == 200 and "***" in shown, shown
    assert not secret.search(shown), "the server told the key back to the report"
    yield ["sent back by the server", answer.json()["shown"]]
    status, headers, body = call("default", "GET", "/leak")
    assert not secret.search(repr(headers) + body.decode()), "told back"
    yield ["added by the host", status]
    answer = requests.get(base + "/echo")
    assert answer.json()["has_key"] is False, answer.text
    yield ["without the placeholder", "no key"]
    # Also not in what an error says.
    try:
        client.collection("items").filter(f"eq(id,{token})").first()
    except Exception as error:
        assert token not in str(error) and not secret.search(str(error)), error
        yield ["in an error", type(error).__name__]
