# 020 the addresses at which clouds hand out credentials
# expect: ok
# connections: default metadata
import socket
import urllib.error
import urllib.request

import requests
from probe import raises

ADDRESSES = ("169.254.169.254", "[fd00:ec2::254]", "100.100.100.200", "metadata.google.internal")


def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    for address in ADDRESSES:
        yield raises(address, (PermissionError, socket.gaierror), socket.create_connection,
                     (address.strip("[]"), 80), 1)
        url = f"http://{address}/latest/meta-data/"
        yield raises(f"requests {url}", requests.ConnectionError, requests.get, url)
        yield raises(f"urllib {url}", urllib.error.URLError, urllib.request.urlopen, url)
    # Not even when an operator has named it as a connection.
    import _carrel

    try:
        answer = _carrel.call("metadata", "GET", "/latest/meta-data/")
    except _carrel.CallError as error:
        assert "169.254.169.254" in str(error), error
        yield ["connection to it", str(error)]
    else:
        raise AssertionError(answer)
