# 031 a connection for reading is for reading
# expect: ok
# connections: default writable
import requests
from probe import raises


def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    import _carrel

    call = _carrel.call
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        yield raises(method, _carrel.CallError, call, "default", method, "/echo", "", {}, b"{}")
        url = input_data["endpoints"]["default"] + "/echo"
        if method == "POST":
            yield raises("create", Exception, client.collection("items").create, payload={})
        status, _, body = call("writable", method, "/echo", "", {}, b"{}")
        assert status == 200 and f'"method": "{method}"'.encode() in body
        yield [f"{method} where granted", status]
    for header in ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override",
                   "x_http_method_override"):
        yield raises(header, _carrel.CallError, call, "default", "GET", "/echo", "",
                     {header: "DELETE"})
    yield raises("GET with a body", _carrel.CallError, call, "default", "GET", "/echo", "", {},
                 b"{}")
    # An absolute url is as the connection of its origin: the first that matches, which only reads.
    yield raises("requests", requests.ConnectionError, requests.post, url, data=b"{}")
