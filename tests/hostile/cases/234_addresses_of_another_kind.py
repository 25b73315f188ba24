# 234 addresses of another kind
# expect: ok
# Windmill and n8n (server-side requests): file, gopher, dict and data addresses, user names,
# other spellings of the own machine. The broker takes http and https of hosts it was told of.
import urllib.request

import requests


def generate(client, input_data, progress, renderer_type, context):
    port = input_data["tcp"]
    for address in (
        "file:///etc/shadow",
        "file://localhost/etc/passwd",
        "gopher://127.0.0.1:25/_x",
        "ftp://127.0.0.1/x",
        "dict://127.0.0.1:11211/stats",
        "data:text/plain,x",
        "unix:///var/run/docker.sock",
        "jar:file:///x",
        "http+unix://%2Fvar%2Frun%2Fdocker.sock/info",
        "//127.0.0.1/x",
        "http:127.0.0.1",
        "http:///x",
        f"http://user:pw@127.0.0.1:{port}/",
        f"http://127.0.0.1:{port}/",
        f"http://2130706433:{port}/",
        f"http://[::ffff:127.0.0.1]:{port}/",
        f"http://0177.1:{port}/",
        "http://127.0.0.1:99999/",
        "http://0/",
        "http://\u2460\u2461\u2466.0.0.1/",
        "HTTP://LOCALHOST./",
    ):
        try:
            answer = requests.get(address, timeout=5)
            raise AssertionError(f"{address}: {answer.status_code}")
        except (requests.exceptions.RequestException, ValueError) as error:
            yield [address.split(":")[0], type(error).__name__]
    for scheme in ("file", "ftp", "http", "data"):
        try:
            body = urllib.request.urlopen(scheme + "://127.0.0.1/etc/shadow", timeout=5).read()
            raise AssertionError(body)
        except (OSError, ValueError) as error:
            yield ["urllib " + scheme, type(error).__name__]
