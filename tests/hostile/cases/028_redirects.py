# 028 redirects to where the report may not call
# expect: ok
# connections: default writable
import urllib.parse

from probe import raises


def call(target, connection="default", method="GET"):
    import _carrel

    query = "to=" + urllib.parse.quote(target, safe="")
    return _carrel.call(connection, method, "/redirect", query)


def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    import _carrel

    endpoints = input_data["endpoints"]
    own = f"http://127.0.0.1:{endpoints['port']}"
    for target in ("http://169.254.169.254/latest/", endpoints["foreign"] + "/echo",
                   f"http://127.0.0.1:{input_data['tcp']}/", "file:///etc/passwd",
                   f"http://localhost:{endpoints['port']}/api/echo", "gopher://127.0.0.1:70/x",
                   f"https://127.0.0.1:{endpoints['port']}/", f"//127.0.0.1:{input_data['tcp']}/",
                   f"{own}@127.0.0.1:{input_data['tcp']}/", "http:///", "\\\\evil\\x"):
        yield raises(target, _carrel.CallError, call, target)
    # Without end.
    yield raises("loop", _carrel.CallError, call, f"{own}/api/again")
    # A body is not sent a second time.
    yield raises("post", _carrel.CallError, call, f"{own}/api/echo", "writable", "POST")
    status, _, body = call(f"{own}/api/echo")
    assert status == 200 and b'"has_key": true' in body, body
    yield ["same origin", "followed"]
