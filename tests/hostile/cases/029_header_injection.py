# 029 line breaks in whatever goes on the wire
# expect: ok
# connections: default writable
from probe import raises

EVIL = ["\r\nX-Injected: 1", "\nX-Injected: 1", "\rX-Injected: 1", "\0X-Injected: 1",
        "\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n", "\u010d\u010aX-Injected: 1"]


def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    import _carrel

    refused = (_carrel.CallError, ValueError, UnicodeError)
    call = _carrel.call
    for evil in EVIL:
        shown = ascii(evil)
        yield raises(f"method {shown}", refused, call, "default", "GET" + evil, "/echo")
        yield raises(f"path {shown}", refused, call, "default", "GET", "/echo" + evil)
        yield raises(f"query {shown}", refused, call, "default", "GET", "/echo", "a=b" + evil)
        yield raises(f"connection {shown}", refused, call, "default" + evil, "GET", "/echo")
        yield raises(f"header name {shown}", refused, call, "default", "GET", "/echo", "",
                     {"X-A" + evil: "b"})
        if "\u010d" in evil:
            continue  # characters that only become line breaks when they are cut: checked below
        yield raises(f"header value {shown}", refused, call, "default", "GET", "/echo", "",
                     {"X-A": "b" + evil})
    for headers in ({"X-A": "\u010d\u010aX-Injected: 1"}, {"Content-Length": "0"},
                    {"Transfer-Encoding": "chunked"}, {"Host": "evil"}, {"Expect": "100-continue"},
                    {"Connection": "X-A"}, {"Proxy-Authorization": "x"}, {"TE": "trailers"}):
        try:
            status, _, body = call("writable", "POST", "/echo", "", headers, b"body")
        except refused as error:
            yield [ascii(headers), str(error)[:100]]
        else:
            assert b'"body": "body"' in body and b"x-injected" not in body, body
            yield [ascii(headers), status]
    for method in ("CONNECT", "TRACE", "get", "GET ", "", "PROPFIND", "G\u0415T"):
        yield raises(f"method {ascii(method)}", refused, call, "default", method, "/echo")
