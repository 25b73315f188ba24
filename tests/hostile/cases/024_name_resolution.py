# 024 names cannot be resolved: no packet leaves
# expect: ok
# within: 10
import socket

from probe import fails, raises


def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    for name in ("example.com", "carrel-canary.example.org", "metadata.google.internal", "router"):
        yield raises(name, socket.gaierror, socket.getaddrinfo, name, 80)
        yield raises(f"{name} 4", (socket.gaierror, OSError), socket.gethostbyname, name)
    yield raises("reverse", OSError, socket.gethostbyaddr, "8.8.8.8")
    yield fails("interfaces", "EPERM", socket.if_nameindex)
    assert socket.gethostname() == "report"
    yield ["host name", socket.gethostname()]
