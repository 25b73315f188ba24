# 026 the host does not call private addresses for a report, however they are written
# expect: ok
# connections: default public
import urllib.error
import urllib.request

import requests
from probe import raises

HOSTS = [
    "localhost", "127.0.0.1", "127.1", "127.0.0.1.", "127.000.000.001", "0x7f.1", "0x7f000001",
    "2130706433", "017700000001", "0", "0.0.0.0", "[::1]", "[::]", "[::ffff:127.0.0.1]",
    "[0:0:0:0:0:ffff:7f00:1]", "[::ffff:7f00:1]", "[64:ff9b::7f00:1]", "10.0.0.1", "172.16.0.1",
    "192.168.0.1", "169.254.0.1", "[fe80::1]", "[fc00::1]", "localhost.localdomain",
    "127.0.0.1.nip.io", "\u24ea", "\uff11\uff12\uff17.0.0.1", "user:pass@127.0.0.1",
    "127.0.0.1%2f@example.com", "127.0.0.1#@example.com", "example.com@127.0.0.1",
    "127.0.0.1\\@example.com",
]
SCHEMES = ["file:///etc/passwd", "gopher://127.0.0.1:{}/x", "ftp://127.0.0.1:{}/", "dict://x:{}/",
           "unix:/run/docker.sock", "data:text/plain,x", "HTTP://127.0.0.1:{}/", "//127.0.0.1:{}/"]
REFUSED = (requests.RequestException, urllib.error.URLError, ValueError, OSError)


def direct(connection, method, path):
    import _carrel

    return _carrel.call(connection, method, path)


def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    import _carrel

    port = input_data["tcp"]
    for host in HOSTS:
        url = f"http://{host}:{port}/"
        yield raises(f"requests {ascii(url)}", REFUSED, requests.get, url, timeout=5)
        yield raises(f"direct {ascii(url)}", _carrel.CallError, direct, "", "GET", url)
    # A path of a connection that is another kind of url, climbs out of the base or names a host.
    urls = [scheme.format(port) for scheme in SCHEMES]
    for path in (*urls, f"//127.0.0.1:{port}/", f"http://127.0.0.1:{port}/", "/../../x",
                 "/..%2f..%2fx", "/%2e%2e/x", f"@127.0.0.1:{port}/", f"\\\\127.0.0.1:{port}\\x",
                 "/a/./../../b", f"/..;/..;@127.0.0.1:{port}/"):
        try:
            status, _, body = direct("default", "GET", path)
        except _carrel.CallError as error:
            yield [f"path {path}", str(error)[:100]]
        else:  # taken as a name below the base
            assert b'"path": "/api' in body, (path, status, body)
            yield [f"path {path}", "below the base"]
    # A connection that an operator did not allow private addresses.
    try:
        direct("public", "GET", "/echo")
    except _carrel.CallError as error:
        assert "loopback" in str(error) or "private" in str(error), error
        yield ["public", str(error)]
    else:
        raise AssertionError("the address policy does not hold")
